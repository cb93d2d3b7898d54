/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is written is read by jansson, and written by it in the same bytes. */
#include <check.h>
#include <jansson.h>
#include <stdio.h>

#include "edges/json.h"

static uint32_t random_next(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

static char *finish(struct json *json, struct json_level *root)
{
	struct buf buf = { 0 };

	ck_assert(json_end(json, root, &buf));
	return buf.data;
}

static void check_text(char *text, const char *want)
{
	ck_assert_str_eq(text, want);
	free(text);
}

START_TEST(each_value)
{
	struct json json = { 0 };
	struct json_level *root = json_begin(&json);

	json_put_str(&json, root, "str", "a \"b\" \\ /\b\f\n\r\t\x01\x1f\x7f");
	json_put_str(&json, root, "none", NULL);
	json_put_span(&json, root, "span", (struct span){ "a\0b", 3 });
	json_put_span(&json, root, "empty", (struct span){ NULL, 0 });
	json_put_bool(&json, root, "yes", true);
	json_put_bool(&json, root, "no", false);
	json_put_int(&json, root, "least", INT64_MIN);
	json_put_int(&json, root, "most", INT64_MAX);
	json_put_u64(&json, root, "exact", (UINT64_C(1) << 53) - 1);
	json_put_u64(&json, root, "over", UINT64_C(1) << 53);
	json_put_u64(&json, root, "zero", 0);
	json_put_real(&json, root, "half", -0.5);
	json_put_real(&json, root, "whole", 3);
	json_put_null(&json, root, "null");
	check_text(finish(&json, root),
		   "{\"str\":\"a \\\"b\\\" \\\\ /\\b\\f\\n\\r\\t\\u0001\\u001F\x7f\",\"none\":null,\"span\":\"a\\u0000b\","
		   "\"empty\":\"\",\"yes\":true,\"no\":false,\"least\":-9223372036854775808,\"most\":9223372036854775807,"
		   "\"exact\":9007199254740991,\"over\":null,\"zero\":0,\"half\":-0.5,\"whole\":3.0,\"null\":null}\n");
}
END_TEST

START_TEST(what_is_inside_ends_with_its_parents_next)
{
	struct json json = { 0 };
	struct json_level *root = json_begin(&json), *list, *item;

	json_put_array(&json, root, "empty");
	json_put_object(&json, root, "bare");
	list = json_put_array(&json, root, "list");
	item = json_add_object(&json, list);
	json_put_object(&json, item, "deep");
	json_put_int(&json, item, "n", 1);
	json_add_object(&json, list);
	json_add_str(&json, list, "x");
	item = json_add_object(&json, list);
	json_put_array(&json, json_put_object(&json, item, "o"), "a");
	json_put_int(&json, root, "last", 2);
	json_put_array(&json, root, "open");
	check_text(finish(&json, root), "{\"empty\":[],\"bare\":{},\"list\":[{\"deep\":{},\"n\":1},{},\"x\",{\"o\":{\"a\":[]}}],"
		   "\"last\":2,\"open\":[]}\n");
}
END_TEST

/* Bytes that are no UTF-8, one by one: overlong, halves of pairs, too large, cut off. */
START_TEST(what_is_no_utf8)
{
	static const struct { struct span bytes; const char *want; } cases[] = {
		{ SPAN("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"), "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80" },
		{ SPAN("\xff"), "\xef\xbf\xbd" },
		{ SPAN("a\x80z"), "a\xef\xbf\xbdz" },
		{ SPAN("\xc0\xaf"), "\xef\xbf\xbd\xef\xbf\xbd" },
		{ SPAN("\xed\xa0\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ SPAN("\xf4\x90\x80\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ SPAN("x\xe2\x82"), "x\xef\xbf\xbd\xef\xbf\xbd" },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		struct json json = { 0 };
		struct json_level *root = json_begin(&json);
		char want[64];

		json_put_span(&json, root, "s", cases[i].bytes);
		snprintf(want, sizeof(want), "{\"s\":\"%s\"}\n", cases[i].want);
		check_text(finish(&json, root), want);
	}
}
END_TEST

/* Anything into object, or, where it is an array, into that. */
static void put_random(struct json *json, struct json_level *object, bool array, uint32_t *state, unsigned int depth)
{
	for (uint32_t n = random_next(state) % 6; n > 0; n--) {
		char bytes[24], key[8];
		struct span s = { bytes, random_next(state) % sizeof(bytes) };
		uint32_t what = random_next(state) % (depth ? 6 : 4);

		for (size_t i = 0; i < s.len; i++)
			bytes[i] = (char)(random_next(state) % 4 ? 1 + random_next(state) % 127 : random_next(state));
		snprintf(key, sizeof(key), "k%u", n);
		if (array) {
			if (what < 4)
				json_add_str(json, object, key);
			else
				put_random(json, json_add_object(json, object), false, state, depth - 1);
		} else if (what == 0) {
			json_put_span(json, object, key, s);
		} else if (what == 1) {
			json_put_int(json, object, key, (int64_t)random_next(state) - (1 << 20));
		} else if (what == 2) {
			json_put_real(json, object, key, random_next(state) / 1024.0);
		} else if (what == 3) {
			json_put_bool(json, object, key, n & 1);
		} else {
			put_random(json, what == 4 ? json_put_object(json, object, key) : json_put_array(json, object, key),
				   what == 5, state, depth - 1);
		}
	}
}

START_TEST(jansson_agrees)
{
	uint32_t state = 5;

	for (int round = 0; round < 3000; round++) {
		struct json json = { 0 };
		struct json_level *root = json_begin(&json);
		json_error_t error;
		char *text, *again;
		json_t *tree;

		put_random(&json, root, false, &state, 5);
		text = finish(&json, root);
		tree = json_loads(text, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
		ck_assert_msg(tree != NULL, "%s: %s", error.text, text);
		again = json_dumps(tree, JSON_COMPACT);
		text[strlen(text) - 1] = '\0';
		ck_assert_str_eq(text, again);
		json_decref(tree);
		free(again);
		free(text);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("json");
	TCase *tc = tcase_create("json");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, each_value);
	tcase_add_test(tc, what_is_inside_ends_with_its_parents_next);
	tcase_add_test(tc, what_is_no_utf8);
	tcase_add_test(tc, jansson_agrees);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
