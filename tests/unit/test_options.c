/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <unistd.h>

#include "cli/options.h"
#include "cli/output/text.h"
#include "suite.h"

enum word { WORD_ONE, WORD_TWO };
static const char *const words[] = { "one", "two" };

/* What a command line came to. */
struct command_line {
	struct option_list dirs;
	const char *name;
	bool quiet, verbose;
	long jobs;
	struct option_hex offset;
	enum word word;
	enum text_color color;
	int n_operands;
	char complaint[256];		/* on standard error, without the hint */
	char *argv[OPTION_LIST_MAX + 8];
};

static int read_words(struct option_reader *reader, struct command_line *ret)
{
	const struct option_def defs[] = {
		OPTION_LIST('d', "dir", "DIR", "", &ret->dirs),
		OPTION_TEXT('n', "name", "NAME", "", &ret->name),
		OPTION_FLAG('q', "quiet", "", &ret->quiet),
		OPTION_FLAG('v', "verbose", "", &ret->verbose),
		OPTION_NUMBER('j', "jobs", "N", "", 1, 8, &ret->jobs),
		OPTION_HEX(0, "offset", "", &ret->offset),
		OPTION_CHOICE('w', "word", "WORD", "", words, &ret->word),
		OPTION_CONSTANT('2', "second", "", WORD_TWO, &ret->word),
		TEXT_COLOR_OPTION(&ret->color),
		OPTION_HELP('h'),
	};

	reader->usage = "usage: program\n";
	reader->bad_usage = 129;
	return option_read(reader, defs, countof(defs));
}

/* Standard error is caught. */
static int read_line(const char *const *arguments, struct command_line *ret)
{
	struct option_reader reader = OPTION_READER("program", 0, ret->argv);
	FILE *caught = tmpfile();
	int saved = dup(STDERR_FILENO), code;

	*ret = (struct command_line){ 0 };
	while (arguments[reader.argc])
		reader.argc++;
	memcpy(ret->argv, arguments, (size_t)reader.argc * sizeof(*arguments));
	ck_assert_ptr_nonnull(caught);
	dup2(fileno(caught), STDERR_FILENO);
	code = read_words(&reader, ret);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(caught);
	if (!fgets(ret->complaint, sizeof(ret->complaint), caught))
		ret->complaint[0] = '\0';
	ret->complaint[strcspn(ret->complaint, "\n")] = '\0';
	fclose(caught);
	ret->n_operands = reader.n_operands;
	return code;
}

#define LINE(...) ((const char *const[]){ "program", __VA_ARGS__, NULL })

START_TEST(values_go_where_the_table_says)
{
	const char *const *argv = LINE("--dir", "a", "log", "-db", "--name=x", "--jobs=3", "--offset", "0x1f", "--word", "two", "-");
	struct command_line line;

	ck_assert_int_eq(read_line(argv, &line), OPTION_GO_ON);
	ck_assert_uint_eq(line.dirs.n, 2);
	ck_assert_str_eq(line.dirs.values[0], "a");
	ck_assert_str_eq(line.dirs.values[1], "b");
	ck_assert_str_eq(line.name, "x");
	ck_assert_int_eq(line.jobs, 3);
	ck_assert(line.offset.given && line.offset.value == 0x1f);
	ck_assert_uint_eq(line.word, WORD_TWO);
	ck_assert_int_eq(line.n_operands, 2);
	ck_assert_str_eq(line.argv[1], "log");
	ck_assert_str_eq(line.argv[2], "-");
	ck_assert_str_eq(line.complaint, "");
}
END_TEST

START_TEST(letters_can_be_put_together)
{
	struct command_line line;

	ck_assert_int_eq(read_line(LINE("-qvj2", "log"), &line), OPTION_GO_ON);
	ck_assert(line.quiet && line.verbose);
	ck_assert_int_eq(line.jobs, 2);
	ck_assert_int_eq(line.n_operands, 1);
	ck_assert_int_eq(read_line(LINE("-qj", "4"), &line), OPTION_GO_ON);
	ck_assert_int_eq(line.jobs, 4);
	ck_assert_int_eq(read_line(LINE("-qx"), &line), 129);
	ck_assert_str_eq(line.complaint, "program: unknown option -x");
}
END_TEST

START_TEST(a_value_that_may_be_left_out_takes_no_operand)
{
	const char *const *argv = LINE("--color", "never");
	struct command_line line;

	ck_assert_int_eq(read_line(argv, &line), OPTION_GO_ON);
	ck_assert_uint_eq(line.color, TEXT_COLOR_ALWAYS);
	ck_assert_int_eq(line.n_operands, 1);
	ck_assert_int_eq(read_line(LINE("--color=never"), &line), OPTION_GO_ON);
	ck_assert_uint_eq(line.color, TEXT_COLOR_NEVER);
}
END_TEST

START_TEST(nothing_behind_two_dashes_is_an_option)
{
	const char *const *argv = LINE("a", "--", "-q", "--", "--help");
	struct command_line line;

	ck_assert_int_eq(read_line(argv, &line), OPTION_GO_ON);
	ck_assert(!line.quiet);
	ck_assert_int_eq(line.n_operands, 4);
	ck_assert_str_eq(line.argv[4], "--help");
}
END_TEST

START_TEST(the_last_of_two_counts)
{
	struct command_line line;

	ck_assert_int_eq(read_line(LINE("-2", "--word=one", "--name", "a", "--name="), &line), OPTION_GO_ON);
	ck_assert_uint_eq(line.word, WORD_ONE);
	ck_assert_str_eq(line.name, "");
}
END_TEST

static const struct {
	const char *argv[3];
	const char *complaint;
} mistakes[] = {
	{ { "--jbos" }, "program: unknown option --jbos; did you mean --jobs?" },
	{ { "--zzzzzz=3" }, "program: unknown option --zzzzzz" },
	{ { "--quiet=1" }, "program: option --quiet takes no value" },
	{ { "--name" }, "program: option --name needs a value (NAME)" },
	{ { "-j" }, "program: option --jobs needs a value (N)" },
	{ { "-j0" }, "program: --jobs takes a number from 1 to 8, not '0'" },
	{ { "--jobs=9" }, "program: --jobs takes a number from 1 to 8, not '9'" },
	{ { "--jobs=2x" }, "program: --jobs takes a number from 1 to 8, not '2x'" },
	{ { "--jobs=" }, "program: --jobs takes a number from 1 to 8, not ''" },
	{ { "--jobs", "99999999999999999999" }, "program: --jobs takes a number from 1 to 8, not '99999999999999999999'" },
	{ { "--offset=xyz" }, "program: --offset takes a hexadecimal number, not 'xyz'" },
	{ { "--offset=" }, "program: --offset takes a hexadecimal number, not ''" },
	{ { "--word", "three" }, "program: --word takes one of one, two; not 'three'" },
	{ { "--color=" }, "program: --color takes one of auto, always, never; not ''" },
};

START_TEST(mistakes_are_named)
{
	struct command_line line;

	ck_assert_int_eq(read_line(LINE(mistakes[_i].argv[0], mistakes[_i].argv[1]), &line), 129);
	ck_assert_str_eq(line.complaint, mistakes[_i].complaint);
}
END_TEST

START_TEST(a_list_has_an_end)
{
	const char *argv[OPTION_LIST_MAX + 3] = { "program" };
	struct command_line line;

	for (size_t i = 1; i <= OPTION_LIST_MAX + 1; i++)
		argv[i] = "-da";
	ck_assert_int_eq(read_line(argv, &line), 129);
	ck_assert_str_eq(line.complaint, "program: more than 64 times --dir");
	argv[OPTION_LIST_MAX + 1] = NULL;
	ck_assert_int_eq(read_line(argv, &line), OPTION_GO_ON);
	ck_assert_uint_eq(line.dirs.n, OPTION_LIST_MAX);
}
END_TEST

START_TEST(misspelt_words_have_a_nearest)
{
	static const char *const names[] = { "format", "follow", "titles", "patterns" };

	ck_assert_str_eq(option_nearest("formt", names, 4), "format");
	ck_assert_str_eq(option_nearest("title", names, 4), "titles");
	ck_assert_str_eq(option_nearest("pat", names, 4), "patterns");
	ck_assert_ptr_null(option_nearest("xyzzy", names, 4));
	ck_assert_ptr_null(option_nearest("", names, 4));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("options");
	TCase *tc = tcase_create("options");

	tcase_add_test(tc, values_go_where_the_table_says);
	tcase_add_test(tc, letters_can_be_put_together);
	tcase_add_test(tc, a_value_that_may_be_left_out_takes_no_operand);
	tcase_add_test(tc, nothing_behind_two_dashes_is_an_option);
	tcase_add_test(tc, the_last_of_two_counts);
	tcase_add_loop_test(tc, mistakes_are_named, 0, countof(mistakes));
	tcase_add_test(tc, a_list_has_an_end);
	tcase_add_test(tc, misspelt_words_have_a_nearest);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
