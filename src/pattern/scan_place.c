/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which fragment of a literal, and which bucket, makes for the fewest candidates.
 *
 * A bucket's tables let a position pass whose bytes each come, half by half, in
 * one of its fragments: the fewer and the more alike those are, and the rarer
 * what is made of them in console output, the better.  Literals are placed one
 * by one, shortest first (they have no choice), each where it adds least; then
 * each is taken out and placed again, and once more.
 *
 * How rare something is, pairs of bytes say, as a Markov chain: 'memory' is made
 * of rare letters and is a common word.  Where there is a sample, what comes in it
 * counts, too.  Where that fails, the set is slower and as right as
 * ever.
 */
#include "pattern/scan_parts.h"

#include <math.h>

/* A fragment may stand this deep in its literal; the rarest few are tried. */
#define MAX_FRAGMENT_OFF 128
#define MAX_CHOICES 20
/* A row of bytes that comes more rarely in a sample says nothing of other logs. */
#define MIN_GRAMS 4
/* So often each literal is taken out and placed again. */
#define ROUNDS 2

/* What the literals of a bucket look like, position by position: the half-bytes that come there. */
struct bucket {
	uint16_t lo[SCAN_POSITIONS], hi[SCAN_POSITIONS];
	unsigned int width;	/* positions that count: as many as the shortest member has; 0: empty */
	float rate;		/* of the places in console output that pass */
};

struct choices {
	size_t n;
	uint16_t off[MAX_CHOICES];
	float rate[MAX_CHOICES];
};

/* So many bytes in a row that come often in a sample. */
struct gram {
	unsigned char bytes[SCAN_POSITIONS];
	float rate;
};

struct rates {
	float of[256];		/* by rarity */
	struct span sample;
	struct gram *grams;	/* of the sample, those that come MIN_GRAMS times */
	size_t n_grams;
};

static int compare_grams(const void *a, const void *b)
{
	return memcmp(a, b, SCAN_POSITIONS);
}

/* Out of memory, the sample says nothing of what comes often. */
static void count_grams(struct rates *rates)
{
	struct span sample = rates->sample;
	size_t n = sample.len < SCAN_POSITIONS ? 0 : sample.len - SCAN_POSITIONS + 1, same;
	struct gram *all = n ? malloc(n * sizeof(*all)) : NULL;

	for (size_t i = 0; all && i < n; i++)
		memcpy(all[i].bytes, sample.ptr + i, SCAN_POSITIONS);
	if (all)
		qsort(all, n, sizeof(*all), compare_grams);
	for (size_t i = 0; all && i < n; i += same) {
		for (same = 1; i + same < n && !compare_grams(&all[i], &all[i + same]); same++)
			continue;
		if (same < MIN_GRAMS)
			continue;
		all[rates->n_grams] = all[i];
		all[rates->n_grams++].rate = (float)same / (float)sample.len;
	}
	rates->grams = all;
}

static void rates_init(struct rates *ret, struct span sample)
{
	*ret = (struct rates){ .sample = sample };
	for (int i = 0; i < 256; i++)
		ret->of[i] = exp2f(-(float)i / SCAN_RARITY_UNITS);
	count_grams(ret);
}

static float sample_rate(struct span sample, struct span fragment)
{
	size_t n = 0;

	for (struct span rest = sample;; n++) {
		ptrdiff_t at = span_find(rest, fragment);

		if (at < 0)
			break;
		rest = span_skip(rest, (size_t)at + 1);
	}
	return n ? (float)n / (float)sample.len : 0;
}

static float fragment_rate(const struct rates *rates, const char *fragment, unsigned int width)
{
	float rate = rates->of[scan_rarity[fragment[0] & 127]];

	for (unsigned int k = 1; k < width; k++)
		rate *= rates->of[scan_pair_rarity[fragment[k - 1] & 127][fragment[k] & 127]];
	return fmaxf(rate, sample_rate(rates->sample, (struct span){ fragment, width }));
}

static void bucket_add(struct bucket *b, const char *fragment, unsigned int width)
{
	if (!b->width || width < b->width)
		b->width = width;
	for (unsigned int k = 0; k < b->width; k++) {
		unsigned char c = (unsigned char)fragment[k];

		b->lo[k] |= (uint16_t)(1u << (c & 15));
		b->hi[k] |= (uint16_t)(1u << (c >> 4));
	}
}

/* The bytes that pass at position k, but those from 128 on, which hardly come. */
static size_t passing(const struct bucket *b, unsigned int k, uint8_t *ret)
{
	size_t n = 0;

	for (unsigned int h = b->hi[k] & 255u; h; h &= h - 1)
		for (unsigned int l = b->lo[k]; l; l &= l - 1)
			ret[n++] = (uint8_t)((unsigned int)__builtin_ctz(h) << 4 | (unsigned int)__builtin_ctz(l));
	return n;
}

static bool passes(const struct bucket *b, const unsigned char *bytes)
{
	for (unsigned int k = 0; k < b->width; k++)
		if (!(b->lo[k] >> (bytes[k] & 15) & b->hi[k] >> (bytes[k] >> 4) & 1))
			return false;
	return b->width;
}

/* How many places pass: all ways through the bytes that do, and what is known to come. */
static float bucket_rate(const struct rates *rates, const struct bucket *b)
{
	uint8_t bytes[2][128];
	float rate[2][128], sum = 0;
	size_t n[2];

	n[0] = passing(b, 0, bytes[0]);
	for (size_t i = 0; i < n[0]; i++)
		rate[0][i] = rates->of[scan_rarity[bytes[0][i]]];
	for (unsigned int k = 1; k < b->width; k++) {
		unsigned int old = (k - 1) % 2, new = k % 2;

		n[new] = passing(b, k, bytes[new]);
		memset(rate[new], 0, sizeof(rate[new]));
		for (size_t i = 0; i < n[old]; i++)
			for (size_t j = 0; j < n[new]; j++)
				rate[new][j] += rate[old][i] * rates->of[scan_pair_rarity[bytes[old][i]][bytes[new][j]]];
	}
	for (size_t i = 0; b->width && i < n[(b->width - 1) % 2]; i++)
		sum += rate[(b->width - 1) % 2][i];
	for (size_t i = 0; i < rates->n_grams; i++)
		if (passes(b, rates->grams[i].bytes))
			sum += rates->grams[i].rate;
	return sum;
}

/* The rarest fragments of a literal, the rarest first. */
static void choose_rare(const struct rates *rates, const struct literal *lit, struct choices *ret)
{
	unsigned int width = scan_literal_width(lit);
	size_t n = 0;

	for (size_t off = 0; off + width <= lit->text.len && off <= MAX_FRAGMENT_OFF; off++) {
		float rate = fragment_rate(rates, lit->text.ptr + off, width);
		size_t at;

		if (n == MAX_CHOICES && rate >= ret->rate[n - 1])
			continue;
		for (at = n < MAX_CHOICES ? n++ : n - 1; at > 0 && ret->rate[at - 1] > rate; at--) {
			ret->rate[at] = ret->rate[at - 1];
			ret->off[at] = ret->off[at - 1];
		}
		ret->rate[at] = rate;
		ret->off[at] = (uint16_t)off;
	}
	ret->n = n;
}

static void put_in(const struct rates *rates, const struct literal *lit, struct bucket *b)
{
	bucket_add(b, lit->text.ptr + lit->place.off, scan_literal_width(lit));
	b->rate = bucket_rate(rates, b);
}

/* Which fragment in which bucket adds least to the rate of candidates?  Where several add nothing, the rarest. */
static void place_literal(const struct rates *rates, struct literal *lit, struct bucket *buckets)
{
	unsigned int width = scan_literal_width(lit);
	struct choices choices;
	float best = INFINITY;

	choose_rare(rates, lit, &choices);
	for (size_t i = 0; i < choices.n && choices.rate[i] < best; i++) {
		for (unsigned int b = 0; b < SCAN_BUCKETS; b++) {
			struct bucket with = buckets[b];
			float more;

			bucket_add(&with, lit->text.ptr + choices.off[i], width);
			more = bucket_rate(rates, &with) - buckets[b].rate + choices.rate[i];
			if (more < best) {
				best = more;
				lit->place = (struct scan_place){ .off = choices.off[i], .bucket = (uint8_t)b };
			}
		}
	}
	put_in(rates, lit, &buckets[lit->place.bucket]);
}

static void take_out(const struct rates *rates, const struct scan_set *set, const struct literal *lit, struct bucket *b)
{
	*b = (struct bucket){ 0 };
	for (size_t i = 0; i < set->n; i++) {
		const struct literal *other = &set->literals[i];

		if (other != lit && other->place.bucket == lit->place.bucket)
			bucket_add(b, other->text.ptr + other->place.off, scan_literal_width(other));
	}
	b->rate = bucket_rate(rates, b);
}

static int shorter_first(const void *a, const void *b)
{
	const struct literal *x = *(struct literal *const *)a, *y = *(struct literal *const *)b;

	if (x->text.len != y->text.len)
		return x->text.len < y->text.len ? -1 : 1;
	return x < y ? -1 : x > y;
}

void scan_place_literals(struct scan_set *set, struct span sample)
{
	struct literal *order[SCAN_MAX_LITERALS];
	struct bucket buckets[SCAN_BUCKETS] = { 0 };
	struct rates rates;
	size_t n = 0;

	for (size_t i = 0; i < set->n; i++) {
		struct literal *lit = &set->literals[i];

		if (lit->place.bucket == SCAN_NO_BUCKET)
			order[n++] = lit;
		else
			bucket_add(&buckets[lit->place.bucket], lit->text.ptr + lit->place.off, scan_literal_width(lit));
	}
	if (!n)
		return;
	rates_init(&rates, sample);
	for (unsigned int b = 0; b < SCAN_BUCKETS; b++)
		buckets[b].rate = bucket_rate(&rates, &buckets[b]);
	qsort(order, n, sizeof(order[0]), shorter_first);
	for (size_t i = 0; i < n; i++)
		place_literal(&rates, order[i], buckets);
	for (int round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < n; i++) {
			take_out(&rates, set, order[i], &buckets[order[i]->place.bucket]);
			place_literal(&rates, order[i], buckets);
		}
	free(rates.grams);
}
