/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which fragment of a literal, and which bucket, makes for the fewest candidates.
 *
 * A bucket's tables let a position pass whose bytes each come, half by half, in
 * one of its fragments: the fewer and the more alike those are, and the rarer
 * their bytes in console output, the better.  Literals are placed one by one,
 * shortest first (they have no choice), each where it adds least; then each is
 * taken out and placed again.  That bytes depend on their neighbours is left
 * out of account: where it fails, the set is slower and as right as ever.
 */
#include "readers/scan_parts.h"

/* A fragment may stand this deep in its literal; the rarest few are tried. */
#define MAX_FRAGMENT_OFF 128
#define MAX_CHOICES 10

/*
 * How often each byte comes per 65536 in console output: counted over boots of
 * x86-64, arm64 and User-mode Linux with their firmware, up to the first crash.
 */
static const uint16_t frequency[128] = {
	2, 2, 2, 2, 2, 2, 2, 2, 2, 14, 888, 2, 2, 802, 2, 2,
	2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 85, 2, 2, 2, 2,
	14477, 8, 37, 52, 8, 8, 8, 43, 154, 154, 87, 53, 308, 1500, 1109, 229,
	6830, 1207, 1054, 675, 537, 477, 603, 410, 582, 410, 1130, 71, 22, 215, 25, 8,
	8, 377, 227, 510, 106, 169, 104, 62, 124, 492, 8, 120, 87, 154, 131, 148,
	448, 53, 263, 307, 468, 140, 35, 89, 84, 8, 12, 1396, 8, 1311, 8, 386,
	8, 1371, 508, 1000, 906, 2577, 1353, 481, 339, 1582, 29, 663, 955, 681, 1418, 1804,
	579, 111, 1741, 1453, 1458, 765, 261, 153, 491, 262, 69, 8, 448, 8, 8, 8,
};

/*
 * What the literals of a bucket look like, position by position: the half-bytes
 * that come there, and how often a byte of console output is made of such.
 */
struct bucket {
	uint16_t lo[SCAN_POSITIONS], hi[SCAN_POSITIONS];
	float rate[SCAN_POSITIONS];
	unsigned int width;	/* positions that count: as many as the shortest member has; 0: empty */
};

struct choices {
	size_t n;
	uint16_t off[MAX_CHOICES];
	float rate[MAX_CHOICES];
};

static float byte_rate(unsigned int c)
{
	return (float)(c < 128 ? frequency[c] : 2) / 65536;
}

/* The rate of position k once byte c comes there too. */
static float widened_rate(const struct bucket *b, unsigned int k, unsigned char c)
{
	unsigned int lo = b->lo[k], hi = b->hi[k];
	float rate = b->rate[k];

	if (!(lo >> (c & 15) & 1)) {
		for (unsigned int h = hi; h; h &= h - 1)
			rate += byte_rate((unsigned int)__builtin_ctz(h) << 4 | (c & 15));
		lo |= 1u << (c & 15);
	}
	if (!(hi >> (c >> 4) & 1))
		for (unsigned int l = lo; l; l &= l - 1)
			rate += byte_rate((c & 0xf0u) | (unsigned int)__builtin_ctz(l));
	return rate;
}

static float bucket_rate(const struct bucket *b)
{
	float rate = b->width ? 1 : 0;

	for (unsigned int k = 0; k < b->width; k++)
		rate *= b->rate[k];
	return rate;
}

/* The rate of the bucket once it has this fragment too. */
static float rate_with(const struct bucket *b, const char *fragment, unsigned int width)
{
	float rate = 1;

	if (b->width && width > b->width)
		width = b->width;
	for (unsigned int k = 0; k < width; k++)
		rate *= widened_rate(b, k, (unsigned char)fragment[k]);
	return rate;
}

static void bucket_add(struct bucket *b, const struct literal *lit)
{
	const char *fragment = lit->text.ptr + lit->place.off;
	unsigned int width = scan_literal_width(lit);

	if (!b->width || width < b->width)
		b->width = width;
	for (unsigned int k = 0; k < b->width; k++) {
		unsigned char c = (unsigned char)fragment[k];

		b->rate[k] = widened_rate(b, k, c);
		b->lo[k] |= (uint16_t)(1u << (c & 15));
		b->hi[k] |= (uint16_t)(1u << (c >> 4));
	}
}

/* The rarest fragments of a literal. */
static void choose_rare(const struct literal *lit, struct choices *ret)
{
	unsigned int width = scan_literal_width(lit);
	size_t n = 0;

	for (size_t off = 0; off + width <= lit->text.len && off <= MAX_FRAGMENT_OFF; off++) {
		float rate = 1;
		size_t at;

		for (unsigned int k = 0; k < width; k++)
			rate *= byte_rate((unsigned char)lit->text.ptr[off + k]);
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

/* Which fragment in which bucket adds least to the rate of candidates? */
static void place_literal(struct literal *lit, const struct choices *choices, struct bucket *buckets)
{
	unsigned int width = scan_literal_width(lit);
	float best = 2;

	for (unsigned int b = 0; b < SCAN_BUCKETS; b++) {
		float before = bucket_rate(&buckets[b]);

		for (size_t i = 0; i < choices->n; i++) {
			float more = rate_with(&buckets[b], lit->text.ptr + choices->off[i], width) - before;

			if (more < best) {
				best = more;
				lit->place = (struct scan_place){ .off = choices->off[i], .bucket = (uint8_t)b };
			}
		}
	}
	bucket_add(&buckets[lit->place.bucket], lit);
}

static void take_out(const struct scan_set *set, const struct literal *lit, struct bucket *b)
{
	*b = (struct bucket){ 0 };
	for (size_t i = 0; i < set->n; i++)
		if (&set->literals[i] != lit && set->literals[i].place.bucket == lit->place.bucket)
			bucket_add(b, &set->literals[i]);
}

static int shorter_first(const void *a, const void *b)
{
	const struct literal *x = *(struct literal *const *)a, *y = *(struct literal *const *)b;

	if (x->text.len != y->text.len)
		return x->text.len < y->text.len ? -1 : 1;
	return x < y ? -1 : x > y;
}

void scan_place_literals(struct scan_set *set)
{
	struct literal *order[SCAN_MAX_LITERALS];
	struct choices choices[SCAN_MAX_LITERALS];
	struct bucket buckets[SCAN_BUCKETS] = { 0 };

	for (size_t i = 0; i < set->n; i++)
		order[i] = &set->literals[i];
	qsort(order, set->n, sizeof(order[0]), shorter_first);
	for (size_t i = 0; i < set->n; i++) {
		choose_rare(order[i], &choices[i]);
		place_literal(order[i], &choices[i], buckets);
	}
	for (size_t i = 0; i < set->n; i++) {
		take_out(set, order[i], &buckets[order[i]->place.bucket]);
		place_literal(order[i], &choices[i], buckets);
	}
}
