/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where a bisection stands, and what was done, for programs: objects of
 * include/culprit-bisect.schema.json. A log is one object a line, in order.
 */
#include "cli/bisect/bisect.h"
#include "cli/output/json.h"

static const char *const act_names[] = { "testing", "culprit", "set", "gave-up" };

static void put_subject(struct json *json, struct json_t *o, const struct subject *subject)
{
	json_put_str(json, o, "commit", subject->commit.hex);
	json_put_str(json, o, "change", !subject->changed.hex[0] ? NULL : subject_change_name(subject));
	json_put_str(json, o, "changed", subject->changed.hex[0] ? subject->changed.hex : NULL);
}

static void put_seconds(struct json *json, struct json_t *o, const char *key, int64_t us)
{
	json_put_real(json, o, key, (double)us / 1e6);
}

/* ---------------------------------------------------------------- status */

static void put_ends(struct json *json, struct json_t *root, const struct session *s)
{
	struct json_t *list;

	json_put_str(json, root, "find", s->config->find == CONFIG_FIX ? "fix" : s->config->find == CONFIG_OPTIONS ? "config" : "cause");
	json_put_str(json, root, "target", profile_title(s->profile));
	json_put_str(json, root, "newer", s->newer.hex);
	list = json_put_array(json, root, "older");
	for (size_t i = 0; i < s->n_older; i++)
		json_add_str(json, list, s->older[i].hex);
}

static void put_counts(struct json *json, struct json_t *root, const struct session *s)
{
	uint32_t n[BISECT_RUN_KINDS] = { 0 };
	struct json_t *o;

	for (uint32_t i = 0; i < s->n_runs; i++)
		n[session_run_kind(s->runs[i].verdict)]++;
	json_put_int(json, root, "builds", s->n_builds);
	o = json_put_object(json, root, "runs");
	for (int kind = 0; kind < BISECT_RUN_KINDS; kind++)
		json_put_int(json, o, bisect_run_name((enum bisect_run)kind), n[kind]);
	put_seconds(json, root, "seconds", s->active_us);
	json_put_int(json, root, "failures_in_a_row", session_infra_row(s));
	if (session_infra_row(s))
		json_put_int(json, root, "failing_since", session_infra_since_us(s) / 1000000);
	else
		json_put_null(json, root, "failing_since");
}

static void put_likely(struct json *json, struct json_t *root, const struct session *s)
{
	struct json_t *list = json_put_array(json, root, "likeliest");
	struct bisect_share top[5];
	uint32_t n = s->bisect ? bisect_top(s->bisect, countof(top), top) : 0;

	for (uint32_t i = 0; i < n && i < countof(top); i++) {
		struct json_t *o = json_add_object(json, list);

		json_put_str(json, o, "commit", s->history.hashes[top[i].commit].hex);
		json_put_real(json, o, "posterior", top[i].posterior);
	}
}

bool bisect_format_status_json(const struct session *s, struct buf *buf)
{
	const struct bisect_action *a = &s->action;
	struct json json = { 0 };
	struct json_t *root = json_begin(&json);
	bool named = s->bisect && a->commit != BISECT_NONE;

	json_put_envelope(&json, root, "bisect-status");
	put_ends(&json, root, s);
	put_counts(&json, root, s);
	json_put_str(&json, root, "state", s->bisect ? act_names[a->act] : s->config->find == CONFIG_OPTIONS ? "options" : "releases");
	json_put_str(&json, root, "reason", s->bisect ? bisect_why_name(a->why) : NULL);
	json_put_str(&json, root, "commit", named ? s->history.hashes[a->commit].hex : NULL);
	if (s->bisect) {
		json_put_int(&json, root, "candidates", bisect_n_candidates(s->bisect));
		json_put_int(&json, root, "left", bisect_commits_left(s, bisect_entropy(s->bisect)));
		json_put_real(&json, root, "entropy_bits", bisect_entropy(s->bisect));
		json_put_real(&json, root, "posterior_older", bisect_posterior_older(s->bisect));
		json_put_real(&json, root, "seconds_to_go", a->act == BISECT_TEST ? a->remaining * bisect_seconds_per_cost(s) : 0);
	}
	put_likely(&json, root, s);
	return json_end(&json, root, buf);
}

/* ------------------------------------------------------------------- log */

static bool add_build(struct buf *buf, const struct session_build *b)
{
	struct json json = { 0 };
	struct json_t *root = json_begin(&json);

	json_put_envelope(&json, root, "bisect-build");
	json_put_int(&json, root, "time", b->time_us / 1000000);
	json_put_int(&json, root, "number", b->number);
	put_subject(&json, root, &b->subject);
	json_put_str(&json, root, "outcome", build_outcome_name(b->result.outcome));
	json_put_str(&json, root, "reason", b->result.reason[0] ? b->result.reason : NULL);
	put_seconds(&json, root, "seconds", b->result.elapsed_us);
	return json_end(&json, root, buf);
}

static bool add_run(struct buf *buf, const struct session_run *r)
{
	struct json json = { 0 };
	struct json_t *root = json_begin(&json);

	json_put_envelope(&json, root, "bisect-run");
	json_put_int(&json, root, "time", r->time_us / 1000000);
	json_put_int(&json, root, "number", r->number);
	put_subject(&json, root, &r->subject);
	json_put_str(&json, root, "verdict", verdict_name(r->verdict));
	json_put_real(&json, root, "probability", r->q);
	json_put_str(&json, root, "title", r->title);
	json_put_str(&json, root, "because", r->why);
	put_seconds(&json, root, "seconds", r->end.elapsed_us);
	return json_end(&json, root, buf);
}

static bool add_decision(struct buf *buf, const struct session_decision *d)
{
	struct json json = { 0 };
	struct json_t *root = json_begin(&json);

	json_put_envelope(&json, root, "bisect-decision");
	json_put_int(&json, root, "time", d->time_us / 1000000);
	json_put_str(&json, root, "act", bisect_act_name(d->act));
	json_put_str(&json, root, "reason", bisect_why_name(d->why));
	json_put_str(&json, root, "commit", d->commit.hex[0] ? d->commit.hex : NULL);
	json_put_real(&json, root, "posterior", d->posterior);
	json_put_real(&json, root, "entropy_bits", d->entropy);
	return json_end(&json, root, buf);
}

static bool add_check(struct buf *buf, const struct session_check *c)
{
	struct json json = { 0 };
	struct json_t *root = json_begin(&json);

	json_put_envelope(&json, root, "bisect-check");
	put_subject(&json, root, &c->subject);
	json_put_str(&json, root, "outcome", session_check_name(c->outcome));
	json_put_int(&json, root, "shown", c->n_shown);
	json_put_int(&json, root, "clean", c->n_clean);
	return json_end(&json, root, buf);
}

bool bisect_format_log_json(const struct session *s, struct buf *buf)
{
	uint32_t next = 0;
	bool ok = buf_add_str(buf, "");

	for (uint32_t i = 0; i <= s->n_facts && ok; i++) {
		while (ok && next < s->n_decisions && s->decisions[next].n_facts <= i)
			ok = add_decision(buf, &s->decisions[next++]);
		if (i == s->n_facts || !ok)
			break;
		if (s->facts[i].kind == FACT_BUILD)
			ok = add_build(buf, &s->builds[s->facts[i].index]);
		else if (s->facts[i].kind == FACT_RUN)
			ok = add_run(buf, &s->runs[s->facts[i].index]);
	}
	for (uint32_t i = 0; i < s->n_checks && ok; i++)
		ok = add_check(buf, &s->checks[i]);
	return ok;
}
