/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdio.h>
#include <unistd.h>

#include "pattern/yaml.h"
#include "suite.h"

static struct yaml_doc *parse(const char *text)
{
	struct yaml_doc *doc = NULL;
	struct culprit_error *err = yaml_parse(span_of(text), "t.yaml", &doc);

	ck_assert_msg(!err, "%s", err ? culprit_error_message(err) : "");
	return doc;
}

static void ck_message(struct culprit_error *err, enum culprit_error_code code, const char *message)
{
	ck_assert_ptr_nonnull(err);
	ck_assert_str_eq(culprit_error_message(err), message);
	ck_assert_int_eq(culprit_error_code(err), code);
	culprit_error_destroy(err);
}

START_TEST(a_tree_knows_its_places)
{
	_cleanup_(yaml_destroyp) struct yaml_doc *doc = parse("a: 1\nlist:\n  - x\n  - {k: 'v'}\n\"q\": |\n  two\n  lines\n");
	const struct yaml_node *root = doc->root, *list;

	ck_assert_int_eq(root->kind, YAML_MAPPING);
	ck_assert_uint_eq(root->n, 3);
	ck_assert_str_eq(root->pairs[0].key->text, "a");
	ck_assert_uint_eq(root->pairs[0].value->line, 1);
	ck_assert_uint_eq(root->pairs[0].value->column, 4);
	ck_assert(!root->pairs[0].value->quoted);
	list = yaml_find(root, "list");
	ck_assert_int_eq(list->kind, YAML_SEQUENCE);
	ck_assert_uint_eq(list->n, 2);
	ck_assert_str_eq(list->items[0]->text, "x");
	ck_assert_uint_eq(list->items[0]->line, 3);
	ck_assert_uint_eq(list->items[0]->column, 5);
	ck_assert_str_eq(yaml_find(list->items[1], "k")->text, "v");
	ck_assert(yaml_find(list->items[1], "k")->quoted);
	ck_assert_str_eq(yaml_find(root, "q")->text, "two\nlines\n");
	ck_assert_uint_eq(yaml_find(root, "q")->len, 10);
	ck_assert_ptr_null(yaml_find(root, "z"));
}
END_TEST

START_TEST(empty_documents)
{
	static const char *const texts[] = { "", "\n", "# only a remark\n" };

	for (size_t i = 0; i < countof(texts); i++) {
		_cleanup_(yaml_destroyp) struct yaml_doc *doc = parse(texts[i]);

		ck_assert_ptr_null(doc->root);
	}
}
END_TEST

/* What a file of no bytes gives: a span without a pointer. */
START_TEST(empty_files)
{
	_cleanup_(yaml_destroyp) struct yaml_doc *doc = NULL;

	ck_assert_ptr_null(yaml_load("/dev/null", &doc));
	ck_assert_ptr_null(doc->root);
}
END_TEST

static const struct { const char *text, *message; } mistakes[] = {
	{ "a: 1\na: 2\n", "t.yaml:2:1: key 'a' stands here for the second time" },
	{ "a: &x 1\n", "t.yaml:1:4: anchors and tags are not supported" },
	{ "a: !!str 1\n", "t.yaml:1:4: anchors and tags are not supported" },
	{ "a: &x [1]\n", "t.yaml:1:4: anchors and tags are not supported" },
	{ "a: *x\n", "t.yaml:1:4: aliases are not supported" },
	{ "[1, 2]: 3\n", "t.yaml:1:1: a key must be a scalar" },
	{ "a: 1\n---\nb: 2\n", "t.yaml:2:1: a second document; one file holds one" },
	{ "a: \"x\\0y\"\n", "t.yaml:1:4: NUL byte in a scalar" },
	{ "a: [1\n", "t.yaml:2:1: did not find expected ',' or ']'" },
	{ "a: 1\n\tb: 2\n", "t.yaml:2:1: found a tab character that violates indentation" },
	{ "a: \"x\n", "t.yaml:2:1: found unexpected end of stream" },
};

START_TEST(each_mistake_has_its_place)
{
	struct yaml_doc *doc = NULL;

	ck_message(yaml_parse(span_of(mistakes[_i].text), "t.yaml", &doc), CULPRIT_ERROR_SYNTAX, mistakes[_i].message);
	ck_assert_ptr_null(doc);
}
END_TEST

START_TEST(depth_is_bounded)
{
	char text[301];
	struct yaml_doc *doc;

	memset(text, '[', 64);
	memset(text + 64, ']', 64);
	text[128] = '\0';
	yaml_destroy(parse(text));
	memset(text, '[', 300);
	text[300] = '\0';
	ck_message(yaml_parse(span_of(text), "t.yaml", &doc), CULPRIT_ERROR_SYNTAX, "t.yaml:1:65: nested too deeply");
}
END_TEST

START_TEST(typed_readings_say_what_was_expected)
{
	_cleanup_(yaml_destroyp) struct yaml_doc *doc =
		parse("b: true\nq: 'true'\ni: 12\nbig: 99999999999999999999\nn: 1.5\nl: [1]\nnan: nan\n");
	const struct yaml_node *r = doc->root;
	const char *text;
	int64_t i;
	double d;
	bool b;

	ck_assert_ptr_null(yaml_get_bool(doc, yaml_find(r, "b"), "x", &b));
	ck_assert(b);
	ck_message(yaml_get_bool(doc, yaml_find(r, "q"), "x", &b), CULPRIT_ERROR_SYNTAX,
		   "t.yaml:2:4: x must be true or false, not 'true'");
	ck_assert_ptr_null(yaml_get_int(doc, yaml_find(r, "i"), "x", 0, 12, &i));
	ck_assert_int_eq(i, 12);
	ck_message(yaml_get_int(doc, yaml_find(r, "i"), "x", 0, 11, &i), CULPRIT_ERROR_SYNTAX,
		   "t.yaml:3:4: x must be a whole number from 0 to 11, not '12'");
	ck_message(yaml_get_int(doc, yaml_find(r, "big"), "x", 0, INT64_MAX, &i), CULPRIT_ERROR_SYNTAX,
		   "t.yaml:4:6: x must be a whole number from 0 to 9223372036854775807, not '99999999999999999999'");
	ck_assert_ptr_null(yaml_get_number(doc, yaml_find(r, "n"), "x", 0, 2, &d));
	ck_assert(d == 1.5);
	ck_message(yaml_get_number(doc, yaml_find(r, "nan"), "x", 0, 2, &d), CULPRIT_ERROR_SYNTAX,
		   "t.yaml:7:6: x must be a number from 0 to 2, not 'nan'");
	ck_message(yaml_get_string(doc, yaml_find(r, "l"), "x", &text), CULPRIT_ERROR_SYNTAX,
		   "t.yaml:6:4: x must be a scalar, not a sequence");
	ck_message(yaml_expect(doc, r, YAML_SEQUENCE, "x"), CULPRIT_ERROR_SYNTAX,
		   "t.yaml:1:1: x must be a sequence, not a mapping");
}
END_TEST

START_TEST(what_is_written_reads_back)
{
	static const char *const texts[] = {
		"", "plain", "a: b", "- x", "true", "No", "12", "0x1", "a\nb", "tab\there", "quo\"te", "back\\slash", "# no remark",
		" blank ", "\x01\x1b", "Gr\xc3\xbc\xc3\x9f", "*x", "&x", "!x", "%x", "@x", "{a}", "[a]", "a #b", "null", "~", "---",
	};

	for (size_t i = 0; i < countof(texts); i++) {
		_cleanup_(buf_deinit) struct buf buf = { 0 };
		_cleanup_(yaml_destroyp) struct yaml_doc *doc = NULL;

		ck_assert(buf_add_str(&buf, "k: ") && yaml_write_scalar(&buf, span_of(texts[i])) && buf_add_char(&buf, '\n'));
		doc = parse(buf.data);
		ck_assert_str_eq(yaml_find(doc->root, "k")->text, texts[i]);
	}
}
END_TEST

START_TEST(files)
{
	char path[] = "/tmp/test_yaml.XXXXXX";
	int fd = mkstemp(path);
	struct yaml_doc *doc = NULL;
	struct culprit_error *err;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, "a: 1\n", 5), 5);
	close(fd);
	ck_assert_ptr_null(yaml_load(path, &doc));
	ck_assert_str_eq(doc->name, path);
	yaml_destroy(doc);
	unlink(path);
	err = yaml_load(path, &doc);
	ck_assert_int_eq(culprit_error_code(err), CULPRIT_ERROR_OS);
	ck_assert_ptr_nonnull(strstr(culprit_error_message(err), path));
	culprit_error_destroy(err);
	err = yaml_load("/", &doc);
	ck_assert_int_eq(culprit_error_code(err), CULPRIT_ERROR_OS);
	culprit_error_destroy(err);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("yaml");
	TCase *tc = tcase_create("yaml");

	tcase_add_test(tc, a_tree_knows_its_places);
	tcase_add_test(tc, empty_documents);
	tcase_add_test(tc, empty_files);
	tcase_add_loop_test(tc, each_mistake_has_its_place, 0, countof(mistakes));
	tcase_add_test(tc, depth_is_bounded);
	tcase_add_test(tc, typed_readings_say_what_was_expected);
	tcase_add_test(tc, what_is_written_reads_back);
	tcase_add_test(tc, files);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
