/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which patterns a line announces, and whether it is the kernel who speaks.
 */
#include "report/parser_parts.h"

#include "pattern/scan.h"

static void add_hit(const struct culprit_patterns *set, size_t index, struct hits *hits)
{
	if (index < set->n_banners) {
		for (size_t i = 0; i < hits->n_banners; i++) {
			if (hits->banners[i] == index)
				return;
		}
		if (hits->n_banners < TITLE_MAX_BANNERS)
			hits->banners[hits->n_banners++] = (uint16_t)index;
	} else if (index - set->n_banners >= set->n_marks) {
		if (hits->n_remarks < countof(hits->remarks))
			hits->remarks[hits->n_remarks++] = &set->remarks[index - set->n_banners - set->n_marks];
	} else if (hits->n_marks < countof(hits->marks)) {
		hits->marks[hits->n_marks++] = &set->marks[index - set->n_banners];
	}
}

/* Several literals may begin at one byte: all of them count. */
static void add_hits_at(const struct culprit_patterns *set, struct span rest, struct hits *hits)
{
	for (size_t i = 0; i < set->n_banners; i++) {
		if (*set->banners[i].literal == *rest.ptr &&
		    span_starts(rest, (struct span){ set->banners[i].literal, set->banners[i].len }))
			add_hit(set, i, hits);
	}
	for (size_t i = 0; i < set->n_marks; i++) {
		if (*set->marks[i].literal == *rest.ptr &&
		    span_starts(rest, (struct span){ set->marks[i].literal, set->marks[i].len }))
			add_hit(set, set->n_banners + i, hits);
	}
	for (size_t i = 0; i < set->n_remarks; i++) {
		if (*set->remarks[i].literal == *rest.ptr &&
		    span_starts(rest, (struct span){ set->remarks[i].literal, set->remarks[i].len }))
			add_hit(set, set->n_banners + set->n_marks + i, hits);
	}
}

void parser_find_hits(const struct culprit_patterns *set, struct span text, struct hits *ret)
{
	size_t at = 0;

	*ret = (struct hits){ .n_banners = 0 };
	while ((at = scan_find(set->scan, text, at, NULL)) < text.len) {
		add_hits_at(set, span_skip(text, at), ret);
		at++;
	}
}

static bool any_matches(struct culprit_parser *p, struct regex *list, size_t n, struct span text)
{
	for (size_t i = 0; i < n; i++) {
		if (regex_find(&list[i], p->scratch, text, 0, NULL))
			return true;
	}
	return false;
}

/*
 * Who speaks: a line without printk's prefix, in a log whose kernel prints
 * them or before any kernel began, is firmware's or a program's.
 */
bool parser_may_be_kernel(const struct culprit_parser *p, const struct line *line)
{
	if (line->origin == ORIGIN_KERNEL)
		return true;
	if (line->origin != ORIGIN_UNKNOWN)
		return false;
	if (p->seen_prefix)
		return false;
	return p->in_kernel || (p->phase != CULPRIT_PHASE_FIRMWARE && p->phase != CULPRIT_PHASE_BOOT_LOADER);
}

/* Reports that are still held learn that their kernel did not survive them. */
static void note_panic(struct culprit_parser *p, uint64_t off)
{
	p->panicked = true;
	for (size_t i = 0; i < p->n_drafts; i++) {
		struct draft *d = p->drafts[i];

		if (d->closed && d->report && d->boot_serial == p->boot_serial && off - d->end_off <= HOLD_BYTES)
			d->report->panicked = true;
	}
}

void parser_apply_remarks(struct culprit_parser *p, struct culprit_report *report)
{
	if (p->suppressed && !report->suppressed_reason)
		report->suppressed_reason = p->suppressed;
	if (p->corrupted && !report->corrupted_reason)
		report->corrupted_reason = p->corrupted;
	report->suppressed = report->suppressed_reason != NULL;
	report->corrupted = report->corrupted_reason != NULL;
}

/* Reports that are still held hear of it; those that went out before were as good as was known. */
void parser_handle_remark(struct culprit_parser *p, const struct remark *remark, const struct line *line)
{
	struct regex *match = (struct regex *)&remark->match;

	if (remark->has_match && !regex_find(match, p->scratch, line->text, 0, NULL))
		return;
	TRACE(p, "line %llu: '%s': reports of this boot are %s: %s\n", (unsigned long long)line->number, remark->literal,
	      remark->suppressed ? "suppressed" : "corrupted", remark->suppressed ? remark->suppressed : remark->corrupted);
	if (remark->suppressed && !p->suppressed)
		p->suppressed = remark->suppressed;
	if (remark->corrupted && !p->corrupted)
		p->corrupted = remark->corrupted;
	for (size_t i = 0; i < p->n_drafts; i++) {
		struct draft *d = p->drafts[i];
		bool counted;

		if (!d->closed || d->told || d->boot_serial != p->boot_serial ||
		    line->offset - d->end_off > HOLD_BYTES)
			continue;
		counted = !d->report->suppressed;
		parser_apply_remarks(p, d->report);
		p->n_reports -= counted && d->report->suppressed;
	}
}

/* Why a line that holds the banner's literal is none, or NULL where it is one. */
static const char *why_no_banner(struct culprit_parser *p, const struct line *line, struct banner *banner)
{
	if (banner->speaker == SPEAKER_KERNEL && line->origin == ORIGIN_OTHER)
		return "the kernel does not say this";
	if (banner->n_require && !any_matches(p, banner->require, banner->n_require, line->text))
		return "nothing of its 'require' matches";
	if (any_matches(p, banner->ignore, banner->n_ignore, line->text))
		return "its 'ignore' matches";
	if (glob_list_match(&p->patterns->headings, line->text))
		return "it is part of a heading";
	return NULL;
}

/*
 * Without the prefix that the kernel's lines have, only what follows can show
 * that the kernel speaks: part of a report may have lost its prefixes, and
 * people print a report that they have seen elsewhere.
 */
static bool is_doubtful(const struct culprit_parser *p, const struct line *line, const struct hits *hits)
{
	if (parser_may_be_kernel(p, line))
		return false;
	for (size_t i = 0; i < hits->n_banners; i++) {
		if (p->patterns->banners[hits->banners[i]].speaker == SPEAKER_ANY)
			return false;
	}
	return hits->n_banners;
}

void parser_filter_banners(struct culprit_parser *p, const struct line *line, struct hits *hits)
{
	bool kernel = parser_may_be_kernel(p, line);
	bool panic = false;
	size_t n = 0;

	for (size_t i = 0; i < hits->n_banners; i++) {
		struct banner *banner = &p->patterns->banners[hits->banners[i]];
		const char *why = why_no_banner(p, line, banner);

		TRACE(p, "line %llu: '%s' (%s:%u) %s%s\n", (unsigned long long)line->number, banner->literal,
		      banner->place.file, banner->place.line, why ? "is no banner: " : "is a banner", why ? why : "");
		if (why)
			continue;
		panic |= kernel && banner->panic;
		hits->banners[n++] = hits->banners[i];
	}
	hits->n_banners = n;
	hits->doubtful = is_doubtful(p, line, hits);
	if (panic)
		note_panic(p, line->offset);
	if (hits->doubtful)
		TRACE(p, "line %llu: without the kernel's prefix; its form has to show who speaks\n",
		      (unsigned long long)line->number);
}

/* Does every banner of the line say that it goes on with the report before it? */
bool parser_is_follow_up(struct culprit_parser *p, const struct hits *hits, struct span text, bool complete)
{
	for (size_t i = 0; i < hits->n_banners; i++) {
		struct banner *banner = &p->patterns->banners[hits->banners[i]];

		if (!banner->follow_up)
			return false;
		if (complete && banner->n_follow_if && !any_matches(p, banner->follow_if, banner->n_follow_if, text))
			return false;
	}
	return true;
}
