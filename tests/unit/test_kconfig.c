/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "session/kconfig.h"
#include "suite.h"

static char directory[64];

static void ok(struct culprit_error *err)
{
	ck_assert_msg(!err, "%s", err ? culprit_error_message(err) : "");
}

static void make_directory(void)
{
	strcpy(directory, "/tmp/culprit-kconfig-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
}

static void remove_directory(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", directory);
	ck_assert_int_eq(system(command), 0);
}

static const char *put(const char *name, const char *text)
{
	static char paths[2][128];
	static int next;
	char *path = paths[next++ % 2];
	FILE *f;

	snprintf(path, sizeof(paths[0]), "%s/%s", directory, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	return path;
}

/* "A=y B=64 -C": the options, in their order, as the first file has them. */
static void options_are(const struct kconfig *k, const char *expected)
{
	struct buf text = { 0 };

	ck_assert(buf_add_str(&text, ""));
	for (uint32_t i = 0; i < k->n_options; i++) {
		const struct kconfig_symbol *s = &k->symbols[k->options[i]];

		ck_assert_uint_eq(s->option, i);
		ck_assert(buf_printf(&text, "%s%s%s%s%s", i ? " " : "", s->with ? "" : "-", s->name, s->with ? "=" : "",
				     s->with ? s->with : ""));
	}
	ck_assert_str_eq(text.data, expected);
	buf_deinit(&text);
}

static void formats(const struct kconfig *k, const char *keep, const char *expected)
{
	struct buf text = { 0 };
	uint8_t set[64];

	ck_assert_uint_eq(strlen(keep), k->n_options);
	for (uint32_t i = 0; i < k->n_options; i++)
		set[i] = keep[i] == '1';
	ck_assert(kconfig_format(k, set, &text));
	ck_assert_str_eq(text.data, expected);
	buf_deinit(&text);
}

START_TEST(what_differs)
{
	struct kconfig k;

	ok(kconfig_load(put("a", "# Linux/x86 6.1.0\r\nCONFIG_A=y\r\nCONFIG_B=64\n# CONFIG_C is not set\nCONFIG_D=m\nCONFIG_E=n\n"
				 "CONFIG_T=\"x = # y\"\n  CONFIG_S=y\nCONFIG_A_=y\nCONFIG_=y\nCONFIG_F\nnonsense\nCONFIG_L=0\nCONFIG_L=1"),
			put("b", "CONFIG_B=8\nCONFIG_C=y\nCONFIG_D=y\nCONFIG_S=y\n# CONFIG_A_ is set\nCONFIG_G=y\n"), &k));
	options_are(&k, "A=y B=64 -C D=m T=\"x = # y\" A_=y L=1 -G");
	/* What is on in none is said to be off; numbers and texts have no such word. */
	formats(&k, "00000000", "# CONFIG_A is not set\nCONFIG_B=8\nCONFIG_C=y\nCONFIG_D=y\n# CONFIG_E is not set\nCONFIG_S=y\n"
				"# CONFIG_A_ is not set\nCONFIG_G=y\n");
	formats(&k, "11111111", "CONFIG_A=y\nCONFIG_B=64\n# CONFIG_C is not set\nCONFIG_D=m\n# CONFIG_E is not set\nCONFIG_T=\"x = # y\"\n"
				"CONFIG_S=y\nCONFIG_A_=y\nCONFIG_L=1\n# CONFIG_G is not set\n");
	kconfig_deinit(&k);
}
END_TEST

START_TEST(what_is_formatted_reads_back)
{
	struct kconfig k, again;
	struct buf text = { 0 };
	uint8_t keep[] = { 1, 0, 1 };

	ok(kconfig_load(put("a", "CONFIG_A=y\nCONFIG_B=y\n# CONFIG_C is not set\n"), put("b", "CONFIG_C=y\n"), &k));
	ck_assert_uint_eq(k.n_options, 3);
	ck_assert(kconfig_format(&k, keep, &text));
	ok(kconfig_load(put("c", text.data), put("b", "CONFIG_C=y\n"), &again));
	options_are(&again, "A=y -C");
	kconfig_deinit(&again);
	kconfig_deinit(&k);
	buf_deinit(&text);
}
END_TEST

static void refused(const char *with, const char *without, enum culprit_error_code code)
{
	struct kconfig k;
	struct culprit_error *err = kconfig_load(with, without, &k);

	ck_assert_ptr_nonnull(err);
	ck_assert_int_eq(culprit_error_code(err), code);
	culprit_error_destroy(err);
}

START_TEST(what_is_no_configuration)
{
	const char *path = put("a", "hello\n");

	refused(path, path, CULPRIT_ERROR_FORMAT);
	refused("/nowhere", path, CULPRIT_ERROR_OS);
	refused(path, "/nowhere", CULPRIT_ERROR_OS);
	refused(directory, path, CULPRIT_ERROR_OS);
}
END_TEST

/* "A>B C>D": the edges by name. */
static void edges_are(const struct kconfig *k, const char *expected)
{
	struct minimise_edge *edges;
	struct buf text = { 0 };
	struct git *git;
	size_t n;

	ok(git_open(directory, &git));
	ok(kconfig_edges(k, git, "HEAD", &edges, &n));
	ck_assert(buf_add_str(&text, ""));
	for (size_t i = 0; i < n; i++)
		ck_assert(buf_printf(&text, "%s%s>%s", i ? " " : "", k->symbols[k->options[edges[i].option]].name,
				     k->symbols[k->options[edges[i].needs]].name));
	ck_assert_str_eq(text.data, expected);
	buf_deinit(&text);
	free(edges);
	git_destroy(git);
}

static void commit(const char *kconfig, const char *other)
{
	char command[512];

	put("Kconfig", kconfig);
	snprintf(command, sizeof(command), "mkdir -p %s/arch/x86 && git init -q %s", directory, directory);
	ck_assert_int_eq(system(command), 0);
	put("arch/x86/Kconfig.cpu", other);
	snprintf(command, sizeof(command), "cd %s && git add -A && git -c user.name=A -c user.email=a@example.org commit -qm 1", directory);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(dependencies)
{
	struct kconfig k;

	ok(kconfig_load(put("a", "CONFIG_A=y\nCONFIG_B=y\nCONFIG_C=y\nCONFIG_D=y\nCONFIG_E=y\nCONFIG_F=y\n# CONFIG_OFF is not set\nCONFIG_SAME=y\n"),
			put("b", "CONFIG_OFF=y\nCONFIG_SAME=y\n"), &k));
	commit("config A\n\tbool \"a\"\n\tdepends on B && !C && (D || E) && SAME && F=y && E # why\n"
	       "\thelp\n\t  depends on D\n\t  if you say Y\n"
	       "config OFF\n\tdepends on A\n"
	       "config B\n\tdepends on C || D\n\tdepends on E if F\n\tdepends on D && \\\n\t\tE\n"
	       "menu \"M\"\n\tdepends on F\nif D\nconfig C\n\tbool\nendif\nconfig E\n\tbool\nendmenu\n"
	       "choice\n\tdepends on C\nendchoice\nconfig D\n\tdepends on F\n",
	       /* D is defined twice, and only one needs F */
	       "config D\n\tdepends on EXPERT\nendif\nendmenu\nmenuconfig F\n\tbool\nif F\nendif\nconfig Z\n\tdepends on A\n");
	edges_are(&k, "A>B A>E C>D C>F E>F");
	kconfig_deinit(&k);
}
END_TEST

START_TEST(deep_blocks_stay_in_bounds)
{
	struct buf text = { 0 };
	struct kconfig k;

	for (int i = 0; i < 500; i++)
		ck_assert(buf_add_str(&text, "if B && B && B\n"));
	ck_assert(buf_add_str(&text, "config A\n"));
	for (int i = 0; i < 600; i++)
		ck_assert(buf_add_str(&text, "endif\n"));
	ck_assert(buf_add_str(&text, "config C\n\tdepends on B\n"));
	ok(kconfig_load(put("a", "CONFIG_A=y\nCONFIG_B=y\nCONFIG_C=y\n"), put("b", ""), &k));
	commit(text.data, "");
	edges_are(&k, "A>B C>B");
	kconfig_deinit(&k);
	buf_deinit(&text);
}
END_TEST

START_TEST(a_tree_without_kconfig)
{
	struct kconfig k;

	ok(kconfig_load(put("a", "CONFIG_A=y\n"), put("b", ""), &k));
	commit("", "");
	edges_are(&k, "");
	kconfig_deinit(&k);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		what_differs, what_is_formatted_reads_back, what_is_no_configuration, dependencies, deep_blocks_stay_in_bounds,
		a_tree_without_kconfig,
	};
	Suite *suite = suite_create("kconfig");
	TCase *tcase = tcase_create("kconfig");

	tcase_add_checked_fixture(tcase, make_directory, remove_directory);
	for (size_t k = 0; k < countof(tests); k++)
		tcase_add_test(tcase, tests[k]);
	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
