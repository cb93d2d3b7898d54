/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which form of which pattern, which frame, which words.
 *
 * The form whose match begins first in the report wins, so that a report is
 * named by what happened first and not by its follow-ups; of forms that begin
 * at the same byte the first in the order of the patterns wins.
 *
 * It fails where lines of two reports without caller prefixes are mixed: then
 * a frame of the other one may be taken.  The checks at the end find most of
 * these and call the report corrupted.
 */
#include "report/title.h"

#include <stdio.h>

#include "base/demangle.h"
#include "report/stack.h"

#define TITLE_MAX_BYTES 120
#define MAX_STACK_FRAMES 256
#define NO_FRAME "corrupted"

struct frame_list {
	struct span names[MAX_STACK_FRAMES];
	size_t n;
};

struct choice {
	const struct form *form;
	const struct pattern *pattern;
	struct regex_match match, report;
	size_t start;			/* of the match; forms that begin later lose */
};

struct finder {
	const struct title_input *in;
	struct arena *arena;
	struct title *title;
	struct frame_list list;		/* of the source at hand */
	bool torn;			/* somebody else's stack stood where a frame was looked for */
	struct choice choice;		/* the form, and what it matched */
};

static __attribute__((format(printf, 2, 3))) void trace(const struct title_input *in, const char *format, ...)
{
	_cleanup_(freep) char *text = NULL;
	va_list args;
	int n;

	if (!in->trace)
		return;
	va_start(args, format);
	n = vasprintf(&text, format, args);
	va_end(args);
	if (n < 0) {
		text = NULL;
		return;
	}
	/* A lost line of explanation is no error. */
	if (!buf_add_str(in->trace, text) || !buf_add_char(in->trace, '\n'))
		return;
}

/* ----------------------------------------------------- choosing the form */

static bool pattern_is_announced(const struct pattern *pattern, const struct title_input *in)
{
	if (pattern->disabled)
		return false;
	for (size_t i = 0; i < pattern->n_banners; i++) {
		for (size_t j = 0; j < in->n_banners; j++) {
			if (pattern->banners[i] == in->banners[j])
				return true;
		}
	}
	return false;
}

/* Does it match, beginning before that byte? */
static bool form_matches(struct form *form, const struct title_input *in, size_t before, struct regex_match *match,
			 struct regex_match *report)
{
	if (!regex_find_before(&form->match, in->scratch, in->text.text, 0, before, match))
		return false;
	if (!form->has_report)
		return true;
	/* What the report says further down belongs to what begins here. */
	return regex_find(&form->report, in->scratch, in->text.text, match->start[0], report);
}

static void try_form(const struct title_input *in, const struct pattern *pattern, struct form *form, struct choice *best)
{
	struct regex_match match, report;
	/* Who explains tells of those that lose, too. */
	size_t before = in->trace ? SIZE_MAX : best->start;

	if (form->disabled || !form_matches(form, in, before, &match, &report))
		return;
	trace(in, "  form %s/%s matches at byte %zu%s", pattern->name, form->name, match.start[0],
	      match.start[0] < best->start ? "" : ": loses to the one above");
	if (match.start[0] >= best->start)
		return;
	best->form = form;
	best->pattern = pattern;
	best->start = match.start[0];
	best->match = match;
	if (form->has_report)
		best->report = report;
}

static void try_forms(const struct title_input *in, size_t before, struct choice *ret)
{
	ret->form = NULL;
	ret->start = before;
	for (size_t i = 0; i < in->patterns->n_patterns; i++) {
		const struct pattern *pattern = &in->patterns->patterns[i];

		if (!pattern_is_announced(pattern, in))
			continue;
		for (size_t j = 0; j < pattern->n_forms; j++)
			try_form(in, pattern, &pattern->forms[j], ret);
	}
}

/* Nearly always one begins in the first line: only if none does all of the text is searched. */
static void choose_form(const struct title_input *in, struct choice *ret)
{
	const char *end = in->text.text.len ? memchr(in->text.text.ptr, '\n', in->text.text.len) : NULL;

	ret->form = NULL;
	if (end && !in->trace)
		try_forms(in, (size_t)(end - in->text.text.ptr) + 1, ret);
	if (!ret->form)
		try_forms(in, SIZE_MAX, ret);
}

bool title_needs_stack(const struct title_input *in)
{
	struct choice choice;

	choose_form(in, &choice);
	return !choice.form || !choice.form->no_stack;
}

/* ------------------------------------------------------ guilty frame */

/* Lines of the report, from one on. */
struct line_cursor {
	const struct title_line *lines;
	size_t at, n;
};

static const struct title_line *next_line(struct line_cursor *c)
{
	return c->at < c->n ? &c->lines[c->at++] : NULL;
}

/* The first line that begins at or behind a byte of the text. */
static struct line_cursor lines_from(const struct title_text *text, size_t off)
{
	struct line_cursor c = { text->lines, 0, text->n_lines };
	size_t end = c.n;

	while (c.at < end) {
		size_t middle = c.at + (end - c.at) / 2;

		if (text->lines[middle].off < off)
			c.at = middle + 1;
		else
			end = middle;
	}
	return c;
}

static size_t cursor_off(const struct line_cursor *c, const struct title_text *text)
{
	return c->at < c->n ? c->lines[c->at].off : text->text.len;
}

bool title_read_lines(const struct culprit_patterns *patterns, struct span text, struct arena *arena, struct buf *ret)
{
	for (size_t off = 0, end; off < text.len; off = end + 1) {
		const char *nl = memchr(text.ptr + off, '\n', text.len - off);
		struct title_line line = { .off = off };
		struct raw_frame frame, *copy;
		struct span s;

		end = nl ? (size_t)(nl - text.ptr) : text.len;
		s = (struct span){ text.ptr + off, end - off };
		if (stack_parse_frame(s, &frame)) {
			copy = arena_alloc(arena, sizeof(*copy));
			if (!copy)
				return false;
			*copy = frame;
			line.frame = copy;
		} else {
			line.header = stack_find_header(patterns, s);
		}
		if (!buf_add(ret, &line, sizeof(line)))
			return false;
	}
	return true;
}

/* Rust's names are told apart by their paths only: the linker's form says nothing to people or to globs. */
static struct span readable_name(const struct finder *f, struct span function)
{
	const char *name = is_mangled(function) ? demangle(f->arena, function) : NULL;

	return name ? span_of(name) : function;
}

static void add_frame(const struct finder *f, struct frame_list *list, struct span function)
{
	function = readable_name(f, stack_base_name(function));
	if (function.len && list->n < MAX_STACK_FRAMES)
		list->names[list->n++] = function;
}

/* Frames of a stack: a register points to where the report's own context was. */
static bool is_foreign(const struct culprit_patterns *set, const struct raw_frame *f)
{
	return !f->pc && !f->link && glob_list_match(&set->foreign, f->function);
}

/* Dumps of other CPUs come in a row and are searched as one; what was allocated or freed where is another matter. */
static bool ends_stack(enum culprit_role role)
{
	if (role == CULPRIT_ROLE_OTHER_TASK || role == CULPRIT_ROLE_LOCK_TAKEN_AT)
		return false;
	return role != CULPRIT_ROLE_CALL_TRACE;
}

/*
 * Frames from here to the next header of another role.  False where a frame
 * says that the stack is somebody else's: what stands above it is the report's.
 */
static bool collect_stack(const struct finder *finder, struct line_cursor *c, struct frame_list *list)
{
	const struct culprit_patterns *set = finder->in->patterns;
	const struct title_line *line;

	while ((line = next_line(c))) {
		const struct raw_frame *f = line->frame;

		if (!f) {
			if (!line->header || !ends_stack(line->header->role))
				continue;
			/* whoever looks for it next */
			c->at--;
			break;
		}
		/* Only a symbolized log has these: a title must not depend on that. */
		if (f->flags & CULPRIT_FRAME_INLINE)
			continue;
		if (is_foreign(set, f))
			return false;
		if (frame_is_outside(f))
			continue;
		if (f->callee.len && !(list->n && span_equal(list->names[list->n - 1], stack_base_name(f->callee))))
			add_frame(finder, list, f->callee);
		if (!f->link)
			add_frame(finder, list, f->function);
	}
	return true;
}

/* Say why a frame is passed over: the role that it has, and the word that gives it. */
static void trace_skipped(const struct finder *f, const struct frame_source *source, struct span name)
{
	const struct functions *table = &f->in->patterns->functions;
	uint64_t passed = source->skip.roles | (source->pick ? source->pick->skip.roles : 0) |
			  (source->pick || source->no_default_skip ? 0 : f->in->patterns->skip.roles);
	uint64_t roles = f->in->trace ? functions_roles_of(table, name) & passed : 0;

	for (size_t i = 0; i < table->n_roles; i++) {
		const struct function_role *role = &table->roles[i];

		if (!(roles >> i & 1))
			continue;
		trace(f->in, "  frame %.*s is passed over: %s ('%s' in its name): %s", (int)name.len, name.ptr, role->name,
		      functions_word_of(table, name, i)->text, role->why ? role->why : "no reason is given");
		return;
	}
	trace(f->in, "  frame %.*s is passed over: a list of this form names it", (int)name.len, name.ptr);
}

static bool is_skipped(const struct finder *f, const struct frame_source *source, struct span name)
{
	if (glob_list_match(&source->skip, name))
		return true;
	if (source->pick)
		return glob_list_match(&source->pick->skip, name);
	return !source->no_default_skip && glob_list_match(&f->in->patterns->skip, name);
}

/* Entry points are known by the names that they have on every architecture: "ioctl" for "__x64_sys_ioctl". */
static struct span bare_name(const struct culprit_patterns *set, struct span name)
{
	for (size_t i = 0; i < set->n_prefixes; i++) {
		const struct name_prefix *prefix = &set->prefixes[i];
		size_t len = strlen(prefix->prefix);

		if (name.len > len && !*prefix->becomes[prefix->n - 1] &&
		    span_starts(name, (struct span){ prefix->prefix, len }))
			return span_skip(name, len);
	}
	return name;
}

static bool is_anchor(const struct finder *f, const struct pick *pick, struct span name)
{
	return glob_list_match(&pick->anchors, name) || glob_list_match(&pick->anchors, bare_name(f->in->patterns, name));
}

static bool is_in_group(const struct pick *pick, struct span name)
{
	for (size_t g = 0; g < pick->n_groups; g++) {
		if (glob_list_match(&pick->groups[g].frames, name))
			return true;
	}
	return false;
}

/* A frame of a group, above the first anchor where the pick has such. */
static bool pick_group(const struct finder *f, const struct pick *pick, const struct frame_list *list, struct span *ret,
		       const char **ret_as)
{
	for (size_t i = 0; i < list->n; i++) {
		if (is_anchor(f, pick, list->names[i]) && !is_in_group(pick, list->names[i]))
			return false;
		for (size_t g = 0; g < pick->n_groups; g++) {
			if (!glob_list_match(&pick->groups[g].frames, list->names[i]))
				continue;
			*ret = list->names[i];
			*ret_as = pick->groups[g].as;
			return true;
		}
	}
	return false;
}

static bool pick_by_anchor(const struct finder *f, const struct frame_source *source, const struct frame_list *list,
			   struct span *ret)
{
	bool have = false;

	for (size_t i = 0; i < list->n; i++) {
		if (is_anchor(f, source->pick, list->names[i])) {
			/* What nothing was called from is the loop itself. */
			if (!have)
				*ret = list->names[i];
			trace(f->in, "  anchor %.*s: %.*s is taken", (int)list->names[i].len, list->names[i].ptr,
			      (int)ret->len, ret->ptr);
			return true;
		}
		if (is_skipped(f, source, list->names[i])) {
			trace_skipped(f, source, list->names[i]);
			continue;
		}
		*ret = list->names[i];
		have = true;
	}
	return false;
}

static bool pick_first(const struct finder *f, const struct frame_source *source, const struct frame_list *list,
		       struct span *ret)
{
	for (size_t i = 0; i < list->n; i++) {
		if (!is_skipped(f, source, list->names[i])) {
			*ret = list->names[i];
			return true;
		}
		trace_skipped(f, source, list->names[i]);
	}
	return false;
}

static bool pick_from(const struct finder *f, const struct frame_source *source, const struct frame_list *list,
		      struct span *ret, const char **ret_as)
{
	*ret_as = NULL;
	if (source->pick && pick_group(f, source->pick, list, ret, ret_as))
		return true;
	if (source->pick && !glob_list_is_empty(&source->pick->anchors))
		return pick_by_anchor(f, source, list, ret);
	return pick_first(f, source, list, ret);
}

/* Who called what is in no function: the link register says so, before any stack does. */
static void add_caller(const struct finder *f, struct frame_list *list, struct line_cursor c)
{
	const struct title_line *line;

	while ((line = next_line(&c))) {
		if (line->frame && line->frame->link && !frame_is_outside(line->frame)) {
			add_frame(f, list, line->frame->function);
			return;
		}
		if (line->header)
			return;
	}
}

/* Is a symbol named only because nothing nearer is below? */
static bool is_outside(struct span text, struct span symbol)
{
	size_t end = symbol.ptr ? (size_t)(symbol.ptr + symbol.len - text.ptr) : text.len;

	return stack_offset_is_outside(span_skip(text, end));
}

/*
 * Nothing but what prints stacks: the frame below it had it printed.  Where an
 * interrupt came into somebody else's work, the frames above are the report's.
 */
static bool all_generic(const struct finder *f, const struct frame_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		if (!glob_list_match(&f->in->patterns->skip, list->names[i]))
			return false;
	}
	return true;
}

/*
 * Does a frame of somebody else's stand between the lines at c and a match that
 * begins at end?  Then c is left behind it.
 */
static bool passes_foreign(const struct finder *f, struct line_cursor *c, size_t end)
{
	struct line_cursor at = *c;
	const struct title_line *line;

	while ((line = next_line(&at)) && line->off < end) {
		if (line->frame && is_foreign(f->in->patterns, line->frame)) {
			*c = at;
			return true;
		}
	}
	return false;
}

/* What a step came to. */
struct step_hit {
	size_t off;			/* where in the text it begins */
	struct line_cursor after;	/* the lines behind it */
	struct span function;		/* the frame, if the step gives one */
	bool outside;			/* that is named only because nothing nearer is below */
};

/*
 * arm's unwinder has no words for it: what stands before its frames, or the
 * first of them.  Behind a line of numbers that another message cut, the words
 * stand at the end ("dffffc0000000000Call Trace:").
 */
static bool begins_trace(const struct title_text *text, const struct title_line *line, size_t end)
{
	static const struct span words = { "Call Trace:", 11 };
	struct span s = { text->text.ptr + line->off, end - line->off - 1 };

	if (line->frame)
		return span_equal(line->frame->callee, SPAN("unwind_backtrace"));
	if (line->header)
		return line->header->role == CULPRIT_ROLE_CALL_TRACE;
	s = span_trim(s);
	return span_starts(s, SPAN("Stack: (0x")) ||
	       (s.len > words.len && span_equal(span_skip(s, s.len - words.len), words));
}

static bool find_line(const struct finder *f, enum frame_step_kind kind, struct line_cursor c, struct step_hit *ret)
{
	const struct title_line *line;

	while ((line = next_line(&c))) {
		const struct raw_frame *frame = line->frame;
		bool is_pc = frame && frame->pc && !(frame->flags & CULPRIT_FRAME_INLINE);

		if (kind == STEP_PC ? !is_pc : !begins_trace(&f->in->text, line, cursor_off(&c, &f->in->text)))
			continue;
		*ret = (struct step_hit){ .off = line->off, .after = c };
		if (kind == STEP_PC) {
			ret->function = frame->function;
			ret->outside = frame_is_outside(frame);
		}
		return true;
	}
	return false;
}

/* From the byte of the text where the lines at c begin, or where the form's match does. */
static bool find_match(const struct finder *f, struct frame_step *step, size_t off, struct step_hit *ret)
{
	size_t start = f->choice.match.start[0];
	/* What stands in the line of the form's match before it is not looked at. */
	struct span rest = span_skip(f->in->text.text, start);
	struct regex_match m;

	if (!regex_find(&step->re, f->in->scratch, rest, off - start, &m))
		return false;
	*ret = (struct step_hit){ .off = start + m.start[0], .after = lines_from(&f->in->text, start + m.end[0]) };
	if (step->captures) {
		ret->function = regex_group(&m, 1);
		ret->outside = is_outside(rest, ret->function);
	}
	return true;
}

/*
 * One source: its steps, one after the other, down the report.  A step that
 * gives a frame puts it on the list; the stack step collects stack after stack
 * until one of them yields.  A step that meets a stack of somebody else's is
 * over: what it was to find is mixed with that.
 */
static bool run_source(struct finder *f, const struct frame_source *source, struct span *ret, const char **ret_as)
{
	const struct title_text *text = &f->in->text;
	size_t off = f->choice.match.start[0];
	struct line_cursor c = lines_from(text, off);
	struct frame_list *list = &f->list;
	bool found = false;

	list->n = 0;
	for (size_t i = 0; i < source->n_steps && !found; i++, off = cursor_off(&c, text)) {
		struct frame_step *step = &source->steps[i];
		struct step_hit hit;

		if (step->kind == STEP_STACK) {
			if (!collect_stack(f, &c, list) && all_generic(f, list)) {
				f->torn = true;
				list->n = 0;
			} else {
				found = pick_from(f, source, list, ret, ret_as);
			}
			continue;
		}
		if (!(step->kind == STEP_LINE ? find_match(f, step, off, &hit) : find_line(f, step->kind, c, &hit)))
			break;
		if (passes_foreign(f, &c, hit.off)) {
			f->torn = true;
			continue;
		}
		c = hit.after;
		if (!hit.function.len)
			continue;
		if (hit.outside)
			add_caller(f, list, c);
		else
			add_frame(f, list, hit.function);
		/* Anchored picks want the whole stack; others may stop at once. */
		if (!source->pick || glob_list_is_empty(&source->pick->anchors))
			found = pick_from(f, source, list, ret, ret_as);
	}
	return found;
}

/* ------------------------------------------------------------- names */

#define MAX_NAMES 6

/* The names of one frame: the canonical one first, then the others it goes by. */
struct frame_names {
	const char *names[MAX_NAMES];
	size_t n;
};

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

static struct culprit_error *name_frame(struct finder *f, struct span function, const char *group,
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

/* Numbers, addresses and counters out; blanks collapsed; cut to the community's length. */
static const char *clean_title(struct finder *f, struct buf *text)
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
	*ret = clean_title(f, &text);
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

/* Every name of the frame in every template but the canonical one, which is the title. */
static struct culprit_error *make_titles(struct finder *f, const struct form *form, const struct frame_names *names)
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
			err = make_title(f, form, j ? form->alts[j - 1] : form->title, names->names[i], &alt);
			if (err)
				return err;
			add_alt(t, alt);
		}
	}
	qsort(t->alts, t->n_alts, sizeof(*t->alts), compare_strings);
	return NULL;
}

static void find_type(struct finder *f)
{
	const struct culprit_patterns *set = f->in->patterns;

	if (f->title->form && f->title->form->type) {
		f->title->type = *f->title->form->type ? f->title->form->type : NULL;
		return;
	}
	for (size_t i = 0; i < set->n_types; i++) {
		if (glob_match(set->types[i].title, span_of(f->title->title))) {
			f->title->type = *set->types[i].type ? set->types[i].type : NULL;
			return;
		}
	}
}

/* ----------------------------------------------------------- doubts */

static const struct title_text *whole_text(const struct title_input *in)
{
	return in->whole.text.len ? &in->whole : &in->text;
}

static bool has_doubt(struct finder *f, bool on_title, struct span text)
{
	const struct culprit_patterns *set = f->in->patterns;

	for (size_t i = 0; i < set->n_doubts; i++) {
		struct doubt *doubt = &set->doubts[i];

		if (doubt->on_title == on_title && regex_find(&doubt->match, f->in->scratch, text, 0, NULL)) {
			f->title->corrupted = doubt->reason;
			return true;
		}
	}
	return false;
}

#define FRAMES_WITHIN_LINES 15

/* Where a stack is announced, at least one frame must follow soon. */
static bool stack_follows(const struct title_text *text, struct line_cursor c)
{
	const struct title_line *line;

	for (int i = 0; i < FRAMES_WITHIN_LINES && (line = next_line(&c)); i++) {
		struct span rest = span_skip(text->text, line->off);

		rest.len = cursor_off(&c, text) - line->off;
		if (line->frame || span_find(rest, SPAN("stack is not available")) >= 0)
			return true;
		if (line->header && line->header->role != CULPRIT_ROLE_OTHER_TASK &&
		    line->header->role != CULPRIT_ROLE_LOCK_TAKEN_AT)
			return false;
	}
	return false;
}

static bool has_frames_of_its_own(enum culprit_role role)
{
	return role == CULPRIT_ROLE_CALL_TRACE || role == CULPRIT_ROLE_ALLOCATED || role == CULPRIT_ROLE_FREED ||
	       role == CULPRIT_ROLE_LEAK || role == CULPRIT_ROLE_UNINIT_ORIGIN;
}

static void check_stacks(struct finder *f, bool need_stack)
{
	const struct title_text *text = whole_text(f->in);
	bool checked[CULPRIT_ROLE_OTHER + 1] = { false };
	struct line_cursor c = lines_from(text, 0);
	const struct title_line *line;
	bool any = false;

	while ((line = next_line(&c))) {
		const struct stack_header *header = line->header;

		any |= line->frame && !line->frame->pc && !line->frame->link;
		if (!header || !has_frames_of_its_own(header->role) || checked[header->role])
			continue;
		checked[header->role] = true;
		/* A call trace that the form does without may be empty. */
		if (stack_follows(text, c) || (!need_stack && header->role == CULPRIT_ROLE_CALL_TRACE))
			continue;
		f->title->corrupted = "no frames in a stack trace";
		return;
	}
	if (need_stack && !any)
		f->title->corrupted = "no stack trace in the report";
}

static void find_doubts(struct finder *f)
{
	struct title *t = f->title;

	if (t->corrupted)
		return;
	if (f->torn) {
		t->corrupted = "somebody else's stack stands in the report";
		return;
	}
	if (t->form && t->form->corrupted) {
		t->corrupted = t->form->corrupted;
		return;
	}
	if (has_doubt(f, true, span_of(t->title)) || has_doubt(f, false, whole_text(f->in)->text))
		return;
	check_stacks(f, !t->form || !t->form->no_stack);
}

/* ------------------------------------------------------------- all of it */

/* No form knows the report: the banner's own line, from its literal on, is better than nothing. */
static struct culprit_error *title_from_banner(struct finder *f)
{
	const struct banner *banner = &f->in->patterns->banners[f->in->banners[0]];
	_cleanup_(buf_deinit) struct buf text = { 0 };
	struct span line = f->in->text.text;
	ptrdiff_t at = span_find(line, (struct span){ banner->literal, banner->len });
	const char *end;

	line = span_skip(line, at < 0 ? 0 : (size_t)at);
	end = line.len ? memchr(line.ptr, '\n', line.len) : NULL;
	if (end)
		line.len = (size_t)(end - line.ptr);
	if (!buf_add(&text, line.ptr, line.len))
		return &culprit_error_no_memory;
	f->title->title = clean_title(f, &text);
	if (!f->title->title)
		return &culprit_error_no_memory;
	for (size_t i = 0; i < f->in->patterns->n_patterns && !f->title->pattern; i++) {
		if (pattern_is_announced(&f->in->patterns->patterns[i], f->in))
			f->title->pattern = &f->in->patterns->patterns[i];
	}
	f->title->corrupted = "no pattern knows this form of report";
	find_type(f);
	return NULL;
}

/*
 * A helper was at work, and the report was cut before its stack: the link
 * register says who called it, and a helper that called itself on is named in
 * the end.  Where there is no such register (x86), and of a function that is no
 * helper's, the community says "corrupted" when the stack is missing.
 */
static bool register_frame(const struct finder *f, struct span *ret)
{
	struct line_cursor c = lines_from(&f->in->text, f->choice.match.start[0]);
	struct span pc = { 0 }, best = { 0 };
	const struct title_line *line;
	bool linked = false;

	while ((line = next_line(&c))) {
		const struct raw_frame *raw = line->frame;
		struct span name;

		if (!raw || !(raw->pc || raw->link) || frame_is_outside(raw))
			continue;
		linked |= raw->link;
		name = readable_name(f, stack_base_name(raw->function));
		if (raw->pc && !pc.len)
			pc = name;
		if (!best.len && name.len && !glob_list_match(&f->in->patterns->skip, name))
			best = name;
	}
	*ret = best.len ? best : pc;
	return linked && pc.len && glob_list_match(&f->in->patterns->skip, pc);
}

static struct culprit_error *title_from_form(struct finder *f, const struct form *form)
{
	struct frame_names names = { { NO_FRAME }, 1 };
	struct culprit_error *err;
	const char *group = NULL;
	struct span function;
	bool found = false;

	for (size_t i = 0; i < form->n_sources && !found; i++)
		found = run_source(f, &form->sources[i], &function, &group);
	if (!found && form->n_sources && !form->sources[0].pick && !f->torn && !f->in->whole.text.len)
		found = register_frame(f, &function);
	if (found) {
		names.n = 0;
		err = name_frame(f, function, group, &names);
		if (err)
			return err;
		f->title->frame = names.names[0];
		trace(f->in, "  guilty frame: %s", names.names[0]);
	} else if (form->n_sources) {
		f->title->corrupted = "no guilty frame found";
		f->title->no_frame = true;
		f->title->frame = NO_FRAME;
	}
	err = make_titles(f, form, &names);
	if (err)
		return err;
	f->title->suppressed = form->suppressed;
	find_type(f);
	find_doubts(f);
	return NULL;
}

/* Something happened that nobody announced. */
static struct culprit_error *title_from_event(struct finder *f)
{
	struct frame_names names = { { "" }, 1 };
	struct culprit_error *err;

	f->title->pattern = pattern_set_event(f->in->patterns, f->in->event);
	if (!f->title->pattern) {
		f->title->title = arena_dup(f->arena, span_of(f->in->event));
		return f->title->title ? NULL : &culprit_error_no_memory;
	}
	f->title->form = &f->title->pattern->forms[0];
	err = make_titles(f, f->title->form, &names);
	if (!err)
		find_type(f);
	return err;
}

struct culprit_error *title_find(const struct title_input *in, struct arena *arena, struct title *ret)
{
	struct finder f = { .in = in, .arena = arena, .title = ret };
	struct culprit_error *err;

	*ret = (struct title){ 0 };
	if (in->event)
		return title_from_event(&f);
	choose_form(in, &f.choice);
	ret->form = f.choice.form;
	ret->pattern = ret->form ? f.choice.pattern : NULL;
	if (ret->form)
		trace(in, "  chosen: %s/%s (%s:%u)", ret->pattern->name, ret->form->name, ret->form->place.file,
		      ret->form->place.line);
	err = ret->form ? title_from_form(&f, ret->form) : title_from_banner(&f);
	/* What looks for a frame says only whether there is one. */
	if (!err && (arena->failed || regex_scratch_no_memory(in->scratch)))
		return &culprit_error_no_memory;
	if (!err && regex_scratch_hit_limit(in->scratch) && !ret->corrupted)
		ret->corrupted = "an expression took too many steps on this report";
	return err;
}
