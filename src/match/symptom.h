/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Symptom: one way in which a bug shows itself, reduced to what is comparable
 * between two runs.
 *
 * Made from a report, from a title alone, or read from a profile.  Everything
 * lives in the arena it was made in; class and details borrow from the rules.
 */
#ifndef CULPRIT_MATCH_SYMPTOM_H
#define CULPRIT_MATCH_SYMPTOM_H

#include "match/match_rules.h"

/* Bounds on what is kept of a report. */
#define SYMPTOM_MAX_FRAMES 64
#define SYMPTOM_MAX_OTHERS 12
#define SYMPTOM_MAX_DETAILS 32
#define SYMPTOM_MAX_ALTS 32

struct symptom_frame {
	const char *function;	/* plain (rules_plain_name), never NULL */
	const char *module;	/* NULL: the kernel or not said */
	const char *file;	/* NULL: not said */
	uint64_t offset, size;	/* size 0: neither is known */
	double weight;		/* rules_frame_weight */
};

struct symptom_stack {
	struct symptom_frame *frames;	/* innermost first, weightless ones left out */
	size_t n;
};

struct symptom_detail {
	size_t rule;		/* index: rules_detail() */
	const char *value;
};

struct symptom {
	const char *title;
	const char *const *alts;	/* without title */
	size_t n_alts;
	const struct bug_class *class;	/* NULL: not known */
	const char *frame;		/* guilty function, plain; NULL: not known */
	const char *frame_other;	/* the second one of a race; NULL */
	bool vague;			/* many bugs have this title */
	bool torn;			/* the report was cut or mixed: what is missing tells nothing */

	struct symptom_stack access, allocated, freed;
	struct symptom_stack *others;	/* other tasks, the other side of a race, dependency chains */
	size_t n_others;
	struct symptom_detail *details;
	size_t n_details;

	const char *task;		/* Comm without its counters; NULL: not known */
	const char *kernel_version;	/* NULL: not known */
};

/* Errors of all: NO_MEMORY. */
struct culprit_error *symptom_from_title(const struct match_rules *rules, struct arena *arena, const char *title,
					 struct symptom *ret);
struct culprit_error *symptom_from_report(const struct match_rules *rules, struct arena *arena,
					  const struct culprit_report *report, struct symptom *ret);
struct culprit_error *symptom_copy(struct arena *arena, const struct symptom *symptom, struct symptom *ret);

/* A frame of a stack as text, "function+0x1c/0x40 [module] file", and back. */
bool symptom_frame_format(const struct symptom_frame *frame, struct buf *ret) __attribute__((warn_unused_result));
struct culprit_error *symptom_frame_parse(const struct match_rules *rules, struct arena *arena, const char *text,
					  struct symptom_frame *ret);

/* One has a title that the other has, too. */
bool symptom_titles_intersect(const struct symptom *a, const struct symptom *b);
bool symptom_has_title(const struct symptom *symptom, const char *title);

/* Only a title is known. */
bool symptom_is_bare(const struct symptom *symptom);

#endif
