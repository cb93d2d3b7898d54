/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the subcommands end: with a text, or with an error. */
#include <errno.h>

#include "cli/bisect/bisect.h"
#include "cli/output/text.h"

int bisect_complain(struct culprit_error *err)
{
	enum culprit_error_code code = culprit_error_code(err);

	text_complain_of("culprit bisect", err);
	if (code == CULPRIT_ERROR_CANCELLED)
		return BISECT_EXIT_CANCELLED;
	return code == CULPRIT_ERROR_USAGE || code == CULPRIT_ERROR_SYNTAX ? BISECT_EXIT_USAGE : BISECT_EXIT_ERROR;
}

int bisect_print(struct buf *text, bool ok)
{
	if (!ok) {
		buf_deinit(text);
		return bisect_complain(&culprit_error_no_memory);
	}
	ok = fwrite(text->data, 1, text->len, stdout) == text->len && fflush(stdout) == 0;
	if (!ok && errno != EPIPE) {
		text_complain("culprit bisect", "cannot write to standard output: %s", strerror(errno));
		clearerr(stdout);	/* told; main() need not say it again */
	}
	buf_deinit(text);
	return ok ? 0 : BISECT_EXIT_ERROR;
}
