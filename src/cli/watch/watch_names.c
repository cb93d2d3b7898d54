/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/watch/watch_names.h"

#include <search.h>

struct name {
	const char *text;	/* behind the struct, but for a key */
	size_t n;
};

static int by_text(const void *a, const void *b)
{
	return strcmp(((const struct name *)a)->text, ((const struct name *)b)->text);
}

static struct name *find(const struct watch_names *names, const char *text)
{
	const struct name key = { .text = text };
	struct name **found = tfind(&key, &names->root, by_text);

	return found ? *found : NULL;
}

bool watch_names_add(struct watch_names *names, const char *path)
{
	struct name *name = find(names, path);
	size_t size = strlen(path) + 1;

	if (name) {
		name->n++;
		return true;
	}
	name = malloc(sizeof(*name) + size);
	if (!name)
		return false;
	*name = (struct name){ .text = memcpy(name + 1, path, size), .n = 1 };
	if (!tsearch(name, &names->root, by_text)) {
		free(name);
		return false;
	}
	return true;
}

void watch_names_remove(struct watch_names *names, const char *path)
{
	struct name *name = find(names, path);

	if (!name || --name->n)
		return;
	tdelete(name, &names->root, by_text);
	free(name);
}

void watch_names_deinit(struct watch_names *names)
{
	tdestroy(names->root, free);
	names->root = NULL;
}

bool watch_names_has_original(const struct watch_names *names, const char *path, bool *ret)
{
	size_t len = strlen(path), number = len;
	_cleanup_(freep) char *original = strdup(path);

	*ret = false;
	if (!original)
		return false;
	while (number && strchr("0123456789-.", path[number - 1]))
		number--;
	/* the longest first: each is cut off the one before */
	for (size_t n = len; n-- > number && !*ret;) {
		original[n] = '\0';
		*ret = (path[n] == '.' || path[n] == '-') && find(names, original);
	}
	return true;
}
