/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* .config files and what one has beyond the other.  See kconfig.h. */
#include "session/kconfig.h"

#include <errno.h>
#include <stdio.h>

#define MAX_BYTES (16u << 20)

static struct culprit_error *read_file(const char *path, struct buf *ret)
{
	FILE *f = fopen(path, "re");
	struct culprit_error *err = NULL;
	char block[65536];
	size_t n;

	if (!f)
		return culprit_error_errno("cannot read %s", path);
	while (!err && (n = fread(block, 1, sizeof(block), f)) > 0) {
		if (ret->len + n > MAX_BYTES)
			err = culprit_error_create(CULPRIT_ERROR_LIMIT, "%s: a configuration of more than 16 MiB", path);
		else if (!buf_add(ret, block, n))
			err = &culprit_error_no_memory;
	}
	if (!err && ferror(f))
		err = culprit_error_errno("cannot read %s", path);
	fclose(f);
	return err;
}

static bool is_name(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static size_t name_length(struct span s)
{
	size_t n = 0;

	while (n < s.len && is_name(s.ptr[n]))
		n++;
	return n;
}

/* False for lines that name no option. *ret_value: empty where it is not set. */
static bool parse_line(struct span line, struct span *ret_name, struct span *ret_value)
{
	bool off = span_starts(line, SPAN("# CONFIG_"));

	if (!off && !span_starts(line, SPAN("CONFIG_")))
		return false;
	line = span_skip(line, off ? strlen("# CONFIG_") : strlen("CONFIG_"));
	*ret_name = (struct span){ line.ptr, name_length(line) };
	line = span_skip(line, ret_name->len);
	*ret_value = (struct span){ line.ptr, 0 };
	if (!ret_name->len)
		return false;
	if (off)
		return span_starts(line, SPAN(" is not set"));
	if (!span_starts(line, SPAN("=")))
		return false;
	*ret_value = span_trim(span_skip(line, 1));
	if (span_equal(*ret_value, SPAN("n")))
		ret_value->len = 0;
	return true;
}

/* ---------------------------------------------------------------- symbols */

/* Symbols by name: an open hash table of indices. */
struct index {
	uint32_t *places, size;
};

static uint32_t *find(const struct kconfig *k, const struct index *index, struct span name)
{
	uint32_t at = (uint32_t)hash_bytes(name.ptr, name.len) & (index->size - 1);

	while (index->places[at] != UINT32_MAX && !span_equal(span_of(k->symbols[index->places[at]].name), name))
		at = (at + 1) & (index->size - 1);
	return &index->places[at];
}

static bool make_index(struct index *index, uint32_t n)
{
	index->size = 16;
	while (index->size / 2 < n)
		index->size *= 2;
	index->places = malloc(index->size * sizeof(*index->places));
	if (index->places)
		memset(index->places, 0xff, index->size * sizeof(*index->places));
	return index->places;
}

static uint32_t count_lines(struct span text)
{
	uint32_t n = 1;

	for (size_t i = 0; i < text.len; i++)
		n += text.ptr[i] == '\n';
	return n;
}

/* Of a name that comes again the last value counts, as in the kernel's conf. */
static bool take(struct kconfig *k, const struct index *index, struct span text, bool with)
{
	while (text.len) {
		const char *end = memchr(text.ptr, '\n', text.len);
		struct span line = { text.ptr, end ? (size_t)(end - text.ptr) : text.len }, name, value;
		struct kconfig_symbol *symbol;
		uint32_t *place;
		char *copy;

		text = span_skip(text, line.len + (end != NULL));
		line.len -= line.len && line.ptr[line.len - 1] == '\r';
		if (!parse_line(span_trim(line), &name, &value))
			continue;
		place = find(k, index, name);
		if (*place == UINT32_MAX) {
			k->symbols[k->n_symbols] = (struct kconfig_symbol){ .name = arena_dup(&k->arena, name) };
			if (!k->symbols[k->n_symbols].name)
				return false;
			*place = k->n_symbols++;
		}
		symbol = &k->symbols[*place];
		copy = value.len ? arena_dup(&k->arena, value) : NULL;
		if (value.len && !copy)
			return false;
		*(with ? &symbol->with : &symbol->without) = copy;
	}
	return true;
}

static bool differs(const struct kconfig_symbol *symbol)
{
	return !symbol->with != !symbol->without || (symbol->with && strcmp(symbol->with, symbol->without) != 0);
}

static struct culprit_error *compare(struct kconfig *k, struct span with, struct span without)
{
	uint32_t n = count_lines(with) + count_lines(without);
	struct index index;
	bool ok = make_index(&index, n);

	k->symbols = arena_array(&k->arena, n, sizeof(*k->symbols));
	k->options = arena_array(&k->arena, n, sizeof(*k->options));
	ok = ok && k->symbols && k->options && take(k, &index, with, true) && take(k, &index, without, false);
	free(index.places);
	if (!ok)
		return &culprit_error_no_memory;
	for (uint32_t i = 0; i < k->n_symbols; i++) {
		bool option = differs(&k->symbols[i]);

		k->symbols[i].option = option ? k->n_options : UINT32_MAX;
		if (option)
			k->options[k->n_options++] = i;
	}
	return NULL;
}

struct culprit_error *kconfig_load(const char *with, const char *without, struct kconfig *ret)
{
	_cleanup_(buf_deinit) struct buf first = { 0 }, second = { 0 };
	struct culprit_error *err = read_file(with, &first);

	*ret = (struct kconfig){ 0 };
	if (!err)
		err = read_file(without, &second);
	if (!err)
		err = compare(ret, (struct span){ first.data, first.len }, (struct span){ second.data, second.len });
	if (!err && !ret->n_symbols)
		err = culprit_error_create(CULPRIT_ERROR_FORMAT, "%s: no line of it is an option of a kernel's configuration", with);
	if (err)
		kconfig_deinit(ret);
	return err;
}

void kconfig_deinit(struct kconfig *k)
{
	arena_deinit(&k->arena);
	*k = (struct kconfig){ 0 };
}

/* ---------------------------------------------------------------- writing */

static bool is_switch(const char *value)
{
	return value && (!strcmp(value, "y") || !strcmp(value, "m"));
}

/* other: the value that it does not have; of a switch the difference has to be said. */
static bool add_symbol(struct buf *buf, const char *name, const char *value, const char *other)
{
	if (value)
		return buf_printf(buf, "CONFIG_%s=%s\n", name, value);
	return !is_switch(other) || buf_printf(buf, "# CONFIG_%s is not set\n", name);
}

bool kconfig_format(const struct kconfig *k, const uint8_t *keep, struct buf *ret)
{
	bool ok = buf_add_str(ret, "");

	for (uint32_t i = 0; i < k->n_symbols && ok; i++) {
		const struct kconfig_symbol *symbol = &k->symbols[i];
		bool kept = symbol->option != UINT32_MAX && keep[symbol->option];

		ok = add_symbol(ret, symbol->name, kept ? symbol->with : symbol->without, kept ? symbol->without : symbol->with);
		/* What is off in both is said, too: a default of another commit must not turn it on. */
		if (ok && symbol->option == UINT32_MAX && !symbol->with)
			ok = buf_printf(ret, "# CONFIG_%s is not set\n", symbol->name);
	}
	return ok;
}

bool kconfig_format_option(const struct kconfig *k, uint32_t option, struct buf *ret)
{
	const struct kconfig_symbol *symbol = &k->symbols[k->options[option]];

	return symbol->with ? buf_printf(ret, "CONFIG_%s=%s", symbol->name, symbol->with)
			    : buf_printf(ret, "# CONFIG_%s is not set", symbol->name);
}
