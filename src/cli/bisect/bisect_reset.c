/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * culprit bisect reset: forget evidence.
 */
#include <stdio.h>

#include "cli/bisect/bisect.h"
#include "session/reset.h"

static struct culprit_error *read_request(bool failed, bool runs, bool all, const char *commit, const char *since,
					  struct reset_request *ret)
{
	uint64_t number = 0;
	size_t len;

	*ret = (struct reset_request){ .scope = RESET_CHANGED };
	if (failed + runs + all + !!commit + !!since > 1)
		return culprit_error_create(CULPRIT_ERROR_USAGE, "give one of --failed, --runs, --commit, --since and --all");
	if (since && (!parse_u64(span_of(since), &number, &len) || since[len] || !number || number > UINT32_MAX))
		return culprit_error_create(CULPRIT_ERROR_USAGE, "--since needs the number of a run, not '%s'", since);
	if (failed)
		ret->scope = RESET_FAILED;
	if (runs)
		ret->scope = RESET_RUNS;
	if (all)
		ret->scope = RESET_ALL;
	if (commit)
		*ret = (struct reset_request){ .scope = RESET_COMMIT, .revision = commit };
	if (since)
		*ret = (struct reset_request){ .scope = RESET_SINCE, .since = (uint32_t)number };
	return NULL;
}

int bisect_reset(int argc, char **argv)
{
	struct option_reader reader = OPTION_READER("culprit bisect reset", argc, argv);
	const char *config = BISECT_CONFIG, *commit = NULL, *since = NULL;
	bool failed = false, runs = false, all = false, ok;
	struct buf text = { 0 };
	struct reset_request request;
	struct reset_result result;
	struct culprit_error *err;
	const struct option_def defs[] = {
		BISECT_CONFIG_OPTION(&config),
		OPTION_FLAG(0, "failed", "builds that failed, to be tried again", &failed),
		OPTION_FLAG(0, "runs", "all runs; builds are kept", &runs),
		OPTION_TEXT(0, "commit", "REV", "builds and runs of one commit", &commit),
		OPTION_TEXT(0, "since", "RUN", "the runs from this number on", &since),
		OPTION_FLAG(0, "all", "everything: the next run begins anew", &all),
		OPTION_HELP('h'),
	};
	int code;

	reader.usage = "usage: culprit bisect reset [OPTIONS]\n\nForgets evidence; without an option, what rests on a script or target that\n"
		       "changed since. The old journal stays beside the new one, logs are kept.\n\noptions:";
	code = option_read(&reader, defs, countof(defs));
	if (code == OPTION_GO_ON)
		code = option_no_operands(&reader);
	if (code != OPTION_GO_ON)
		return code;
	err = read_request(failed, runs, all, commit, since, &request);
	if (!err)
		err = session_reset(config, &request, &result);
	if (err)
		return bisect_complain(err);
	ok = buf_printf(&text, "Forgotten: %u build%s and %u run%s. The journal before is %s.\n", result.n_builds,
			bisect_plural(result.n_builds), result.n_runs, bisect_plural(result.n_runs), result.kept);
	reset_result_deinit(&result);
	return bisect_print(&text, ok);
}
