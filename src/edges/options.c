/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Options: the usual GNU forms.  Abbreviated long names are refused (a script
 * that uses one breaks when another option arrives), but the message names the
 * option that was probably meant.
 */
#include "edges/options.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>

#define HELP_COLUMN 26
#define HELP_WIDTH 80
#define NEAREST_MAX 32		/* bytes of a word that is compared */

static void complain(const struct option_reader *reader, const char *format, va_list args)
{
	fprintf(stderr, "%s: ", reader->command);
	vfprintf(stderr, format, args);
	fprintf(stderr, "\ntry '%s --help'\n", reader->command);
}

int option_complain(const struct option_reader *reader, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain(reader, format, args);
	va_end(args);
	return 2;
}

/* How many letters have to be put in, left out or changed. Both words have at most NEAREST_MAX bytes. */
static size_t edit_distance(const char *a, const char *b)
{
	size_t row[NEAREST_MAX + 1], n = strlen(b);

	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (best > row[j] + 1)
				best = row[j] + 1;
			if (best > row[j - 1] + 1)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[n];
}

const char *option_nearest(const char *text, const char *const *words, size_t n)
{
	const char *nearest = NULL;
	size_t best, len = strlen(text);

	if (!len || len > NEAREST_MAX)
		return NULL;
	best = 1 + len / 3;
	for (size_t i = 0; i < n; i++) {
		size_t distance;

		if (strlen(words[i]) > NEAREST_MAX)
			continue;
		/* What was begun but not finished is meant more probably than what is as long. */
		distance = len >= 2 && !strncmp(words[i], text, len) ? 0 : edit_distance(text, words[i]);
		if (distance < best || (distance == best && !nearest)) {
			best = distance;
			nearest = words[i];
		}
	}
	return nearest;
}

static int unknown_long(const struct option_reader *reader, struct span name)
{
	_cleanup_(freep) char *text = strndup(name.ptr, name.len);
	const char *words[64], *nearest;
	size_t n = 0;

	for (size_t i = 0; i < reader->n_defs && n < countof(words); i++)
		words[n++] = reader->defs[i].name;
	nearest = text ? option_nearest(text, words, n) : NULL;
	if (nearest)
		option_complain(reader, "unknown option --%s; did you mean --%s?", text, nearest);
	else
		option_complain(reader, "unknown option --%.*s", (int)name.len, name.ptr);
	return OPTION_BAD;
}

static bool takes_value(const struct option_def *def)
{
	return def->value && def->value[0] != '[';
}

static int next_value(struct option_reader *reader, const struct option_def *def)
{
	if (reader->pos >= reader->argc) {
		option_complain(reader, "option --%s needs a value (%s)", def->name, def->value);
		return OPTION_BAD;
	}
	reader->value = reader->argv[reader->pos++];
	return def->id;
}

static int next_long(struct option_reader *reader, const char *text)
{
	const char *equals = strchr(text, '=');
	struct span name = { text, equals ? (size_t)(equals - text) : strlen(text) };

	for (size_t i = 0; i < reader->n_defs; i++) {
		const struct option_def *def = &reader->defs[i];

		if (!span_equal(name, span_of(def->name)))
			continue;
		if (equals && !def->value) {
			option_complain(reader, "option --%s takes no value", def->name);
			return OPTION_BAD;
		}
		if (equals)
			reader->value = equals + 1;
		else if (takes_value(def))
			return next_value(reader, def);
		return def->id;
	}
	return unknown_long(reader, name);
}

static int next_letter(struct option_reader *reader)
{
	char letter = *reader->cluster++;

	for (size_t i = 0; i < reader->n_defs; i++) {
		const struct option_def *def = &reader->defs[i];

		if (!letter || def->letter != letter)
			continue;
		if (takes_value(def)) {
			const char *rest = reader->cluster;

			reader->cluster = NULL;
			if (!*rest)
				return next_value(reader, def);
			reader->value = rest;
		} else if (!*reader->cluster) {
			reader->cluster = NULL;
		}
		return def->id;
	}
	option_complain(reader, isprint((unsigned char)letter) ? "unknown option -%c" : "unknown option", letter);
	return OPTION_BAD;
}

int option_next(struct option_reader *reader)
{
	reader->value = NULL;
	if (reader->cluster)
		return next_letter(reader);
	while (reader->pos < reader->argc) {
		char *arg = reader->argv[reader->pos++];

		if (!strcmp(arg, "--")) {
			while (reader->pos < reader->argc)
				reader->argv[++reader->n_operands] = reader->argv[reader->pos++];
		} else if (arg[0] == '-' && arg[1] == '-') {
			return next_long(reader, arg + 2);
		} else if (arg[0] == '-' && arg[1]) {
			reader->cluster = arg + 1;
			return next_letter(reader);
		} else {
			reader->argv[++reader->n_operands] = arg;
		}
	}
	return OPTION_END;
}

bool option_number(const struct option_reader *reader, const char *name, long min, long max, long *ret)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(reader->value, &end, 10);
	if (errno || end == reader->value || *end || value < min || value > max) {
		option_complain(reader, "--%s takes a number from %ld to %ld, not '%s'", name, min, max, reader->value);
		return false;
	}
	*ret = value;
	return true;
}

int option_choice(const struct option_reader *reader, const char *name, const char *const *words, size_t n)
{
	_cleanup_(buf_deinit) struct buf list = { 0 };
	bool ok = true;

	for (size_t i = 0; i < n; i++) {
		if (!strcmp(reader->value, words[i]))
			return (int)i;
		ok = ok && buf_printf(&list, "%s%s", i ? ", " : "", words[i]);
	}
	option_complain(reader, "--%s takes one of %s; not '%s'", name, ok ? list.data : "?", reader->value);
	return -1;
}

/* Words of text from column HELP_COLUMN on, at most HELP_WIDTH columns wide. */
static void print_wrapped(FILE *out, const char *text)
{
	size_t column = HELP_COLUMN;

	while (*text) {
		size_t len = strcspn(text, " ");

		if (column > HELP_COLUMN && column + 1 + len > HELP_WIDTH) {
			fprintf(out, "\n%*s", HELP_COLUMN, "");
			column = HELP_COLUMN;
		} else if (column > HELP_COLUMN) {
			fputc(' ', out);
			column++;
		}
		fprintf(out, "%.*s", (int)len, text);
		column += len;
		text += len;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

void option_print_help(FILE *out, const struct option_def *defs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct option_def *def = &defs[i];
		int used = def->letter ? fprintf(out, "  -%c, ", def->letter) : fprintf(out, "      ");

		used += fprintf(out, "--%s", def->name);
		if (takes_value(def))
			used += fprintf(out, " %s", def->value);
		else if (def->value)
			used += fprintf(out, "[=%s", def->value + 1);
		if (used + 1 >= HELP_COLUMN)
			fprintf(out, "\n%*s", HELP_COLUMN, "");
		else
			fprintf(out, "%*s", HELP_COLUMN - used, "");
		print_wrapped(out, def->help);
	}
}
