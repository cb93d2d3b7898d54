/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Globs over names of functions and over lines. */
#include "pattern/glob.h"

bool glob_match(const char *glob, struct span s)
{
	size_t len = (size_t)(strchrnul(glob, '*') - glob);
	bool last = !glob[len];

	if (!span_starts(s, (struct span){ glob, len }))
		return false;
	s = span_skip(s, len);
	/* Between two stars: where it stands first.  Behind the last: at the end. */
	while (!last) {
		struct span part;
		ptrdiff_t at;

		glob += len + 1;
		len = (size_t)(strchrnul(glob, '*') - glob);
		last = !glob[len];
		part = (struct span){ glob, len };
		if (last)
			return s.len >= len && span_equal(span_skip(s, s.len - len), part);
		at = span_find(s, part);
		if (at < 0)
			return false;
		s = span_skip(s, (size_t)at + len);
	}
	return !s.len;
}

void glob_list_note(struct glob_list *list, const char *glob)
{
	unsigned char c = (unsigned char)*glob;

	if (c == '*')
		memset(list->first, 0xff, sizeof(list->first));
	else
		list->first[c / 64] |= UINT64_C(1) << c % 64;
}

bool glob_list_match(const struct glob_list *list, struct span s)
{
	unsigned char c = s.len ? (unsigned char)*s.ptr : 0;

	if (list->functions && !role_set_is_empty(role_set_common(functions_roles_of(list->functions, s), list->roles)))
		return true;
	/* The empty glob begins with its NUL. */
	if (!(list->first[c / 64] >> c % 64 & 1))
		return false;
	for (size_t i = 0; i < list->n; i++) {
		const char *glob = list->globs[i];

		if ((*glob == '*' || *glob == (char)c) && glob_match(glob, s))
			return true;
	}
	return false;
}
