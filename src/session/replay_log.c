/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads logs of finished bisections:
 *
 *	bisecting cause commit starting from 7ae77150d94d3b535c7b85e6b3647113095e79bf
 *	testing release v5.6
 *	testing commit 7111951b8d4973bda27ff663f2cf18b663d15b48 with gcc (GCC) 8.1.0
 *	kernel signature: 9e1eb0e8629574d5511fa5b4895d52e911a0a6bbce9e54b13190eee482e95dc0
 *	all runs: OK
 *	# git bisect start 3d77e6a8804abcc0504c904bd6e5cdf3a5cf8162 7111951b8d4973bda27ff663f2cf18b663d15b48
 *	Bisecting: 7542 revisions left to test after this (roughly 13 steps)
 *	[50a5de895dbe5df947b3a695777db5b2c313e065] Merge tag 'for-linus-hmm' of ...
 *	testing commit 50a5de895dbe5df947b3a695777db5b2c313e065 with gcc (GCC) 8.1.0
 *	run #0: crashed: KASAN: use-after-free Write in fsnotify_detach_connector_from_object
 *	run #1: OK
 *	# git bisect bad 50a5de895dbe5df947b3a695777db5b2c313e065
 *
 * and those of `git bisect log`:
 *
 *	# bad: [3d77e6a8804abcc0504c904bd6e5cdf3a5cf8162] Linux 5.7
 *	git bisect bad 3d77e6a8804abcc0504c904bd6e5cdf3a5cf8162
 *
 * A line that nothing is known of continues the one before it, where that one
 * was long enough to have been wrapped and is not complete by itself; a blank
 * line ends that.  The crash report that may follow the log is not read.
 */
#include "session/replay_log.h"

#include <stdio.h>

#define MAX_TEXT_BYTES (64u << 20)
#define MAX_RUN_TEXT 1024
#define MIN_HASH 7
#define WRAPPED_BYTES 40		/* shorter lines were ended by their writer */

const char *mark_name(enum mark mark)
{
	static const char *const names[] = { [MARK_NONE] = "none", [MARK_GOOD] = "good", [MARK_BAD] = "bad",
					     [MARK_SKIP] = "skip", [MARK_UNDECIDED] = "undecided" };

	return (size_t)mark < countof(names) ? names[mark] : "none";
}

void replay_log_deinit(struct replay_log *log)
{
	arena_deinit(&log->arena);
	free(log->steps);
	*log = (struct replay_log){ 0 };
}

bool commit_equal(const char *a, const char *b)
{
	size_t na = strlen(a), nb = strlen(b), n = na < nb ? na : nb;

	return n >= MIN_HASH && !strncmp(a, b, n);
}

struct replay_step *replay_log_find(const struct replay_log *log, const char *commit)
{
	for (size_t i = log->n_steps; i-- > 0;) {
		if (commit_equal(log->steps[i].commit, commit))
			return &log->steps[i];
	}
	return NULL;
}

/* ------------------------------------------------------------- reading */

/* What the text of a wrapped line belongs to. */
enum open_text { OPEN_NONE, OPEN_RUN, OPEN_SUBJECT, OPEN_START, OPEN_OTHER };

struct reader {
	struct replay_log *log;
	struct span line;		/* without quoting and blanks around */
	uint64_t number;
	size_t width;			/* bytes of the line before, as it stood */
	enum open_text open;
	bool testing;			/* a commit is under test: runs belong to the last step */
	bool merge_base;		/* the next commit is a merge base */
	bool ended;			/* the answer was given: only the rest of its lines matters */
	int64_t left;			/* said for the next commit; -1 */
	const char *release;		/* likewise */
	const char *subject_of;		/* commit of the last "[commit] subject" */
	const char *subject;
	size_t max_runs;		/* that any step numbers */
	size_t cap;			/* of log->steps */
};

static bool is_hash_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* A commit's hash at the start of s; empty when there is none. */
static struct span take_hash(struct span *s)
{
	struct span hash = *s;

	hash.len = 0;
	while (hash.len < s->len && is_hash_char(s->ptr[hash.len]))
		hash.len++;
	if (hash.len < MIN_HASH || hash.len > 64 ||
	    (hash.len < s->len && !strchr(" \t]:,.;)", s->ptr[hash.len])))
		return (struct span){ s->ptr, 0 };
	*s = span_trim(span_skip(*s, hash.len));
	return hash;
}

/* Whether s begins with the words; then they are taken off. */
static bool take(struct span *s, const char *words)
{
	struct span prefix = span_of(words);

	if (!span_starts(*s, prefix))
		return false;
	*s = span_skip(*s, prefix.len);
	return true;
}

/* "> > text", "| text", "    text": what mails put in front. */
static struct span unquote(struct span line)
{
	for (;;) {
		line = span_trim(line);
		if (line.len && (line.ptr[0] == '>' || (line.ptr[0] == '|' && (line.len == 1 || line.ptr[1] == ' '))))
			line = span_skip(line, 1);
		else if (span_starts(line, SPAN("\xc2\xa0")))	/* a non-breaking blank */
			line = span_skip(line, 2);
		else
			return line;
	}
}

static struct culprit_error *keep(struct reader *r, struct span s, const char **ret)
{
	*ret = arena_dup(&r->log->arena, s);
	return *ret ? NULL : &culprit_error_no_memory;
}

static struct replay_step *last_step(struct reader *r)
{
	return r->log->n_steps ? &r->log->steps[r->log->n_steps - 1] : NULL;
}

static struct culprit_error *add_step(struct reader *r, struct span commit, struct replay_step **ret)
{
	struct replay_log *log = r->log;
	struct replay_step step = { .left = -1, .line = r->number };
	struct culprit_error *err;

	if (log->n_steps == REPLAY_MAX_STEPS)
		return culprit_error_create(CULPRIT_ERROR_LIMIT, "more than %d commits were tested", REPLAY_MAX_STEPS);
	if (log->n_steps == r->cap) {
		size_t cap = r->cap ? 2 * r->cap : 32;
		struct replay_step *steps = realloc(log->steps, cap * sizeof(*steps));

		if (!steps)
			return &culprit_error_no_memory;
		log->steps = steps;
		r->cap = cap;
	}
	err = keep(r, commit, &step.commit);
	if (err)
		return err;
	if (r->subject_of && commit_equal(r->subject_of, step.commit))
		step.subject = r->subject;
	log->steps[log->n_steps++] = step;
	*ret = &log->steps[log->n_steps - 1];
	return NULL;
}

/* ---------------------------------------------------------------- runs */

/* What a run's text says: a title where something crashed or failed. */
static struct culprit_error *read_result(struct reader *r, struct replay_run *run)
{
	struct span text = span_of(run->text);

	run->clean = span_equal(text, SPAN("OK")) || span_starts(text, SPAN("OK ")) || span_equal(text, SPAN("ok"));
	run->title = NULL;
	if (run->clean)
		return NULL;
	if (take(&text, "crashed: ") || take(&text, "crashed "))
		text = span_trim(text);
	return keep(r, text, &run->title);
}

/* The room is 16 runs or the next power of two. */
static struct culprit_error *make_room(struct reader *r, struct replay_step *step, size_t n)
{
	size_t room = 16, more = 16;
	struct replay_run *runs;

	while (room < step->n_runs)
		room *= 2;
	while (more < n)
		more *= 2;
	if (step->runs && more <= room)
		return NULL;
	runs = arena_array(&r->log->arena, more, sizeof(*runs));
	if (!runs)
		return &culprit_error_no_memory;
	if (step->n_runs)
		memcpy(runs, step->runs, step->n_runs * sizeof(*runs));
	step->runs = runs;
	return NULL;
}

static struct culprit_error *add_run(struct reader *r, struct replay_step *step, unsigned int number, struct span text)
{
	struct replay_run run = { .number = number };
	struct culprit_error *err;

	if (step->n_runs >= REPLAY_MAX_RUNS)
		return culprit_error_create(CULPRIT_ERROR_LIMIT, "more than %d runs of one commit", REPLAY_MAX_RUNS);
	err = make_room(r, step, step->n_runs + 1);
	if (err)
		return err;
	if (text.len > MAX_RUN_TEXT)
		text.len = MAX_RUN_TEXT;
	err = keep(r, text, &run.text);
	if (!err)
		err = read_result(r, &run);
	if (!err)
		step->runs[step->n_runs++] = run;
	return err;
}

/* "run #4: crashed: ...", "all runs: OK" */
static struct culprit_error *read_run(struct reader *r, bool *ret_is)
{
	struct replay_step *step = last_step(r);
	struct span s = r->line;
	uint64_t number = 0;
	bool all = false;
	size_t len;

	*ret_is = false;
	if (take(&s, "all runs: ")) {
		all = true;
	} else {
		if (!take(&s, "run #") || !parse_u64(s, &number, &len) || number >= REPLAY_MAX_RUNS)
			return NULL;
		s = span_skip(s, len);
		if (!take(&s, ":"))
			return NULL;
	}
	*ret_is = true;
	r->open = OPEN_NONE;
	if (!r->testing || !step)
		return NULL;
	r->open = OPEN_RUN;
	step->all_runs = all;
	if (!all && number + 1 > r->max_runs)
		r->max_runs = (size_t)number + 1;
	return add_run(r, step, (unsigned int)number, span_trim(s));
}

/* ------------------------------------------------------------- headings */

/* "bisecting cause commit starting from H", "bisecting fixing commit since H" */
static struct culprit_error *read_heading(struct reader *r, bool *ret_is)
{
	struct span s = r->line;

	*ret_is = true;
	if (!r->testing && take(&s, "target: ")) {
		r->open = OPEN_OTHER;
		return r->log->target ? NULL : keep(r, span_trim(s), &r->log->target);
	}
	if (!r->testing && take(&s, "history: in one line")) {
		r->log->in_one_line = true;
		r->open = OPEN_OTHER;
		return NULL;
	}
	if (take(&s, "bisecting cause commit")) {
		r->log->fix = false;
	} else if (take(&s, "bisecting fixing commit") || take(&s, "bisecting fix commit")) {
		r->log->fix = true;
	} else {
		*ret_is = take(&s, "building syzkaller on ") || take(&s, "kernel signature: ") || take(&s, "compiler: ") ||
			  take(&s, "culprit signature: ") || take(&s, "parent  signature: ") ||
			  take(&s, "parent signature: ") || take(&s, "false negative chance: ") ||
			  take(&s, "representative crash: ") || take(&s, "revisions tested: ") ||
			  take(&s, "configuration:") || take(&s, "ensuring issue is reproducible") ||
			  take(&s, "testing current HEAD") || take(&s, "reproducer is flaky") ||
			  take(&s, "disabling configs for ");
		if (*ret_is && span_starts(r->line, SPAN("testing current HEAD"))) {
			struct span hash = (s = span_trim(s), take_hash(&s));

			(void)hash;	/* "testing commit" follows */
		}
		r->open = OPEN_OTHER;
		return NULL;
	}
	r->open = OPEN_OTHER;
	return NULL;
}

/* "testing release v5.6", "testing commit H with gcc (GCC) 8.1.0" */
static struct culprit_error *read_testing(struct reader *r, bool *ret_is)
{
	struct span s = r->line, hash;
	struct replay_step *step;
	struct culprit_error *err;

	*ret_is = true;
	if (take(&s, "testing release ")) {
		s = span_trim(s);
		r->open = OPEN_OTHER;
		r->testing = false;
		return keep(r, s, &r->release);
	}
	*ret_is = false;
	if (!take(&s, "testing commit "))
		return NULL;
	s = span_trim(s);
	hash = take_hash(&s);
	if (!hash.len)
		return NULL;
	*ret_is = true;
	err = add_step(r, hash, &step);
	if (err)
		return err;
	step->tested = true;
	step->left = r->left;
	step->release = r->release;
	step->merge_base = r->merge_base;
	r->left = -1;
	r->release = NULL;
	r->merge_base = false;
	r->testing = true;
	r->open = OPEN_OTHER;
	return NULL;
}

/* "Bisecting: 3 revisions left to test after this (roughly 2 steps)", "Bisecting: a merge base must be tested" */
static bool read_bisecting(struct reader *r)
{
	struct span s = r->line;
	uint64_t left;
	size_t len;

	if (!take(&s, "Bisecting: "))
		return false;
	if (parse_u64(s, &left, &len) && left < INT64_MAX)
		r->left = (int64_t)left;
	else
		r->merge_base = span_starts(s, SPAN("a merge base"));
	r->testing = false;
	r->open = OPEN_OTHER;
	return true;
}

/* "[H] subject" */
static struct culprit_error *read_subject(struct reader *r, bool *ret_is)
{
	struct span s = r->line, hash;
	struct culprit_error *err;

	*ret_is = false;
	if (!take(&s, "["))
		return NULL;
	hash = take_hash(&s);
	if (!hash.len || !take(&s, "]"))
		return NULL;
	*ret_is = true;
	err = keep(r, hash, &r->subject_of);
	if (!err)
		err = keep(r, span_trim(s), &r->subject);
	r->open = OPEN_SUBJECT;
	return err;
}

/* --------------------------------------------------------------- marks */

static enum mark take_mark(struct span *s)
{
	static const struct {
		const char *word;
		enum mark mark;
	} words[] = { { "good", MARK_GOOD }, { "bad", MARK_BAD }, { "skip", MARK_SKIP }, { "old", MARK_GOOD },
		      { "new", MARK_BAD } };

	for (size_t i = 0; i < countof(words); i++) {
		struct span rest = *s;

		if (take(&rest, words[i].word) && rest.len && (rest.ptr[0] == ' ' || rest.ptr[0] == ':')) {
			*s = span_trim(span_skip(rest, 1));
			return words[i].mark;
		}
	}
	return MARK_NONE;
}

static struct culprit_error *mark_commit(struct reader *r, struct span hash, enum mark mark)
{
	_cleanup_(freep) char *commit = strndup(hash.ptr, hash.len);
	struct replay_step *step;
	struct culprit_error *err;

	if (!commit)
		return &culprit_error_no_memory;
	step = replay_log_find(r->log, commit);
	if (!step) {
		err = add_step(r, hash, &step);
		if (err)
			return err;
		step->left = r->left;
		r->left = -1;
	}
	step->original = mark;
	step->told = true;
	r->testing = false;
	return NULL;
}

static struct culprit_error *add_start_good(struct reader *r, struct span hash)
{
	struct replay_log *log = r->log;
	struct culprit_error *err;

	if (!log->start_good) {
		log->start_good = arena_array(&log->arena, REPLAY_MAX_STEPS, sizeof(*log->start_good));
		if (!log->start_good)
			return &culprit_error_no_memory;
	}
	if (log->n_start_good == REPLAY_MAX_STEPS)
		return NULL;
	err = keep(r, hash, &log->start_good[log->n_start_good]);
	if (!err)
		log->n_start_good++;
	return err;
}

/* The ends behind "git bisect start": the bad one, then good ones; options are passed over. */
static struct culprit_error *read_ends(struct reader *r, struct span s)
{
	struct culprit_error *err = NULL;

	while (!err && s.len) {
		struct span word = { s.ptr, 0 }, hash;
		struct span quoted = s;

		if (take(&quoted, "'"))
			s = quoted;
		hash = take_hash(&s);
		if (hash.len) {
			if (!r->log->start_bad) {
				err = keep(r, hash, &r->log->start_bad);
				if (!err)
					err = mark_commit(r, hash, MARK_BAD);
			} else {
				err = add_start_good(r, hash);
				if (!err)
					err = mark_commit(r, hash, MARK_GOOD);
			}
			take(&s, "'");
		} else {
			while (word.len < s.len && s.ptr[word.len] != ' ')
				word.len++;
			s = span_skip(s, word.len);
		}
		s = span_trim(s);
	}
	return err;
}

/* "# git bisect bad H", "git bisect start", "# bad: [H] subject", "# first bad commit: [H] subject" */
static struct culprit_error *read_mark(struct reader *r, bool *ret_is)
{
	struct span s = r->line, hash;
	bool comment = take(&s, "# ") || take(&s, "#");
	enum mark mark;

	*ret_is = true;
	r->open = OPEN_OTHER;
	if (take(&s, "git bisect ")) {
		r->log->is_git = r->log->is_git || !comment;
		if (take(&s, "start")) {
			r->open = OPEN_START;
			r->testing = false;
			return read_ends(r, span_trim(s));
		}
		mark = take_mark(&s);
		hash = take_hash(&s);
		if (mark == MARK_NONE || !hash.len) {
			*ret_is = mark != MARK_NONE;
			return NULL;
		}
		return mark_commit(r, hash, mark);
	}
	if (comment && (mark = take_mark(&s)) != MARK_NONE && take(&s, "[")) {
		struct replay_step *step;
		struct culprit_error *err;

		hash = take_hash(&s);
		if (!hash.len || !take(&s, "]")) {
			*ret_is = false;
			return NULL;
		}
		err = mark_commit(r, hash, mark);
		step = err ? NULL : last_step(r);
		r->open = OPEN_SUBJECT;
		return step && !step->subject ? keep(r, span_trim(s), &step->subject) : err;
	}
	*ret_is = false;
	return NULL;
}

/* "H is the first bad commit", "first bad commit: H subject", "# first bad commit: [H] subject" */
static struct culprit_error *read_answer(struct reader *r, bool *ret_is)
{
	struct span s = r->line, hash;
	struct culprit_error *err;

	*ret_is = false;
	if (!take(&s, "# first bad commit: [") && !take(&s, "# first new commit: [") && !take(&s, "first bad commit: ") &&
	    !take(&s, "first new commit: ") && !take(&s, "first good commit: ")) {
		struct span rest = s;

		hash = take_hash(&rest);
		if (!hash.len || (!span_starts(rest, SPAN("is the first bad commit")) &&
				  !span_starts(rest, SPAN("is the first new commit")) &&
				  !span_starts(rest, SPAN("was the first bad commit"))))
			return NULL;
		r->ended = true;
		*ret_is = true;
		return keep(r, hash, &r->log->answer);
	}
	hash = take_hash(&s);
	if (!hash.len)
		return NULL;
	*ret_is = true;
	r->ended = true;
	r->testing = false;
	err = keep(r, hash, &r->log->answer);
	take(&s, "]");
	return err ? err : keep(r, span_trim(s), &r->log->answer_subject);
}

/* ------------------------------------------------------------- wrapping */

static bool ends_with_word_after_in(const char *text)
{
	const char *at = NULL;

	for (const char *next = strstr(text, " in "); next; next = strstr(next + 1, " in "))
		at = next + 4;
	return at && at[0] && !strchr(at, ' ');
}

static struct culprit_error *join(struct reader *r, const char **text, struct span more)
{
	char *joined;

	if (strlen(*text) + more.len + 1 > MAX_RUN_TEXT)
		return NULL;
	joined = arena_printf(&r->log->arena, "%s%s%.*s", *text, (*text)[0] ? " " : "", (int)more.len, more.ptr);
	if (!joined)
		return &culprit_error_no_memory;
	*text = joined;
	return NULL;
}

static struct culprit_error *join_run(struct reader *r)
{
	struct replay_step *step = last_step(r);
	struct replay_run *run = &step->runs[step->n_runs - 1];
	struct culprit_error *err;

	/* complete: what follows was written by somebody else */
	if (run->clean || (!strncmp(run->text, "crashed: ", 9) && ends_with_word_after_in(run->text))) {
		r->open = OPEN_NONE;
		return NULL;
	}
	err = join(r, &run->text, r->line);
	return err ? err : read_result(r, run);
}

/* A line that nothing is known of: the rest of the one before, a failed build, or somebody's words. */
static struct culprit_error *read_rest(struct reader *r)
{
	struct replay_step *step = last_step(r);
	bool wrapped = r->width >= WRAPPED_BYTES;

	if (r->open == OPEN_RUN && wrapped && step && step->n_runs)
		return join_run(r);
	if (r->open == OPEN_SUBJECT && wrapped && r->subject) {
		r->open = OPEN_NONE;
		return join(r, &r->subject, r->line);
	}
	if (r->open == OPEN_START) {
		struct span s = r->line;

		if (take_hash(&s).len) {
			r->open = OPEN_NONE;
			return read_ends(r, r->line);
		}
	}
	if (r->testing && step && !step->n_runs && !step->failure && r->open != OPEN_RUN && r->open != OPEN_OTHER)
		return keep(r, r->line, &step->failure);
	return NULL;
}

static bool is_build_failure(struct span line)
{
	return span_find(line, SPAN("build failed")) >= 0 || span_find(line, SPAN("failed to build")) >= 0 ||
	       span_find(line, SPAN("build error")) >= 0;
}

static struct culprit_error *read_line(struct reader *r)
{
	struct culprit_error *(*const readers[])(struct reader *r, bool *ret_is) = {
		read_answer, read_mark, read_run, read_testing, read_subject, read_heading,
	};
	struct replay_step *step = last_step(r);
	enum open_text open = r->open;

	if (!r->line.len) {
		r->open = OPEN_NONE;
		return NULL;
	}
	for (size_t i = 0; i < (r->ended ? 1 : countof(readers)); i++) {
		struct culprit_error *err;
		bool is = false;

		err = readers[i](r, &is);
		if (err || is)
			return err;
		r->open = open;
	}
	if (r->ended || read_bisecting(r))
		return NULL;
	if (r->testing && step && !step->n_runs && !step->failure && is_build_failure(r->line))
		return keep(r, r->line, &step->failure);
	return read_rest(r);
}

static struct culprit_error *read_lines(struct reader *r, struct span text)
{
	while (text.len) {
		ptrdiff_t end = span_find(text, SPAN("\n"));
		struct span raw = { text.ptr, end < 0 ? text.len : (size_t)end };
		struct culprit_error *err;

		text = span_skip(text, end < 0 ? text.len : (size_t)end + 1);
		if (raw.len && raw.ptr[raw.len - 1] == '\r')
			raw.len--;
		r->number++;
		r->line = unquote(raw);
		err = read_line(r);
		if (err)
			return culprit_error_context(err, "line %llu", (unsigned long long)r->number);
		r->width = raw.len;
	}
	return NULL;
}

/* ------------------------------------------------------------- afterwards */

/* "all runs: X" becomes as many runs as other steps number. */
static struct culprit_error *expand_runs(struct reader *r, struct replay_step *step)
{
	size_t n = r->max_runs ? r->max_runs : REPLAY_ALL_RUNS;
	struct culprit_error *err;

	if (!step->all_runs || step->n_runs != 1)
		return NULL;
	err = make_room(r, step, n);
	if (err)
		return err;
	for (size_t i = 1; i < n; i++) {
		step->runs[i] = step->runs[0];
		step->runs[i].number = (unsigned int)i;
	}
	step->n_runs = n;
	return NULL;
}

/* What syzbot made of a step that "git bisect" was not told of: any crash has the bug. */
static enum mark infer_mark(const struct replay_step *step, bool fix)
{
	bool crash = false, clean = false;

	for (size_t i = 0; i < step->n_runs; i++) {
		clean = clean || step->runs[i].clean;
		crash = crash || !strncmp(step->runs[i].text, "crashed", 7);
	}
	if (crash)
		return fix ? MARK_GOOD : MARK_BAD;
	return clean ? (fix ? MARK_BAD : MARK_GOOD) : MARK_SKIP;
}

static struct culprit_error *finish(struct reader *r, const char *name)
{
	struct replay_log *log = r->log;
	bool runs = false;

	if (!log->n_steps)
		return culprit_error_create(CULPRIT_ERROR_FORMAT, "%s: this is no log of a bisection: it has neither "
					    "'testing commit' nor 'git bisect'", name);
	for (size_t i = 0; i < log->n_steps; i++) {
		struct replay_step *step = &log->steps[i];
		struct culprit_error *err = expand_runs(r, step);

		if (err)
			return err;
		runs = runs || step->n_runs;
		if (step->original == MARK_NONE && step->tested)
			step->original = infer_mark(step, log->fix);
	}
	log->is_git = !runs;
	if (log->answer) {
		const struct replay_step *step = replay_log_find(log, log->answer);

		/* the step's is joined where mails wrapped it */
		if (step && step->subject)
			log->answer_subject = step->subject;
	}
	return NULL;
}

struct culprit_error *replay_log_parse(struct span text, const char *name, struct replay_log *ret)
{
	struct replay_log log = { 0 };
	struct reader reader = { .log = &log, .left = -1 };
	struct culprit_error *err;

	if (text.len > MAX_TEXT_BYTES)
		return culprit_error_create(CULPRIT_ERROR_LIMIT, "%s: larger than %u bytes", name, MAX_TEXT_BYTES);
	err = read_lines(&reader, text);
	if (!err)
		err = finish(&reader, name);
	if (err) {
		replay_log_deinit(&log);
		return err;
	}
	*ret = log;
	return NULL;
}
