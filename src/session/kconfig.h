/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Kconfig: two .config files, what one has beyond the other, and which of those
 * options depend on which.
 *
 * A .config is lines "CONFIG_NAME=value" and "# CONFIG_NAME is not set"; an option
 * that is not named is the same as one that is not set.  Dependencies are read from
 * the Kconfig files of a commit: `depends on` and `if`, and of those only what
 * surely holds, names joined by && (an || or a comparison says nothing here; nor does
 * `select`, which turns on but does not forbid).  One that is missed costs a try:
 * the build turns the option off, and the target does not show.
 */
#ifndef CULPRIT_SESSION_KCONFIG_H
#define CULPRIT_SESSION_KCONFIG_H

#include "bisect/minimise.h"
#include "session/git.h"

struct kconfig_symbol {
	const char *name;		/* without CONFIG_ */
	const char *with, *without;	/* values in the two files: "y", "\"text\""; NULL: not set or not named */
	uint32_t option;		/* UINT32_MAX: the same in both */
};

struct kconfig {
	struct arena arena;
	struct kconfig_symbol *symbols;	/* in the order of the first file, then those that only the second has */
	uint32_t n_symbols;
	uint32_t *options;		/* indices of symbols: those that differ */
	uint32_t n_options;
};

/* with: path of the configuration that shows the target. Errors: OS, LIMIT (16 MiB), FORMAT (no option in it). */
struct culprit_error *kconfig_load(const char *with, const char *without, struct kconfig *ret);
void kconfig_deinit(struct kconfig *kconfig);

/*
 * The second file with those options of the first for which keep is 1.  What is not
 * kept is said to be not set, so that no default turns it on.
 */
bool kconfig_format(const struct kconfig *kconfig, const uint8_t *keep, struct buf *ret) __attribute__((warn_unused_result));

/* "CONFIG_NAME=value", "# CONFIG_NAME is not set": an option as the first file has it. */
bool kconfig_format_option(const struct kconfig *kconfig, uint32_t option, struct buf *ret) __attribute__((warn_unused_result));

/* Dependencies among the options; malloc'ed. A commit without Kconfig files has none. */
struct culprit_error *kconfig_edges(const struct kconfig *kconfig, const struct git *git, const char *commit,
				    struct minimise_edge **ret, size_t *ret_n);

#endif
