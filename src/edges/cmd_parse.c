/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* culprit parse: not written yet, says so. */
#include <stdio.h>

#include "edges/commands.h"

int cmd_parse(int argc, char **argv)
{
	(void)argc;
	fprintf(stderr, "culprit %s: not available yet\n", argv[0]);
	return 2;
}
