/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The parser: a stream of bytes to reports.
 *
 * While no report is open, whole chunks are searched for the literals of
 * banners and phase marks, and only the lines that hold one are split off and
 * decoded.  While a report is open, every line is decoded and goes to the
 * report of its context:
 *
 *	[   35.046212][ T5851] BUG: KASAN: ...	to the report of task 5851
 *	[   35.046220][    C0] something		not to it
 *
 * parser_parts.h says what its other files do.
 *
 * Reports do not depend on how the bytes were cut: whatever looks back does so
 * by a fixed number of bytes.
 *
 * Memory: one line (CONSOLE_LINE_BYTES), LOOKBACK_BYTES of history, and at the
 * most MAX_OPEN drafts of max_report_bytes, together MAX_DRAFT_BYTES; finished
 * reports of MAX_HELD_BYTES, and what one feed brings.
 */
#include "report/parser_parts.h"

#include "pattern/prefilter.h"
#include "pattern/scan.h"

#define MAX_QUEUE 256
#define DEFAULT_REPORT_BYTES (1u << 20)

/* ------------------------------------------------------------ life */

struct culprit_error *culprit_parser_create_sized(const struct culprit_patterns *patterns,
						  const struct culprit_parser_options *options_given, size_t options_size,
						  struct culprit_parser **ret)
{
	struct culprit_parser_options options;
	struct culprit_error *err = struct_take(options_given, options_size, "a parser's options", &options, sizeof(options));
	struct culprit_parser *p;

	if (err)
		return err;
	p = calloc(1, sizeof(*p));
	if (!p)
		return &culprit_error_no_memory;
	p->patterns = patterns;
	p->number = 1;
	p->max_report_bytes = options.max_report_bytes ? options.max_report_bytes : DEFAULT_REPORT_BYTES;
	p->detect_boot_failures = options.detect_boot_failures;
	p->cap_drafts = MAX_OPEN;
	p->drafts = calloc(p->cap_drafts, sizeof(*p->drafts));
	err = regex_scratch_create(&p->scratch);
	if (!err && options.file_name) {
		p->file_name = strdup(options.file_name);
		if (!p->file_name)
			err = &culprit_error_no_memory;
	}
	if (err || !p->drafts) {
		culprit_parser_destroy(p);
		return err ? err : &culprit_error_no_memory;
	}
	*ret = p;
	return NULL;
}

void culprit_parser_destroy(struct culprit_parser *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->n_drafts; i++)
		draft_destroy(p->drafts[i]);
	free(p->drafts);
	regex_scratch_destroy(p->scratch);
	title_memo_deinit(&p->memo);
	console_decoder_deinit(&p->decoder);
	history_deinit(&p->history);
	buf_deinit(&p->carry);
	free(p->file_name);
	free(p->version);
	free(p->build);
	for (size_t i = 0; i < p->n_kernels; i++)
		free(p->kernels[i]);
	free(p);
}

void parser_set_trace(struct culprit_parser *parser, struct buf *trace)
{
	parser->trace = trace;
}

/* -------------------------------------------------------------- lines */

/*
 * A line without any literal, while no report is open: nothing is learned of
 * it, because whole blocks of such lines are never looked at.  But later pieces
 * of a long line may be asked for what the first one said.
 */
static struct culprit_error *pass_over(struct culprit_parser *p, struct span raw, unsigned int flags)
{
	struct culprit_error *err = NULL;

	if (flags & LINE_TRUNCATED) {
		bool seen_kmsg = p->decoder.seen_kmsg, seen_export = p->decoder.seen_export;
		struct line line;

		err = console_decode(&p->decoder, raw, flags, &line);
		p->decoder.seen_kmsg = seen_kmsg;
		p->decoder.seen_export = seen_export;
	}
	p->decoder.replay_next = false;
	return err;
}

/* While a report is open, or a boot under way, every line may say something. */
static bool reads_all(const struct culprit_parser *p)
{
	return p->n_open || p->watch_left;
}

static bool is_part_of(struct span part, struct span whole)
{
	return part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len;
}

static bool has_literal(const struct culprit_parser *p, struct span s)
{
	return scan_find(p->patterns->scan, s, 0, NULL) < s.len;
}

/* Lines that were passed over, but that say something of this one. */
static struct culprit_error *learn_before(struct culprit_parser *p, struct span raw, struct span before)
{
	struct culprit_error *err = NULL;
	const struct line *line;
	struct lookback back;
	struct line ignored;

	lookback_init(&back, &p->history, before, p->off, &p->decoder);
	for (size_t i = console_lines_needed(raw); i-- > 0 && !err;) {
		err = lookback_line(&back, i, &line);
		if (!err && line)
			err = console_decode(&p->decoder, line->raw, 0, &ignored);
	}
	return err;
}

/* What one line says. back looks at the lines before it. */
static struct culprit_error *process_message(struct culprit_parser *p, const struct line *line, uint64_t end_off,
					     struct lookback *back, bool literal)
{
	struct culprit_error *err;
	struct hits hits;

	/* Until a kernel is known to print prefixes, one line of its with a time proves it. */
	p->seen_prefix |= parser_proves_prefixes(line) || (p->seen_glued && (line->flags & LINE_JUNK_FRONT));
	p->seen_glued |= (line->flags & LINE_JUNK_FRONT) && line->origin == ORIGIN_KERNEL;
	/* Only cleaned text can hold a literal that raw does not. */
	if (literal || !is_part_of(line->text, line->raw))
		parser_find_hits(p->patterns, line->text, &hits);
	else
		hits = (struct hits){ .n_banners = 0 };
	if (line->origin == ORIGIN_META || ((line->flags & LINE_CUT) && !line->text.len))
		return NULL;
	if (hits.n_banners && !p->seen_prefix && line->origin == ORIGIN_UNKNOWN && !(line->flags & LINE_CONTINUED)) {
		err = parser_kernel_spoke(back, -1, &p->seen_prefix);
		if (err)
			return err;
	}
	if (p->watch_left) {
		parser_watch(p, line);
		err = parser_note_heard(p, line);
		if (err)
			return err;
	}
	for (size_t i = 0; i < hits.n_marks; i++) {
		err = parser_handle_mark(p, hits.marks[i], line, back, end_off);
		if (err)
			return err;
	}
	for (size_t i = 0; i < hits.n_remarks; i++)
		parser_handle_remark(p, hits.remarks[i], line);
	parser_filter_banners(p, line, &hits);
	if (hits.n_banners)
		return parser_handle_banner(p, line, &hits, back, end_off);
	if (!p->n_open)
		return NULL;
	parser_note_kernel_offset(p, line->text);
	return parser_route_line(p, line, end_off);
}

/*
 * One line, or piece of one.  before is what of the block at hand stands in
 * front of the line (history has what is older).  literal says whether raw may
 * hold one.  Where an end of line was lost, two messages stand in it.
 */
static struct culprit_error *process_piece(struct culprit_parser *p, struct span raw, unsigned int flags, uint64_t off,
					   uint64_t end_off, struct span before, bool literal)
{
	struct culprit_error *err = NULL;
	struct line line, next;
	struct lookback back;
	bool more;

	if (p->n_open) {
		err = parser_close_idle(p, off);
		if (err)
			return err;
	}
	if (!reads_all(p) && !literal)
		return pass_over(p, raw, flags);
	if (!literal && !flags && !p->watch_left && parser_only_doubts(p) && console_begins_timed(raw)) {
		err = pass_over(p, raw, flags);
		return err ? err : parser_hear_kernel(p);
	}
	if (!(flags & LINE_CONTINUED) && console_lines_needed(raw))
		err = learn_before(p, raw, before);
	if (!err)
		err = console_decode(&p->decoder, raw, flags, &line);
	if (err)
		return err;
	line.offset = off;
	line.number = p->number;
	lookback_init(&back, &p->history, before, p->off, &p->decoder);
	do {
		more = console_split_inner(&line, &next);
		err = process_message(p, &line, end_off, &back, literal);
		line = next;
	} while (!err && more);
	return err;
}

/* A whole physical line without its end; longer ones go in pieces. literal: one begins in it. */
static struct culprit_error *process_line(struct culprit_parser *p, struct span raw, uint64_t off, struct span before,
					  bool literal)
{
	struct culprit_error *err = NULL;
	unsigned int flags = raw.len > CONSOLE_LINE_BYTES ? LINE_TRUNCATED : 0;

	do {
		struct span piece = raw;
		uint64_t end_off;

		if (piece.len > CONSOLE_LINE_BYTES)
			piece.len = CONSOLE_LINE_BYTES;
		raw = span_skip(raw, piece.len);
		end_off = off + piece.len + (raw.len ? 0 : 1);
		err = process_piece(p, piece, flags, off, end_off, before, flags ? has_literal(p, piece) : literal);
		off += piece.len;
		flags = LINE_CONTINUED;
	} while (!err && raw.len);
	return err;
}

/* Where the literals of a block of whole lines come from: a search now, or one that was made before. */
struct search {
	struct span block;
	struct scan_hit hit;		/* the first literal behind the place asked for last */
	uint64_t number;		/* of its line, or of what comes behind the block */
	bool searched;
	const struct prefilter *found;	/* NULL: search */
	size_t shift;			/* of block in the piece that found is of */
	size_t next;			/* of found's hits */
	uint64_t first_number;		/* of the line in which that piece begins */
};

/* The first literal at or after at, where a line begins: found once, however many lines are before it. */
static void search_from(struct search *s, const struct culprit_parser *p, size_t at)
{
	if (s->searched && s->hit.off >= at)
		return;
	s->searched = true;
	if (!s->found) {
		s->hit = scan_next(p->patterns->scan, s->block, at);
		s->number = p->number + s->hit.lines;
		return;
	}
	while (s->next < s->found->n && s->found->hits[s->next].off < s->shift + at)
		s->next++;
	s->hit.off = s->block.len;
	s->number = s->first_number + s->found->lines;
	if (s->next < s->found->n && s->found->hits[s->next].off - s->shift < s->block.len) {
		s->hit.off = s->found->hits[s->next].off - s->shift;
		s->number = s->first_number + s->found->hits[s->next].lines;
	}
}

/* Whole lines: the fast way. */
static struct culprit_error *process_block(struct culprit_parser *p, struct search *s)
{
	struct span block = s->block;
	struct culprit_error *err = NULL;
	size_t at = 0;

	while (at < block.len && !err) {
		size_t start = at;
		const char *end;

		search_from(s, p, at);
		if (!reads_all(p)) {
			const char *nl = memrchr(block.ptr + at, '\n', s->hit.off - at);

			if (nl) {
				p->decoder.replay_next = false;
				start = (size_t)(nl + 1 - block.ptr);
				p->number = s->number;
			}
			if (s->hit.off >= block.len)
				break;
		}
		end = memchr(block.ptr + start, '\n', block.len - start);
		err = process_line(p, (struct span){ block.ptr + start, (size_t)(end - block.ptr) - start },
				   p->off + start, (struct span){ block.ptr, start }, block.ptr + s->hit.off < end);
		p->number++;
		at = (size_t)(end + 1 - block.ptr);
	}
	history_add(&p->history, block);
	p->off += block.len;
	return err;
}

/* The unfinished line as far as it is known, as one more piece. */
static struct culprit_error *process_carry(struct culprit_parser *p, bool ended)
{
	bool whole = (ended || p->finished) && !p->in_long_line;
	unsigned int flags = whole ? 0 : p->in_long_line ? LINE_CONTINUED : LINE_TRUNCATED;
	struct culprit_error *err = process_piece(p, buf_span(&p->carry), flags, p->off, p->off + p->carry.len + ended,
						  (struct span){ 0 }, has_literal(p, buf_span(&p->carry)));

	history_add(&p->history, buf_span(&p->carry));
	p->off += p->carry.len;
	p->carry.len = 0;
	p->in_long_line = true;
	if (ended) {
		history_add(&p->history, SPAN("\n"));
		p->off++;
		p->number++;
		p->in_long_line = false;
	}
	return err;
}

/* Bytes of a line that has begun before; gives how many were taken. */
static struct culprit_error *feed_carry(struct culprit_parser *p, struct span data, size_t *ret_taken)
{
	const char *nl = memchr(data.ptr, '\n', data.len);
	size_t n = nl ? (size_t)(nl - data.ptr) : data.len;
	struct culprit_error *err = NULL;

	*ret_taken = n + (nl != NULL);
	while (n && !err) {
		size_t room = CONSOLE_LINE_BYTES - p->carry.len;
		size_t part = n < room ? n : room;

		if (!part) {
			err = process_carry(p, false);
			continue;
		}
		if (!buf_add(&p->carry, data.ptr, part))
			return &culprit_error_no_memory;
		data = span_skip(data, part);
		n -= part;
	}
	if (!err && nl)
		err = process_carry(p, true);
	return err;
}

/* What goes out of the parser: a line may have been passed over because memory ran out in a match. */
static struct culprit_error *checked(const struct culprit_parser *p, struct culprit_error *err)
{
	return !err && (p->no_memory || regex_scratch_no_memory(p->scratch)) ? &culprit_error_no_memory : err;
}

struct culprit_error *culprit_parser_feed(struct culprit_parser *p, const void *data, size_t len)
{
	return parser_feed_prefiltered(p, (struct span){ data, len }, NULL);
}

struct culprit_error *parser_feed_prefiltered(struct culprit_parser *p, struct span piece,
					      const struct prefilter *found)
{
	struct search s = { .found = found, .first_number = p->number };
	struct culprit_error *err = NULL;
	struct span rest = piece;
	size_t taken;

	if (!piece.len)
		return NULL;
	p->flushed = false;
	if (p->carry.len || p->in_long_line) {
		err = feed_carry(p, rest, &taken);
		rest = span_skip(rest, taken);
	}
	s.block = (struct span){ rest.ptr, console_last_line_end(rest) };
	s.shift = piece.len - rest.len;
	if (!err && s.block.len)
		err = process_block(p, &s);
	rest = span_skip(rest, s.block.len);
	if (!err && rest.len)
		err = feed_carry(p, rest, &taken);
	return checked(p, err);
}

struct culprit_error *culprit_parser_flush(struct culprit_parser *p)
{
	struct culprit_error *err;

	p->flushed = true;
	err = parser_decide_again(p);
	return checked(p, err ? err : parser_close_all(p));
}

struct culprit_error *culprit_parser_finish(struct culprit_parser *p)
{
	struct culprit_error *err = NULL;

	if (p->finished)
		return NULL;
	p->finished = true;
	if (p->carry.len)
		err = process_carry(p, false);
	if (!err)
		err = parser_decide_again(p);
	if (!err)
		err = parser_close_all(p);
	if (!err)
		err = parser_check_boot(p);
	return checked(p, err);
}

/* Is what the log may yet say of it waited for? */
static bool is_held(const struct culprit_parser *p, const struct draft *d)
{
	/* While nobody knows whether another boot began, the one before it may go on. */
	uint64_t serial = p->again.pending ? p->again.before.boot_serial : p->boot_serial;

	return !p->finished && !p->flushed && p->n_drafts < MAX_QUEUE && d->boot_serial == serial &&
	       p->off - d->end_off <= HOLD_BYTES;
}

struct culprit_report *culprit_parser_take(struct culprit_parser *p)
{
	struct culprit_report *report;

	while (p->n_drafts && p->drafts[0]->closed && p->drafts[0]->told)
		parser_drop_draft(p, 0);
	if (!p->n_drafts || !p->drafts[0]->closed)
		return NULL;
	if (is_held(p, p->drafts[0]))
		return NULL;
	report = p->drafts[0]->report;
	p->drafts[0]->report = NULL;
	parser_drop_draft(p, 0);
	return report;
}

/* What begins later begins at most so far before the line that shows it. */
bool parser_is_past(const struct culprit_parser *p, uint64_t off)
{
	if (p->off < LOOKBACK_BYTES || p->off - LOOKBACK_BYTES < off || p->again.pending)
		return false;
	for (size_t i = 0; i < p->n_drafts; i++) {
		if (p->drafts[i]->start_off < off && !(p->drafts[i]->closed && p->drafts[i]->told))
			return false;
	}
	return true;
}

void culprit_parser_summary_sized(const struct culprit_parser *p, struct culprit_summary *ret, size_t ret_size)
{
	const struct culprit_summary summary = {
		.n_bytes = p->off + p->carry.len,
		.n_lines = p->number - 1 + (p->carry.len || p->in_long_line),
		.n_reports = p->n_reports,
		.n_boots = p->n_boots,
		.phase = p->phase,
		.phase_best = p->phase_best,
		.panicked = p->panicked,
		.kernel_version = p->version,
	};

	memset(ret, 0, ret_size);
	memcpy(ret, &summary, ret_size < sizeof(summary) ? ret_size : sizeof(summary));
}
