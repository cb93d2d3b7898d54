/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Confine: when the commands that read logs give up what reading needs not (base/sandbox.h),
 * and what each of them keeps.
 *
 *	const struct option_def defs[] = {
 *		...
 *		CONFINE_OPTION(&settings->sandbox),
 *	};
 *
 *	err = confine(&(struct confine){ .mode = settings->sandbox, .sources = &settings->sources });
 *
 * Right behind the options, before the first file is read and the first thread is started.
 */
#ifndef CULPRIT_CLI_CONFINE_H
#define CULPRIT_CLI_CONFINE_H

#include "base/sandbox.h"
#include "cli/options.h"
#include "cli/sources.h"

extern const char *const confine_words[3];

#define CONFINE_OPTION(to_mode) \
	OPTION_CHOICE(0, "sandbox", "WHEN", \
		      "auto (default): read without network, other programs and new files, as far as this machine can have it; " \
		      "require: or not at all; off", confine_words, to_mode)

struct confine {
	enum sandbox_mode mode;
	/*
	 * NULL: no source lines.  Else indexes are written in their cache (unless --no-cache), --debuginfod
	 * keeps the network and its own cache, and --src with a scripts/get_maintainer.pl keeps programs.
	 */
	const struct sources_settings *sources;
	const char *replaced;		/* a file that is going to be written, beside itself; NULL: none */
	bool programs;			/* git is run */
};

/* Errors: those of sandbox_enter; NO_MEMORY. */
struct culprit_error *confine(const struct confine *confine);

#endif
