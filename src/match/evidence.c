/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two symptoms in, log-odds and sentences out.
 *
 * A sum of few terms, each of which moves the answer in one direction only.
 * The weights were set by hand from what the terms mean and then checked on
 * corpus/match (tests/check-match.sh prints the calibration); a term is only
 * worth its place while the pairs need it.  What it cannot see: two bugs in
 * one function with one stack, and one bug that corrupts memory which others
 * die of, unless known-bad runs have shown it (profile.c).
 */
#include "match/evidence.h"

#include <math.h>
#include <stdio.h>

#include "match/similarity.h"

#define TITLE_EQUAL		5.0
#define TITLE_EQUAL_CROSSROADS	2.8	/* hangs where everybody waits */
#define TITLE_EQUAL_VAGUE	1.5
#define TITLE_EQUAL_TOLD	3.5	/* vague, but all that the user told: enough for MATCH_TARGET by itself */
#define TITLE_ALIAS		4.3
#define TITLE_DRIFT		3.8	/* same class, same function, other words */
#define FRAME_EQUAL_KIN		3.5	/* same function, times kinship of the classes */
#define FRAME_RENAMED		1.2
#define RENAMED_MOST		2	/* functions of one stack */
#define FRAME_IN_STACK		0.4	/* at the top; less further down */
#define FRAME_OTHER		-2.0
#define FRAME_OTHER_UNSEEN	-1.0	/* no stacks to look further */
#define FRAME_OTHER_VICTIM	-0.5

#define CLASS_KIN		1.0	/* times kinship, when positive */
#define CLASS_ALIEN		3.0	/* times kinship, when negative */

#define STACK_NEUTRAL		0.45	/* score at which the stack says nothing */
#define STACK_SAME		5.0	/* per unit of score above */
#define STACK_SAME_OTHER_FRAME	3.0	/* the same, where the guilty functions differ: the way there, not the bug */
#define STACK_OTHER		8.0	/* and below */
#define STACK_OTHER_VICTIM	1.5
#define SIDE_NEUTRAL		0.8	/* allocation and free: nearly the same is another path */
#define SIDE_SAME		8.0
#define SIDE_OTHER		3.5
#define OBJECT_SAME		1.2
#define SAME_OBJECT		0.25	/* of what another stack counts, when allocated and freed by the same paths */
#define CROSS_SAME		3.5	/* one's stack is among the other's further stacks */

#define PLACE_SAME		0.5
#define PLACE_OTHER		-0.7
#define TASK_SAME		0.3

#define KINSHIP_SAME		0.9	/* and more: one class, or two that the rules call nearly one */
#define KINSHIP_LEAST		0.1	/* of the same function in classes of which nothing is known: it is still the same */
#define KINSHIP_PLACE		0.5	/* a family: one instruction can fail in both ways */

#define NEAR_DECAY		0.8	/* of what the other's guilty function tells, per telling frame above it */
#define NEAR_FRAMES		6	/* deeper than that stands the way to everything */
#define NAMES_ALIKE		0.75	/* pairs of letters in common: sock_wfree and sock_wfree_locked have 0.72,
					   foo_release and __foo_release 0.91 */
#define STACK_CLASS_SHARE	0.5	/* of what a path tells, the part that stands whatever the class is */
#define SCORE_SAME		0.95	/* called "the same": one frame far below may differ */
#define CONFIDENT		0.5	/* stacks of which half is there that is needed to tell (similarity.h) */
#define BOTH_OTHERS		0.8	/* further stacks of both: neither is the one that died */

#define DETAIL_COMMON		0.25	/* of a detail's weight, for values that many reports have */
#define DETAIL_FEW		0.5	/* of what other values tell against, where one side has only common ones */

#define NEGATIVE_MOST		-4.5	/* what may be held against an equal title */

/* Nothing here is surer than this, or than its opposite. */
#define SUREST			0.999

static double bounded(double p)
{
	return fmin(fmax(p, 1 - SUREST), SUREST);
}

double probability_of(double logit)
{
	return bounded(1 / (1 + exp(-logit)));
}

double logit_of(double probability)
{
	double p = bounded(probability);

	return log(p / (1 - p));
}

/* What the comparison of one pair works on. */
struct pair {
	const struct match_rules *rules;
	struct arena *arena;
	const struct symptom *target, *seen;
	struct comparison *ret;
	enum kernel_relation kernels;
	struct similarity access;
	double kinship;
	bool frames_differ;	/* both guilty functions are known, and not one renamed */
	bool same_object;	/* allocated and freed by the same paths: another place may touch it */
	bool victims;		/* both are of classes whose stacks show who suffers */
	double positive, negative;
	bool no_memory;
};

static void __attribute__((format(printf, 3, 4))) say(struct pair *pair, double weight, const char *format, ...)
{
	struct comparison *ret = pair->ret;
	va_list args;

	*(weight > 0 ? &pair->positive : &pair->negative) += weight;
	if (ret->n_evidence == MAX_EVIDENCE)
		return;
	va_start(args, format);
	ret->evidence[ret->n_evidence].text = arena_vprintf(pair->arena, format, args);
	va_end(args);
	ret->evidence[ret->n_evidence].weight = weight;
	if (ret->evidence[ret->n_evidence].text)
		ret->n_evidence++;
	else
		pair->no_memory = true;
}

/* ------------------------------------------------------- title and class */

static bool same_frame(const struct pair *pair)
{
	const struct symptom *a = pair->target, *b = pair->seen;

	if (!a->frame || !b->frame)
		return false;
	return !strcmp(a->frame, b->frame) || (a->frame_other && !strcmp(a->frame_other, b->frame)) ||
	       (b->frame_other && !strcmp(b->frame_other, a->frame));
}

static bool specific_frame(const struct pair *pair)
{
	return pair->target->frame && !rules_frame_is_vague(pair->rules, pair->target->frame);
}

static void title_is_equal(struct pair *pair)
{
	const struct symptom *target = pair->target;

	if (target->vague && !target->access.n)
		say(pair, TITLE_EQUAL_TOLD, "title equal, and nothing else is known of the target");
	else if (target->vague)
		say(pair, TITLE_EQUAL_VAGUE, "title equal, but many bugs have it");
	else if (target->frame && rules_is_crossroads(pair->rules, target->frame))
		say(pair, TITLE_EQUAL_CROSSROADS, "title equal, at a place where many wait");
	else if (target->frame && rules_frame_is_vague(pair->rules, target->frame))
		say(pair, TITLE_EQUAL_CROSSROADS, "title equal, in a function that runs for many");
	else
		say(pair, TITLE_EQUAL, "title equal");
}

/* Gives whether the titles say that it is one bug. */
static bool compare_titles(struct pair *pair)
{
	const struct symptom *target = pair->target, *seen = pair->seen;

	if (!strcmp(target->title, seen->title)) {
		title_is_equal(pair);
	} else if (!target->vague && !seen->vague && symptom_titles_intersect(target, seen)) {
		say(pair, TITLE_ALIAS, "known under a title of the target, too");
	} else if (same_frame(pair) && specific_frame(pair) && pair->kinship >= KINSHIP_SAME) {
		say(pair, TITLE_DRIFT, "same class and guilty function (%s), other words in the title", seen->frame);
	} else {
		return false;
	}
	return true;
}

static void compare_classes(struct pair *pair)
{
	const struct bug_class *a = pair->target->class, *b = pair->seen->class;

	if (!a || !b)
		return;
	if (pair->kinship >= 1)
		say(pair, CLASS_KIN, "same class: %s", a->name);
	else if (pair->kinship > 0)
		say(pair, CLASS_KIN * pair->kinship, "%s can show itself as %s", a->name, b->name);
	else if (pair->kinship < 0)
		say(pair, CLASS_ALIEN * pair->kinship, "other class: %s, not %s", b->name, a->name);
	pair->ret->other_class = pair->kinship <= -1;
}

/* ------------------------------------------------------ guilty function */

/* How near the guilty function stands to the top of a stack that has another one: 1 at the top, 0 not there. */
static double nearness(const struct symptom_stack *stack, const char *own, const char *guilty)
{
	double depth = 0;
	bool below = !own;

	for (size_t i = 0; i < stack->n; i++) {
		if (!strcmp(stack->frames[i].function, guilty))
			return stack->frames[i].weight >= RULES_FRAME_TELLS && depth < NEAR_FRAMES ? pow(NEAR_DECAY, depth) : 0;
		below = below || (own && !strcmp(stack->frames[i].function, own));
		if (below)
			depth += stack->frames[i].weight;
	}
	return 0;
}

static void compare_other_frames(struct pair *pair)
{
	const struct symptom *target = pair->target, *seen = pair->seen;
	double in_seen = nearness(&seen->access, seen->frame, target->frame);
	double in_target = nearness(&target->access, target->frame, seen->frame);
	double near = fmax(in_seen, in_target);
	bool unseen = !target->access.n && !seen->access.n;

	if (pair->access.top_renamed)
		say(pair, FRAME_RENAMED, "function renamed: %s was %s, %u of %u callers equal", target->frame, seen->frame,
		    pair->access.n_equal, pair->access.n_of ? pair->access.n_of - 1 : 0);
	else if (near > 0 && pair->kinship >= 0)
		say(pair, FRAME_IN_STACK * near, "guilty function %s stands in the stack of %s",
		    in_seen >= in_target ? target->frame : seen->frame, in_seen >= in_target ? seen->frame : target->frame);
	else if (pair->victims)
		say(pair, FRAME_OTHER_VICTIM, "other victim: %s, not %s", seen->frame, target->frame);
	else if (unseen && name_similarity(target->frame, seen->frame) >= NAMES_ALIKE)
		say(pair, FRAME_RENAMED, "guilty functions have similar names: %s, %s", target->frame, seen->frame);
	else
		say(pair, unseen || pair->same_object ? FRAME_OTHER_UNSEEN : FRAME_OTHER, "other guilty function: %s, not %s", seen->frame,
		    target->frame);
}

static void compare_frames(struct pair *pair, bool title_fits)
{
	const struct symptom *target = pair->target, *seen = pair->seen;

	if (!target->frame || !seen->frame)
		return;
	if (!same_frame(pair)) {
		if (!title_fits)
			compare_other_frames(pair);
	} else if (!title_fits && pair->kinship >= 0 && specific_frame(pair)) {
		say(pair, FRAME_EQUAL_KIN * fmax(pair->kinship, KINSHIP_LEAST), "same guilty function: %s", seen->frame);
	}
	if (pair->access.same_place && pair->kinship >= KINSHIP_PLACE)
		say(pair, PLACE_SAME, "same instruction of %s", seen->frame);
	else if (pair->access.other_place)
		say(pair, PLACE_OTHER, "other place within %s", seen->frame);
}

/* -------------------------------------------------------------- stacks */

/* Where the guilty function is the same, its callers are what is left to compare. */
static struct symptom_stack callers(const struct symptom *symptom)
{
	struct symptom_stack ret = symptom->access;

	for (size_t i = 0; symptom->frame && i < symptom->access.n; i++) {
		if (!strcmp(symptom->access.frames[i].function, symptom->frame)) {
			ret.frames += i + 1;
			ret.n -= i + 1;
			break;
		}
	}
	return ret;
}

/* One path, but another class of bug: the path says less. */
static double stack_same(const struct pair *pair)
{
	double most = pair->frames_differ ? STACK_SAME_OTHER_FRAME : STACK_SAME;

	return most * (STACK_CLASS_SHARE + (1 - STACK_CLASS_SHARE) * fmax(pair->kinship, 0));
}

static void say_access(struct pair *pair)
{
	struct similarity *sim = &pair->access;
	double over, weight;

	if (same_frame(pair) && pair->access.top_equal && !pair->victims) {
		struct symptom_stack a = callers(pair->target), b = callers(pair->seen);
		struct similarity below = compare_stacks(&a, NULL, &b, NULL, pair->kernels);

		sim->score = below.score;
		sim->confidence = below.confidence;
	}
	over = sim->score - STACK_NEUTRAL;
	if (sim->confidence <= 0) {
		if (pair->target->access.n && pair->seen->access.n)
			say(pair, 0, "stacks have nothing that tells");
		return;
	}
	if (over < 0 && pair->same_object)
		over *= SAME_OBJECT;
	weight = over * sim->confidence *
		 (over > 0 ? stack_same(pair) : pair->victims || pair->seen->torn ? STACK_OTHER_VICTIM : STACK_OTHER);
	if (!sim->n_equal && !sim->n_renamed)
		say(pair, weight, "shares no frame that tells");
	else if (sim->n_renamed)
		say(pair, weight, "%s stack: %u of %u frames equal, %u renamed", over > 0 ? "similar" : "other", sim->n_equal,
		    sim->n_of, sim->n_renamed);
	else
		say(pair, weight, "%s stack: %u of %u frames equal",
		    sim->score > SCORE_SAME ? "same" : over > 0 ? "similar" : "other", sim->n_equal, sim->n_of);
}

static bool same_side(const struct symptom_stack *a, const struct symptom_stack *b, enum kernel_relation kernels)
{
	struct similarity sim;

	if (!a->n || !b->n)
		return false;
	sim = compare_stacks(a, NULL, b, NULL, kernels);
	return sim.confidence >= 1 && sim.score > SCORE_SAME;
}

static void compare_sides(struct pair *pair, const struct symptom_stack *a, const struct symptom_stack *b,
			  const char *what)
{
	struct similarity sim;
	double over, weight;

	if (!a->n || !b->n)
		return;
	sim = compare_stacks(a, NULL, b, NULL, pair->kernels);
	if (sim.confidence <= 0)
		return;
	over = sim.score - SIDE_NEUTRAL;
	weight = over * sim.confidence * (over > 0 ? SIDE_SAME : SIDE_OTHER);
	say(pair, weight, "%s %s stack, %u of %u frames", sim.score > SCORE_SAME ? "same" : over > 0 ? "similar" : "other", what,
	    sim.n_equal, sim.n_of);
}

static double best_cross(const struct pair *pair, const struct symptom *one, const struct symptom *all, double best)
{
	for (size_t i = 0; i < all->n_others; i++) {
		struct similarity sim = compare_stacks(&one->access, one->frame, &all->others[i], NULL, pair->kernels);

		if (sim.confidence > CONFIDENT)
			best = fmax(best, sim.score);
	}
	return best;
}

/* The other victim, the holder of the lock, the other side of a race. */
static void compare_cross(struct pair *pair)
{
	double best = best_cross(pair, pair->target, pair->seen, 0);
	double own = pair->access.confidence > 0 ? pair->access.score : 0;

	best = best_cross(pair, pair->seen, pair->target, best);
	for (size_t i = 0; i < pair->target->n_others; i++) {
		for (size_t j = 0; j < pair->seen->n_others; j++) {
			struct similarity sim = compare_stacks(&pair->target->others[i], NULL, &pair->seen->others[j], NULL,
							       pair->kernels);

			if (sim.confidence > CONFIDENT)
				best = fmax(best, sim.score * BOTH_OTHERS);
		}
	}
	if (best > STACK_NEUTRAL && best > own)
		say(pair, (best - fmax(own, STACK_NEUTRAL)) * CROSS_SAME,
		    "the stack of another task or lock in one report is in the other");
}

/* ------------------------------------------------------------- details */

static bool is_common(const struct detail_rule *rule, const char *value)
{
	return glob_list_match(&rule->common, span_of(value));
}

/* A shared detail that is not common, or else any; ret_both: both have some that are not common;
   ret_any: both have some. */
static const char *best_shared(const struct pair *pair, size_t index, bool *ret_common, bool *ret_both,
			       bool *ret_any)
{
	const struct detail_rule *rule = rules_detail(pair->rules, index);
	const struct symptom *a = pair->target, *b = pair->seen;
	bool in_a = false, in_b = false, any_a = false, any_b = false;
	const char *common = NULL;

	for (size_t j = 0; j < b->n_details; j++) {
		any_b = any_b || b->details[j].rule == index;
		in_b = in_b || (b->details[j].rule == index && !is_common(rule, b->details[j].value));
	}
	for (size_t i = 0; i < a->n_details; i++) {
		if (a->details[i].rule != index)
			continue;
		any_a = true;
		in_a = in_a || !is_common(rule, a->details[i].value);
		for (size_t j = 0; j < b->n_details; j++) {
			if (b->details[j].rule != index || strcmp(a->details[i].value, b->details[j].value))
				continue;
			if (!is_common(rule, b->details[j].value))
				return b->details[j].value;
			common = b->details[j].value;
		}
	}
	*ret_both = in_a && in_b;
	*ret_any = any_a && any_b;
	*ret_common = common;
	/* what all reports have is nothing in common where both have more than that */
	return *ret_both ? NULL : common;
}

static void compare_details(struct pair *pair)
{
	for (size_t i = 0; i < rules_n_details(pair->rules); i++) {
		const struct detail_rule *rule = rules_detail(pair->rules, i);
		bool common = false, both = false, any = false;
		const char *shared = best_shared(pair, i, &common, &both, &any);

		if (shared)
			say(pair, rule->weight_same * (common ? DETAIL_COMMON : 1), "same %s: %s", rule->name, shared);
		else if (any && !pair->seen->torn)
			say(pair, rule->weight_other * (both ? 1 : DETAIL_FEW), "other %s", rule->name);
	}
}

static void compare_tasks(struct pair *pair)
{
	const char *a = pair->target->task, *b = pair->seen->task;

	if (a && b && !strcmp(a, b) && strcmp(a, "kworker") && strncmp(a, "swapper", 7))
		say(pair, TASK_SAME, "same task: %s", a);
}

/* ----------------------------------------------------------------- all */

struct culprit_error *compare_symptoms(const struct match_rules *rules, struct arena *arena,
				       const struct symptom *target, const struct symptom *seen,
				       struct comparison *ret)
{
	struct pair pair = { .rules = rules, .arena = arena, .target = target, .seen = seen, .ret = ret };
	double before;
	bool fits;

	*ret = (struct comparison){ .torn = target->torn || seen->torn };
	pair.kernels = compare_kernels(target, seen);
	pair.kinship = rules_class_kinship(rules, target->class, seen->class);
	pair.victims = target->class && seen->class && target->class->victim && seen->class->victim;
	pair.access = compare_stacks(&target->access, target->frame, &seen->access, seen->frame, pair.kernels);

	pair.same_object = same_side(&target->allocated, &seen->allocated, pair.kernels) &&
			   same_side(&target->freed, &seen->freed, pair.kernels);
	/* most callers must be the same, and few renamed: otherwise it is just another way through the kernel */
	if (pair.access.top_renamed &&
	    (5 * pair.access.n_equal < 3 * (pair.access.n_of - 1) || pair.access.n_renamed > RENAMED_MOST))
		pair.access.top_renamed = false;
	pair.frames_differ = target->frame && seen->frame && !same_frame(&pair) && !pair.access.top_renamed;
	fits = compare_titles(&pair);
	compare_classes(&pair);
	before = pair.positive + pair.negative;
	compare_frames(&pair, fits);
	say_access(&pair);
	compare_sides(&pair, &target->allocated, &seen->allocated, "allocation");
	compare_sides(&pair, &target->freed, &seen->freed, "free");
	if (pair.same_object && pair.kinship > 0)
		say(&pair, OBJECT_SAME, "the same object: allocated and freed by the same paths");
	compare_cross(&pair);
	compare_details(&pair);
	compare_tasks(&pair);
	ret->beyond_title = pair.positive + pair.negative - before;
	if (fits)
		pair.negative = fmax(pair.negative, NEGATIVE_MOST);
	ret->logit = COMPARISON_PRIOR + pair.positive + pair.negative;
	return pair.no_memory ? &culprit_error_no_memory : NULL;
}
