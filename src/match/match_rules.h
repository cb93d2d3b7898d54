/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Match rules: patterns/match/rules.yaml in memory.
 *
 * Names of the rules are globs where `*` is any run of bytes; matching takes
 * time linear in pattern times name at the worst.  Everything is borrowed from
 * the rules and lives as long as they do.
 */
#ifndef CULPRIT_MATCH_MATCH_RULES_H
#define CULPRIT_MATCH_MATCH_RULES_H

#include "base/base.h"
#include "pattern/pattern.h"

/* Classes of bugs, generic functions, details worth comparing. Immutable: threads may share it. */
struct match_rules;

/*
 * The embedded rules (path NULL), or those of a file instead.  patterns say what
 * functions are, and must outlive the rules; NULL: the built-in ones.
 * Errors: SYNTAX, OS, LIMIT, NO_MEMORY.
 */
struct culprit_error *match_rules_load(const char *path, const struct culprit_patterns *patterns,
				       struct match_rules **ret);
void match_rules_destroy(struct match_rules *rules);
void match_rules_destroyp(struct match_rules **rules);

/* The embedded rules as text. */
struct span match_rules_text(void);

/* What a report of a class means for its run. */
enum class_means {
	MEANS_CRASH,		/* a bug of the kernel */
	MEANS_UNRELATED,	/* the run died of something that is no bug worth hunting */
	MEANS_BOOT_FAILED,
	MEANS_INFRA_FAILED,
};

struct bug_class {
	const char *name;
	const char *family;	/* its own name where the rules say nothing */
	enum class_means means;
	bool victim;		/* its stacks show who suffers */
	bool retried;		/* printed by those who try again, too: a run that finished has outlived it */
	struct glob_list titles;
};

#define RULES_MAX_CLASSES 64

/*
 * From this weight on a frame is a place, not machinery on the way to one: the
 * rules give machinery 0 to 0.2, functions that they do not name 1.
 */
#define RULES_FRAME_TELLS 0.5

struct detail_rule {
	const char *name;
	const char *before, *behind;	/* literals around the value; behind "" is the end of the line */
	struct glob_list in;		/* classes or families; none: all */
	size_t most;			/* distinct values taken at the most */
	double weight_same, weight_other;
	struct glob_list common;
};

#define RULES_MAX_DETAILS 32

/* NULL when no class fits. */
const struct bug_class *rules_class_of_title(const struct match_rules *rules, const char *title);
const struct bug_class *rules_class_by_name(const struct match_rules *rules, const char *name);

/*
 * -1 (no bug shows itself as both) to 1 (the same class).  NULL: not known, 0.
 */
double rules_class_kinship(const struct match_rules *rules, const struct bug_class *a, const struct bug_class *b);

/* Many bugs have this title. */
bool rules_title_is_vague(const struct match_rules *rules, const char *title);
bool rules_frame_is_vague(const struct match_rules *rules, const char *function);

/* A function at which many tasks wait for different reasons. */
bool rules_is_crossroads(const struct match_rules *rules, const char *function);

bool rules_is_interrupt_entry(const struct match_rules *rules, const char *function);

/* 0 (machinery) to 1 (tells much): how much a frame of this function says. */
double rules_frame_weight(const struct match_rules *rules, const char *function);

/*
 * The function's name without what compilers and architectures add
 * ("foo.isra.0", "__x64_sys_read"), in arena; NULL when out of memory.
 */
const char *rules_plain_name(const struct match_rules *rules, struct arena *arena, const char *function);

size_t rules_n_details(const struct match_rules *rules);
const struct detail_rule *rules_detail(const struct match_rules *rules, size_t i);
bool rules_detail_applies(const struct detail_rule *rule, const struct bug_class *class);

#endif
