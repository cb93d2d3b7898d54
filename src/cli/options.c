/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Options: the usual GNU forms.  Abbreviated long names are refused (a script
 * that uses one breaks when another option arrives), but the message names the
 * option that was probably meant.
 */
#include "cli/options.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>

#include "cli/output/text.h"

#define HELP_COLUMN 26
#define HELP_WIDTH 80
#define NEAREST_MAX 32		/* bytes of a word that is compared */

const char *const option_format_words[2] = { "text", "json" };

int option_complain(const struct option_reader *reader, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	text_complain_args(reader->command, format, args);
	fprintf(stderr, "try '%s --help'\n", reader->command);
	va_end(args);
	return reader->bad_usage;
}

int option_no_operands(const struct option_reader *reader)
{
	return reader->n_operands ? option_complain(reader, "unexpected '%s'", reader->argv[1]) : OPTION_GO_ON;
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

/* --------------------------------------------------------------- values */

static int take_number(const struct option_reader *reader, const struct option_def *def, const char *text)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	if (errno || end == text || *end || value < def->min || value > def->max)
		return option_complain(reader, "--%s takes a number from %ld to %ld, not '%s'", def->name, def->min,
				       def->max, text);
	*def->to.number = value;
	return OPTION_GO_ON;
}

static int take_hex(const struct option_reader *reader, const struct option_def *def, const char *text)
{
	struct span value = span_of(text);
	size_t used;

	if (!parse_hex64(value, &def->to.hex->value, &used) || used != value.len)
		return option_complain(reader, "--%s takes a hexadecimal number, not '%s'", def->name, text);
	def->to.hex->given = true;
	return OPTION_GO_ON;
}

static int take_choice(const struct option_reader *reader, const struct option_def *def, const char *text)
{
	_cleanup_(buf_deinit) struct buf list = { 0 };
	bool ok = true;

	for (size_t i = 0; i < def->n_words; i++) {
		if (!strcmp(text, def->words[i])) {
			*def->to.choice = (unsigned int)i;
			return OPTION_GO_ON;
		}
		ok = ok && buf_printf(&list, "%s%s", i ? ", " : "", def->words[i]);
	}
	return option_complain(reader, "--%s takes one of %s; not '%s'", def->name, ok ? list.data : "?", text);
}

static int take_list(const struct option_reader *reader, const struct option_def *def, const char *text)
{
	struct option_list *list = def->to.list;

	if (list->n == OPTION_LIST_MAX)
		return option_complain(reader, "more than %d times --%s", OPTION_LIST_MAX, def->name);
	list->values[list->n++] = text;
	return OPTION_GO_ON;
}

/* value: NULL where none was given. */
static int take(const struct option_reader *reader, const struct option_def *def, const char *value)
{
	switch (def->kind) {
	case OPTION_KIND_FLAG:
		*def->to.flag = true;
		return OPTION_GO_ON;
	case OPTION_KIND_CONSTANT:
		*def->to.choice = (unsigned int)def->min;
		return OPTION_GO_ON;
	case OPTION_KIND_TEXT:
		*def->to.text = value;
		return OPTION_GO_ON;
	case OPTION_KIND_LIST:
		return take_list(reader, def, value);
	case OPTION_KIND_NUMBER:
		return take_number(reader, def, value);
	case OPTION_KIND_HEX:
		return take_hex(reader, def, value);
	case OPTION_KIND_CHOICE:
		if (value)
			return take_choice(reader, def, value);
		*def->to.choice = (unsigned int)def->min;
		return OPTION_GO_ON;
	case OPTION_KIND_HELP:
		option_print_help(reader, stdout);
		return 0;
	}
	return OPTION_GO_ON;
}

/* -------------------------------------------------------------- command line */

static int unknown_long(const struct option_reader *reader, struct span name)
{
	_cleanup_(freep) char *text = strndup(name.ptr, name.len);
	const char *words[64], *nearest;
	size_t n = 0;

	for (size_t i = 0; i < reader->n_defs && n < countof(words); i++)
		words[n++] = reader->defs[i].name;
	nearest = text ? option_nearest(text, words, n) : NULL;
	if (nearest)
		return option_complain(reader, "unknown option --%s; did you mean --%s?", text, nearest);
	return option_complain(reader, "unknown option --%.*s", (int)name.len, name.ptr);
}

static bool takes_value(const struct option_def *def)
{
	return def->value && def->value[0] != '[';
}

/* The next argument is def's value. */
static int take_next(struct option_reader *reader, const struct option_def *def)
{
	if (reader->pos >= reader->argc)
		return option_complain(reader, "option --%s needs a value (%s)", def->name, def->value);
	return take(reader, def, reader->argv[reader->pos++]);
}

static int read_long(struct option_reader *reader, const char *text)
{
	const char *equals = strchr(text, '=');
	struct span name = { text, equals ? (size_t)(equals - text) : strlen(text) };

	for (size_t i = 0; i < reader->n_defs; i++) {
		const struct option_def *def = &reader->defs[i];

		if (!span_equal(name, span_of(def->name)))
			continue;
		if (equals && !def->value)
			return option_complain(reader, "option --%s takes no value", def->name);
		if (!equals && takes_value(def))
			return take_next(reader, def);
		return take(reader, def, equals ? equals + 1 : NULL);
	}
	return unknown_long(reader, name);
}

static int read_letter(struct option_reader *reader)
{
	char letter = *reader->cluster++;
	const char *rest = reader->cluster;

	if (!*rest)
		reader->cluster = NULL;
	for (size_t i = 0; i < reader->n_defs; i++) {
		const struct option_def *def = &reader->defs[i];

		if (!letter || def->letter != letter)
			continue;
		if (!takes_value(def))
			return take(reader, def, NULL);
		reader->cluster = NULL;
		return *rest ? take(reader, def, rest) : take_next(reader, def);
	}
	return option_complain(reader, isprint((unsigned char)letter) ? "unknown option -%c" : "unknown option", letter);
}

static int read_argument(struct option_reader *reader)
{
	char *arg = reader->argv[reader->pos++];

	if (!strcmp(arg, "--")) {
		while (reader->pos < reader->argc)
			reader->argv[++reader->n_operands] = reader->argv[reader->pos++];
		return OPTION_GO_ON;
	}
	if (arg[0] == '-' && arg[1] == '-')
		return read_long(reader, arg + 2);
	if (arg[0] == '-' && arg[1]) {
		reader->cluster = arg + 1;
		return read_letter(reader);
	}
	reader->argv[++reader->n_operands] = arg;
	return OPTION_GO_ON;
}

/* For the completions of shells: a line for each option, "letter name value words help" with tabs between. */
static int list_options(const struct option_def *defs, size_t n_defs)
{
	for (size_t i = 0; i < n_defs; i++) {
		const struct option_def *def = &defs[i];
		size_t n = def->kind == OPTION_KIND_CHOICE ? def->n_words : 0;

		printf("%c\t%s\t%s\t", def->letter ? def->letter : '-', def->name, def->value ? def->value : "-");
		for (size_t w = 0; w < n; w++)
			printf("%s%s", w ? " " : "", def->words[w]);
		printf("%s\t%s\n", n ? "" : "-", def->help);
	}
	return 0;
}

int option_read(struct option_reader *reader, const struct option_def *defs, size_t n_defs)
{
	int code = OPTION_GO_ON;

	if (reader->argc == 2 && !strcmp(reader->argv[1], "--list-options"))
		return list_options(defs, n_defs);
	reader->defs = defs;
	reader->n_defs = n_defs;
	while (code == OPTION_GO_ON && (reader->cluster || reader->pos < reader->argc))
		code = reader->cluster ? read_letter(reader) : read_argument(reader);
	reader->defs = NULL;
	reader->n_defs = 0;
	return code;
}

/* ----------------------------------------------------------------- help */

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

static void print_def(FILE *out, const struct option_def *def)
{
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

void option_print_help(const struct option_reader *reader, FILE *out)
{
	fprintf(out, "%s\n", reader->usage);
	for (size_t i = 0; i < reader->n_defs; i++)
		print_def(out, &reader->defs[i]);
	if (reader->notes)
		fprintf(out, "\n%s", reader->notes);
}

/* ------------------------------------------------------------- commands */

int option_unknown_command(const char *program, const char *word, const char *const *names, size_t n)
{
	const char *nearest = option_nearest(word, names, n);

	text_complain(program, "unknown command '%s'%s%s%s", word, nearest ? "; did you mean '" : "", nearest ? nearest : "",
		      nearest ? "'?" : "");
	fprintf(stderr, "try '%s --help'\n", program);
	return 2;
}

size_t option_command(const char *program, const char *const *names, size_t n, void (*print_usage)(FILE *out), int argc,
		      char **argv, int *ret_code)
{
	if (argc < 2) {
		print_usage(stderr);
		*ret_code = 2;
		return n;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		print_usage(stdout);
		*ret_code = 0;
		return n;
	}
	for (size_t i = 0; i < n; i++) {
		if (!strcmp(names[i], argv[1]))
			return i;
	}
	*ret_code = option_unknown_command(program, argv[1], names, n);
	return n;
}
