/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two stacks, innermost first:
 *
 *	refcount_sub_and_test_checked    refcount_sub_and_test     renamed
 *	sock_wfree                       sock_wfree                equal
 *	skb_release_head_state           skb_release_all           renamed, or another way
 *	...
 *
 * The score is that of the best alignment in order.  It fails where two bugs
 * lie in two handlers under one dispatcher that is not known as generic: all
 * callers are equal then.  That is why a name may differ only where the two
 * kernels may differ, or where size and offset say that it is one function.
 */
#include "match/similarity.h"

#include <math.h>

#define DECAY 0.75		/* of weight, per telling frame away from the guilty one: a third of it 4 callers down */
#define FLOOR 0.08		/* but the way from the system call down stays of some worth: reached after 9 callers */
#define ABOVE_GUILTY 0.4	/* helpers and machinery between the access and the guilty function */
#define TELLING_SIZE 0x80	/* bytes of a function whose size tells it from others */
#define TELLING 0.15		/* frames of less weight are not counted in words */

/* What a pair of frames is worth, of 1 for the same function. */
#define SAME_BODY 0.8		/* other names, but one size and offset */
#define NAME_ALIKE 0.5		/* names alike by this at least (name_similarity) may be one function renamed ... */
#define RENAMED 0.6		/* ... which is worth this, times how alike they are */
#define OTHER_MODULE 0.3	/* one name in two modules: many static functions have the same */
#define OTHER_CALL 0.6		/* one build, but called from elsewhere in it */
#define GAP 0.3			/* one changed name between two callers that did not change */
#define GAP_HOLD 0.5		/* credit below, for a gap at the very top: less is no caller to hold on to */

#define ENOUGH 1.2		/* weight of stacks that are sure to tell: the guilty function, and half a caller */

/* ------------------------------------------------------------- kernels */

/* Sizes of functions that tell builds. */
#define BUILD_LEAST 4		/* the same ones: four sizes are not equal by chance */
#define BUILD_OTHER 5		/* one in so many may differ: a function's cold part stands on one side */
#define SIZES_TOLD 3		/* compared at all, to say that the kernels differ */
#define HASH_LEAST 7		/* hexadecimal digits of a commit (core.abbrev) */

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* "6.1.0-rc1-00123-g0123456789ab" names a commit. */
static bool version_names_commit(const char *version)
{
	for (const char *at = strstr(version, "-g"); at; at = strstr(at + 1, "-g")) {
		size_t n = 0;

		while (is_hex(at[2 + n]))
			n++;
		if (n >= HASH_LEAST)
			return true;
	}
	return false;
}

/* Length of "6.1.192" when version is a stable release: such a number names one source. */
static size_t stable_release(const char *version)
{
	size_t len = strspn(version, "0123456789."), dots = 0;

	for (size_t i = 0; i < len; i++)
		dots += version[i] == '.';
	if (dots != 2 || strstr(version, "-rc") || (len >= 2 && version[len - 1] == '0' && version[len - 2] == '.'))
		return 0;
	return len;
}

static bool same_source(const char *a, const char *b)
{
	size_t len;

	if (!a || !b)
		return false;
	if (!strcmp(a, b) && version_names_commit(a))
		return true;
	if (version_names_commit(a) || version_names_commit(b))
		return false;
	len = stable_release(a);
	return len && len == stable_release(b) && !strncmp(a, b, len);
}

static const struct symptom_frame *find_frame(const struct symptom_stack *stack, const char *function)
{
	for (size_t i = 0; i < stack->n; i++) {
		if (!strcmp(stack->frames[i].function, function))
			return &stack->frames[i];
	}
	return NULL;
}

/* Sizes of functions that both stacks have. */
static void compare_sizes(const struct symptom_stack *a, const struct symptom_stack *b, unsigned int *same,
			  unsigned int *other)
{
	for (size_t i = 0; i < a->n; i++) {
		const struct symptom_frame *frame = find_frame(b, a->frames[i].function);

		if (!frame || !frame->size || !a->frames[i].size)
			continue;
		if (frame->size == a->frames[i].size)
			++*same;
		else
			++*other;
	}
}

enum kernel_relation compare_kernels(const struct symptom *a, const struct symptom *b)
{
	bool source = same_source(a->kernel_version, b->kernel_version);
	unsigned int same = 0, other = 0;

	compare_sizes(&a->access, &b->access, &same, &other);
	compare_sizes(&a->allocated, &b->allocated, &same, &other);
	compare_sizes(&a->freed, &b->freed, &same, &other);
	if (same >= BUILD_LEAST && other * BUILD_OTHER <= same)
		return KERNELS_SAME_BUILD;
	if (source)
		return KERNELS_SAME_SOURCE;
	return same + other >= SIZES_TOLD || (a->kernel_version && b->kernel_version) ? KERNELS_DIFFER : KERNELS_UNKNOWN;
}

/* --------------------------------------------------------------- names */

double name_similarity(const char *a, const char *b)
{
	size_t na = strlen(a), nb = strlen(b), common = 0;
	bool used[128] = { false };

	if (!strcmp(a, b))
		return 1;
	if (na < 2 || nb < 2 || nb > countof(used))
		return 0;
	for (size_t i = 0; i + 1 < na; i++) {
		for (size_t j = 0; j + 1 < nb; j++) {
			if (!used[j] && a[i] == b[j] && a[i + 1] == b[j + 1]) {
				used[j] = true;
				common++;
				break;
			}
		}
	}
	return 2.0 * (double)common / (double)(na - 1 + nb - 1);
}

/* ----------------------------------------------------------- alignment */

struct weighted {
	const struct symptom_stack *stack;
	double weight[SYMPTOM_MAX_FRAMES];
	double sum;
	size_t n;
	size_t guilty;		/* index */
	unsigned int telling;
};

static struct weighted weigh(const struct symptom_stack *stack, const char *guilty)
{
	struct weighted ret = { .stack = stack, .n = stack->n };
	double depth = 0;

	if (ret.n > SYMPTOM_MAX_FRAMES)
		ret.n = SYMPTOM_MAX_FRAMES;
	for (size_t i = 0; guilty && i < ret.n; i++) {
		if (!strcmp(stack->frames[i].function, guilty)) {
			ret.guilty = i;
			break;
		}
	}
	for (size_t i = 0; i < ret.n; i++) {
		double own = stack->frames[i].weight;

		/* Whatever the lists say: here it is the guilty one. */
		if (guilty && i == ret.guilty && !strcmp(stack->frames[i].function, guilty) && own < RULES_FRAME_TELLS)
			own = RULES_FRAME_TELLS;
		if (i < ret.guilty) {
			ret.weight[i] = own * ABOVE_GUILTY;
		} else {
			ret.weight[i] = own * fmax(pow(DECAY, depth), FLOOR);
			depth += own;
		}
		ret.sum += ret.weight[i];
		ret.telling += own > TELLING;
	}
	return ret;
}

static double rename_credit(const struct symptom_frame *a, const struct symptom_frame *b, enum kernel_relation kernels)
{
	double alike = name_similarity(a->function, b->function);

	if (a->weight <= TELLING || b->weight <= TELLING)
		return 0;
	if (kernels == KERNELS_SAME_SOURCE)
		return 0;
	/* Small functions have one size and offset by chance. */
	if (a->size >= TELLING_SIZE && a->size == b->size && a->offset == b->offset && a->offset)
		return SAME_BODY;
	if (kernels == KERNELS_SAME_BUILD)
		return 0;
	return alike >= NAME_ALIKE ? RENAMED * alike : 0;
}

/* 0: not the same; 1: the same place. guilty: this frame is where it happened. */
static double frame_credit(const struct symptom_frame *a, const struct symptom_frame *b, bool guilty,
			   enum kernel_relation kernels)
{
	if (strcmp(a->function, b->function))
		return rename_credit(a, b, kernels);
	if (a->module && b->module && strcmp(a->module, b->module))
		return OTHER_MODULE;
	if (kernels == KERNELS_SAME_BUILD && a->size && b->size && !guilty &&
	    (a->size != b->size || a->offset != b->offset))
		return OTHER_CALL;
	return 1;
}

struct alignment {
	double credit[SYMPTOM_MAX_FRAMES + 1][SYMPTOM_MAX_FRAMES + 1];	/* best of a[i..], b[j..] */
};

static double pair_credit(const struct weighted *a, size_t i, const struct weighted *b, size_t j,
			  enum kernel_relation kernels)
{
	bool guilty = i <= a->guilty || j <= b->guilty;

	return frame_credit(&a->stack->frames[i], &b->stack->frames[j], guilty, kernels) *
	       sqrt(a->weight[i] * b->weight[j]);
}

static void align(const struct weighted *a, const struct weighted *b, enum kernel_relation kernels,
		  struct alignment *ret)
{
	for (size_t i = a->n + 1; i-- > 0;) {
		for (size_t j = b->n + 1; j-- > 0;) {
			double best = 0, pair;

			if (i < a->n && j < b->n) {
				best = fmax(ret->credit[i + 1][j], ret->credit[i][j + 1]);
				pair = pair_credit(a, i, b, j, kernels);
				if (pair > 0)
					best = fmax(best, pair + ret->credit[i + 1][j + 1]);
			}
			ret->credit[i][j] = best;
		}
	}
}

/* A name that changed between two callers that did not, or above three of them. */
static double gap_credit(const struct weighted *a, size_t from_a, size_t i, const struct weighted *b, size_t from_b,
			 size_t j, enum kernel_relation kernels, struct similarity *sim)
{
	double wa, wb;

	if (kernels >= KERNELS_SAME_SOURCE || i - from_a != 1 || j - from_b != 1)
		return 0;
	wa = a->stack->frames[from_a].weight;
	wb = b->stack->frames[from_b].weight;
	if (wa <= TELLING || wb <= TELLING)
		return 0;
	sim->n_renamed++;
	if (from_a == a->guilty && from_b == b->guilty)
		sim->top_renamed = true;
	return GAP * sqrt(a->weight[from_a] * b->weight[from_b]);
}

static void note_pair(const struct weighted *a, size_t i, const struct weighted *b, size_t j,
		      enum kernel_relation kernels, struct similarity *sim)
{
	const struct symptom_frame *fa = &a->stack->frames[i], *fb = &b->stack->frames[j];
	bool top = i == a->guilty && j == b->guilty, equal = !strcmp(fa->function, fb->function);

	if (equal && fa->weight > TELLING)
		sim->n_equal++;
	if (!equal)
		sim->n_renamed++;
	if (!top)
		return;
	sim->top_equal = equal;
	sim->top_renamed = !equal;
	if (equal && kernels == KERNELS_SAME_BUILD && fa->size && fa->size == fb->size) {
		sim->same_place = fa->offset == fb->offset;
		sim->other_place = !sim->same_place;
	}
}

/* Follow the best alignment; gives what renames in gaps add. */
static double trace(const struct weighted *a, const struct weighted *b, enum kernel_relation kernels,
		    const struct alignment *best, struct similarity *sim)
{
	size_t i = 0, j = 0, gap_a = 0, gap_b = 0;
	double more = 0;

	while (i < a->n && j < b->n) {
		double pair = pair_credit(a, i, b, j, kernels);

		if (pair > 0 && best->credit[i][j] <= pair + best->credit[i + 1][j + 1] + 1e-12) {
			/* at the very top a changed name needs callers to hold on to */
			if (gap_a > 0 || best->credit[i][j] > GAP_HOLD)
				more += gap_credit(a, gap_a, i, b, gap_b, j, kernels, sim);
			note_pair(a, i, b, j, kernels, sim);
			gap_a = ++i;
			gap_b = ++j;
		} else if (best->credit[i + 1][j] >= best->credit[i][j + 1]) {
			i++;
		} else {
			j++;
		}
	}
	return more;
}

struct similarity compare_stacks(const struct symptom_stack *sa, const char *guilty_a, const struct symptom_stack *sb,
				 const char *guilty_b, enum kernel_relation kernels)
{
	struct weighted a = weigh(sa, guilty_a), b = weigh(sb, guilty_b);
	struct alignment best = { 0 };
	struct similarity sim = { 0 };
	double less = fmin(a.sum, b.sum), credit;

	if (less <= 0)
		return sim;
	align(&a, &b, kernels, &best);
	credit = best.credit[0][0] + trace(&a, &b, kernels, &best, &sim);
	sim.n_of = a.telling > b.telling ? a.telling : b.telling;
	if (sim.n_equal > sim.n_of)
		sim.n_of = sim.n_equal;
	/* Half what both have in common, half how far the shorter is part of the longer (inlining, torn stacks). */
	sim.score = fmin(1, (2 * credit / (a.sum + b.sum) + credit / less) / 2);
	sim.confidence = fmin(1, less / ENOUGH);
	return sim;
}
