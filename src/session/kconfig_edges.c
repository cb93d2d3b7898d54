/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Dependencies from the Kconfig files of a commit, as `git grep` prints their lines:
 *
 *	69879c01a0c3:drivers/misc/Kconfig:config RBUF
 *	69879c01a0c3:drivers/misc/Kconfig:	depends on PROC_FS && (X86 || ARM)
 *
 * Passed over: `depends on A if B`, lines that go on in the next, blocks that are
 * indented (a word of a help text looks like one), what a file takes over from the
 * one that sources it.
 *
 * An option that is defined in several places (one for each architecture) needs
 * only what all of them say.
 */
#include "session/kconfig.h"

/* `if` and `menu` within each other; deeper ones are not looked at. */
#define MAX_DEPTH 32
#define MAX_NEEDS 64

/* One definition says that option needs another. */
struct claim {
	uint32_t option, needs, definition;
};

struct reading {
	const struct kconfig *kconfig;
	uint32_t *sorted;			/* options by name */
	uint32_t *n_definitions;		/* of each option */
	struct claim *claims;
	size_t n_claims, cap_claims;
	uint32_t n_all;				/* definitions so far */
	/* Where the reader is. */
	struct span file;
	uint32_t option;			/* being defined; UINT32_MAX: none of ours */
	bool in_menu_head;			/* `depends on` is of the menu */
	uint32_t needs[MAX_NEEDS], n_needs;	/* of the blocks around */
	uint32_t level[MAX_DEPTH], depth;	/* n_needs before each block */
};

static int by_name(const void *a, const void *b, void *arg)
{
	const struct kconfig *k = arg;

	return strcmp(k->symbols[k->options[*(const uint32_t *)a]].name, k->symbols[k->options[*(const uint32_t *)b]].name);
}

static uint32_t find_option(const struct reading *r, struct span name)
{
	const struct kconfig *k = r->kconfig;
	uint32_t low = 0, high = k->n_options;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		struct span found = span_of(k->symbols[k->options[r->sorted[middle]]].name);
		size_t n = found.len < name.len ? found.len : name.len;
		int order = memcmp(found.ptr, name.ptr, n);

		if (!order)
			order = (found.len > name.len) - (found.len < name.len);
		if (!order)
			return r->sorted[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return UINT32_MAX;
}

static bool is_plain(struct span name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];

		if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'))
			return false;
	}
	return name.len > 0;
}

/* Where the operator (two equal characters) stands outside of parentheses; negative: nowhere. */
static ptrdiff_t find_operator(struct span text, char c)
{
	size_t depth = 0;

	for (size_t i = 0; i + 1 < text.len; i++) {
		if (text.ptr[i] == '(')
			depth++;
		else if (text.ptr[i] == ')')
			depth -= depth > 0;
		else if (!depth && text.ptr[i] == c && text.ptr[i + 1] == c)
			return (ptrdiff_t)i;
	}
	return -1;
}

/* The names that have to hold for the expression to hold, and that differ between the two files. */
static uint32_t parse_needs(const struct reading *r, struct span text, uint32_t *ret, uint32_t max)
{
	uint32_t n = 0;

	if (find_operator(text, '|') >= 0 || span_find(text, SPAN("\\")) >= 0 || span_find(text, SPAN(" if ")) >= 0)
		return 0;
	while (text.len) {
		ptrdiff_t at = find_operator(text, '&');
		struct span term = span_trim((struct span){ text.ptr, at < 0 ? text.len : (size_t)at });
		ptrdiff_t comment = span_find(term, SPAN("#"));
		uint32_t option;

		if (comment >= 0)
			term = span_trim((struct span){ term.ptr, (size_t)comment });
		option = is_plain(term) ? find_option(r, term) : UINT32_MAX;
		if (option != UINT32_MAX && n < max)
			ret[n++] = option;
		text = at < 0 ? (struct span){ text.ptr, 0 } : span_skip(text, (size_t)at + 2);
	}
	return n;
}

static bool claim(struct reading *r, uint32_t needs)
{
	/* An option that is off where the target shows needs nothing. */
	if (needs == r->option || !r->kconfig->symbols[r->kconfig->options[r->option]].with)
		return true;
	if (r->n_claims == r->cap_claims) {
		size_t grown = r->cap_claims ? r->cap_claims * 2 : 256;
		struct claim *bigger = reallocarray(r->claims, grown, sizeof(*bigger));

		if (!bigger)
			return false;
		r->claims = bigger;
		r->cap_claims = grown;
	}
	r->claims[r->n_claims++] = (struct claim){ r->option, needs, r->n_all };
	return true;
}

static void enter(struct reading *r, struct span condition)
{
	r->option = UINT32_MAX;
	if (r->depth < MAX_DEPTH)
		r->level[r->depth] = r->n_needs;
	r->depth++;
	r->n_needs += parse_needs(r, condition, r->needs + r->n_needs, MAX_NEEDS - r->n_needs);
}

static void leave(struct reading *r)
{
	r->option = UINT32_MAX;
	r->in_menu_head = false;
	if (r->depth && --r->depth < MAX_DEPTH)
		r->n_needs = r->level[r->depth];
}

static bool define(struct reading *r, struct span name)
{
	bool ok = true;

	r->in_menu_head = false;
	r->option = find_option(r, span_trim(name));
	if (r->option == UINT32_MAX)
		return true;
	r->n_definitions[r->option]++;
	r->n_all++;
	for (uint32_t i = 0; i < r->n_needs && ok; i++)
		ok = claim(r, r->needs[i]);
	return ok;
}

static bool depend(struct reading *r, struct span condition)
{
	uint32_t needs[MAX_NEEDS], n;
	bool ok = true;

	if (r->in_menu_head) {
		r->n_needs += parse_needs(r, condition, r->needs + r->n_needs, MAX_NEEDS - r->n_needs);
		return true;
	}
	if (r->option == UINT32_MAX)
		return true;
	n = parse_needs(r, condition, needs, MAX_NEEDS);
	for (uint32_t i = 0; i < n && ok; i++)
		ok = claim(r, needs[i]);
	return ok;
}

/* The rest behind the word; false: the line does not begin with it. */
static bool word(struct span line, const char *name, struct span *ret)
{
	size_t n = strlen(name);

	if (!span_starts(line, span_of(name)) || (line.len > n && line.ptr[n] != ' ' && line.ptr[n] != '\t' && line.ptr[n] != '('))
		return false;
	*ret = span_trim(span_skip(line, n));
	return true;
}

/* Help texts are indented by more than what belongs to an option, and may begin with any word: "if you say Y". */
static bool is_help(struct span line)
{
	size_t n = 0;

	while (n < line.len && (line.ptr[n] == ' ' || line.ptr[n] == '\t'))
		n++;
	return n > 8 || (n > 1 && memchr(line.ptr, '\t', n));
}

static bool take_line(struct reading *r, struct span line)
{
	bool indented = line.len && (line.ptr[0] == ' ' || line.ptr[0] == '\t');
	struct span rest;

	if (is_help(line))
		return true;
	line = span_trim(line);
	if (indented)
		return !word(line, "depends on", &rest) || depend(r, rest);
	if (word(line, "config", &rest) || word(line, "menuconfig", &rest))
		return define(r, rest);
	if (word(line, "if", &rest)) {
		enter(r, rest);
	} else if (word(line, "menu", &rest)) {
		enter(r, (struct span){ rest.ptr, 0 });
		r->in_menu_head = true;
	} else if (word(line, "endif", &rest) || word(line, "endmenu", &rest)) {
		leave(r);
	} else {
		/* choice, comment: what they depend on is theirs. */
		r->option = UINT32_MAX;
		r->in_menu_head = false;
	}
	return true;
}

static bool take_lines(struct reading *r, struct span text)
{
	while (text.len) {
		const char *end = memchr(text.ptr, '\n', text.len);
		struct span line = { text.ptr, end ? (size_t)(end - text.ptr) : text.len }, file;
		ptrdiff_t commit = span_find(line, SPAN(":")), at;

		text = span_skip(text, line.len + (end != NULL));
		if (commit < 0)
			continue;
		line = span_skip(line, (size_t)commit + 1);
		at = span_find(line, SPAN(":"));
		if (at < 0)
			continue;
		file = (struct span){ line.ptr, (size_t)at };
		if (!span_equal(file, r->file)) {
			r->file = file;
			r->option = UINT32_MAX;
			r->in_menu_head = false;
			r->n_needs = r->depth = 0;
		}
		if (!take_line(r, span_skip(line, (size_t)at + 1)))
			return false;
	}
	return true;
}

static int by_claim(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;

	if (x->option != y->option)
		return x->option < y->option ? -1 : 1;
	if (x->needs != y->needs)
		return x->needs < y->needs ? -1 : 1;
	return (x->definition > y->definition) - (x->definition < y->definition);
}

/* What all definitions of an option say. */
static size_t agree(struct reading *r, struct minimise_edge *edges)
{
	size_t n = 0;

	if (r->n_claims)
		qsort(r->claims, r->n_claims, sizeof(*r->claims), by_claim);
	for (size_t i = 0, end; i < r->n_claims; i = end) {
		const struct claim *first = &r->claims[i];
		uint32_t n_definitions = 0;

		for (end = i; end < r->n_claims && r->claims[end].option == first->option && r->claims[end].needs == first->needs; end++)
			n_definitions += end == i || r->claims[end].definition != r->claims[end - 1].definition;
		if (n_definitions == r->n_definitions[first->option])
			edges[n++] = (struct minimise_edge){ first->option, first->needs };
	}
	return n;
}

static struct culprit_error *print_lines(const struct git *git, const char *commit, struct buf *ret)
{
	static const char pattern[] = "^[[:space:]]*(config|menuconfig|choice|endchoice|comment|menu|endmenu|if|endif|depends on)([[:space:](]|$)";
	int code;

	/* 1: no line fits. */
	return git_run(git, NULL, (struct span){ "", 0 }, GIT_ARGS("grep", "-I", "-E", "-e", pattern, commit, "--", "Kconfig*", "*/Kconfig*"),
		       ret, &code);
}

struct culprit_error *kconfig_edges(const struct kconfig *k, const struct git *git, const char *commit,
				    struct minimise_edge **ret, size_t *ret_n)
{
	_cleanup_(buf_deinit) struct buf lines = { 0 };
	_cleanup_(freep) uint32_t *sorted = calloc((size_t)k->n_options + 1, sizeof(*sorted));
	_cleanup_(freep) uint32_t *n_definitions = calloc((size_t)k->n_options + 1, sizeof(*n_definitions));
	struct reading r = { .kconfig = k, .sorted = sorted, .n_definitions = n_definitions, .option = UINT32_MAX };
	struct culprit_error *err = sorted && n_definitions ? NULL : &culprit_error_no_memory;

	*ret = NULL;
	*ret_n = 0;
	if (!err)
		err = print_lines(git, commit, &lines);
	if (err)
		return err;
	for (uint32_t i = 0; i < k->n_options; i++)
		sorted[i] = i;
	qsort_r(sorted, k->n_options, sizeof(*sorted), by_name, (void *)k);
	if (!take_lines(&r, (struct span){ lines.data, lines.len }))
		err = &culprit_error_no_memory;
	if (!err) {
		*ret = calloc(r.n_claims + 1, sizeof(**ret));
		if (*ret)
			*ret_n = agree(&r, *ret);
		else
			err = &culprit_error_no_memory;
	}
	free(r.claims);
	return err;
}
