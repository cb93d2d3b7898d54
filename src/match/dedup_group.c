/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Faces to bugs.
 *
 * The faces are gone through in an order that is theirs alone: clear ones
 * before torn and vague ones, frequent ones first.  Each is compared with the
 * bugs found so far that could be it, and joins the likeliest or is a bug of
 * its own.  So a bug is what resembles its first face, not a chain of faces of
 * which each resembles the next.
 *
 * Which bugs could be it: those that share a key with the face: a title, a
 * guilty function, the three innermost functions that tell something, where
 * the object came from or went.  Two faces without any are never compared;
 * two of one bug that share nothing but deep callers stay two.
 */
#include "match/dedup.h"

#include <math.h>

#include "match/dedup_parts.h"
#include "match/evidence.h"
#include "match/match.h"
#include "match/symptom_text.h"

#define MAX_KEYS (SYMPTOM_MAX_ALTS + 8)
#define MAX_SAMPLES 3		/* of a bug: its first face, and the first of other titles */
#define BUCKET_MAX 24		/* bugs under one key: of more, only the first are compared */
#define MAX_CANDIDATES 32
#define CACHE_SLOTS 1024	/* samples as symptoms: made of their text when they are not there */
#define MAX_REASONS 3

struct entry {
	const struct dedup_title *title;
	const struct dedup_face *face;
	bool doubtful;		/* torn, or its title says little */
};

struct group {
	struct dedup_bug bug;
	size_t room;
	size_t samples[MAX_SAMPLES];	/* of struct grouping's entries */
	size_t n_samples;
};

struct bucket {
	uint64_t key;
	uint32_t groups[BUCKET_MAX];
	uint32_t n;		/* 0: a free slot */
};

struct cached {
	struct arena arena;
	struct symptom symptom;
	size_t entry;		/* plus 1; 0: free */
};

struct grouping {
	struct dedup *dedup;
	struct entry *entries;
	size_t n_entries;
	struct group *groups;		/* room for n_entries */
	size_t n_groups;
	struct bucket *buckets;		/* n_slots, open addressing */
	size_t n_slots, n_used;
	struct cached *cache;
	struct arena *arena;		/* of the result */
};

static struct culprit_error *parse_face(const struct grouping *grouping, const struct dedup_face *face,
					struct arena *arena, struct symptom *ret)
{
	return symptom_text_parse(grouping->dedup->rules, arena, (struct span){ face->text, face->text_len }, ret);
}

/* --------------------------------------------------------------- order */

static int by_weight(const void *a, const void *b)
{
	const struct entry *one = a, *other = b;
	int order;

	if (one->doubtful != other->doubtful)
		return one->doubtful - other->doubtful;
	if (one->face->seen.n != other->face->seen.n)
		return one->face->seen.n > other->face->seen.n ? -1 : 1;
	order = strcmp(one->title->title, other->title->title);
	if (order)
		return order;
	return one->face->key < other->face->key ? -1 : one->face->key > other->face->key;
}

static bool text_has_line(const struct dedup_face *face, struct span line)
{
	return memmem(face->text, face->text_len, line.ptr, line.len) != NULL;
}

static struct culprit_error *list_faces(struct grouping *grouping)
{
	const struct dedup *dedup = grouping->dedup;
	size_t n = 0;

	for (size_t i = 0; i < DEDUP_SLOTS; i++)
		n += dedup->slots[i] ? dedup->slots[i]->n_faces : 0;
	grouping->entries = calloc(n + 1, sizeof(*grouping->entries));
	grouping->groups = calloc(n + 1, sizeof(*grouping->groups));
	if (!grouping->entries || !grouping->groups)
		return &culprit_error_no_memory;
	for (size_t i = 0; i < DEDUP_SLOTS; i++) {
		const struct dedup_title *title = dedup->slots[i];
		bool vague = title && rules_title_is_vague(dedup->rules, title->title);

		for (size_t f = 0; title && f < title->n_faces; f++) {
			struct entry *entry = &grouping->entries[grouping->n_entries++];

			*entry = (struct entry){ .title = title, .face = &title->faces[f] };
			entry->doubtful = vague || text_has_line(entry->face, SPAN("\ntorn\n"));
		}
	}
	qsort(grouping->entries, grouping->n_entries, sizeof(*grouping->entries), by_weight);
	return NULL;
}

/* ---------------------------------------------------------------- keys */

struct keys {
	uint64_t keys[MAX_KEYS];
	size_t n;
};

static void add_key(struct keys *keys, const char *kind, const char *const *texts, size_t n)
{
	uint64_t hash = hash_bytes(kind, strlen(kind));

	for (size_t i = 0; i < n; i++)
		hash = hash * UINT64_C(0x100000001b3) ^ hash_bytes(texts[i], strlen(texts[i]));
	if (keys->n < MAX_KEYS)
		keys->keys[keys->n++] = hash;
}

/* The n innermost functions that tell something, from the guilty one on; fewer give no key. */
static void add_stack_key(struct keys *keys, const char *kind, const struct symptom_stack *stack, const char *guilty,
			  size_t n)
{
	const char *names[4];
	size_t found = 0, from = 0;

	for (size_t i = 0; guilty && i < stack->n; i++) {
		if (!strcmp(stack->frames[i].function, guilty)) {
			from = i;
			break;
		}
	}
	for (size_t i = from; i < stack->n && found < n; i++) {
		if (stack->frames[i].weight >= RULES_FRAME_TELLS)
			names[found++] = stack->frames[i].function;
	}
	if (found == n)
		add_key(keys, kind, names, n);
}

static void make_keys(const struct match_rules *rules, const struct symptom *symptom, struct keys *ret)
{
	ret->n = 0;
	add_key(ret, "title", &symptom->title, 1);
	for (size_t i = 0; i < symptom->n_alts; i++)
		add_key(ret, "title", &symptom->alts[i], 1);
	if (symptom->frame && !rules_frame_is_vague(rules, symptom->frame))
		add_key(ret, "frame", &symptom->frame, 1);
	if (symptom->frame_other && !rules_frame_is_vague(rules, symptom->frame_other))
		add_key(ret, "frame", &symptom->frame_other, 1);
	add_stack_key(ret, "stack", &symptom->access, symptom->frame, 3);
	add_stack_key(ret, "object", &symptom->freed, NULL, 3);
	add_stack_key(ret, "object", &symptom->allocated, NULL, 3);
	for (size_t i = 0; i < symptom->n_others && i < 2; i++)
		add_stack_key(ret, "stack", &symptom->others[i], NULL, 3);
}

/* -------------------------------------------------------------- buckets */

static struct bucket *find_bucket(const struct grouping *grouping, uint64_t key)
{
	size_t i = key % grouping->n_slots;

	while (grouping->buckets[i].n && grouping->buckets[i].key != key)
		i = (i + 1) % grouping->n_slots;
	return &grouping->buckets[i];
}

static struct culprit_error *grow_buckets(struct grouping *grouping)
{
	struct bucket *old = grouping->buckets;
	size_t n_old = grouping->n_slots;

	grouping->n_slots = n_old ? 2 * n_old : 4096;
	grouping->buckets = calloc(grouping->n_slots, sizeof(*grouping->buckets));
	if (!grouping->buckets) {
		grouping->buckets = old;
		grouping->n_slots = n_old;
		return &culprit_error_no_memory;
	}
	for (size_t i = 0; i < n_old; i++) {
		if (old[i].n)
			*find_bucket(grouping, old[i].key) = old[i];
	}
	free(old);
	return NULL;
}

static struct culprit_error *enter(struct grouping *grouping, const struct keys *keys, size_t group)
{
	for (size_t i = 0; i < keys->n; i++) {
		struct bucket *bucket;
		struct culprit_error *err = NULL;

		if (4 * grouping->n_used >= 3 * grouping->n_slots)
			err = grow_buckets(grouping);
		if (err)
			return err;
		bucket = find_bucket(grouping, keys->keys[i]);
		if (!bucket->n)
			grouping->n_used++;
		bucket->key = keys->keys[i];
		if (bucket->n < BUCKET_MAX && (!bucket->n || bucket->groups[bucket->n - 1] != group))
			bucket->groups[bucket->n++] = (uint32_t)group;
	}
	return NULL;
}

static size_t find_candidates(const struct grouping *grouping, const struct keys *keys, uint32_t *ret)
{
	size_t n = 0;

	for (size_t i = 0; grouping->n_slots && i < keys->n; i++) {
		const struct bucket *bucket = find_bucket(grouping, keys->keys[i]);

		for (size_t b = 0; b < bucket->n && n < MAX_CANDIDATES; b++) {
			size_t known = 0;

			while (known < n && ret[known] != bucket->groups[b])
				known++;
			if (known == n)
				ret[n++] = bucket->groups[b];
		}
	}
	return n;
}

/* ----------------------------------------------------------- comparing */

static struct culprit_error *sample_of(struct grouping *grouping, size_t entry, const struct symptom **ret)
{
	struct cached *cached = &grouping->cache[entry % CACHE_SLOTS];
	struct culprit_error *err;

	*ret = &cached->symptom;
	if (cached->entry == entry + 1)
		return NULL;
	arena_deinit(&cached->arena);
	*cached = (struct cached){ 0 };
	err = parse_face(grouping, grouping->entries[entry].face, &cached->arena, &cached->symptom);
	if (!err)
		cached->entry = entry + 1;
	return err;
}

struct best {
	size_t group;		/* SIZE_MAX: none */
	double logit;
	const char *why;	/* in the grouping's arena */
};

static int more_telling(const void *a, const void *b)
{
	double wa = ((const struct match_evidence *)a)->weight, wb = ((const struct match_evidence *)b)->weight;

	return wa > wb ? -1 : wa < wb;
}

/* The first reasons that speak for it. */
static const char *reasons(struct arena *arena, struct comparison *comparison)
{
	_cleanup_(buf_deinit) struct buf text = { 0 };
	struct match_evidence *evidence = comparison->evidence;

	qsort(evidence, comparison->n_evidence, sizeof(*evidence), more_telling);
	for (size_t i = 0; i < comparison->n_evidence && i < MAX_REASONS && evidence[i].weight > 0; i++) {
		if ((i && !buf_add_str(&text, "; ")) || !buf_add_str(&text, evidence[i].text))
			return NULL;
	}
	return arena_dup(arena, text.len ? buf_span(&text) : SPAN(""));
}

static bool is_crash(const struct symptom *symptom)
{
	return !symptom->class || symptom->class->means == MEANS_CRASH;
}

/* Failures around the kernel have no stacks that tell: what has their title is the same. */
static struct culprit_error *compare(struct grouping *grouping, struct arena *arena, const struct symptom *sample,
				     const struct symptom *symptom, struct comparison *ret)
{
	if (is_crash(sample) && is_crash(symptom))
		return compare_symptoms(grouping->dedup->rules, arena, sample, symptom, ret);
	*ret = (struct comparison){ .logit = strcmp(sample->title, symptom->title) ? -INFINITY : INFINITY };
	return NULL;
}

static struct culprit_error *compare_group(struct grouping *grouping, size_t index, const struct symptom *symptom,
					   struct best *best)
{
	const struct group *group = &grouping->groups[index];

	for (size_t i = 0; i < group->n_samples; i++) {
		_cleanup_(arena_deinit) struct arena arena = { 0 };
		struct comparison comparison;
		const struct symptom *sample;
		struct culprit_error *err = sample_of(grouping, group->samples[i], &sample);

		if (!err)
			err = compare(grouping, &arena, sample, symptom, &comparison);
		if (err)
			return err;
		if (comparison.other_class || comparison.logit < logit_of(MATCH_TARGET) || comparison.logit <= best->logit)
			continue;
		best->group = index;
		best->logit = comparison.logit;
		best->why = reasons(grouping->arena, &comparison);
		if (!best->why)
			return &culprit_error_no_memory;
	}
	return NULL;
}

/* -------------------------------------------------------------- joining */

static struct culprit_error *join(struct grouping *grouping, size_t index, size_t entry, const struct best *best)
{
	const struct entry *from = &grouping->entries[entry];
	struct group *group = &grouping->groups[index];
	bool known = false;

	if (group->bug.n_members == group->room) {
		size_t room = group->room ? 2 * group->room : 1;
		struct dedup_member *members = arena_array(grouping->arena, room, sizeof(*members));

		if (!members)
			return &culprit_error_no_memory;
		if (group->bug.n_members)
			memcpy(members, group->bug.members, group->bug.n_members * sizeof(*members));
		group->bug.members = members;
		group->room = room;
	}
	for (size_t i = 0; i < group->bug.n_members; i++)
		known = known || group->bug.members[i].title == from->title;
	group->bug.members[group->bug.n_members++] = (struct dedup_member){
		.face = from->face, .title = from->title,
		.probability = best ? probability_of(best->logit) : 1, .why = best ? best->why : NULL,
	};
	dedup_seen_add(&group->bug.seen, &from->face->seen);
	if (!known && !from->doubtful && group->n_samples < MAX_SAMPLES)
		group->samples[group->n_samples++] = entry;
	return NULL;
}

static struct culprit_error *begin_group(struct grouping *grouping, const struct symptom *symptom, size_t entry)
{
	struct group *group = &grouping->groups[grouping->n_groups];

	group->bug = (struct dedup_bug){ .seen = { 0, -1, -1 }, .class = symptom->class ? symptom->class->name : NULL,
					 .vague = symptom->vague };
	if (symptom->frame && !(group->bug.frame = arena_dup(grouping->arena, span_of(symptom->frame))))
		return &culprit_error_no_memory;
	group->samples[group->n_samples++] = entry;
	grouping->n_groups++;
	return join(grouping, grouping->n_groups - 1, entry, NULL);
}

static struct culprit_error *place_face(struct grouping *grouping, size_t entry)
{
	_cleanup_(arena_deinit) struct arena arena = { 0 };
	struct best best = { .group = SIZE_MAX, .logit = -INFINITY };
	uint32_t candidates[MAX_CANDIDATES];
	struct symptom symptom;
	struct culprit_error *err;
	struct keys keys;
	bool fresh;
	size_t n;

	err = parse_face(grouping, grouping->entries[entry].face, &arena, &symptom);
	if (err)
		return err;
	make_keys(grouping->dedup->rules, &symptom, &keys);
	n = find_candidates(grouping, &keys, candidates);
	for (size_t i = 0; i < n && !err; i++)
		err = compare_group(grouping, candidates[i], &symptom, &best);
	if (err)
		return err;
	fresh = best.group == SIZE_MAX;
	if (fresh) {
		best.group = grouping->n_groups;
		err = begin_group(grouping, &symptom, entry);
	} else {
		err = join(grouping, best.group, entry, &best);
	}
	/* what is vague or torn may look like anything: it leads nobody to its bug */
	if (!err && (fresh || !grouping->entries[entry].doubtful))
		err = enter(grouping, &keys, best.group);
	return err;
}

/* -------------------------------------------------------------- results */

static int by_count(const void *a, const void *b)
{
	const struct dedup_bug *one = a, *other = b;
	int order;

	if (one->seen.n != other->seen.n)
		return one->seen.n > other->seen.n ? -1 : 1;
	order = strcmp(one->members[0].title->title, other->members[0].title->title);
	if (order)
		return order;
	return one->members[0].face->key < other->members[0].face->key ? -1 :
	       one->members[0].face->key > other->members[0].face->key;
}

/* What was not kept of a title counts for the bug that has the title's first face: faces are in an order of weight. */
static void count_rests(struct grouping *grouping)
{
	for (size_t g = 0; g < grouping->n_groups; g++) {
		struct dedup_bug *bug = &grouping->groups[g].bug;

		for (size_t m = 0; m < bug->n_members; m++) {
			const struct dedup_title *title = bug->members[m].title;
			const struct dedup_face *most = &title->faces[0];

			for (size_t i = 1; i < title->n_faces; i++) {
				if (title->faces[i].seen.n > most->seen.n)
					most = &title->faces[i];
			}
			if (bug->members[m].face == most)
				dedup_seen_add(&bug->seen, &title->rest);
		}
	}
}

static struct culprit_error *give(struct grouping *grouping, struct dedup_bugs *ret)
{
	ret->bugs = arena_array(grouping->arena, grouping->n_groups + 1, sizeof(*ret->bugs));
	if (!ret->bugs)
		return &culprit_error_no_memory;
	count_rests(grouping);
	for (size_t i = 0; i < grouping->n_groups; i++)
		ret->bugs[i] = grouping->groups[i].bug;
	ret->n = grouping->n_groups;
	qsort(ret->bugs, ret->n, sizeof(*ret->bugs), by_count);
	return NULL;
}

static void grouping_deinit(struct grouping *grouping)
{
	for (size_t i = 0; grouping->cache && i < CACHE_SLOTS; i++)
		arena_deinit(&grouping->cache[i].arena);
	free(grouping->cache);
	free(grouping->buckets);
	free(grouping->groups);
	free(grouping->entries);
}

struct culprit_error *dedup_group(struct dedup *dedup, struct dedup_bugs *ret)
{
	struct dedup_bugs bugs = { 0 };
	_cleanup_(grouping_deinit) struct grouping grouping = { .dedup = dedup, .arena = &bugs.arena };
	struct culprit_error *err = dedup_cut(dedup);

	grouping.cache = calloc(CACHE_SLOTS, sizeof(*grouping.cache));
	if (!err && !grouping.cache)
		err = &culprit_error_no_memory;
	if (!err)
		err = list_faces(&grouping);
	for (size_t i = 0; i < grouping.n_entries && !err; i++)
		err = place_face(&grouping, i);
	if (!err)
		err = give(&grouping, &bugs);
	if (err)
		dedup_bugs_deinit(&bugs);
	else
		*ret = bugs;
	return err;
}

void dedup_bugs_deinit(struct dedup_bugs *bugs)
{
	arena_deinit(&bugs->arena);
	*bugs = (struct dedup_bugs){ 0 };
}
