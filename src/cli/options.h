/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Options of a command: one table says what there is, where it goes, what the
 * help prints and what a misspelt option is compared with.
 *
 *	const struct option_def defs[] = {
 *		OPTION_CHOICE('f', "format", "FORMAT", "text (default) or json", option_text_json, &settings->format),
 *		OPTION_FLAG('q', "quiet", "no progress", &settings->quiet),
 *		OPTION_HELP('h'),
 *	};
 *	struct option_reader reader = OPTION_READER("culprit parse", argc, argv);
 *
 *	reader.usage = "usage: culprit parse [OPTIONS] [FILE...]\n";
 *	code = option_read(&reader, defs, countof(defs));
 *	if (code != OPTION_GO_ON)
 *		return code;
 *	... argv[1] to argv[reader.n_operands] ...
 *
 * Options may stand anywhere before "--". "--name value" and "--name=value" are
 * the same, so are "-j2" and "-j 2"; letters without value can be put together.
 * Of an option given twice the last one counts; lists grow.
 */
#ifndef CULPRIT_CLI_OPTIONS_H
#define CULPRIT_CLI_OPTIONS_H

#include <stdio.h>

#include "base/base.h"

/* No exit code: the command goes on. */
#define OPTION_GO_ON (-1)

#define OPTION_LIST_MAX 64

/* The values of an option that may be repeated. */
struct option_list {
	const char *values[OPTION_LIST_MAX];
	size_t n;
};

struct option_hex {
	bool given;
	uint64_t value;
};

enum option_kind {
	OPTION_KIND_FLAG, OPTION_KIND_CONSTANT, OPTION_KIND_TEXT, OPTION_KIND_LIST, OPTION_KIND_NUMBER,
	OPTION_KIND_HEX, OPTION_KIND_CHOICE, OPTION_KIND_HELP,
};

/* Made by the macros below, which check the type of where the value goes. */
struct option_def {
	char letter;			/* 0: none */
	const char *name;		/* without "--" */
	const char *value;		/* what the help calls it; NULL: takes none; "[X]": may be left out, only --name=X gives it */
	const char *help;		/* lines are broken where it is printed */
	enum option_kind kind;
	union {
		bool *flag;
		const char **text;
		struct option_list *list;
		long *number;
		struct option_hex *hex;
		unsigned int *choice;	/* an enum without negative values */
	} to;
	long min, max;			/* of a number; min: what a constant is, or a choice whose value is left out */
	const char *const *words;	/* of a choice, in the order of its enum */
	size_t n_words;
};

#define OPTION_FLAG(letter, name, help, to_flag) \
	{ letter, name, NULL, help, OPTION_KIND_FLAG, { .flag = (to_flag) }, 0, 0, NULL, 0 }
#define OPTION_CONSTANT(letter, name, help, constant, to_choice) \
	{ letter, name, NULL, help, OPTION_KIND_CONSTANT, { .choice = (to_choice) }, constant, 0, NULL, 0 }
#define OPTION_TEXT(letter, name, value, help, to_text) \
	{ letter, name, value, help, OPTION_KIND_TEXT, { .text = (to_text) }, 0, 0, NULL, 0 }
#define OPTION_LIST(letter, name, value, help, to_list) \
	{ letter, name, value, help, OPTION_KIND_LIST, { .list = (to_list) }, 0, 0, NULL, 0 }
#define OPTION_NUMBER(letter, name, value, help, min, max, to_number) \
	{ letter, name, value, help, OPTION_KIND_NUMBER, { .number = (to_number) }, min, max, NULL, 0 }
#define OPTION_HEX(letter, name, help, to_hex) \
	{ letter, name, "HEX", help, OPTION_KIND_HEX, { .hex = (to_hex) }, 0, 0, NULL, 0 }
#define OPTION_CHOICE(letter, name, value, help, words, to_choice) \
	{ letter, name, value, help, OPTION_KIND_CHOICE, { .choice = (to_choice) }, 0, 0, words, countof(words) }
#define OPTION_HELP(letter) { letter, "help", NULL, "this text", OPTION_KIND_HELP, { .flag = NULL }, 0, 0, NULL, 0 }

/* What most commands take: where pattern directories go, and --format where it is one of two. */
#define OPTION_PATTERNS(letter, to_list) \
	OPTION_LIST(letter, "patterns", "DIR", "add and override patterns by the *.yaml files in DIR; repeatable", to_list)

enum option_format { OPTION_FORMAT_TEXT, OPTION_FORMAT_JSON };
extern const char *const option_format_words[2];

struct option_reader {
	const char *command;	/* for messages: "culprit parse" */
	const char *usage;	/* what --help prints above the table... */
	const char *notes;	/* ... and below it; NULL: nothing */
	int bad_usage;		/* the exit code after a complaint */
	const struct option_def *defs;	/* while they are read */
	size_t n_defs;
	int argc;
	char **argv;		/* operands are moved to its front, behind argv[0] */
	int pos;
	const char *cluster;	/* rest of "-abc"; NULL: none */
	int n_operands;		/* argv[1] to argv[n_operands], complete after option_read */
};

#define OPTION_READER(name, count, vector) \
	{ .command = (name), .bad_usage = 2, .argc = (count), .argv = (vector), .pos = 1 }

/*
 * Read the command line. OPTION_GO_ON, or the exit code: 0 after --help, which
 * is then printed, or bad_usage after a message on standard error.  The one
 * argument "--list-options" (completions/generate.sh gives it) prints the table.
 */
int option_read(struct option_reader *reader, const struct option_def *defs, size_t n_defs);

/* A message about the command line on standard error, with the way to the help. Gives bad_usage. */
int option_complain(const struct option_reader *reader, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* OPTION_GO_ON, or bad_usage after a complaint about the first operand. */
int option_no_operands(const struct option_reader *reader);

/* usage, the table, at most 80 columns wide, and the notes. */
void option_print_help(const struct option_reader *reader, FILE *out);

/*
 * Which of n commands of program ("culprit corpus") argv[1] is; n: none, and what was printed instead (usage, where help is
 * asked for or nothing is; that there is no such command) ends with *ret_code.
 */
size_t option_command(const char *program, const char *const *names, size_t n, void (*print_usage)(FILE *out), int argc,
		      char **argv, int *ret_code);

/* Tells that program has no command word, and which of n names is near. Returns 2. */
int option_unknown_command(const char *program, const char *word, const char *const *names, size_t n);

/* The word of n that is nearest to text, or NULL where none is near. */
const char *option_nearest(const char *text, const char *const *words, size_t n);

#endif
