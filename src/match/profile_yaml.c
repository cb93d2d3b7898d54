/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A profile as a file:
 *
 *	culprit-profile: 1
 *	runs: 20                  # known-bad runs learned from
 *	hits: 19                  # of them with the target
 *	good-runs: 0
 *	titles:
 *	  - title: "KASAN: use-after-free Write in fsnotify_detach_connector_from_object"
 *	    role: own             # or adopted
 *	    seen: 18              # known-bad runs that showed it, and as first crash
 *	    first: 18
 *	    alternatives: ["bad-access in fsnotify_detach_connector_from_object"]
 *	    guilty: fsnotify_detach_connector_from_object
 *	    samples:
 *	      - access: [fsnotify_detach_connector_from_object+0x1c/0x40, fsnotify_put_mark]
 *	        details:
 *	          - { cache: fsnotify_mark_connector }
 *	  - title: "KASAN: use-after-free Read in iput"
 *	    role: adopted
 *	    weight: 0.79          # probability that it belongs to the bug
 *	    fixed: yes            # learning leaves the weight alone
 *
 * Unknown keys are errors with their place.  Classes are not written: they
 * follow from the titles by the rules of the day.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/files.h"
#include "match/profile.h"
#include "match/profile_entry.h"
#include "pattern/yaml.h"

#define PROFILE_FORMAT 1
#define MAX_COUNT 1000000000
#define WEIGHT_NOT_SAID 0.5	/* of a title that a profile names without one: rather so, or rather not */

/* ------------------------------------------------------------- writing */

static bool write_text(struct buf *out, const char *text)
{
	return yaml_write_scalar(out, span_of(text));
}

static bool write_key_text(struct buf *out, const char *key, const char *text)
{
	return !text || (buf_add_str(out, key) && write_text(out, text) && buf_add_char(out, '\n'));
}

static bool write_list(struct buf *out, const char *key, const char *const *items, size_t n)
{
	bool ok = !n || (buf_add_str(out, key) && buf_add_char(out, '['));

	for (size_t i = 0; ok && i < n; i++)
		ok = (!i || buf_add_str(out, ", ")) && write_text(out, items[i]);
	return ok && (!n || buf_add_str(out, "]\n"));
}

static bool write_frames(struct buf *out, const struct symptom_stack *stack)
{
	bool ok = buf_add_char(out, '[');

	for (size_t i = 0; ok && i < stack->n; i++) {
		_cleanup_(buf_deinit) struct buf frame = { 0 };

		ok = symptom_frame_format(&stack->frames[i], &frame) && (!i || buf_add_str(out, ", ")) &&
		     write_text(out, frame.data);
	}
	return ok && buf_add_char(out, ']');
}

static bool write_stack(struct buf *out, const char *key, const struct symptom_stack *stack)
{
	return !stack->n || (buf_add_str(out, key) && write_frames(out, stack) && buf_add_char(out, '\n'));
}

static bool write_others(struct buf *out, const struct symptom *symptom)
{
	bool ok = !symptom->n_others || buf_add_str(out, "        others:\n");

	for (size_t i = 0; ok && i < symptom->n_others; i++)
		ok = buf_add_str(out, "          - ") && write_frames(out, &symptom->others[i]) && buf_add_char(out, '\n');
	return ok;
}

static bool write_details(struct buf *out, const struct match_rules *rules, const struct symptom *symptom)
{
	bool ok = !symptom->n_details || buf_add_str(out, "        details:\n");

	for (size_t i = 0; ok && i < symptom->n_details; i++) {
		ok = buf_add_str(out, "          - { ") && write_text(out, rules_detail(rules, symptom->details[i].rule)->name) &&
		     buf_add_str(out, ": ") && write_text(out, symptom->details[i].value) && buf_add_str(out, " }\n");
	}
	return ok;
}

static bool write_sample(struct buf *out, const struct match_rules *rules, const struct symptom *symptom)
{
	size_t at;
	bool ok = buf_add_str(out, "      -");

	at = out->len;
	ok = ok && write_key_text(out, "        task: ", symptom->task) &&
	     write_key_text(out, "        kernel: ", symptom->kernel_version) &&
	     (!symptom->torn || buf_add_str(out, "        torn: yes\n")) &&
	     write_stack(out, "        access: ", &symptom->access) &&
	     write_stack(out, "        allocated: ", &symptom->allocated) &&
	     write_stack(out, "        freed: ", &symptom->freed) && write_others(out, symptom) &&
	     write_details(out, rules, symptom);
	if (!ok)
		return false;
	/* the first key stands behind the dash: "      -        task:" to "      - task:" */
	if (out->len == at)
		return buf_add_str(out, " {}\n");
	memmove(out->data + at, out->data + at + 7, out->len - at - 7);
	out->len -= 7;
	out->data[out->len] = 0;
	return true;
}

static bool write_entry(struct buf *out, const struct match_rules *rules, const struct profile_entry *entry)
{
	const struct symptom *symptom = &entry->samples[0];
	bool ok = buf_add_str(out, "  - title: ") && write_text(out, symptom->title) && buf_add_char(out, '\n') &&
		  buf_printf(out, "    role: %s\n", entry->own ? "own" : "adopted");

	if (ok && !entry->own)
		ok = buf_printf(out, "    weight: %.3f\n", entry->weight) &&
		     (!entry->fixed || buf_add_str(out, "    fixed: yes\n"));
	if (ok && entry->seen)
		ok = buf_printf(out, "    seen: %zu\n    first: %zu\n", entry->seen, entry->first);
	if (ok && entry->seen_good)
		ok = buf_printf(out, "    seen-good: %zu\n", entry->seen_good);
	ok = ok && write_list(out, "    alternatives: ", symptom->alts, symptom->n_alts) &&
	     write_key_text(out, "    guilty: ", symptom->frame);
	if (!ok || (entry->n_samples == 1 && symptom_is_bare(symptom) && !symptom->task && !symptom->kernel_version))
		return ok;
	ok = buf_add_str(out, "    samples:\n");
	for (size_t i = 0; ok && i < entry->n_samples; i++)
		ok = write_sample(out, rules, &entry->samples[i]);
	return ok;
}

struct culprit_error *profile_format(const struct profile *profile, struct buf *ret)
{
	bool ok = buf_printf(ret, "# What the hunted bug looks like: culprit match --profile\n"
				  "culprit-profile: %d\nruns: %zu\nhits: %zu\ngood-runs: %zu\n", PROFILE_FORMAT,
			     profile->n_runs, profile->n_hits, profile->n_good_runs);

	ok = ok && buf_add_str(ret, profile->n_entries ? "titles:\n" : "titles: []\n");
	for (size_t i = 0; ok && i < profile->n_entries; i++)
		ok = write_entry(ret, profile->rules, &profile->entries[i]);
	return ok ? NULL : &culprit_error_no_memory;
}

/* ------------------------------------------------------------- reading */

struct reading {
	const struct yaml_doc *doc;
	struct profile *profile;
};

static struct culprit_error *read_count(const struct reading *r, const struct yaml_node *node, const char *what,
					size_t *ret)
{
	int64_t value;
	struct culprit_error *err = yaml_get_int(r->doc, node, what, 0, MAX_COUNT, &value);

	if (!err)
		*ret = (size_t)value;
	return err;
}

static struct culprit_error *read_string(const struct reading *r, const struct yaml_node *node, const char *what,
					 const char **ret)
{
	const char *text;
	struct culprit_error *err = yaml_get_string(r->doc, node, what, &text);

	if (err)
		return err;
	*ret = arena_dup(&r->profile->arena, span_of(text));
	return *ret ? NULL : &culprit_error_no_memory;
}

static struct culprit_error *read_stack(const struct reading *r, const struct yaml_node *node, const char *what,
					struct symptom_stack *ret)
{
	struct culprit_error *err = yaml_expect(r->doc, node, YAML_SEQUENCE, what);

	if (err)
		return err;
	if (node->n > SYMPTOM_MAX_FRAMES)
		return yaml_error(r->doc, node, "more than %d frames", SYMPTOM_MAX_FRAMES);
	ret->frames = arena_array(&r->profile->arena, node->n + 1, sizeof(*ret->frames));
	if (!ret->frames)
		return &culprit_error_no_memory;
	ret->n = 0;
	for (size_t i = 0; i < node->n; i++) {
		err = yaml_expect(r->doc, node->items[i], YAML_SCALAR, "frame");
		if (!err && !node->items[i]->len)
			err = yaml_error(r->doc, node->items[i], "empty frame");
		if (!err)
			err = symptom_frame_parse(r->profile->rules, &r->profile->arena, node->items[i]->text,
						  &ret->frames[ret->n]);
		if (err)
			return err;
		/* what became machinery by newer rules */
		if (ret->frames[ret->n].weight > 0)
			ret->n++;
	}
	return NULL;
}

static struct culprit_error *read_others(const struct reading *r, const struct yaml_node *node, struct symptom *symptom)
{
	struct culprit_error *err = yaml_expect(r->doc, node, YAML_SEQUENCE, "others");

	if (err)
		return err;
	if (node->n > SYMPTOM_MAX_OTHERS)
		return yaml_error(r->doc, node, "more than %d stacks", SYMPTOM_MAX_OTHERS);
	symptom->others = arena_array(&r->profile->arena, node->n + 1, sizeof(*symptom->others));
	if (!symptom->others)
		return &culprit_error_no_memory;
	for (size_t i = 0; !err && i < node->n; i++)
		err = read_stack(r, node->items[i], "others", &symptom->others[i]);
	symptom->n_others = node->n;
	return err;
}

static struct culprit_error *read_detail(const struct reading *r, const struct yaml_pair *pair,
					 struct symptom *symptom)
{
	const struct match_rules *rules = r->profile->rules;
	struct culprit_error *err;
	const char *value;

	err = read_string(r, pair->value, pair->key->text, &value);
	if (err)
		return err;
	for (size_t i = 0; i < rules_n_details(rules); i++) {
		const struct detail_rule *rule = rules_detail(rules, i);

		if (strcmp(rule->name, pair->key->text) || symptom->n_details == SYMPTOM_MAX_DETAILS)
			continue;
		symptom->details[symptom->n_details++] = (struct symptom_detail){ i, value };
		return NULL;
	}
	/* of rules that are no more: not an error of the file */
	return NULL;
}

static struct culprit_error *read_details(const struct reading *r, const struct yaml_node *node,
					  struct symptom *symptom)
{
	struct culprit_error *err = yaml_expect(r->doc, node, YAML_SEQUENCE, "details");

	if (err)
		return err;
	symptom->details = arena_array(&r->profile->arena, SYMPTOM_MAX_DETAILS, sizeof(*symptom->details));
	if (!symptom->details)
		return &culprit_error_no_memory;
	for (size_t i = 0; i < node->n; i++) {
		err = yaml_expect(r->doc, node->items[i], YAML_MAPPING, "detail");
		if (err)
			return err;
		YAML_FOR_EACH_PAIR(pair, node->items[i]) {
			err = read_detail(r, pair, symptom);
			if (err)
				return err;
		}
	}
	return NULL;
}

static struct culprit_error *read_sample(const struct reading *r, const struct yaml_node *node,
					 struct symptom *symptom)
{
	struct culprit_error *err = yaml_expect(r->doc, node, YAML_MAPPING, "sample");

	if (err)
		return err;
	YAML_FOR_EACH_PAIR(pair, node) {
		if (yaml_is(pair->key, "task"))
			err = read_string(r, pair->value, "task", &symptom->task);
		else if (yaml_is(pair->key, "kernel"))
			err = read_string(r, pair->value, "kernel", &symptom->kernel_version);
		else if (yaml_is(pair->key, "torn"))
			err = yaml_get_bool(r->doc, pair->value, "torn", &symptom->torn);
		else if (yaml_is(pair->key, "access"))
			err = read_stack(r, pair->value, "access", &symptom->access);
		else if (yaml_is(pair->key, "allocated"))
			err = read_stack(r, pair->value, "allocated", &symptom->allocated);
		else if (yaml_is(pair->key, "freed"))
			err = read_stack(r, pair->value, "freed", &symptom->freed);
		else if (yaml_is(pair->key, "others"))
			err = read_others(r, pair->value, symptom);
		else if (yaml_is(pair->key, "details"))
			err = read_details(r, pair->value, symptom);
		else
			err = yaml_error(r->doc, pair->key, "unknown key '%s' of a sample; expected one of: task, kernel, torn, "
					 "access, allocated, freed, others, details", pair->key->text);
		if (err)
			return err;
	}
	return NULL;
}

static struct culprit_error *read_samples(const struct reading *r, const struct yaml_node *node,
					  struct profile_entry *entry)
{
	struct culprit_error *err = yaml_expect(r->doc, node, YAML_SEQUENCE, "samples");
	struct symptom title = entry->samples[0];

	if (err)
		return err;
	if (node->n > PROFILE_MAX_SAMPLES)
		return yaml_error(r->doc, node, "more than %d samples of a title", PROFILE_MAX_SAMPLES);
	for (size_t i = 0; !err && i < node->n; i++) {
		entry->samples[i] = title;
		entry->n_samples = i + 1;
		err = read_sample(r, node->items[i], &entry->samples[i]);
	}
	return err;
}

static struct culprit_error *read_alternatives(const struct reading *r, const struct yaml_node *node,
					       struct symptom *symptom)
{
	struct culprit_error *err = yaml_expect(r->doc, node, YAML_SEQUENCE, "alternatives");
	const char **alts;

	if (err)
		return err;
	if (node->n > SYMPTOM_MAX_ALTS)
		return yaml_error(r->doc, node, "more than %d titles", SYMPTOM_MAX_ALTS);
	alts = arena_array(&r->profile->arena, node->n + 1, sizeof(*alts));
	if (!alts)
		return &culprit_error_no_memory;
	for (size_t i = 0; i < node->n; i++) {
		err = read_string(r, node->items[i], "alternatives", &alts[i]);
		if (err)
			return err;
	}
	symptom->alts = alts;
	symptom->n_alts = node->n;
	return NULL;
}

static struct culprit_error *read_role(const struct reading *r, const struct yaml_node *node, bool *ret_own)
{
	if (node->kind == YAML_SCALAR && (yaml_is(node, "own") || yaml_is(node, "adopted"))) {
		*ret_own = yaml_is(node, "own");
		return NULL;
	}
	return yaml_error(r->doc, node, "bad role; expected one of: own, adopted");
}

/* All but the title, and the samples only when all else is known. */
static struct culprit_error *read_entry_key(const struct reading *r, const struct yaml_pair *pair,
					    struct profile_entry *entry)
{
	const struct yaml_node *value = pair->value;

	if (yaml_is(pair->key, "title") || yaml_is(pair->key, "samples"))
		return NULL;
	if (yaml_is(pair->key, "role"))
		return read_role(r, value, &entry->own);
	if (yaml_is(pair->key, "weight"))
		return yaml_get_number(r->doc, value, "weight", 0, 1, &entry->weight);
	if (yaml_is(pair->key, "fixed"))
		return yaml_get_bool(r->doc, value, "fixed", &entry->fixed);
	if (yaml_is(pair->key, "seen"))
		return read_count(r, value, "seen", &entry->seen);
	if (yaml_is(pair->key, "first"))
		return read_count(r, value, "first", &entry->first);
	if (yaml_is(pair->key, "seen-good"))
		return read_count(r, value, "seen-good", &entry->seen_good);
	if (yaml_is(pair->key, "alternatives"))
		return read_alternatives(r, value, &entry->samples[0]);
	if (yaml_is(pair->key, "guilty"))
		return read_string(r, value, "guilty", &entry->samples[0].frame);
	return yaml_error(r->doc, pair->key, "unknown key '%s' of a title; expected one of: title, role, weight, fixed, seen, "
			  "first, seen-good, alternatives, guilty, samples", pair->key->text);
}

static struct culprit_error *read_entry(const struct reading *r, const struct yaml_node *node)
{
	struct culprit_error *err = yaml_expect(r->doc, node, YAML_MAPPING, "title");
	const struct yaml_node *title, *samples;
	struct profile_entry *entry;
	struct symptom symptom;
	const char *text;

	if (err)
		return err;
	title = yaml_find(node, "title");
	if (!title)
		return yaml_error(r->doc, node, "title is missing");
	err = yaml_get_string(r->doc, title, "title", &text);
	if (!err && !text[0])
		err = yaml_error(r->doc, title, "the title is empty");
	if (!err && profile_find(r->profile, text))
		err = yaml_error(r->doc, title, "the title stands here twice");
	if (!err)
		err = symptom_from_title(r->profile->rules, &r->profile->arena, text, &symptom);
	if (!err)
		err = profile_add_entry(r->profile, &symptom, &entry);
	if (err)
		return err;
	if (!entry)
		return yaml_error(r->doc, node, "more than %d titles", PROFILE_MAX_ENTRIES);
	entry->own = true;
	entry->weight = WEIGHT_NOT_SAID;
	YAML_FOR_EACH_PAIR(pair, node) {
		err = read_entry_key(r, pair, entry);
		if (err)
			return err;
	}
	samples = yaml_find(node, "samples");
	return samples ? read_samples(r, samples, entry) : NULL;
}

static struct culprit_error *read_entries(const struct reading *r, const struct yaml_node *node)
{
	struct culprit_error *err = yaml_expect(r->doc, node, YAML_SEQUENCE, "titles");

	for (size_t i = 0; !err && i < node->n; i++)
		err = read_entry(r, node->items[i]);
	return err;
}

static struct culprit_error *read_profile(const struct reading *r)
{
	const struct yaml_node *root = r->doc->root;
	bool seen_format = false;
	struct culprit_error *err;
	int64_t format;

	if (!root)
		return culprit_error_create(CULPRIT_ERROR_SYNTAX, "%s: the file is empty", r->doc->name);
	err = yaml_expect(r->doc, root, YAML_MAPPING, "profile");
	if (err)
		return err;
	YAML_FOR_EACH_PAIR(pair, root) {
		if (yaml_is(pair->key, "culprit-profile")) {
			err = yaml_get_int(r->doc, pair->value, "culprit-profile", PROFILE_FORMAT, PROFILE_FORMAT, &format);
			seen_format = true;
		} else if (yaml_is(pair->key, "runs")) {
			err = read_count(r, pair->value, "runs", &r->profile->n_runs);
		} else if (yaml_is(pair->key, "hits")) {
			err = read_count(r, pair->value, "hits", &r->profile->n_hits);
		} else if (yaml_is(pair->key, "good-runs")) {
			err = read_count(r, pair->value, "good-runs", &r->profile->n_good_runs);
		} else if (yaml_is(pair->key, "titles")) {
			err = read_entries(r, pair->value);
		} else {
			err = yaml_error(r->doc, pair->key, "unknown key '%s'; expected one of: culprit-profile, runs, hits, "
					 "good-runs, titles", pair->key->text);
		}
		if (err)
			return err;
	}
	return seen_format ? NULL : yaml_error(r->doc, root, "this is no profile: 'culprit-profile: 1' is missing");
}

/* Takes doc over. */
static struct culprit_error *profile_from_doc(const struct match_rules *rules, struct yaml_doc *taken,
					      struct profile **ret)
{
	_cleanup_(yaml_destroyp) struct yaml_doc *doc = taken;
	_cleanup_(profile_destroyp) struct profile *profile = NULL;
	struct culprit_error *err;
	struct reading reading;
	bool adopted_all = true;

	err = profile_create(rules, &profile);
	if (err)
		return err;
	reading = (struct reading){ doc, profile };
	err = read_profile(&reading);
	if (err)
		return err;
	/* Weights in the file are taken as they stand; only learning changes them. */
	for (size_t i = 0; i < profile->n_entries; i++) {
		struct profile_entry *entry = &profile->entries[i];

		adopted_all = adopted_all && !entry->own;
		if (entry->own)
			entry->weight = 1;
	}
	if (adopted_all && profile->n_entries)
		return yaml_error(doc, doc->root, "no title has the role 'own'");
	profile_find_paths(profile);
	*ret = no_free_ptr(profile);
	return NULL;
}

struct culprit_error *profile_parse(const struct match_rules *rules, struct span text, const char *name,
				    struct profile **ret)
{
	struct yaml_doc *doc;
	struct culprit_error *err = yaml_parse(text, name, &doc);

	return err ? err : profile_from_doc(rules, doc, ret);
}

struct culprit_error *profile_load(const struct match_rules *rules, const char *path, struct profile **ret)
{
	struct culprit_error *err;
	struct yaml_doc *doc;

	if (access(path, F_OK) && errno == ENOENT)
		return culprit_error_create(CULPRIT_ERROR_NOT_FOUND, "%s: there is no such file", path);
	err = yaml_load(path, &doc);
	return err ? err : profile_from_doc(rules, doc, ret);
}

struct culprit_error *profile_save(const struct profile *profile, const char *path)
{
	_cleanup_(buf_deinit) struct buf text = { 0 };
	struct culprit_error *err = profile_format(profile, &text);

	return err ? err : file_replace(path, buf_span(&text), FILE_SYNCED);
}
