/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as the lines of a symptom (symptom_text.h): an error, or a symptom
 * that is written and read again as the same, and that is surely itself.
 */
#include "fuzz.h"

#include "match/evidence.h"
#include "match/symptom_text.h"

static struct match_rules *rules;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(buf_deinit) struct buf one = { 0 }, two = { 0 };
	_cleanup_(freep) char *copy = malloc(size ? size : 1);
	struct arena arena = { 0 }, arena_again = { 0 };
	struct symptom symptom = { 0 }, again = { 0 };
	struct culprit_error *err;

	if (!rules)
		REQUIRE(!match_rules_load(NULL, NULL, &rules));
	REQUIRE(copy);
	memcpy(copy, data, size);
	err = symptom_text_parse(rules, &arena, (struct span){ copy, size }, &symptom);
	if (err) {
		REQUIRE(culprit_error_code(err) == CULPRIT_ERROR_SYNTAX && culprit_error_message(err)[0]);
	} else {
		REQUIRE(symptom.title && symptom.title[0]);
		REQUIRE(symptom_text_format(rules, &symptom, &one));
		err = symptom_text_parse(rules, &arena_again, buf_span(&one), &again);
		REQUIRE(!err || one.len > SYMPTOM_TEXT_MAX_BYTES);
		REQUIRE(err || symptom_text_format(rules, &again, &two));
		REQUIRE(err || span_equal(buf_span(&one), buf_span(&two)));
	}
	culprit_error_destroy(err);
	arena_deinit(&arena);
	arena_deinit(&arena_again);
	return 0;
}
