/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/bisect/bisect_dossier.h"

#include <stdio.h>
#include <unistd.h>

#include "cli/bisect/bisect.h"
#include "cli/bisect/bisect_lines.h"
#include "cli/bisect/bisect_suspect.h"
#include "cli/output/text.h"
#include "base/process.h"

#define MAX_FINDINGS 64
#define MAX_PEOPLE 64
#define MAX_CRASHES 200
#define CRASH_BYTES (64u << 10)
#define CONFIG_BYTES (256u << 10)

/* Remember a sentence; NULL is out of memory. */
static struct culprit_error *add_finding(struct dossier *d, const char *text)
{
	if (!text)
		return &culprit_error_no_memory;
	if (!d->findings)
		d->findings = arena_array(&d->arena, MAX_FINDINGS, sizeof(*d->findings));
	if (!d->findings)
		return &culprit_error_no_memory;
	if (d->n_findings < MAX_FINDINGS)
		d->findings[d->n_findings++] = text;
	return NULL;
}

/* --------------------------------------------------------------- answer */

static struct culprit_error *take_contradiction(struct dossier *d)
{
	const struct session_check *against = session_contradiction(d->session);
	_cleanup_(buf_deinit) struct buf text = { 0 };

	if (!against)
		return NULL;
	if (!bisect_add_contradiction(&text, d->session, against))
		return &culprit_error_no_memory;
	d->against = arena_dup(&d->arena, buf_span(&text));
	return d->against ? NULL : &culprit_error_no_memory;
}

static struct culprit_error *take_answer(struct dossier *d)
{
	const struct session *s = d->session;

	d->why = s->action.why;
	d->posterior = s->action.act == BISECT_DONE_CULPRIT ? session_confidence(s) : s->action.posterior;
	d->answer = s->action.act == BISECT_DONE_CULPRIT ? ANSWER_CULPRIT :
		    s->action.act == BISECT_DONE_SET ? ANSWER_SET :
		    s->action.act == BISECT_GIVE_UP ? ANSWER_GAVE_UP : ANSWER_NONE_YET;
	return d->answer == ANSWER_SET ? bisect_set(s->bisect, &d->set, &d->n_set, &d->set_mass) : NULL;
}

static struct culprit_error *take_culprit(struct dossier *d)
{
	const struct session *s = d->session;
	_cleanup_(buf_deinit) struct buf described = { 0 };
	uint32_t commit = d->answer == ANSWER_SET && d->n_set ? d->set[0].commit : s->action.commit;
	struct culprit_error *err;

	if ((d->answer != ANSWER_CULPRIT && d->answer != ANSWER_SET) || commit == BISECT_NONE)
		return NULL;
	/* No likeliest where all are equal. */
	if (d->answer == ANSWER_SET && d->n_set > 1 &&
	    d->set[0].posterior - d->set[d->n_set - 1].posterior < 0.01 * d->set[0].posterior)
		return NULL;
	err = git_commit_load(s->git, s->history.hashes[commit].hex, &d->culprit);
	if (err)
		return err;
	d->has_culprit = true;
	err = git_describe(s->git, d->culprit.hash.hex, &described);
	if (err)
		return err;
	d->described = arena_dup(&d->arena, buf_span(&described));
	return d->described ? NULL : &culprit_error_no_memory;
}

/* ------------------------------------------------------------- evidence */

static int by_index(const void *a, const void *b)
{
	const struct dossier_commit *x = a, *y = b;

	return x->index < y->index ? -1 : x->index > y->index;
}

static void add_times(const struct session *s, struct dossier_commit *c)
{
	for (uint32_t i = 0; i < s->n_builds; i++) {
		const struct session_build *build = &s->builds[i];

		if (strcmp(build->subject.commit.hex, c->hex) != 0 || build->subject.changed.hex[0])
			continue;
		c->build_seconds += (double)build->result.elapsed_us / 1e6;
		c->skip_reason = build->result.outcome == BUILD_OK ? NULL : build->result.reason;
	}
	for (uint32_t i = 0; i < s->n_runs; i++) {
		const struct session_run *run = &s->runs[i];

		if (strcmp(run->subject.commit.hex, c->hex) != 0 || run->subject.changed.hex[0])
			continue;
		c->run_seconds += (double)run->end.elapsed_us / 1e6;
		if (run->title && (!c->title || run->verdict == VERDICT_TARGET))
			c->title = run->title;
	}
}

static struct culprit_error *take_tested(struct dossier *d)
{
	const struct session *s = d->session;
	const uint32_t *tested = bisect_tested(s->bisect, &d->n_tested);

	d->tested = arena_array(&d->arena, d->n_tested + 1, sizeof(*d->tested));
	if (!d->tested)
		return &culprit_error_no_memory;
	for (uint32_t i = 0; i < d->n_tested; i++) {
		struct dossier_commit *c = &d->tested[i];
		struct culprit_error *err;

		c->index = tested[i];
		c->hex = s->history.hashes[tested[i]].hex;
		err = git_subject(s->git, c->hex, &c->subject);
		if (err)
			return err;
		bisect_evidence(s->bisect, c->index, &c->evidence);
		c->posterior = bisect_posterior(s->bisect, c->index);
		c->p_bad = bisect_p_bad(s->bisect, c->index);
		add_times(s, c);
	}
	qsort(d->tested, d->n_tested, sizeof(*d->tested), by_index);
	return NULL;
}

static int by_runs(const void *a, const void *b)
{
	const struct dossier_crash *x = a, *y = b;

	return x->n_runs > y->n_runs ? -1 : x->n_runs < y->n_runs;
}

static bool first_of_commit(const struct session *s, uint32_t index)
{
	for (uint32_t i = 0; i < index; i++) {
		if (s->runs[i].title && !strcmp(s->runs[i].title, s->runs[index].title) &&
		    subject_equal(&s->runs[i].subject, &s->runs[index].subject))
			return false;
	}
	return true;
}

static struct culprit_error *take_crashes(struct dossier *d)
{
	const struct session *s = d->session;

	d->crashes = arena_array(&d->arena, MAX_CRASHES, sizeof(*d->crashes));
	if (!d->crashes)
		return &culprit_error_no_memory;
	for (uint32_t i = 0; i < s->n_runs; i++) {
		const struct session_run *run = &s->runs[i];
		uint32_t c = 0;

		if (!run->title || run->verdict == VERDICT_TARGET || run->verdict == VERDICT_INFRA_FAILED)
			continue;
		while (c < d->n_crashes && strcmp(d->crashes[c].title, run->title) != 0)
			c++;
		if (c == MAX_CRASHES)
			continue;
		if (c == d->n_crashes)
			d->crashes[d->n_crashes++].title = run->title;
		d->crashes[c].n_runs++;
		d->crashes[c].n_commits += first_of_commit(s, i);
	}
	qsort(d->crashes, d->n_crashes, sizeof(*d->crashes), by_runs);
	return NULL;
}

static struct culprit_error *take_crash_text(struct dossier *d)
{
	const struct session *s = d->session;
	const struct session_run *best = NULL;
	_cleanup_(buf_deinit) struct buf path = { 0 };
	struct run_console console;
	struct culprit_error *err;

	/* At the culprit when it shows there, else the newest run that showed it. */
	for (uint32_t i = 0; i < s->n_runs; i++) {
		const struct session_run *run = &s->runs[i];
		bool here = d->has_culprit && !strcmp(run->subject.commit.hex, d->culprit.hash.hex);
		bool best_here = best && d->has_culprit && !strcmp(best->subject.commit.hex, d->culprit.hash.hex);

		if (run->verdict == VERDICT_TARGET && run->title && !run->subject.changed.hex[0] && (here || !best_here))
			best = run;
	}
	if (!best)
		return NULL;
	err = runner_log_path(s->config, "runs", best->number, &path);
	if (!err)
		err = run_console_load(&console, s->patterns, NULL, path.data);
	if (err) {
		/* Logs may have been deleted to save space: the report goes without. */
		culprit_error_destroy(err);
		return NULL;
	}
	for (size_t i = 0; i < console.n_reports && !d->crash && !err; i++) {
		const struct culprit_report *r = console.reports[i];
		struct span text = { r->text, r->text_len };
		struct bisect_lines lines;

		if (!strcmp(r->title, best->title)) {
			err = bisect_lines_of(s, best->subject.commit.hex, r, &d->arena, &lines);
			if (!err && lines.remark)
				err = add_finding(d, lines.remark);
			if (!err && lines.text)
				text = span_of(lines.text);
			/* what stood before the banner is of the boot, not of the crash */
			text = span_skip(text, text_lines_len(text, r->prefix_lines));
			text.len = text.len < CRASH_BYTES ? text.len : CRASH_BYTES;
			d->crash = arena_dup(&d->arena, text);
			d->crash_run = arena_printf(&d->arena, "run %u at %.12s", best->number, best->subject.commit.hex);
		}
	}
	run_console_deinit(&console);
	return err;
}

/* --------------------------------------------------------------- people */

static struct culprit_error *add_person(struct dossier *d, struct span who)
{
	who = span_trim(who);
	if (!who.len || !d->people || d->n_people == MAX_PEOPLE)
		return d->people ? NULL : &culprit_error_no_memory;
	for (size_t i = 0; i < d->n_people; i++) {
		if (span_equal(span_of(d->people[i]), who))
			return NULL;
	}
	d->people[d->n_people] = arena_dup(&d->arena, who);
	return d->people[d->n_people++] ? NULL : &culprit_error_no_memory;
}

/* "Signed-off-by: Ada Kern <ada@example.org>" and the like. */
static struct culprit_error *add_from_body(struct dossier *d)
{
	static const char *const tags[] = {
		"Signed-off-by:", "Reviewed-by:", "Acked-by:", "Tested-by:", "Reported-by:", "Suggested-by:", "Co-developed-by:", "Cc:",
	};
	struct span left = span_of(d->culprit.body);
	struct culprit_error *err = NULL;

	while (left.len && !err) {
		const char *end = memchr(left.ptr, '\n', left.len);
		struct span line = { left.ptr, end ? (size_t)(end - left.ptr) : left.len };

		left = span_skip(left, end ? line.len + 1 : line.len);
		for (size_t i = 0; i < countof(tags) && !err; i++) {
			if (span_starts(line, span_of(tags[i])) && memchr(line.ptr, '@', line.len))
				err = add_person(d, span_skip(line, strlen(tags[i])));
		}
	}
	return err;
}

static struct culprit_error *ask_command(struct dossier *d, const char *const *argv, const char *directory)
{
	_cleanup_(buf_deinit) struct buf out = { 0 };
	const char *const env[] = {
		arena_printf(&d->arena, "CULPRIT_COMMIT=%s", d->culprit.hash.hex),
		arena_printf(&d->arena, "CULPRIT_REPOSITORY=%s", d->session->config->repository), NULL
	};
	struct process_spec spec = {
		.argv = argv, .env = env, .directory = directory, .timeout_ms = 60000, .max_output_bytes = 1 << 20,
	};
	struct process_result result;
	struct culprit_error *err = process_capture(&spec, &out, NULL, &result);
	char *rest = out.data, *line;

	/* No answer is no error: the people named in the commit are there. */
	while (!err && rest && process_succeeded(&result) && (line = strsep(&rest, "\n")))
		err = add_person(d, span_of(line));
	return err;
}

/* The tree's own script, if the work tree has it: it knows lists and maintainers of files. */
static struct culprit_error *ask_script(struct dossier *d)
{
	const struct git_commit *c = &d->culprit;
	const char *tree = arena_printf(&d->arena, "%s/source", d->session->config->state);
	const char *script = tree ? arena_printf(&d->arena, "%s/scripts/get_maintainer.pl", tree) : NULL;
	const char **argv = arena_array(&d->arena, c->n_files + 8, sizeof(*argv));
	size_t n = 0;

	if (!script || !argv)
		return &culprit_error_no_memory;
	if (!c->n_files || access(script, R_OK) < 0)
		return NULL;
	argv[n++] = "perl";
	argv[n++] = script;
	argv[n++] = "--nogit";
	argv[n++] = "--nogit-fallback";
	argv[n++] = "--norolestats";
	argv[n++] = "-f";
	for (size_t i = 0; i < c->n_files && i < 100; i++)
		argv[n++] = c->files[i];
	return ask_command(d, argv, tree);
}

static struct culprit_error *take_people(struct dossier *d)
{
	const struct config *config = d->session->config;
	const char *const shell[] = { "/bin/sh", "-c", config->maintainers, NULL };
	struct culprit_error *err;
	char *author;

	if (!d->has_culprit)
		return NULL;
	d->people = arena_array(&d->arena, MAX_PEOPLE, sizeof(*d->people));
	author = arena_printf(&d->arena, "%s <%s>", d->culprit.author, d->culprit.email);
	err = author ? add_person(d, span_of(author)) : &culprit_error_no_memory;
	if (!err)
		err = add_from_body(d);
	if (!err)
		err = config->maintainers ? ask_command(d, shell, config->directory) : ask_script(d);
	return err;
}

/* -------------------------------------------------------------- findings */

static const char *short_hash(const struct dossier *d, uint32_t commit)
{
	return commit == BISECT_NONE ? "?" : d->session->history.hashes[commit].hex;
}

/* The crash that most runs of the commit died of, other than the target. */
static const char *mask_of(const struct dossier *d, uint32_t commit)
{
	const struct session *s = d->session;

	for (uint32_t c = 0; c < d->n_crashes; c++) {
		for (uint32_t i = 0; i < s->n_runs; i++) {
			if (s->runs[i].title && s->runs[i].verdict != VERDICT_TARGET &&
			    !strcmp(s->runs[i].title, d->crashes[c].title) &&
			    !strcmp(s->runs[i].subject.commit.hex, short_hash(d, commit)))
				return d->crashes[c].title;
		}
	}
	return "another crash";
}

static char *describe_finding(struct dossier *d, const struct bisect_finding *f)
{
	const char *a = short_hash(d, f->commit), *b = short_hash(d, f->other);
	struct arena *arena = &d->arena;

	switch (f->kind) {
	case BISECT_FINDING_MERGE:
		return arena_printf(arena, "%.12s is a merge: neither side shows it alone, or a side was not tested.", a);
	case BISECT_FINDING_SAME_IMAGE:
		return arena_printf(arena, "%.12s builds the same image as %.12s: it cannot have changed anything.", a, b);
	case BISECT_FINDING_RATE_COLLAPSED:
		return arena_printf(arena, "The target shows far more seldom at %.12s than at %.12s (%.0f %% of the rate): clean runs "
				    "there say less, and the search may have gone past the culprit.", a, b, f->value * 100);
	case BISECT_FINDING_MASKED:
		if (!strcmp(a, b))
			return arena_printf(arena, "At %.12s, %.0f %% of the runs died of something else before the target could show: "
					    "%s.", a, f->value * 100, mask_of(d, f->commit));
		return arena_printf(arena, "From %.12s to %.12s, %.0f %% of the runs died of something else before the target could show: "
				    "%s.", a, b, f->value * 100, mask_of(d, f->commit));
	case BISECT_FINDING_UNTESTABLE:
		return arena_printf(arena, "%.12s to %.12s cannot be tested, and the culprit lies beside or in it.", a, b);
	case BISECT_FINDING_CONTRADICTION:
		return arena_printf(arena, "The runs of %.12s say the opposite of all the rest (alone: %.1f %% that the target shows "
				    "there).", a, f->value * 100);
	case BISECT_FINDING_WEAK_SIDE:
		return arena_printf(arena, "%.12s rests on few runs (alone: %.1f %% that the target shows there).", a, f->value * 100);
	case BISECT_FINDING_NEAR_GOOD:
		return arena_printf(arena, "The culprit is next to the older end, which was never tested itself.");
	}
	return arena_printf(arena, "%s at %.12s", bisect_finding_name(f->kind), a);
}

static struct culprit_error *take_findings(struct dossier *d)
{
	struct bisect_finding findings[16];
	const char *remarks[SUSPECT_MAX];
	uint32_t n = d->has_culprit ? bisect_findings(d->session->bisect, countof(findings), findings) : 0;
	size_t n_remarks = 0;
	struct culprit_error *err = NULL;

	for (uint32_t i = 0; i < n && i < countof(findings) && !err; i++)
		err = add_finding(d, describe_finding(d, &findings[i]));
	if (!err && d->has_culprit)
		err = suspect_change(d->session, &d->culprit, d->crash, &d->arena, remarks, &n_remarks);
	if (!err && session_older_name(d->session)) {
		char *text = arena_printf(&d->arena, "'%s' may be the same bug under an older name: 'culprit bisect merge-title' says so.",
					  session_older_name(d->session));

		err = text ? add_finding(d, text) : &culprit_error_no_memory;
	}
	for (size_t i = 0; i < n_remarks && !err; i++)
		err = add_finding(d, remarks[i]);
	return err;
}

static char *describe_config_check(struct dossier *d, const struct session_check *c)
{
	const char *hex = c->subject.commit.hex;
	uint32_t n = c->n_shown + c->n_clean;

	if (c->outcome == CHECK_UNTESTABLE || c->outcome == CHECK_CONFLICT)
		return arena_printf(&d->arena, "With all options of the configuration, %.12s does not build, boot or survive.", hex);
	if (c->outcome == CHECK_UNDECIDED)
		return arena_printf(&d->arena, "With all options of the configuration, %.12s: not decided (%u of %u runs showed the target).",
				    hex, c->n_shown, n);
	return arena_printf(&d->arena, "With all options of the configuration, %.12s %s the target: it showed in %u of %u runs.%s", hex,
			    c->n_shown ? "shows" : "does not show", c->n_shown, n,
			    c->outcome == CHECK_CONTRADICTS ? " With the smallest configuration it is the other way." : "");
}

static char *describe_check(struct dossier *d, const struct session_check *c)
{
	bool fix = d->session->config->find == CONFIG_FIX, revert = c->subject.change == GIT_REVERT;
	char *head = arena_printf(&d->arena, revert ? "Reverting %.12s on top of %.12s" : "Picking %.12s onto %.12s",
				  c->subject.changed.hex, c->subject.commit.hex);
	uint32_t n = c->n_shown + c->n_clean;
	bool vanishes = revert != fix;

	if (c->subject.change == GIT_UNCHANGED)
		return describe_config_check(d, c);
	if (!head)
		return NULL;
	switch (c->outcome) {
	case CHECK_CONFIRMS:
		return arena_printf(&d->arena, "%s makes the target %s: it showed in %u of %u runs.", head,
				    vanishes ? "vanish" : "show", c->n_shown, n);
	case CHECK_CONTRADICTS:
		return arena_printf(&d->arena, "%s does not make the target %s: it showed in %u of %u runs. Other commits may have "
				    "taken part, or depend on this one.", head, vanishes ? "vanish" : "show", c->n_shown, n);
	case CHECK_CONFLICT:
		return arena_printf(&d->arena, "%s: it does not apply cleanly there.", head);
	case CHECK_UNTESTABLE:
		return arena_printf(&d->arena, "%s: the result does not build, boot or survive.", head);
	case CHECK_UNDECIDED:
		break;
	}
	return arena_printf(&d->arena, "%s: not decided (%u of %u runs showed the target).", head, c->n_shown, n);
}

static struct culprit_error *take_checks(struct dossier *d)
{
	const struct session *s = d->session;

	d->checks = arena_array(&d->arena, s->n_checks + 1, sizeof(*d->checks));
	if (!d->checks)
		return &culprit_error_no_memory;
	for (uint32_t i = 0; i < s->n_checks; i++) {
		/* Of an earlier answer, when more evidence has changed it. */
		if (!d->has_culprit || !session_check_is_of(s, &s->checks[i], d->culprit.hash.hex))
			continue;
		d->checks[d->n_checks] = describe_check(d, &s->checks[i]);
		if (!d->checks[d->n_checks++])
			return &culprit_error_no_memory;
	}
	return NULL;
}

/* --------------------------------------------------------------- the whole */

static struct culprit_error *take_config(struct dossier *d)
{
	char *text = arena_alloc(&d->arena, CONFIG_BYTES);
	FILE *f = fopen(d->session->config->path, "re");

	d->config_text = text;
	if (f && text && fread(text, 1, CONFIG_BYTES - 1, f) == 0)
		text[0] = '\0';
	if (f)
		fclose(f);
	return text ? NULL : &culprit_error_no_memory;
}

static void take_times(struct dossier *d)
{
	const struct session *s = d->session;

	for (uint32_t i = 0; i < s->n_builds; i++)
		d->build_seconds += (double)s->builds[i].result.elapsed_us / 1e6;
	for (uint32_t i = 0; i < s->n_runs; i++)
		d->run_seconds += (double)s->runs[i].end.elapsed_us / 1e6;
	d->wall_seconds = (double)s->active_us / 1e6;
}

struct culprit_error *dossier_create(struct session *session, struct dossier *ret)
{
	static struct culprit_error *(*const steps[])(struct dossier *d) = {
		take_answer, take_contradiction, take_culprit, take_tested, take_crashes, take_crash_text, take_people, take_findings, take_checks,
		take_config,
	};
	struct culprit_error *err;

	*ret = (struct dossier){ .session = session };
	if (!session->bisect)
		return culprit_error_create(CULPRIT_ERROR_NOT_FOUND, "no good release was found yet: there is nothing to report");
	err = session_ask(session);
	bisect_read_subjects(session);
	ret->target = profile_title(session->profile);
	for (size_t i = 0; i < countof(steps) && !err; i++)
		err = steps[i](ret);
	take_times(ret);
	ret->has_rate = session_rate(session, &ret->rate);
	if (err)
		dossier_deinit(ret);
	return err;
}

void dossier_deinit(struct dossier *dossier)
{
	free(dossier->set);
	git_commit_deinit(&dossier->culprit);
	arena_deinit(&dossier->arena);
	*dossier = (struct dossier){ 0 };
}
