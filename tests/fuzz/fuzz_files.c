/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as one of the files that people write or send: pattern files,
 * configurations, profiles, logs of bisections, corpus cases, and compressed
 * data.  The first byte chooses which.  An error or a result, never a crash.
 *
 * Seeds: the byte and such a file (tests/fuzz/run.sh makes some).
 */
#include "fuzz.h"

#include "cli/corpus/case.h"
#include "match/profile.h"
#include "input/decompress.h"
#include "pattern/pattern.h"
#include "session/config.h"
#include "session/replay.h"

static struct match_rules *rules;

static struct culprit_error *read_patterns(struct span text)
{
	struct yaml_doc **docs = calloc(1, sizeof(struct yaml_doc *));
	struct culprit_patterns *set = NULL;
	struct culprit_error *err;

	REQUIRE(docs);
	err = yaml_parse(text, "a.yaml", &docs[0]);
	if (err) {
		free(docs);
		return err;
	}
	err = pattern_set_from_docs(docs, 1, &set);
	if (!err)
		err = pattern_set_check(set);
	culprit_patterns_destroy(set);
	return err;
}

static struct culprit_error *read_config(struct span text)
{
	struct config *config = NULL;
	struct culprit_error *err = config_parse(text, "/a/culprit.yaml", &config);

	config_destroy(config);
	return err;
}

/* What was read once is written and read again as the same. */
static struct culprit_error *read_profile(struct span text)
{
	_cleanup_(profile_destroyp) struct profile *profile = NULL, *again = NULL;
	_cleanup_(buf_deinit) struct buf one = { 0 }, two = { 0 };
	struct culprit_error *err = profile_parse(rules, text, "a.yaml", &profile);

	if (err)
		return err;
	REQUIRE(!profile_format(profile, &one));
	REQUIRE(!profile_parse(rules, buf_span(&one), "a.yaml", &again));
	REQUIRE(!profile_format(again, &two));
	REQUIRE(span_equal(buf_span(&one), buf_span(&two)));
	return NULL;
}

static struct culprit_error *read_bisection(struct span text)
{
	struct profile *profile = NULL;
	struct replay_result result = { 0 };
	struct replay_log log = { 0 };
	struct culprit_error *err = replay_log_parse(text, "log", &log);

	if (err)
		return err;
	err = profile_create(rules, &profile);
	if (!err)
		err = replay_learn(&log, profile);
	if (err)
		profile_destroy(profile);
	else
		err = replay_judge(&log, profile, NULL, &result);
	if (!err)
		replay_result_deinit(&result);
	replay_log_deinit(&log);
	return err;
}

static struct culprit_error *read_case(struct span text)
{
	struct corpus_case c = { 0 };
	struct culprit_error *err = case_parse(text, "a", "a", &c);

	if (!err)
		case_deinit(&c);
	return err;
}

static struct culprit_error *unpack(struct span data)
{
	static char out[4096];
	struct decompressor *d = NULL;
	struct culprit_error *err;
	enum compression kind;
	size_t n, total = 0;
	bool shorter, end = false;

	kind = compression_sniff(data, &shorter);
	if (kind == COMPRESSION_NONE)
		return NULL;
	err = decompressor_create(kind, &d);
	while (!err && !end && total < 1u << 20) {
		err = decompressor_step(d, &data, true, out, sizeof(out), &n, &end);
		REQUIRE(err || n || end);
		total += err ? 0 : n;
	}
	decompressor_destroy(d);
	return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct culprit_error *(*const readers[])(struct span) = {
		read_patterns, read_config, read_profile, read_bisection, read_case, unpack,
	};
	_cleanup_(freep) char *copy = NULL;
	struct culprit_error *err;

	if (!rules)
		REQUIRE(!match_rules_load(NULL, NULL, &rules));
	if (!size)
		return 0;
	/* A copy of its own: the sanitizer sees a byte too many. */
	copy = malloc(size - 1 ? size - 1 : 1);
	REQUIRE(copy);
	memcpy(copy, data + 1, size - 1);
	err = readers[data[0] % countof(readers)]((struct span){ copy, size - 1 });
	if (err)
		REQUIRE(culprit_error_message(err)[0]);
	culprit_error_destroy(err);
	return 0;
}
