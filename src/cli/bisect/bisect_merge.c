/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * culprit bisect merge-title: another title is the target's, or is not.
 */
#include "cli/bisect/bisect.h"

int bisect_merge_title(int argc, char **argv)
{
	struct option_reader reader = OPTION_READER("culprit bisect merge-title", argc, argv);
	const char *config = BISECT_CONFIG;
	bool other = false;
	struct buf text = { 0 };
	struct culprit_error *err;
	const struct option_def defs[] = {
		BISECT_CONFIG_OPTION(&config),
		OPTION_FLAG(0, "not", "it is another bug: do not ask again", &other),
		OPTION_HELP('h'),
	};
	int code;

	reader.usage = "usage: culprit bisect merge-title [OPTIONS] TITLE\n\nA crash of this title is the target under another name; runs are judged anew.\n\noptions:";
	code = option_read(&reader, defs, countof(defs));
	if (code != OPTION_GO_ON)
		return code;
	if (reader.n_operands != 1)
		return option_complain(&reader, "give one title, in quotes");
	err = drive_merge_title(config, argv[1], !other);
	if (err)
		return bisect_complain(err);
	return bisect_print(&text, buf_add_str(&text, other ? "Noted: another bug. 'culprit bisect run' goes on.\n"
						       : "Noted: the same bug. 'culprit bisect run' goes on.\n"));
}
