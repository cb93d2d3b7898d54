/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Options of a command: one table says what there is, what the help prints and
 * what a misspelt option is compared with.
 *
 *	static const struct option_def defs[] = {
 *		{ OPT_FORMAT, 0, "format", "FORMAT", "text (default) or json" },
 *		...
 *	};
 *	struct option_reader options = OPTION_READER("culprit parse", defs, argc, argv);
 *
 *	while ((id = option_next(&options)) != OPTION_END) { switch (id) { ... options.value ... } }
 *
 * Options may stand anywhere before "--". "--name value" and "--name=value" are
 * the same, so are "-j2" and "-j 2"; letters without value can be put together.
 */
#ifndef CULPRIT_OPTIONS_H
#define CULPRIT_OPTIONS_H

#include <stdio.h>

#include "ground/base.h"

enum { OPTION_END = 0, OPTION_BAD = -1 };

struct option_def {
	int id;			/* over 0 */
	char letter;		/* 0: none */
	const char *name;	/* without "--" */
	const char *value;	/* what the help calls it; NULL: takes none; "[X]": may be left out, only --name=X gives it */
	const char *help;	/* lines are broken where it is printed */
};

struct option_reader {
	const char *command;	/* for messages: "culprit parse" */
	const struct option_def *defs;
	size_t n_defs;
	int argc;
	char **argv;		/* operands are moved to its front, behind argv[0] */
	int pos;
	const char *cluster;	/* rest of "-abc"; NULL: none */
	const char *value;	/* of the option just given; NULL: none */
	int n_operands;		/* argv[1] to argv[n_operands], complete after OPTION_END */
};

#define OPTION_READER(name, table, count, vector) \
	{ .command = (name), .defs = (table), .n_defs = countof(table), .argc = (count), .argv = (vector), .pos = 1 }

/* The next option's id; OPTION_END behind the last; OPTION_BAD after a message on standard error. */
int option_next(struct option_reader *reader);

/* A message about the command line on standard error, with the way to the help. Gives 2, the exit code. */
int option_complain(const struct option_reader *reader, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* reader->value as a number; complains and gives false unless it lies in [min, max]. */
bool option_number(const struct option_reader *reader, const char *name, long min, long max, long *ret);

/*
 * reader->value as one of n words; the index, or -1 after a complaint that
 * lists them.
 */
int option_choice(const struct option_reader *reader, const char *name, const char *const *words, size_t n);

/* The table for --help, at most 80 columns wide. */
void option_print_help(FILE *out, const struct option_def *defs, size_t n);

/* The word of n that is nearest to text, or NULL where none is near. */
const char *option_nearest(const char *text, const char *const *words, size_t n);

#endif
