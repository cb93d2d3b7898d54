/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <check.h>
#include <stdio.h>

#include "cli/output/json_read.h"
#include "cli/output/template.h"
#include "suite.h"

/* What the template gives of the JSON; a mistake's message. */
static void ck_filled(const char *text, const char *json, const char *expected)
{
	_cleanup_(buf_deinit) struct buf out = { 0 };
	struct json_t *root = NULL;
	struct culprit_error *err = json_read(span_of(json), &root);

	ck_assert_ptr_null(err);
	err = template_fill(span_of(text), root, &out);
	ck_assert_str_eq(err ? culprit_error_message(err) : out.data ? out.data : "", expected);
	culprit_error_destroy(err);
	json_read_free(&root);
}

START_TEST(values_are_escaped)
{
	ck_filled("", "{}", "");
	ck_filled("plain } { {", "{}", "plain } { {");
	ck_filled("<b>{{a}}</b>", "{\"a\":\"<i>&\\\"'\"}", "<b>&lt;i&gt;&amp;&quot;&#39;</b>");
	ck_filled("{{ a }}{{b}}", "{\"a\":-12,\"b\":null}", "-12");
	ck_filled("{{a}}", "{\"a\":\"{{b}}\"}", "{{b}}");	/* what is put in is no template */
}
END_TEST

START_TEST(sections_go_over_lists_objects_and_what_is_there)
{
	ck_filled("{{#l}}<{{n}}>{{/l}}", "{\"l\":[{\"n\":1},{\"n\":2}]}", "<1><2>");
	ck_filled("{{#l}}{{.}},{{/l}}", "{\"l\":[\"a\",\"<\"]}", "a,&lt;,");
	ck_filled("{{#o}}{{a}}{{b}}{{/o}}", "{\"a\":1,\"o\":{\"b\":2}}", "12");		/* outer names, too */
	ck_filled("{{#o}}{{a}}{{/o}}{{a}}", "{\"a\":1,\"o\":{\"a\":2}}", "21");		/* the inner one first */
	ck_filled("{{#a}}{{#b}}x{{/b}}y{{/a}}", "{\"a\":[{\"b\":true},{\"b\":false}]}", "xyy");
	ck_filled("{{#a}}1{{#a}}2{{/a}}3{{/a}}", "{\"a\":true}", "123");		/* of one name in each other */
}
END_TEST

START_TEST(nothing_is_null_false_zero_and_empty)
{
	static const char *const nothing[] = { "null", "false", "0", "0.0", "\"\"", "[]" };
	static const char *const something[] = { "true", "7", "0.5", "\"0\"", "[null]", "{}" };
	char json[64];

	for (size_t i = 0; i < countof(nothing); i++) {
		snprintf(json, sizeof(json), "{\"a\":%s}", nothing[i]);
		ck_filled("{{#a}}yes{{/a}}{{^a}}no{{/a}}", json, "no");
	}
	for (size_t i = 0; i < countof(something); i++) {
		snprintf(json, sizeof(json), "{\"a\":%s}", something[i]);
		ck_filled("{{#a}}yes{{/a}}{{^a}}no{{/a}}", json, "yes");
	}
}
END_TEST

START_TEST(a_tag_alone_on_its_line_leaves_none)
{
	ck_filled("a\n{{#l}}\n{{.}}\n{{/l}}\nb\n", "{\"l\":[\"1\",\"2\"]}", "a\n1\n2\nb\n");
	ck_filled("a\n  {{! why }}\t\nb", "{}", "a\nb");
	ck_filled("a {{#t}}\nb{{/t}}\n", "{\"t\":true}", "a \nb\n");
	ck_filled("{{#t}}{{#t}}\nb{{/t}}{{/t}}\n", "{\"t\":true}", "\nb\n");	/* two are not alone */
	ck_filled("{{#f}}\nx\n{{/f}}\n", "{\"f\":false}", "");
	ck_filled("{{t}}\n", "{\"t\":null}", "\n");				/* a value's line is a line */
}
END_TEST

START_TEST(mistakes_have_their_line)
{
	ck_filled("a\n{{b}}", "{}", "line 2: nothing is called 'b'");
	ck_filled("\n\n{{#b}}", "{\"b\":1}", "line 3: nothing closes the section 'b'");
	ck_filled("{{/b}}", "{\"b\":1}", "line 1: no such section is open: 'b'");
	ck_filled("{{#b}}\n{{/c}}", "{\"b\":1}", "line 2: another section is open here than 'c'");
	ck_filled("{{#b}}{{c}}{{/b}}", "{\"b\":[]}", "");			/* never filled, never missed */
	ck_filled("x{{b", "{\"b\":1}", "line 1: a tag is not closed");
	ck_filled("{{{b}}}", "{\"b\":1}", "line 1: this is no name");
	ck_filled("{{ }}", "{}", "line 1: this is no name");
	ck_filled("{{#}}", "{}", "line 1: this is no name");
}
END_TEST

START_TEST(sections_do_not_go_on_for_ever)
{
	_cleanup_(buf_deinit) struct buf text = { 0 };

	for (int i = 0; i < 40; i++)
		ck_assert(buf_add_str(&text, "{{#o}}"));
	for (int i = 0; i < 40; i++)
		ck_assert(buf_add_str(&text, "{{/o}}"));
	ck_filled(text.data, "{\"o\":{}}", "line 1: sections are too deep 'o'");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("template");
	TCase *tc = tcase_create("template");

	tcase_add_test(tc, values_are_escaped);
	tcase_add_test(tc, sections_go_over_lists_objects_and_what_is_there);
	tcase_add_test(tc, nothing_is_null_false_zero_and_empty);
	tcase_add_test(tc, a_tag_alone_on_its_line_leaves_none);
	tcase_add_test(tc, mistakes_have_their_line);
	tcase_add_test(tc, sections_do_not_go_on_for_ever);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
