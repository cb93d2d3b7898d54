/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A session in the words of syzbot's bisection logs, by which culprit replay
 * knows them:
 *
 *	bisecting cause commit starting from 7ae77150d94d3b535c7b85e6b3647113095e79bf
 *	target: KASAN: use-after-free Read in frob_release
 *	history: in one line
 *	testing commit 7ae77150d94d3b535c7b85e6b3647113095e79bf
 *	run #0: crashed: KASAN: use-after-free Read in frob_release
 *	# git bisect start 7ae77150d94d3b535c7b85e6b3647113095e79bf 7111951b8d4973bda27ff663f2cf18b663d15b48
 *	Bisecting: 7542 revisions left to test after this
 *	testing commit 50a5de895dbe5df947b3a695777db5b2c313e065
 *	run #0: OK
 *	# git bisect good 50a5de895dbe5df947b3a695777db5b2c313e065
 *
 * A session goes back to commits and asks where it likes; what reads such a log
 * takes each test to lie between the ends of then.  So they are told as git
 * could have asked: bad ones from the newest on, then good ones from the oldest
 * on, each of which contains the one before it, then as skipped those that were not
 * decided, and good ones on other branches: without the graph nobody can place them.
 *
 * It fails to tell what a run showed beside its title: a run that was known for
 * the target by its stacks stands under the target's title.
 */
#include <stdio.h>

#include "cli/bisect/bisect.h"
#include "cli/output/text.h"

struct told {
	uint32_t commit;
	uint32_t rank;			/* TOLD_... */
	uint32_t left;			/* revisions left to test after it */
};

/* The parents of the culprit are good ones, told last: an answer hangs on them. */
enum { TOLD_BAD, TOLD_GOOD, TOLD_PARENT, TOLD_SKIP };

static const char *const marks[] = {
	[TOLD_BAD] = "bad", [TOLD_GOOD] = "good", [TOLD_PARENT] = "good", [TOLD_SKIP] = "skip",
};

static bool add_field(struct buf *buf, const char *before, const char *text)
{
	return !text || !*text || (buf_add_str(buf, before) && text_add(buf, span_of(text), TEXT_FIELD));
}

static bool add_result(const struct session *s, const struct session_run *r, struct buf *buf)
{
	const char *title = profile_title(s->profile);

	switch (r->verdict) {
	case VERDICT_CLEAN:
		return buf_add_str(buf, "OK");
	case VERDICT_UNDECIDED:
		return buf_add_str(buf, verdict_name(r->verdict));
	case VERDICT_BOOT_FAILED:
		return buf_add_str(buf, "boot failed") && add_field(buf, ": ", r->title);
	case VERDICT_INFRA_FAILED:
		return buf_add_str(buf, "infrastructure failed") && add_field(buf, ": ", r->title);
	case VERDICT_TARGET:
		return buf_add_str(buf, "crashed: ") && add_field(buf, "", title ? title : r->title ? r->title : "target");
	case VERDICT_RELATED:
	case VERDICT_UNRELATED:
		break;
	}
	return buf_add_str(buf, "crashed: ") && add_field(buf, "", r->title ? r->title : verdict_name(r->verdict));
}

static bool add_runs(const struct session *s, const char *hex, struct buf *buf)
{
	uint32_t n = 0;
	bool ok = true;

	for (uint32_t i = 0; i < s->n_runs && ok; i++) {
		const struct session_run *r = &s->runs[i];

		if (strcmp(r->subject.commit.hex, hex) != 0 || r->subject.changed.hex[0])
			continue;
		ok = buf_printf(buf, "run #%u: ", n++) && add_result(s, r, buf) && buf_add_char(buf, '\n');
	}
	return ok;
}

static bool add_commit(const struct session *s, uint32_t commit, struct buf *buf)
{
	const char *hex = s->history.hashes[commit].hex;
	bool ok = buf_printf(buf, "testing commit %s\n", hex);

	for (uint32_t i = 0; i < s->n_builds && ok; i++) {
		const struct session_build *b = &s->builds[i];

		if (strcmp(b->subject.commit.hex, hex) != 0 || b->subject.changed.hex[0])
			continue;
		if (b->result.outcome != BUILD_OK)
			ok = buf_add_str(buf, "failed testing reproducer on the commit: build: ") &&
			     text_add(buf, span_of(b->result.reason), TEXT_FIELD) && buf_add_char(buf, '\n');
		else if (b->result.signature[0])
			ok = add_field(buf, "kernel signature: ", b->result.signature) && buf_add_char(buf, '\n');
	}
	return ok && add_runs(s, hex, buf);
}

/* ----------------------------------------------------------------- order */

static bool is_parent_of_culprit(const struct session *s, uint32_t commit)
{
	const struct git_history *history = &s->history;
	uint32_t culprit = s->action.commit;

	if (s->action.act != BISECT_DONE_CULPRIT)
		return false;
	for (uint32_t p = history->parent_start[culprit]; p < history->parent_start[culprit + 1]; p++) {
		if (history->parents[p] == commit)
			return true;
	}
	return false;
}

static uint32_t rank_of(const struct session *s, uint32_t commit)
{
	struct bisect_evidence e;

	bisect_evidence(s->bisect, commit, &e);
	if (e.verdict == BISECT_VERDICT_GOOD)
		return is_parent_of_culprit(s, commit) ? TOLD_PARENT : TOLD_GOOD;
	return e.verdict == BISECT_VERDICT_BAD ? TOLD_BAD : TOLD_SKIP;
}

/* The history is in order of age: parents come before their children. */
static int compare_told(const void *a, const void *b)
{
	const struct told *ta = a, *tb = b;

	if (ta->rank != tb->rank)
		return ta->rank < tb->rank ? -1 : 1;
	if (ta->commit == tb->commit)
		return 0;
	return (ta->commit < tb->commit) == (ta->rank != TOLD_BAD) ? -1 : 1;
}

/* Adds bits to mark of commit and all that it contains. */
static void mark_ancestors(const struct git_history *history, uint32_t commit, uint8_t bits, uint8_t *mark)
{
	mark[commit] |= bits;
	for (uint32_t c = commit + 1; c-- > 0;) {
		for (uint32_t p = history->parent_start[c]; (mark[c] & bits) && p < history->parent_start[c + 1]; p++)
			mark[history->parents[p]] |= bits;
	}
}

/* How many candidates but the bad end itself are no ancestors of the commit, nor of a good one before it. */
static bool count_left(const struct session *s, struct told *told, uint32_t n)
{
	enum { GOOD = 1, BAD = 2, OWN = 4 };
	const struct git_history *history = &s->history;
	_cleanup_(freep) uint8_t *mark = calloc(history->n + 1, 1);
	uint32_t bad = git_history_find(history, s->newer.hex);

	if (!mark || bad == UINT32_MAX)
		return mark != NULL;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t left = 0;

		for (uint32_t c = 0; c < history->n; c++)
			mark[c] &= GOOD;
		mark_ancestors(history, bad, BAD, mark);
		mark_ancestors(history, told[i].commit, OWN, mark);
		for (uint32_t c = history->n_boundary; c < history->n; c++)
			left += mark[c] == BAD;
		told[i].left = left ? left - 1 : 0;
		if (told[i].rank == TOLD_BAD)
			bad = told[i].commit;
		else if (told[i].rank != TOLD_SKIP)
			mark_ancestors(history, told[i].commit, GOOD, mark);
	}
	return true;
}

/* From the newest good one on: what it does not contain is on another branch. */
static bool keep_one_line(const struct session *s, struct told *told, uint32_t n)
{
	_cleanup_(freep) uint8_t *mark = calloc(s->history.n + 1, 1);
	bool first = true;

	for (uint32_t i = n; mark && i-- > 0;) {
		if (told[i].rank != TOLD_GOOD && told[i].rank != TOLD_PARENT)
			continue;
		if (!first && !mark[told[i].commit]) {
			told[i].rank = TOLD_SKIP;
			continue;
		}
		first = false;
		memset(mark, 0, s->history.n);
		mark_ancestors(&s->history, told[i].commit, 1, mark);
	}
	if (mark)
		qsort(told, n, sizeof(*told), compare_told);
	return mark != NULL;
}

/* All tested ones but the newer end. Owned by the caller; NULL: out of memory. */
static struct told *put_in_order(const struct session *s, uint32_t *ret_n)
{
	uint32_t n, end = git_history_find(&s->history, s->newer.hex);
	const uint32_t *tested = bisect_tested(s->bisect, &n);
	struct told *told = calloc(n + 1, sizeof(*told));

	*ret_n = 0;
	for (uint32_t i = 0; told && i < n; i++) {
		if (tested[i] != end)
			told[(*ret_n)++] = (struct told){ .commit = tested[i], .rank = rank_of(s, tested[i]) };
	}
	if (!told)
		return NULL;
	qsort(told, *ret_n, sizeof(*told), compare_told);
	if (keep_one_line(s, told, *ret_n) && count_left(s, told, *ret_n))
		return told;
	free(told);
	return NULL;
}

/* ----------------------------------------------------------------- whole */

static bool add_ends(const struct session *s, struct buf *buf)
{
	const char *title = profile_title(s->profile);
	uint32_t end = git_history_find(&s->history, s->newer.hex), n;
	const uint32_t *tested = bisect_tested(s->bisect, &n);
	bool ok = buf_printf(buf, "bisecting %s commit starting from %s\n", s->config->find == CONFIG_FIX ? "fixing" : "cause",
			     s->newer.hex) &&
		  add_field(buf, "target: ", title) && buf_add_str(buf, title ? "\n" : "") &&
		  buf_add_str(buf, "history: in one line\n");

	for (uint32_t i = 0; i < n && ok; i++) {
		if (tested[i] == end)
			ok = add_commit(s, end, buf);
	}
	ok = ok && buf_printf(buf, "# git bisect start %s", s->newer.hex);
	for (size_t i = 0; i < s->n_older && ok; i++)
		ok = buf_printf(buf, " %s", s->older[i].hex);
	return ok && buf_add_char(buf, '\n');
}

bool bisect_format_syzbot(const struct session *s, struct buf *buf)
{
	uint32_t n, n_tested;
	_cleanup_(freep) struct told *told = put_in_order(s, &n);
	bool ok = told && add_ends(s, buf);

	for (uint32_t i = 0; i < n && ok; i++) {
		const char *hex = s->history.hashes[told[i].commit].hex;

		ok = buf_printf(buf, "Bisecting: %u revisions left to test after this\n", told[i].left) &&
		     add_commit(s, told[i].commit, buf) && buf_printf(buf, "# git bisect %s %s\n", marks[told[i].rank], hex);
	}
	if (ok && s->action.act == BISECT_DONE_CULPRIT)
		ok = buf_printf(buf, "%s is the first bad commit\n", s->history.hashes[s->action.commit].hex);
	bisect_tested(s->bisect, &n_tested);
	ok = ok && buf_printf(buf, "revisions tested: %u, total time: ", n_tested) &&
	     bisect_add_duration(buf, (double)s->active_us / 1e6);
	return ok && buf_add_char(buf, '\n');
}
