/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Templates: the part of a culprit.yaml that builds and runs kernels with the
 * installed runners (man/culprit-runners.7).
 *
 * A template is src/runners/templates/NAME.yaml with these words in it:
 *
 *	@RUNNERS@	the directory of the runners
 *	@CONFIG@	where the kernel's configuration begins: words for kbuild
 *	@FRAGMENT@	", --fragment, FILE", or nothing
 *	@WORKLOAD@	what is run; @HOST@, @CONSOLE@: the machine and what prints its console
 *	@PARALLEL@	runs at once
 *
 * Its line "#@CONFIG@ WORDS" says what @CONFIG@ is where nothing was given, and
 * is not copied.  What was not given becomes "", which the loader refuses with
 * its place: that is what there is to fill in.
 *
 * To add one: its row in bisect_template.c, its file, its name in cmd_doctor.c,
 * the runner it calls, a case in tests/cli/templates.sh.
 */
#ifndef CULPRIT_CLI_BISECT_BISECT_TEMPLATE_H
#define CULPRIT_CLI_BISECT_BISECT_TEMPLATE_H

#include "base/base.h"

/* "qemu", "uml", ... in the order of doctor's --for. */
extern const char *const bisect_template_words[5];
enum { BISECT_TEMPLATE_SSH = 3, BISECT_TEMPLATE_NONE = 5 };

struct bisect_template {
	unsigned int kind;		/* index of bisect_template_words */
	const char *workload, *fragment, *kernel_config, *host, *console, *parallel;	/* NULL: not given */
};

/*
 * Add the template's text. Errors: NOT_FOUND where no runners are installed,
 * OS, NO_MEMORY.
 */
struct culprit_error *bisect_template_add(const struct bisect_template *template, struct buf *ret);

/* before, and the path of a file, quoted for YAML: whole, so that it stays what it is here wherever the configuration lies. */
bool bisect_template_add_file(struct buf *buf, const char *before, const char *path) __attribute__((warn_unused_result));

#endif
