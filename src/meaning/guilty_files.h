/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The data of guilty.c. */
#ifndef CULPRIT_GUILTY_FILES_H
#define CULPRIT_GUILTY_FILES_H

#include <stdbool.h>
#include <stddef.h>

struct guilty_rule {
	const char *path;
	bool generic;
};

extern const struct guilty_rule guilty_rules[];
extern const size_t n_guilty_rules;
extern const char *const guilty_interrupts[];
extern const size_t n_guilty_interrupts;

#endif
