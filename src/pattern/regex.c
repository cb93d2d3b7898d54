/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * PCRE2 behind a small face.
 *
 * Most logs need none of the expressions and most crashes a few of them, so
 * nothing is compiled before its first use, and the just-in-time compiler
 * (which costs as much as a hundred short matches) runs only for what is used
 * again and again.  A compiled code is never changed once others may see it:
 * the JIT form is a copy that takes its place, and the old one is kept until
 * the end.
 *
 * Limits: a match that takes more than MATCH_LIMIT steps is given up and
 * remembered in the scratch; the report is then flagged, the run goes on.
 * Where memory ran out, that is remembered too: what did not match is not known
 * then, and the run must not go on.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "pattern/regex.h"
#include "pattern/regex_start.h"

#include <pcre2.h>

#define MATCH_LIMIT 200000
#define DEPTH_LIMIT 2000
#define HEAP_LIMIT_KIB 4096
/*
 * To make machine code of an expression takes as long as to interpret it on some hundred lines or a few reports: where a
 * use counts one and one more for each JIT_BYTES of its text, it is made after so many.
 */
#define WORK_BEFORE_JIT 512
#define JIT_BYTES 32

struct regex_code {
	pcre2_code *code;
	struct regex_code *older;
};

struct regex_scratch {
	pcre2_match_data *data;
	pcre2_match_context *context;
	bool hit_limit;
	bool no_memory;
};

#define META "\\^$.[|()?*+{"

/* Behind the class that begins at p ("[]a]", "[^]]", "[[:alpha:]]"), or its last byte where it has no end. */
static const char *skip_class(const char *p)
{
	p += p[1] == '^' ? 2 : 1;
	for (bool first = true; *p && (first || *p != ']'); p++, first = false) {
		const char *end = p[0] == '[' && p[1] == ':' ? strstr(p, ":]") : NULL;

		if (end)
			p = end + 1;
		else if (*p == '\\' && p[1])
			p++;
	}
	return *p ? p : p - 1;
}

/* Alternatives that no parenthesis encloses; in doubt there are some. */
static bool has_alternatives(const char *source)
{
	int depth = 0;

	for (const char *p = source; *p; p++) {
		p += strcspn(p, "\\[()|");
		if (!*p)
			break;
		if ((p[0] == '\\' && p[1] == 'Q') || !strncmp(p, "(?#", 3))
			return true;
		if (*p == '\\' && p[1])
			p++;
		else if (*p == '[')
			p = skip_class(p);
		else if (*p == '(')
			depth++;
		else if (*p == ')')
			depth--;
		else if (*p == '|' && depth == 0)
			return true;
	}
	return false;
}

/* The bytes that source begins with before anything that is not literal. */
static struct span leading_literal(const char *source)
{
	size_t n = strcspn(source, META);

	/* What is followed by a quantifier may be absent. */
	if (n && source[n] && strchr("?*{+", source[n]))
		n--;
	return n && !has_alternatives(source + n) ? (struct span){ source, n } : (struct span){ 0 };
}

void regex_init(struct regex *re, const char *source)
{
	re->source = source;
	re->literal = leading_literal(source);
	atomic_init(&re->code, NULL);
	atomic_init(&re->start, NULL);
	atomic_init(&re->work, 0);
}

/* Of an expression that may match anywhere in a line. */
static const struct regex_start anywhere;

void regex_deinit(struct regex *re)
{
	struct regex_code *code = atomic_exchange(&re->code, NULL);
	const struct regex_start *start = atomic_exchange(&re->start, NULL);

	if (start != &anywhere)
		free((void *)start);
	while (code) {
		struct regex_code *older = code->older;

		pcre2_code_free(code->code);
		free(code);
		code = older;
	}
}

static struct culprit_error *compile_error(int number)
{
	PCRE2_UCHAR text[256];

	pcre2_get_error_message(number, text, sizeof(text));
	return culprit_error_create(CULPRIT_ERROR_SYNTAX, "bad regular expression: %s", (char *)text);
}

static struct culprit_error *compile(const char *source, size_t *ret_off, pcre2_code **ret)
{
	PCRE2_SIZE off;
	int number;

	*ret = pcre2_compile((PCRE2_SPTR)source, PCRE2_ZERO_TERMINATED,
			     PCRE2_MULTILINE | PCRE2_NEVER_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_USE_OFFSET_LIMIT, &number, &off, NULL);
	if (*ret)
		return NULL;
	if (number == PCRE2_ERROR_HEAP_FAILED)
		return &culprit_error_no_memory;
	if (ret_off)
		*ret_off = off;
	return compile_error(number);
}

/* Make code the newest form of re, unless another thread was first. */
static struct regex_code *publish(struct regex *re, pcre2_code *code, struct regex_code *expected)
{
	struct regex_code *fresh = malloc(sizeof(*fresh));

	if (!fresh) {
		pcre2_code_free(code);
		return expected;
	}
	*fresh = (struct regex_code){ code, expected };
	if (atomic_compare_exchange_strong(&re->code, &expected, fresh))
		return fresh;
	pcre2_code_free(code);
	free(fresh);
	return expected;
}

static struct culprit_error *get_code(struct regex *re, size_t *ret_off, struct regex_code **ret)
{
	struct regex_code *have = atomic_load(&re->code);
	struct culprit_error *err;
	pcre2_code *code;

	if (!have) {
		err = compile(re->source, ret_off, &code);
		if (err)
			return err;
		have = publish(re, code, NULL);
	}
	if (!have)
		return &culprit_error_no_memory;
	*ret = have;
	return NULL;
}

static struct regex_code *with_jit(struct regex *re, struct regex_code *have, size_t text_bytes)
{
	unsigned int work = text_bytes / JIT_BYTES < WORK_BEFORE_JIT ? 1 + (unsigned int)text_bytes / JIT_BYTES : WORK_BEFORE_JIT;
	pcre2_code *copy;
	unsigned int before;

	/* Once it is made nobody counts any more: all threads would write here. */
	if (atomic_load_explicit(&re->work, memory_order_relaxed) >= WORK_BEFORE_JIT)
		return have;
	before = atomic_fetch_add(&re->work, work);
	if (before >= WORK_BEFORE_JIT || before + work < WORK_BEFORE_JIT)
		return have;
	copy = pcre2_code_copy(have->code);
	if (!copy)
		return have;
	/* Where there is no JIT the copy is merely another interpreted form. */
	pcre2_jit_compile(copy, PCRE2_JIT_COMPLETE);
	return publish(re, copy, have);
}

struct culprit_error *regex_check(struct regex *re, size_t *ret_off)
{
	struct regex_code *code;
	struct culprit_error *err = get_code(re, ret_off, &code);
	uint32_t groups;

	if (err)
		return err;
	pcre2_pattern_info(code->code, PCRE2_INFO_CAPTURECOUNT, &groups);
	if (groups >= REGEX_MAX_GROUPS) {
		*ret_off = 0;
		return culprit_error_create(CULPRIT_ERROR_LIMIT, "%u groups; at most %d are allowed (use (?:...))",
					    groups, REGEX_MAX_GROUPS - 1);
	}
	return NULL;
}

bool regex_has_group(struct regex *re, const char *name)
{
	struct regex_code *code;
	struct culprit_error *err = get_code(re, NULL, &code);
	int number;

	if (err) {
		culprit_error_destroy(err);
		return false;
	}
	number = pcre2_substring_number_from_name(code->code, (PCRE2_SPTR)name);
	return number > 0 || number == PCRE2_ERROR_NOUNIQUESUBSTRING;
}

bool regex_always_matches(const struct regex *earlier, const struct regex *later)
{
	size_t n = strlen(earlier->source);

	if (strncmp(earlier->source, later->source, n) != 0)
		return false;
	if (!later->source[n])
		return true;
	return !has_alternatives(later->source) && !strchr("?*+{", later->source[n]) && later->source[n - !!n] != '\\';
}

/* "*", "+", "{2,}" and their lazy forms at p repeat without end; possessive ones ("*+") don't go back. */
static bool is_endless(const char *p)
{
	const char *end = p;

	if (*p == '*' || *p == '+')
		return p[1] != '+';
	if (*p != '{')
		return false;
	end += strcspn(p, "}");
	return *end && end[-1] == ',' && end[1] != '+';
}

#define MAX_DEPTH 32

bool regex_may_be_slow(const struct regex *re)
{
	struct { bool endless, fixed, bad; } group[MAX_DEPTH] = { { 0 } };
	size_t depth = 0;

	for (const char *p = re->source; *p; p++) {
		bool closed = false, inner = false;

		if (*p == '\\' && p[1]) {
			p++;
		} else if (*p == '[') {
			p = skip_class(p);
		} else if (*p == '(' && depth + 1 < MAX_DEPTH) {
			memset(&group[++depth], 0, sizeof(*group));
			/* "?:", "?<name>" are no atoms. */
			if (p[1] == '?')
				p += p[2] == '<' && p[3] != '=' && p[3] != '!' ? strcspn(p, ">") : 2;
			if (!*p)
				break;
			continue;
		} else if (*p == ')' && depth) {
			inner = group[depth].bad || (group[depth].endless && !group[depth].fixed);
			depth--;
			closed = true;
		} else if (*p == '|') {
			group[depth].bad |= group[depth].endless && !group[depth].fixed;
			group[depth].endless = group[depth].fixed = false;
			continue;
		}
		/* p is at the last byte of an atom. */
		if (is_endless(p + 1)) {
			if (closed && inner)
				return true;
			group[depth].endless = true;
		} else if (p[1] != '?' && p[1] != '*' && p[1] != '{') {
			group[depth].fixed = true;
		}
		if (p[1] && strchr("*+?", p[1]))
			p += p[2] && strchr("+?", p[2]) ? 2 : 1;
		else if (p[1] == '{')
			p += strcspn(p, "}");
		if (!*p)
			break;
	}
	return false;
}

uint32_t regex_n_groups(struct regex *re)
{
	struct regex_code *code;
	struct culprit_error *err = get_code(re, NULL, &code);
	uint32_t groups = 0;

	if (err)
		culprit_error_destroy(err);
	else
		pcre2_pattern_info(code->code, PCRE2_INFO_CAPTURECOUNT, &groups);
	return groups;
}

struct culprit_error *regex_scratch_create(struct regex_scratch **ret)
{
	struct regex_scratch *scratch = calloc(1, sizeof(*scratch));

	if (!scratch)
		return &culprit_error_no_memory;
	scratch->data = pcre2_match_data_create(REGEX_MAX_GROUPS, NULL);
	scratch->context = pcre2_match_context_create(NULL);
	if (!scratch->data || !scratch->context) {
		regex_scratch_destroy(scratch);
		return &culprit_error_no_memory;
	}
	pcre2_set_match_limit(scratch->context, MATCH_LIMIT);
	pcre2_set_depth_limit(scratch->context, DEPTH_LIMIT);
	pcre2_set_heap_limit(scratch->context, HEAP_LIMIT_KIB);
	*ret = scratch;
	return NULL;
}

void regex_scratch_destroy(struct regex_scratch *scratch)
{
	if (!scratch)
		return;
	pcre2_match_data_free(scratch->data);
	pcre2_match_context_free(scratch->context);
	free(scratch);
}

bool regex_scratch_hit_limit(struct regex_scratch *scratch)
{
	bool hit = scratch->hit_limit;

	scratch->hit_limit = false;
	return hit;
}

bool regex_scratch_no_memory(const struct regex_scratch *scratch)
{
	return scratch->no_memory;
}

void regex_scratch_fail(struct regex_scratch *scratch)
{
	scratch->no_memory = true;
}

/* n is what pcre2_match gave; what the ovector holds behind is left from other matches. */
static void fill_match(const struct regex *re, struct span text, pcre2_match_data *data, uint32_t n,
		       struct regex_match *ret)
{
	const PCRE2_SIZE *ovector = pcre2_get_ovector_pointer(data);

	ret->re = re;
	ret->text = text;
	ret->n = n ? n : pcre2_get_ovector_count(data);
	for (uint32_t i = 0; i < ret->n; i++) {
		ret->start[i] = ovector[2 * i];
		ret->end[i] = ovector[2 * i + 1];
	}
}

bool regex_find(struct regex *re, struct regex_scratch *scratch, struct span text, size_t from,
		struct regex_match *ret)
{
	return regex_find_before(re, scratch, text, from, SIZE_MAX, ret);
}

/* Looked for at the first use; where memory lacks, the expression is tried anywhere. */
static const struct regex_start *get_start(struct regex *re)
{
	const struct regex_start *have = atomic_load_explicit(&re->start, memory_order_acquire);
	struct regex_start found, *copy;

	if (have)
		return have;
	copy = regex_start_find(re->source, &found) ? malloc(sizeof(*copy)) : NULL;
	if (copy)
		*copy = found;
	if (atomic_compare_exchange_strong(&re->start, &have, copy ? copy : &anywhere))
		return copy ? copy : &anywhere;
	free(copy);
	return have;
}

/* Where the first line at or after from begins with one of the bytes, or -1.  Only '\n' ends lines, as for PCRE2. */
static ptrdiff_t find_start(const struct regex_start *start, struct span text, size_t from)
{
	while (from < text.len) {
		const char *nl;

		if ((!from || text.ptr[from - 1] == '\n') && regex_start_fits(start, (unsigned char)text.ptr[from]))
			return (ptrdiff_t)from;
		nl = memchr(text.ptr + from, '\n', text.len - from);
		if (!nl)
			break;
		from = (size_t)(nl + 1 - text.ptr);
	}
	return -1;
}

bool regex_find_before(struct regex *re, struct regex_scratch *scratch, struct span text, size_t from, size_t before,
		       struct regex_match *ret)
{
	struct regex_code *code;
	struct culprit_error *err;
	int n;

	if (from > text.len || from >= before)
		return false;
	if (re->literal.len) {
		struct span part = text;
		ptrdiff_t at;

		if (before < text.len && text.len - before >= re->literal.len)
			part.len = before + re->literal.len - 1;
		at = span_find(span_skip(part, from), re->literal);
		if (at < 0)
			return false;
		from += (size_t)at;
	} else {
		const struct regex_start *start = get_start(re);
		ptrdiff_t at = start == &anywhere ? (ptrdiff_t)from : find_start(start, text, from);

		if (at < 0 || (size_t)at >= before)
			return false;
		from = (size_t)at;
	}
	err = get_code(re, NULL, &code);
	if (err) {
		scratch->no_memory |= err == &culprit_error_no_memory;
		culprit_error_destroy(err);
		return false;
	}
	code = with_jit(re, code, text.len - from);
	pcre2_set_offset_limit(scratch->context, before == SIZE_MAX ? PCRE2_UNSET : before - 1);
	n = pcre2_match(code->code, (PCRE2_SPTR)(text.ptr ? text.ptr : ""), text.len, from, 0, scratch->data,
			scratch->context);
	if (n < 0) {
		scratch->no_memory |= n == PCRE2_ERROR_NOMEMORY;
		scratch->hit_limit |= n != PCRE2_ERROR_NOMATCH && n != PCRE2_ERROR_NOMEMORY;
		return false;
	}
	if (ret)
		fill_match(re, text, scratch->data, (uint32_t)n, ret);
	return true;
}

struct span regex_group(const struct regex_match *m, uint32_t group)
{
	if (group >= m->n || m->start[group] == SIZE_MAX || m->end[group] < m->start[group])
		return (struct span){ 0 };
	return (struct span){ m->text.ptr + m->start[group], m->end[group] - m->start[group] };
}

struct span regex_named(const struct regex_match *m, const char *name)
{
	struct regex_code *code = atomic_load(&((struct regex *)m->re)->code);
	int group = code ? pcre2_substring_number_from_name(code->code, (PCRE2_SPTR)name) : -1;
	PCRE2_SPTR first, last;
	int size;

	if (group > 0)
		return regex_group(m, (uint32_t)group);
	if (!code || group != PCRE2_ERROR_NOUNIQUESUBSTRING)
		return (struct span){ 0 };
	/* Several groups of one name ((?J)): the one that took part. */
	size = pcre2_substring_nametable_scan(code->code, (PCRE2_SPTR)name, &first, &last);
	for (PCRE2_SPTR entry = first; size > 0 && entry <= last; entry += size) {
		struct span s = regex_group(m, (uint32_t)entry[0] << 8 | entry[1]);

		if (s.ptr)
			return s;
	}
	return (struct span){ 0 };
}

const char *regex_library_version(void)
{
	static _Thread_local char version[64];

	return pcre2_config(PCRE2_CONFIG_VERSION, NULL) > (int)sizeof(version) ||
	       pcre2_config(PCRE2_CONFIG_VERSION, version) < 0 ? "unknown" : version;
}
