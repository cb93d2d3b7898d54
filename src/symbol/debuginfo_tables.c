/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The tables' memory: strings in one blob, each text once, and the check of
 * what is mapped from an index, block by block when it is first touched.
 */
#include "symbol/debuginfo_internal.h"

#include <sys/mman.h>
#include <unistd.h>

/* -------------------------------------------------- bytes of an index */

uint64_t dbg_checksum(const void *data, size_t len)
{
	const uint8_t *bytes = data;
	uint64_t lanes[4] = { len, 1, 2, 3 }, word, sum = 0;
	size_t i = 0;

	for (; i + 32 <= len; i += 32) {
		for (int k = 0; k < 4; k++) {
			memcpy(&word, bytes + i + 8 * k, 8);
			lanes[k] = (lanes[k] ^ word) * 0x9e3779b97f4a7c15ull;
			lanes[k] ^= lanes[k] >> 29;
		}
	}
	for (; i < len; i++)
		lanes[0] = (lanes[0] ^ bytes[i]) * 0x100000001b3ull;
	for (int k = 0; k < 4; k++)
		sum = (sum ^ lanes[k] ^ lanes[k] >> 31) * 0xbf58476d1ce4e5b9ull;
	return sum ^ sum >> 32;
}

static bool read_block(struct dbg_cache *cache, size_t number)
{
	size_t at = cache->body + number * DBG_BLOCK_BYTES;

	return pread(cache->fd, cache->map + at, DBG_BLOCK_BYTES, (off_t)at) == (ssize_t)DBG_BLOCK_BYTES &&
	       dbg_checksum(cache->map + at, DBG_BLOCK_BYTES) == cache->sums[number];
}

bool dbg_check(struct debuginfo *info, const void *ptr, size_t len)
{
	struct dbg_cache *cache = info->cache;
	const uint8_t *start = ptr;
	size_t first, last;

	if (!cache || !len || start < cache->map || start >= cache->map + cache->size)
		return true;
	first = (size_t)(start - cache->map - cache->body) / DBG_BLOCK_BYTES;
	last = ((size_t)(start - cache->map - cache->body) + len - 1) / DBG_BLOCK_BYTES;
	for (size_t i = first; i <= last; i++) {
		if (i >= cache->n_blocks) {
			info->corrupt = true;
			return false;
		}
		if (cache->checked[i / 64] >> (i % 64) & 1)
			continue;
		if (!read_block(cache, i)) {
			info->corrupt = true;
			return false;
		}
		cache->checked[i / 64] |= 1ull << (i % 64);
	}
	return true;
}

/* ------------------------------------------------------------- strings */

uint32_t dbg_hash(struct span name)
{
	uint64_t hash = hash_bytes(name.ptr, name.len);

	return (uint32_t)(hash ^ hash >> 32);
}

static struct culprit_error *too_many(const struct debuginfo *info, const char *what)
{
	return culprit_error_create(CULPRIT_ERROR_LIMIT, "%s: more %s than any real file has", info->path, what);
}

static struct culprit_error *no_memory(void)
{
	return &culprit_error_no_memory;
}

static bool grow_interned(struct debuginfo *info)
{
	uint32_t cap = info->interned_cap ? info->interned_cap * 2 : 4096;
	uint32_t *slots = calloc(cap, sizeof(*slots));

	if (!slots)
		return false;
	for (uint32_t i = 0; i < info->interned_cap; i++) {
		uint32_t off = info->interned[i], at;

		if (!off)
			continue;
		at = dbg_hash(span_of(dbg_string(info, off))) & (cap - 1);
		while (slots[at])
			at = (at + 1) & (cap - 1);
		slots[at] = off;
	}
	free(info->interned);
	info->interned = slots;
	info->interned_cap = cap;
	return true;
}

#define HUGE_PAGE (2u << 20)

void *dbg_alloc(size_t bytes)
{
	size_t whole = (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
	void *memory;

	if (bytes < HUGE_PAGE / 2)
		return malloc(bytes);
	memory = aligned_alloc(HUGE_PAGE, whole);
	/* a hint: without it there are small pages */
	if (memory)
		madvise(memory, whole, MADV_HUGEPAGE);
	return memory;
}

static bool reserve_strings(struct debuginfo *info)
{
	void *map;

	if (info->added)
		return true;
	map = mmap(NULL, DBG_MAX_STRINGS, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (map == MAP_FAILED)
		return false;
	info->added = map;
	if (!info->strings_len)
		info->added_len = 1;	/* offset 0: "" */
	return true;
}

void dbg_expect_strings(struct debuginfo *info, size_t bytes)
{
	if (bytes >= HUGE_PAGE && bytes < DBG_MAX_STRINGS && reserve_strings(info))
		madvise(info->added, bytes / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
}

struct culprit_error *dbg_add_string(struct debuginfo *info, struct span s, uint32_t *ret)
{
	if (!reserve_strings(info))
		return no_memory();
	if (s.len >= DBG_MAX_STRINGS - info->added_len - 1)
		return too_many(info, "names");
	*ret = info->strings_len + info->added_len;
	memcpy(info->added + info->added_len, s.ptr, s.len);
	info->added_len += (uint32_t)s.len + 1;
	return NULL;
}

struct culprit_error *dbg_intern(struct debuginfo *info, struct span s, uint32_t *ret)
{
	struct culprit_error *err;
	uint32_t at;

	if (!s.len) {
		*ret = 0;
		return NULL;
	}
	if ((uint64_t)info->n_interned * 2 >= info->interned_cap && !grow_interned(info))
		return no_memory();
	at = dbg_hash(s) & (info->interned_cap - 1);
	for (; info->interned[at]; at = (at + 1) & (info->interned_cap - 1)) {
		const char *have = info->added + (info->interned[at] - info->strings_len);

		if (!strncmp(have, s.ptr, s.len) && !have[s.len]) {
			*ret = info->interned[at];
			return NULL;
		}
	}
	err = dbg_add_string(info, s, ret);
	if (err)
		return err;
	info->interned[at] = *ret;
	info->n_interned++;
	return NULL;
}

const char *dbg_string(struct debuginfo *info, uint32_t off)
{
	const char *start;

	if (off >= info->strings_len) {
		off -= info->strings_len;
		return off < info->added_len ? info->added + off : "";
	}
	start = info->strings + off;
	/* the blob ends in NUL, so this ends too */
	for (size_t at = 0;; at += 64) {
		size_t left = info->strings_len - off - at;
		size_t n = left < 64 ? left : 64;

		if (!n || !dbg_check(info, start + at, n))
			return "";
		if (memchr(start + at, 0, n))
			return start;
	}
}
