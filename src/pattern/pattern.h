/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Patterns: what is known of each kind of crash, read from YAML into one
 * immutable set (culprit-patterns(5) describes the files).
 *
 * C knows no kind by name: words, titles, types, generic functions and how the
 * guilty frame is found all stand here.
 *
 * To add a kind: write a pattern in patterns/NAME.yaml (or a file of your own,
 * --patterns), a positive case and a near-miss in corpus/, run
 * `culprit patterns lint` and `culprit corpus test`.  To add a key: a member
 * below, its reader (pattern_names.c: what functions are; pattern_forms.c:
 * banners and forms; pattern_lines.c: the rest), its line in
 * man/culprit-patterns.5.
 */
#ifndef CULPRIT_PATTERN_PATTERN_H
#define CULPRIT_PATTERN_PATTERN_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/base.h"
#include "pattern/glob.h"
#include "pattern/regex.h"
#include "pattern/scan.h"
#include "pattern/yaml.h"

/* Where something stands in a pattern file, for messages. */
struct pattern_place {
	const char *file;
	uint32_t line, column;
};

/* An expression or title of the set, by its address, and where it was written. */
struct pattern_text {
	const char *text;
	struct pattern_place place;
};

/* ----------------------------------------------------- names of functions */

/* How one frame is chosen from a stack. */
struct pick {
	const char *name;
	struct pick_group {		/* a frame that matches names its group: "*synchronize_rcu*" -> synchronize_rcu */
		struct glob_list frames;
		const char *as;		/* NULL: the frame's own name */
	} *groups;
	size_t n_groups;
	struct glob_list anchors;	/* not empty: the frame above (called by) the first anchor */
	struct glob_list skip;
};

/* A name that has architecture-dependent dress: "__x64_sys_" -> { "sys_" }. */
struct name_prefix {
	const char *prefix;
	const char **becomes;		/* the last one is for the title, all are for alternative titles */
	size_t n;
};

/* --------------------------------------------------------------- patterns */

/* Where to look for the guilty frame: steps taken one after the other down the report. */
struct frame_source {
	struct frame_step {
		enum frame_step_kind {
			STEP_LINE,	/* find a line by re; its group 1 (if any) is a frame */
			STEP_PC,	/* the next line with a program counter, which is a frame */
			STEP_CALL_TRACE,	/* the next line that announces or begins a call trace */
			STEP_STACK,	/* collect the frames that follow */
			STEP_FUNCTION,	/* the next line with a frame of one of the functions */
		} kind;
		struct regex re;
		struct glob_list functions;	/* of STEP_FUNCTION */
		bool captures;		/* the regex has a group */
	} *steps;
	size_t n_steps;
	struct glob_list skip;		/* on top of the default ones */
	bool no_default_skip;
	const struct pick *pick;	/* NULL: the first that is not skipped */
};

/* Ways to the guilty frame that several forms go. */
struct frame_way {
	const char *name;
	struct frame_source *sources;
	size_t n_sources;
};

struct form {
	const char *name;
	struct pattern_place place;
	struct regex match;		/* the form whose match begins first in the report wins */
	struct regex report;		/* optional further condition and groups */
	bool has_report;
	const char *title;		/* "KASAN: {what} {access} in {frame}" */
	const char **alts;
	size_t n_alts;
	struct frame_source *sources;	/* alternatives: the first that gives a frame */
	size_t n_sources;
	struct frame_source *origins;	/* the same for {origin}: another frame that its alternative titles name */
	size_t n_origins;
	bool no_stack;			/* the report needs no stack to be trusted */
	const char *suppressed;		/* a reason: reports of this form are no bugs of the kernel */
	const char *corrupted;		/* a reason: reports of this form are never trusted */
	const char *type;		/* NULL: from the table of types */
	bool has_kind;
	enum culprit_kind kind;		/* instead of the pattern's */
	bool before_userspace;		/* kind holds only while the boot has not reached user space */
	bool disabled;			/* as if it were not there: for `culprit corpus audit` */
};

enum speaker {
	SPEAKER_KERNEL,			/* said by printk: where the kernel's lines carry prefixes, this one does */
	SPEAKER_ANY,
};

/* A literal that announces reports. Several patterns may share one. */
struct banner {
	const char *literal;
	size_t len;
	struct pattern_place place;
	enum speaker speaker;
	bool follow_up;			/* belongs to the report that it stands in */
	bool inside;			/* a follow-up that the report goes on behind, whole */
	bool within;			/* a follow-up only where the report lacks what its title needs */
	bool stacked;			/* begins a report only where a stack follows */
	struct regex *follow_if;	/* behind a report that is complete, only lines that match are follow-ups */
	size_t n_follow_if;
	bool panic;			/* the kernel gives up: reports of this log are "panicked" */
	struct regex *ignore;		/* lines that hold the literal and are no banner */
	size_t n_ignore;
	struct regex *require;		/* if any, one of them must match the line */
	size_t n_require;
};

struct pattern {
	const char *name;
	struct pattern_place place;
	enum culprit_kind kind;
	const char *event;		/* made when this happens, not by a banner: "unexpected-reboot" ... */
	size_t *banners;		/* indexes into the set's */
	size_t n_banners;
	struct form *forms;		/* see pattern_read_forms() */
	size_t n_forms;
	atomic_bool forms_read;
	const struct yaml_node *forms_node;	/* what they are read from */
	const struct yaml_doc *doc;
	bool disabled;
	bool generic;			/* its words are anybody's: without a prefix, only a report's form proves the kernel */
};

/* A line that opens a stack of a role: "Freed by task". */
struct stack_header {
	const char *text;		/* the line begins with it (blanks in front left out) ... */
	size_t len;
	bool anywhere;			/* ... or holds it */
	bool may_be_empty;		/* it tells enough itself: nothing is torn where no frame follows */
	uint32_t next;			/* 1 + index of the next that begins with the same byte, or is anywhere too; 0: none */
	enum culprit_role role;
};

/*
 * What tells the phase of a boot.  Marks with a literal are found anywhere; the
 * others ("watches") are looked for on the lines of a boot that is under way,
 * and on the last lines before a question is decided.
 */
struct phase_mark {
	const char *literal;		/* NULL: a watch, which has an expression */
	size_t len;
	enum culprit_phase phase;
	enum speaker speaker;
	bool boot;			/* a machine or a kernel begins anew with it */
	bool kernel;			/* it is the kernel's own first word */
	bool shutdown;			/* what ends here was meant to end */
	bool hands_over;		/* old kernels say nothing between this and init's first word */
	bool echo;			/* what follows was said before: someone has it printed again */
	bool suspend;			/* the machine sleeps: its firmware speaks, and the kernel goes on */
	bool silent;			/* behind it nobody is heard, whatever goes on */
	bool guest;			/* nobody says it but programs under the kernel of the log */
	struct regex match;
	bool has_match;
};

struct rewrite {
	struct regex match;
	const char *replace;		/* $1 stands for group 1 */
	const char *needs;		/* bytes of which one must be in the text; NULL: always tried */
};

struct type_rule {
	const char *title;		/* glob */
	const char *type;		/* "": none */
};

/* What makes a title or report untrustworthy. */
struct doubt {
	struct regex match;		/* on the title or on the report's text */
	bool on_title;
	const char *reason;
};

/* A line, anybody's and anywhere in the log, that says something of all reports of its boot. */
struct remark {
	const char *literal;
	size_t len;
	struct regex match;
	bool has_match;
	const char *suppressed;		/* a reason why they are no bugs of the kernel; or NULL ... */
	const char *corrupted;		/* ... and why they are not to be trusted */
};

/* How the guilty file is found. */
struct guilty_rules {
	struct glob_list generic;	/* paths of infrastructure; the last that fits decides, "!path" is an exception */
	struct glob_list stalls;	/* text of reports that begin with the frames of the interrupt that noticed them */
	struct glob_list interrupts;	/* functions through which an interrupt enters */
};

struct culprit_patterns {
	struct arena arena;
	pthread_mutex_t forms_lock;	/* of the arena and of the patterns' forms, once the set is loaded */
	struct yaml_doc **docs;		/* strings are borrowed from them */
	size_t n_docs;

	struct functions functions;
	struct pattern_macro { const char *name, *text; } *macros;
	size_t n_macros;
	struct pattern_glob_set { const char *name; struct glob_list globs; } *sets;
	size_t n_sets;
	struct pick *picks;
	size_t n_picks;
	struct frame_way *ways;
	size_t n_ways;
	struct banner *banners;
	size_t n_banners;
	struct pattern *patterns;
	size_t n_patterns;
	struct stack_header *headers;
	size_t n_headers;
	uint32_t header_first[256];	/* 1 + index of the first that stands at the start and begins with this byte; 0: none */
	uint32_t header_anywhere;	/* the same of those that stand anywhere */
	struct phase_mark *marks, *watches;
	size_t n_marks, n_watches;
	struct rewrite *cleanup;	/* of titles, in order */
	size_t n_cleanup;
	struct name_prefix *prefixes;
	size_t n_prefixes;
	struct type_rule *types;
	size_t n_types;
	struct doubt *doubts;
	size_t n_doubts;
	struct remark *remarks;
	size_t n_remarks;
	struct glob_list drop;		/* lines left out of a report's text */
	struct glob_list continues;	/* lines that are part of a report (beside frames) */
	struct glob_list ends;		/* lines after which a report is complete */
	struct glob_list after_end;	/* what is still of it behind those (beside frames) */
	struct glob_list evidence;	/* lines of reports that nobody but a kernel prints (beside frames) */
	struct glob_list leads;		/* lines before a banner that begin what led to it */
	struct glob_list unfinished;	/* lines that no kernel ends so: the next one without a prefix is their rest */
	struct glob_list intruders;	/* lines of messages that bring a stack of their own and are no reports */
	struct glob_list headings;	/* lines right behind a banner that say it was only quoted */
	struct glob_list skip;		/* functions that are never guilty */
	struct glob_list unwinder;	/* frames that no working unwinder marks as leftovers */
	struct guilty_rules guilty;
	struct glob_list foreign;	/* frames of stacks that do not belong to the report (fault injection) */
	struct pattern_text *texts;	/* places of expressions and titles */
	size_t n_texts;
	struct scan_set *scan;		/* literals of the banners, then of the marks, then of the remarks */
	struct regex executor;		/* groups 1 and 2: proc and id */
	bool has_executor;

};

/* Compile every expression: the first mistake, with its place. For lint and for files of users. */
struct culprit_error *pattern_set_check(struct culprit_patterns *set);

/* Where a regex's source, a title or an alternative title was written; fallback where that is not known. */
const struct pattern_place *pattern_set_place(const struct culprit_patterns *set, const char *text,
					      const struct pattern_place *fallback);

/* A set of the given documents alone, nothing embedded; takes the documents over, also on error. */
struct culprit_error *pattern_set_from_docs(struct yaml_doc **docs, size_t n, struct culprit_patterns **ret);

/* The same on top of the embedded set, as --patterns has it. */
struct culprit_error *pattern_set_extend(struct yaml_doc **docs, size_t n, struct culprit_patterns **ret);

/* Fill header_first and header_anywhere; loading does so. For sets made by hand. */
void pattern_set_index_headers(struct culprit_patterns *set);

/*
 * The forms of the embedded patterns are read when a report first needs them: most programs' runs need those of one or
 * two.  Whoever looks at a pattern's forms calls this before; false when memory ran out.  Threads may share the set.
 */
bool pattern_read_forms(const struct culprit_patterns *set, const struct pattern *pattern);

/* Those of all patterns. Errors: NO_MEMORY; SYNTAX where an embedded file has a mistake, which the build finds. */
struct culprit_error *pattern_set_read_forms(struct culprit_patterns *set);

/* The pattern made for an event, or NULL. */
const struct pattern *pattern_set_event(const struct culprit_patterns *set, const char *event);

/* Index of a pattern by name, or -1. */
ptrdiff_t pattern_set_find(const struct culprit_patterns *set, const char *name);

/* The embedded files, in order; made from patterns/NAME.yaml when the program is built. */
extern const struct yaml_doc *const pattern_embedded[];
extern const size_t pattern_n_embedded;

/* A hash of all that stands in them but comments and layout: two programs with the same one read logs alike. */
uint64_t pattern_embedded_identity(void);

/*
 * How the prefilter looks for the literals of the embedded files, in the order
 * of their bytes; found when the program is built (patterns/places.c).
 */
struct pattern_literal_place {
	const char *literal;
	struct scan_place place;
};

extern const struct pattern_literal_place pattern_places[];
extern const size_t pattern_n_places;

#endif
