/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "culprit.h"

const char *culprit_version(void)
{
	return CULPRIT_VERSION;	/* the Makefile's, made of the header's numbers */
}
