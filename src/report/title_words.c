/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frame and form to words: the names that a function goes by, templates, and what is taken out of them. */
#include "report/title_parts.h"

#define TITLE_MAX_BYTES 120

static struct culprit_error *add_name(struct finder *f, struct frame_names *names, struct span name)
{
	if (names->n == MAX_NAMES)
		return NULL;
	names->names[names->n] = arena_dup(f->arena, name);
	if (!names->names[names->n])
		return &culprit_error_no_memory;
	names->n++;
	return NULL;
}

static struct culprit_error *add_prefixed(struct finder *f, struct frame_names *names, const char *becomes,
					  struct span rest)
{
	const char *name = arena_printf(f->arena, "%s%.*s", becomes, (int)rest.len, rest.ptr);

	if (!name)
		return &culprit_error_no_memory;
	if (names->n < MAX_NAMES)
		names->names[names->n++] = name;
	return NULL;
}

struct culprit_error *title_name_frame(struct finder *f, struct span function, const char *group,
				       struct frame_names *names)
{
	const struct culprit_patterns *set = f->in->patterns;
	struct culprit_error *err = NULL;

	if (group && !span_equal(span_of(group), function))
		err = add_name(f, names, span_of(group));
	for (size_t i = 0; !err && !group && i < set->n_prefixes; i++) {
		const struct name_prefix *prefix = &set->prefixes[i];
		struct span rest;

		if (!span_starts(function, span_of(prefix->prefix)) || function.len == strlen(prefix->prefix))
			continue;
		rest = span_skip(function, strlen(prefix->prefix));
		for (size_t j = prefix->n; !err && j-- > 0;)
			err = add_prefixed(f, names, prefix->becomes[j], rest);
		break;
	}
	return err ? err : add_name(f, names, function);
}

/* ---------------------------------------------------------- the words */

static struct span named_group(const struct finder *f, const struct form *form, const char *name)
{
	struct span s = { 0 };

	if (form->has_report)
		s = regex_named(&f->choice.report, name);
	return s.ptr ? s : regex_named(&f->choice.match, name);
}

static bool fill_template(const struct finder *f, const struct form *form, const char *template, const char *frame,
			  struct buf *out)
{
	while (*template) {
		size_t n = strcspn(template, "{");
		char name[64];

		if (!buf_add(out, template, n))
			return false;
		template += n;
		if (!*template)
			break;
		n = strcspn(template + 1, "}");
		if (n >= sizeof(name))
			return false;
		memcpy(name, template + 1, n);
		name[n] = '\0';
		template += n + 2;
		if (!strcmp(name, "frame")) {
			if (!buf_add_str(out, frame))
				return false;
		} else if (!strcmp(name, "origin")) {
			if (!buf_add_str(out, f->origin ? f->origin : ""))
				return false;
		} else if (!strcmp(name, "phase")) {
			if (!buf_add_str(out, f->in->phase ? f->in->phase : ""))
				return false;
		} else {
			struct span s = named_group(f, form, name);

			if (!buf_add(out, s.ptr, s.len))
				return false;
		}
	}
	return true;
}

static bool add_replacement(struct buf *out, const char *replace, const struct regex_match *m)
{
	for (const char *p = replace; *p; p++) {
		if (*p == '$' && p[1] >= '0' && p[1] <= '9') {
			struct span s = regex_group(m, (uint32_t)(p[1] - '0'));

			if (!buf_add(out, s.ptr, s.len))
				return false;
			p++;
		} else if (!buf_add_char(out, *p)) {
			return false;
		}
	}
	return true;
}

/* Applied until nothing matches behind the last replacement: neighbours may share a byte ("0,1,2"). */
static bool rewrite_one(struct rewrite *rewrite, struct regex_scratch *scratch, struct buf *text)
{
	struct buf out = { 0 };
	struct regex_match m;
	size_t from = 0;

	while (regex_find(&rewrite->match, scratch, buf_span(text), from, &m)) {
		size_t end = m.end[0] > m.start[0] ? m.end[0] : m.start[0] + 1;

		if (!buf_add(&out, text->data + from, m.start[0] - from) || !add_replacement(&out, rewrite->replace, &m)) {
			buf_deinit(&out);
			return false;
		}
		if (m.end[0] == m.start[0] && m.start[0] < text->len && !buf_add_char(&out, text->data[m.start[0]])) {
			buf_deinit(&out);
			return false;
		}
		from = end < text->len ? end : text->len;
		if (from >= text->len)
			break;
	}
	if (out.len == 0 && from == 0)
		return true;
	if (!buf_add(&out, text->data + from, text->len - from)) {
		buf_deinit(&out);
		return false;
	}
	buf_deinit(text);
	*text = out;
	return true;
}

static bool needs_rewrite(const struct rewrite *rewrite, const struct buf *text)
{
	return !rewrite->needs || (text->data && strpbrk(text->data, rewrite->needs));
}

const char *title_clean(struct finder *f, struct buf *text)
{
	const struct culprit_patterns *set = f->in->patterns;
	char *p, *q;

	for (size_t i = 0; i < set->n_cleanup; i++) {
		if (needs_rewrite(&set->cleanup[i], text) && !rewrite_one(&set->cleanup[i], f->in->scratch, text))
			return NULL;
	}
	if (!text->data)
		return arena_dup(f->arena, SPAN(""));
	/* Cut first: what blanks would make room for is not in the community's titles either. */
	if (text->len > TITLE_MAX_BYTES)
		text->data[text->len = TITLE_MAX_BYTES] = '\0';
	for (p = q = text->data; *p; p++) {
		unsigned char c = (unsigned char)*p;

		if (c < 0x20 || c >= 0x7f)
			c = ' ';
		if (c == ' ' && (q == text->data || q[-1] == ' '))
			continue;
		*q++ = (char)c;
	}
	text->len = (size_t)(q - text->data);
	return arena_dup(f->arena, span_trim(buf_span(text)));
}

static struct culprit_error *make_title(struct finder *f, const struct form *form, const char *template,
					const char *frame, const char **ret)
{
	_cleanup_(buf_deinit) struct buf text = { 0 };

	if (!fill_template(f, form, template, frame, &text))
		return &culprit_error_no_memory;
	*ret = title_clean(f, &text);
	return *ret ? NULL : &culprit_error_no_memory;
}

static int compare_strings(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_alt(struct title *t, const char *alt)
{
	if (!strcmp(alt, t->title))
		return;
	for (size_t i = 0; i < t->n_alts; i++) {
		if (!strcmp(t->alts[i], alt))
			return;
	}
	t->alts[t->n_alts++] = alt;
}

struct culprit_error *title_make(struct finder *f, const struct form *form, const struct frame_names *names)
{
	struct title *t = f->title;
	struct culprit_error *err = make_title(f, form, form->title, names->names[0], &t->title);

	if (err)
		return err;
	t->alts = arena_array(f->arena, (form->n_alts + 1) * names->n + 1, sizeof(*t->alts));
	if (!t->alts)
		return &culprit_error_no_memory;
	for (size_t i = 0; i < names->n; i++) {
		const char *alt;

		for (size_t j = 0; j <= form->n_alts; j++) {
			const char *template = j ? form->alts[j - 1] : form->title;

			if (!f->origin && strstr(template, "{origin}"))
				continue;
			err = make_title(f, form, template, names->names[i], &alt);
			if (err)
				return err;
			add_alt(t, alt);
		}
	}
	qsort(t->alts, t->n_alts, sizeof(*t->alts), compare_strings);
	return NULL;
}
