/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The longest common subsequence by the table of its lengths: reports have
 * hundreds of lines, and what differs between two of them few.
 */
#include "cli/corpus/diff.h"

#include "cli/output/text.h"

struct span diff_take_line(struct span *rest)
{
	const char *end = memchr(rest->ptr, '\n', rest->len);
	struct span line = { rest->ptr, end ? (size_t)(end - rest->ptr) + 1 : rest->len };

	*rest = span_skip(*rest, line.len);
	return line;
}

struct lines {
	struct span *at;
	size_t n;
};

/* What happens to a line: kept, taken out of the old text, put in from the new one. */
struct edit {
	char what;		/* ' ', '-', '+' */
	size_t old_line, new_line;	/* 0-based; where it stands, or would */
};

struct edits {
	struct edit *at;
	size_t n;
};

static bool split_lines(struct span text, struct lines *ret)
{
	size_t cap = 1;

	for (size_t i = 0; i < text.len; i++)
		cap += text.ptr[i] == '\n';
	ret->at = reallocarray(NULL, cap, sizeof(*ret->at));
	if (!ret->at)
		return false;
	while (text.len)
		ret->at[ret->n++] = diff_take_line(&text);
	return true;
}

static void lines_deinit(struct lines *lines)
{
	free(lines->at);
}

static void edits_deinit(struct edits *edits)
{
	free(edits->at);
}

static void add_edit(struct edits *edits, char what, size_t old_line, size_t new_line)
{
	edits->at[edits->n++] = (struct edit){ what, old_line, new_line };
}

/*
 * table[i * (m + 1) + j]: length of the longest common subsequence of what
 * begins at line i of the old and line j of the new.
 */
static void fill_table(uint32_t *table, const struct span *old_at, size_t n, const struct span *new_at, size_t m)
{
	size_t width = m + 1;

	for (size_t j = 0; j <= m; j++)
		table[n * width + j] = 0;
	for (size_t i = n; i-- > 0;) {
		table[i * width + m] = 0;
		for (size_t j = m; j-- > 0;) {
			uint32_t down = table[(i + 1) * width + j], right = table[i * width + j + 1];

			if (span_equal(old_at[i], new_at[j]))
				table[i * width + j] = table[(i + 1) * width + j + 1] + 1;
			else
				table[i * width + j] = down >= right ? down : right;
		}
	}
}

/* Edits between two middles that begin at line base of both. table NULL: take all out, put all in. */
static void add_middle(struct edits *edits, const uint32_t *table, const struct span *old_at, size_t n,
		       const struct span *new_at, size_t m, size_t base)
{
	size_t i = 0, j = 0;

	while (i < n || j < m) {
		if (table && i < n && j < m && span_equal(old_at[i], new_at[j])) {
			add_edit(edits, ' ', base + i++, base + j++);
		} else if (i < n && (j == m || !table || table[(i + 1) * (m + 1) + j] >= table[i * (m + 1) + j + 1])) {
			add_edit(edits, '-', base + i++, base + j);
		} else {
			add_edit(edits, '+', base + i, base + j++);
		}
	}
}

static bool find_edits(const struct lines *old, const struct lines *new, struct edits *ret)
{
	_cleanup_(freep) uint32_t *table = NULL;
	size_t front = 0, back = 0, n, m;

	ret->at = reallocarray(NULL, old->n + new->n + 1, sizeof(*ret->at));
	if (!ret->at)
		return false;
	while (front < old->n && front < new->n && span_equal(old->at[front], new->at[front]))
		front++;
	while (front + back < old->n && front + back < new->n &&
	       span_equal(old->at[old->n - 1 - back], new->at[new->n - 1 - back]))
		back++;
	n = old->n - front - back;
	m = new->n - front - back;
	if (n < DIFF_MAX_CELLS && m < DIFF_MAX_CELLS && (n + 1) * (m + 1) <= DIFF_MAX_CELLS) {
		table = reallocarray(NULL, (n + 1) * (m + 1), sizeof(*table));
		if (!table)
			return false;
		fill_table(table, old->at + front, n, new->at + front, m);
	}
	for (size_t i = 0; i < front; i++)
		add_edit(ret, ' ', i, i);
	add_middle(ret, table, old->at + front, n, new->at + front, m, front);
	for (size_t i = 0; i < back; i++)
		add_edit(ret, ' ', old->n - back + i, new->n - back + i);
	return true;
}

/* ------------------------------------------------------------- printing */

static bool add_line(struct buf *buf, const struct edit *edit, const struct lines *old, const struct lines *new,
		     bool color)
{
	struct span line = edit->what == '+' ? new->at[edit->new_line] : old->at[edit->old_line];
	enum text_paint paint = edit->what == '+' ? TEXT_GOOD : TEXT_BAD;
	bool ended = line.len && line.ptr[line.len - 1] == '\n';

	if (ended)
		line.len--;
	if (edit->what != ' ' && !buf_add_str(buf, text_paint(paint, color)))
		return false;
	if (!buf_add_char(buf, edit->what) || !text_add(buf, line, TEXT_LINES))
		return false;
	if (edit->what != ' ' && !buf_add_str(buf, text_paint(TEXT_PLAIN, color)))
		return false;
	return buf_add_str(buf, ended ? "\n" : "\n\\ no newline at the end\n");
}

/* "3,4" or "3"; an empty range is told by the line before it. */
static bool add_range(struct buf *buf, size_t first, size_t n)
{
	return n == 1 ? buf_printf(buf, "%zu", first + 1) : buf_printf(buf, "%zu,%zu", n ? first + 1 : first, n);
}

static bool add_hunk(struct buf *buf, const struct edits *edits, size_t from, size_t to, const struct lines *old,
		     const struct lines *new, bool color)
{
	size_t n_old = 0, n_new = 0;

	for (size_t i = from; i < to; i++) {
		n_old += edits->at[i].what != '+';
		n_new += edits->at[i].what != '-';
	}
	if (!buf_printf(buf, "%s@@ -", text_paint(TEXT_LABEL, color)) ||
	    !add_range(buf, edits->at[from].old_line, n_old) || !buf_add_str(buf, " +") ||
	    !add_range(buf, edits->at[from].new_line, n_new) ||
	    !buf_printf(buf, " @@%s\n", text_paint(TEXT_PLAIN, color)))
		return false;
	for (size_t i = from; i < to; i++) {
		if (!add_line(buf, &edits->at[i], old, new, color))
			return false;
	}
	return true;
}

/* The index behind the last edit of the hunk whose first change is at i: changes closer than two contexts are one. */
static size_t hunk_end(const struct edits *edits, size_t i, size_t context)
{
	size_t last = i;

	for (; i < edits->n && i - last <= 2 * context + 1; i++) {
		if (edits->at[i].what != ' ')
			last = i;
	}
	return last + context + 1 < edits->n ? last + context + 1 : edits->n;
}

struct culprit_error *diff_unified(struct span from, struct span to, unsigned int context, bool color,
				   struct buf *ret)
{
	_cleanup_(lines_deinit) struct lines old = { 0 };
	_cleanup_(lines_deinit) struct lines new = { 0 };
	_cleanup_(edits_deinit) struct edits edits = { 0 };

	if (!split_lines(from, &old) || !split_lines(to, &new) || !find_edits(&old, &new, &edits))
		return &culprit_error_no_memory;
	for (size_t i = 0; i < edits.n; i++) {
		size_t end;

		if (edits.at[i].what == ' ')
			continue;
		end = hunk_end(&edits, i, context);
		if (!add_hunk(ret, &edits, i > context ? i - context : 0, end, &old, &new, color))
			return &culprit_error_no_memory;
		i = end - 1;
	}
	return NULL;
}
