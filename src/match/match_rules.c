/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads patterns/match/rules.yaml:
 *
 *	classes:
 *	  - name: use-after-free
 *	    family: memory-access
 *	    titles: ["KASAN: *use-after-free*"]
 *	frames:
 *	  - weight: 0.1
 *	    names: ["@allocator", kfree*]
 *
 * "@ROLE" stands for the functions that have that role in patterns/functions.yaml, or in
 * the patterns that are given, by a word that their names begin with.
 *
 * Unknown keys, classes that nobody declared and weights out of range are
 * errors with their place.  Meaning is not checked: a glob that fits nothing is
 * silently useless.
 */
#include "match/match_rules.h"

#include "pattern/pattern.h"
#include "pattern/yaml.h"

/* Between the classes of a family of which the rules say no more: half the way from "nothing known" to "the same". */
#define FAMILY_KINSHIP 0.5

struct frame_rule {
	const char *glob;
	double weight;
	uint32_t order;		/* in the file: the first that fits wins */
	struct frame_rule *next;
};

/* All functions of some roles (functions_own_roles_of()). */
struct role_rule {
	struct role_set roles;
	double weight;
	uint32_t order;
};

struct function_list {
	struct glob_list globs;
	struct role_set roles;
};

struct kin {
	const struct bug_class *a, *b;
	double share;
};

#define RULES_MAX_WEIGHTS 32

struct match_rules {
	struct arena arena;
	struct bug_class *classes;
	size_t n_classes;
	struct kin *kin;
	size_t n_kin;
	struct detail_rule *details;
	size_t n_details;
	struct glob_list vague_titles, syscall_prefixes;
	struct function_list vague_frames, crossroads, interrupt_entries;
	struct frame_rule *frames[256];	/* by the glob's first byte; those with `*` first at '*' */
	uint32_t n_frames;
	const struct functions *functions;	/* of patterns */
	struct culprit_patterns *own_patterns;	/* the built-in ones, where none were given; else NULL */
	struct role_rule roles[RULES_MAX_WEIGHTS];	/* in order */
	size_t n_roles;
	struct role_set weighed;		/* roles that have a weight */
};

extern const char culprit_match_yaml[], culprit_match_yaml_end[];

__asm__(".pushsection .rodata\n"
	".hidden culprit_match_yaml\n.hidden culprit_match_yaml_end\n"
	".globl culprit_match_yaml\n.globl culprit_match_yaml_end\n"
	"culprit_match_yaml:\n.incbin \"patterns/match/rules.yaml\"\n"
	"culprit_match_yaml_end:\n.byte 0\n"
	".popsection\n");

/* ------------------------------------------------------------ queries */

const struct bug_class *rules_class_of_title(const struct match_rules *rules, const char *title)
{
	for (size_t i = 0; i < rules->n_classes; i++) {
		if (glob_list_match(&rules->classes[i].titles, span_of(title)))
			return &rules->classes[i];
	}
	return NULL;
}

const struct bug_class *rules_class_by_name(const struct match_rules *rules, const char *name)
{
	for (size_t i = 0; i < rules->n_classes; i++) {
		if (!strcmp(rules->classes[i].name, name))
			return &rules->classes[i];
	}
	return NULL;
}

double rules_class_kinship(const struct match_rules *rules, const struct bug_class *a, const struct bug_class *b)
{
	if (!a || !b)
		return 0;
	if (a == b)
		return 1;
	for (size_t i = 0; i < rules->n_kin; i++) {
		const struct kin *kin = &rules->kin[i];

		if ((kin->a == a && kin->b == b) || (kin->a == b && kin->b == a))
			return kin->share;
	}
	return strcmp(a->family, b->family) ? -1 : FAMILY_KINSHIP;
}

bool rules_title_is_vague(const struct match_rules *rules, const char *title)
{
	return glob_list_match(&rules->vague_titles, span_of(title));
}

static bool is_on_list(const struct match_rules *rules, const struct function_list *list, const char *function)
{
	struct span name = span_of(function);

	return glob_list_match(&list->globs, name) ||
	       !role_set_is_empty(role_set_common(functions_own_roles_of(rules->functions, name), list->roles));
}

bool rules_frame_is_vague(const struct match_rules *rules, const char *function)
{
	return is_on_list(rules, &rules->vague_frames, function);
}

bool rules_is_crossroads(const struct match_rules *rules, const char *function)
{
	return is_on_list(rules, &rules->crossroads, function);
}

bool rules_is_interrupt_entry(const struct match_rules *rules, const char *function)
{
	return is_on_list(rules, &rules->interrupt_entries, function);
}

static const struct frame_rule *find_frame_rule(const struct frame_rule *list, const char *function)
{
	for (; list; list = list->next) {
		if (glob_match(list->glob, span_of(function)))
			return list;
	}
	return NULL;
}

static const struct role_rule *find_role_rule(const struct match_rules *rules, const char *function)
{
	struct role_set roles = role_set_common(functions_own_roles_of(rules->functions, span_of(function)), rules->weighed);

	for (size_t i = 0; !role_set_is_empty(roles) && i < rules->n_roles; i++) {
		if (!role_set_is_empty(role_set_common(rules->roles[i].roles, roles)))
			return &rules->roles[i];
	}
	return NULL;
}

double rules_frame_weight(const struct match_rules *rules, const char *function)
{
	const struct frame_rule *own = find_frame_rule(rules->frames[(unsigned char)function[0]], function);
	const struct frame_rule *any = find_frame_rule(rules->frames['*'], function);
	const struct frame_rule *first = own && any ? (own->order < any->order ? own : any) : own ? own : any;
	const struct role_rule *role = find_role_rule(rules, function);

	if (role && (!first || role->order < first->order))
		return role->weight;
	return first ? first->weight : 1;
}

const char *rules_plain_name(const struct match_rules *rules, struct arena *arena, const char *function)
{
	size_t len = 1;

	if (!function[0])
		return arena_dup(arena, SPAN(""));
	while (function[len] && function[len] != '.')
		len++;
	for (size_t i = 0; i < rules->syscall_prefixes.n; i++) {
		size_t prefix = strlen(rules->syscall_prefixes.globs[i]);

		if (len > prefix && !strncmp(function, rules->syscall_prefixes.globs[i], prefix))
			return arena_printf(arena, "sys_%.*s", (int)(len - prefix), function + prefix);
	}
	return arena_dup(arena, (struct span){ function, len });
}

size_t rules_n_details(const struct match_rules *rules)
{
	return rules->n_details;
}

const struct detail_rule *rules_detail(const struct match_rules *rules, size_t i)
{
	return &rules->details[i];
}

bool rules_detail_applies(const struct detail_rule *rule, const struct bug_class *class)
{
	if (!rule->in.n)
		return true;
	return class && (glob_list_match(&rule->in, span_of(class->name)) || glob_list_match(&rule->in, span_of(class->family)));
}

/* ------------------------------------------------------------ loading */

static struct culprit_error *read_text(struct match_rules *rules, const struct yaml_doc *doc,
				       const struct yaml_node *node, const char *what, const char **ret)
{
	struct culprit_error *err;
	const char *text;

	err = yaml_get_string(doc, node, what, &text);
	if (err)
		return err;
	*ret = arena_dup(&rules->arena, span_of(text));
	return *ret ? NULL : &culprit_error_no_memory;
}

static struct culprit_error *read_names(struct match_rules *rules, const struct yaml_doc *doc,
					const struct yaml_node *node, const char *what, struct glob_list *ret)
{
	struct culprit_error *err;
	const char **globs;

	err = yaml_expect(doc, node, YAML_SEQUENCE, what);
	if (err)
		return err;
	globs = arena_array(&rules->arena, node->n + 1, sizeof(*globs));
	if (!globs)
		return &culprit_error_no_memory;
	for (size_t i = 0; i < node->n; i++) {
		err = read_text(rules, doc, node->items[i], what, &globs[i]);
		if (err)
			return err;
		if (!globs[i][0])
			return yaml_error(doc, node->items[i], "empty name in %s", what);
	}
	*ret = (struct glob_list){ .globs = globs, .n = node->n };
	for (size_t i = 0; i < node->n; i++)
		glob_list_note(ret, globs[i]);
	return NULL;
}

static struct culprit_error *read_means(const struct yaml_doc *doc, const struct yaml_node *node,
					enum class_means *ret)
{
	static const char *const names[] = { [MEANS_CRASH] = "crash", [MEANS_UNRELATED] = "unrelated",
					     [MEANS_BOOT_FAILED] = "boot-failed",
					     [MEANS_INFRA_FAILED] = "infra-failed" };

	for (size_t i = 0; node->kind == YAML_SCALAR && i < countof(names); i++) {
		if (yaml_is(node, names[i])) {
			*ret = (enum class_means)i;
			return NULL;
		}
	}
	return yaml_error(doc, node, "bad means; expected one of: crash, unrelated, boot-failed, infra-failed");
}

static struct culprit_error *read_class(struct match_rules *rules, const struct yaml_doc *doc,
					const struct yaml_node *node, struct bug_class *ret)
{
	struct culprit_error *err = yaml_expect(doc, node, YAML_MAPPING, "class");

	if (err)
		return err;
	YAML_FOR_EACH_PAIR(pair, node) {
		if (yaml_is(pair->key, "name"))
			err = read_text(rules, doc, pair->value, "name", &ret->name);
		else if (yaml_is(pair->key, "family"))
			err = read_text(rules, doc, pair->value, "family", &ret->family);
		else if (yaml_is(pair->key, "means"))
			err = read_means(doc, pair->value, &ret->means);
		else if (yaml_is(pair->key, "victim"))
			err = yaml_get_bool(doc, pair->value, "victim", &ret->victim);
		else if (yaml_is(pair->key, "retried"))
			err = yaml_get_bool(doc, pair->value, "retried", &ret->retried);
		else if (yaml_is(pair->key, "titles"))
			err = read_names(rules, doc, pair->value, "titles", &ret->titles);
		else
			err = yaml_error(doc, pair->key, "unknown key '%s' of a class; expected one of: name, family, "
					 "means, victim, retried, titles", pair->key->text);
		if (err)
			return err;
	}
	if (!ret->name || !ret->titles.n)
		return yaml_error(doc, node, "a class needs a name and titles");
	if (!ret->family)
		ret->family = ret->name;
	return NULL;
}

static struct culprit_error *read_classes(struct match_rules *rules, const struct yaml_doc *doc,
					  const struct yaml_node *node)
{
	struct culprit_error *err = yaml_expect(doc, node, YAML_SEQUENCE, "classes");

	if (err)
		return err;
	if (!node->n || node->n > RULES_MAX_CLASSES)
		return yaml_error(doc, node, "between 1 and %d classes are possible", RULES_MAX_CLASSES);
	rules->classes = arena_array(&rules->arena, node->n, sizeof(*rules->classes));
	if (!rules->classes)
		return &culprit_error_no_memory;
	for (size_t i = 0; i < node->n; i++) {
		err = read_class(rules, doc, node->items[i], &rules->classes[i]);
		if (err)
			return err;
		if (rules_class_by_name(rules, rules->classes[i].name))
			return yaml_error(doc, node->items[i], "class '%s' stands here twice", rules->classes[i].name);
		rules->n_classes = i + 1;
	}
	return NULL;
}

static struct culprit_error *read_kin_classes(struct match_rules *rules, const struct yaml_doc *doc,
					      const struct yaml_node *node, struct kin *ret)
{
	const struct bug_class *pair[2];

	if (node->kind != YAML_SEQUENCE || node->n != 2)
		return yaml_error(doc, node, "two classes expected");
	for (size_t i = 0; i < 2; i++) {
		struct culprit_error *err = yaml_expect(doc, node->items[i], YAML_SCALAR, "class");

		if (err)
			return err;
		pair[i] = rules_class_by_name(rules, node->items[i]->text);
		if (!pair[i])
			return yaml_error(doc, node->items[i], "no class is called '%s'", node->items[i]->text);
	}
	ret->a = pair[0];
	ret->b = pair[1];
	return NULL;
}

static struct culprit_error *read_kin(struct match_rules *rules, const struct yaml_doc *doc,
				      const struct yaml_node *node)
{
	struct culprit_error *err = yaml_expect(doc, node, YAML_SEQUENCE, "kin");

	if (err)
		return err;
	rules->kin = arena_array(&rules->arena, node->n + 1, sizeof(*rules->kin));
	if (!rules->kin)
		return &culprit_error_no_memory;
	for (size_t i = 0; i < node->n; i++) {
		struct kin *kin = &rules->kin[i];

		err = yaml_expect(doc, node->items[i], YAML_MAPPING, "kin");
		if (err)
			return err;
		YAML_FOR_EACH_PAIR(pair, node->items[i]) {
			if (yaml_is(pair->key, "classes"))
				err = read_kin_classes(rules, doc, pair->value, kin);
			else if (yaml_is(pair->key, "share"))
				err = yaml_get_number(doc, pair->value, "share", -1, 1, &kin->share);
			else
				err = yaml_error(doc, pair->key, "unknown key '%s'; expected one of: classes, share",
						 pair->key->text);
			if (err)
				return err;
		}
		if (!kin->a)
			return yaml_error(doc, node->items[i], "classes are missing");
		rules->n_kin = i + 1;
	}
	return NULL;
}

static struct culprit_error *add_frame_rule(struct match_rules *rules, const char *glob, double weight)
{
	struct frame_rule *rule = arena_alloc(&rules->arena, sizeof(*rule));
	struct frame_rule **at = &rules->frames[(unsigned char)glob[0]];

	if (!rule)
		return &culprit_error_no_memory;
	*rule = (struct frame_rule){ .glob = glob, .weight = weight, .order = rules->n_frames++ };
	while (*at)
		at = &(*at)->next;
	*at = rule;
	return NULL;
}

static struct culprit_error *find_role(const struct match_rules *rules, const struct yaml_doc *doc,
				       const struct yaml_node *node, size_t *ret)
{
	ptrdiff_t role = functions_find_role(rules->functions, node->text + 1);

	if (role < 0)
		return yaml_error(doc, node, "no role of functions '%s'; patterns/functions.yaml has them", node->text + 1);
	*ret = (size_t)role;
	return NULL;
}

/* A list of globs and "@ROLE"s. */
static struct culprit_error *read_functions(struct match_rules *rules, const struct yaml_doc *doc,
					    const struct yaml_node *node, const char *what, struct function_list *ret)
{
	struct glob_list names = { 0 };
	struct culprit_error *err = read_names(rules, doc, node, what, &names);
	size_t n = 0, role;

	for (size_t i = 0; !err && i < names.n; i++) {
		if (*names.globs[i] != '@') {
			names.globs[n++] = names.globs[i];
			continue;
		}
		err = find_role(rules, doc, node->items[i], &role);
		if (!err)
			role_set_add(&ret->roles, role);
	}
	names.n = n;
	ret->globs = names;
	return err;
}

/* In the order of the file, for the first that fits wins. */
static struct culprit_error *add_frames(struct match_rules *rules, const struct yaml_doc *doc,
					const struct yaml_node *names, const struct function_list *list, double weight)
{
	struct culprit_error *err = NULL;

	for (size_t i = 0; i < rules->functions->n_roles; i++) {
		if (role_set_has(list->roles, i) && role_set_has(rules->weighed, i))
			return yaml_error(doc, names, "the role '%s' has a weight already", rules->functions->roles[i].name);
	}
	if (!role_set_is_empty(list->roles)) {
		if (rules->n_roles == RULES_MAX_WEIGHTS)
			return yaml_error(doc, names, "more than %d weights", RULES_MAX_WEIGHTS);
		rules->roles[rules->n_roles++] = (struct role_rule){ list->roles, weight, rules->n_frames++ };
		rules->weighed = role_set_union(rules->weighed, list->roles);
	}
	for (size_t i = 0; !err && i < list->globs.n; i++)
		err = add_frame_rule(rules, list->globs.globs[i], weight);
	return err;
}

static struct culprit_error *read_frames(struct match_rules *rules, const struct yaml_doc *doc,
					 const struct yaml_node *node)
{
	struct culprit_error *err = yaml_expect(doc, node, YAML_SEQUENCE, "frames");

	for (size_t i = 0; !err && i < node->n; i++) {
		struct function_list names = { 0 };
		double weight = -1;

		err = yaml_expect(doc, node->items[i], YAML_MAPPING, "frames");
		if (err)
			return err;
		YAML_FOR_EACH_PAIR(pair, node->items[i]) {
			if (yaml_is(pair->key, "weight"))
				err = yaml_get_number(doc, pair->value, "weight", 0, 1, &weight);
			else if (yaml_is(pair->key, "names"))
				err = read_functions(rules, doc, pair->value, "names", &names);
			else
				err = yaml_error(doc, pair->key, "unknown key '%s'; expected one of: weight, names",
						 pair->key->text);
			if (err)
				return err;
		}
		if (weight < 0 || (!names.globs.n && role_set_is_empty(names.roles)))
			return yaml_error(doc, node->items[i], "weight and names are needed");
		err = add_frames(rules, doc, yaml_find(node->items[i], "names"), &names, weight);
	}
	return err;
}

static struct culprit_error *read_detail_text(struct match_rules *rules, const struct yaml_doc *doc,
					      const struct yaml_node *node, struct detail_rule *ret)
{
	struct culprit_error *err;

	if (node->kind != YAML_SEQUENCE || node->n != 2)
		return yaml_error(doc, node, "two literals expected: what stands before the value, and behind it");
	err = read_text(rules, doc, node->items[0], "text", &ret->before);
	if (!err)
		err = read_text(rules, doc, node->items[1], "text", &ret->behind);
	if (!err && !ret->before[0])
		err = yaml_error(doc, node->items[0], "the literal before the value is empty");
	return err;
}

static struct culprit_error *read_detail(struct match_rules *rules, const struct yaml_doc *doc,
					 const struct yaml_node *node, struct detail_rule *ret)
{
	struct culprit_error *err = yaml_expect(doc, node, YAML_MAPPING, "detail");
	int64_t most = 4;

	if (err)
		return err;
	YAML_FOR_EACH_PAIR(pair, node) {
		if (yaml_is(pair->key, "name"))
			err = read_text(rules, doc, pair->value, "name", &ret->name);
		else if (yaml_is(pair->key, "text"))
			err = read_detail_text(rules, doc, pair->value, ret);
		else if (yaml_is(pair->key, "in"))
			err = read_names(rules, doc, pair->value, "in", &ret->in);
		else if (yaml_is(pair->key, "common"))
			err = read_names(rules, doc, pair->value, "common", &ret->common);
		else if (yaml_is(pair->key, "most"))
			err = yaml_get_int(doc, pair->value, "most", 1, 16, &most);
		else if (yaml_is(pair->key, "weight-same"))
			err = yaml_get_number(doc, pair->value, "weight-same", 0, 10, &ret->weight_same);
		else if (yaml_is(pair->key, "weight-other"))
			err = yaml_get_number(doc, pair->value, "weight-other", -10, 0, &ret->weight_other);
		else
			err = yaml_error(doc, pair->key, "unknown key '%s' of a detail; expected one of: name, text, in, "
					 "most, weight-same, weight-other, common", pair->key->text);
		if (err)
			return err;
	}
	ret->most = (size_t)most;
	if (!ret->name || !ret->before)
		return yaml_error(doc, node, "a detail needs a name and text");
	return NULL;
}

static struct culprit_error *read_details(struct match_rules *rules, const struct yaml_doc *doc,
					  const struct yaml_node *node)
{
	struct culprit_error *err = yaml_expect(doc, node, YAML_SEQUENCE, "details");

	if (err)
		return err;
	if (node->n > RULES_MAX_DETAILS)
		return yaml_error(doc, node, "more than %d details", RULES_MAX_DETAILS);
	rules->details = arena_array(&rules->arena, node->n + 1, sizeof(*rules->details));
	if (!rules->details)
		return &culprit_error_no_memory;
	for (size_t i = 0; i < node->n; i++) {
		err = read_detail(rules, doc, node->items[i], &rules->details[i]);
		if (err)
			return err;
		rules->n_details = i + 1;
	}
	return NULL;
}

static struct culprit_error *read_rules(struct match_rules *rules, const struct yaml_doc *doc)
{
	struct culprit_error *err;

	if (!doc->root)
		return culprit_error_create(CULPRIT_ERROR_SYNTAX, "%s: the file is empty", doc->name);
	err = yaml_expect(doc, doc->root, YAML_MAPPING, "match rules");
	if (err)
		return err;
	YAML_FOR_EACH_PAIR(pair, doc->root) {
		struct {
			const char *key;
			struct glob_list *list;
		} lists[] = {
			{ "vague-titles", &rules->vague_titles }, { "syscall-prefixes", &rules->syscall_prefixes },
		};
		struct {
			const char *key;
			struct function_list *list;
		} functions[] = {
			{ "vague-frames", &rules->vague_frames }, { "crossroads", &rules->crossroads },
			{ "interrupt-entries", &rules->interrupt_entries },
		};
		size_t i = 0, j = 0;

		while (i < countof(lists) && !yaml_is(pair->key, lists[i].key))
			i++;
		while (j < countof(functions) && !yaml_is(pair->key, functions[j].key))
			j++;
		if (i < countof(lists))
			err = read_names(rules, doc, pair->value, lists[i].key, lists[i].list);
		else if (j < countof(functions))
			err = read_functions(rules, doc, pair->value, functions[j].key, functions[j].list);
		else if (yaml_is(pair->key, "classes"))
			err = read_classes(rules, doc, pair->value);
		else if (yaml_is(pair->key, "kin"))
			err = read_kin(rules, doc, pair->value);
		else if (yaml_is(pair->key, "frames"))
			err = read_frames(rules, doc, pair->value);
		else if (yaml_is(pair->key, "details"))
			err = read_details(rules, doc, pair->value);
		else
			err = yaml_error(doc, pair->key, "unknown key '%s'; expected one of: classes, kin, vague-titles, "
					 "vague-frames, crossroads, syscall-prefixes, frames, interrupt-entries, details",
					 pair->key->text);
		if (err)
			return err;
	}
	return rules->n_classes ? NULL : yaml_error(doc, doc->root, "classes are missing");
}

struct span match_rules_text(void)
{
	return (struct span){ culprit_match_yaml, (size_t)(culprit_match_yaml_end - culprit_match_yaml) };
}

struct culprit_error *match_rules_load(const char *path, const struct culprit_patterns *patterns,
				       struct match_rules **ret)
{
	_cleanup_(match_rules_destroyp) struct match_rules *rules = NULL;
	_cleanup_(yaml_destroyp) struct yaml_doc *doc = NULL;
	struct culprit_error *err;

	rules = calloc(1, sizeof(*rules));
	if (!rules)
		return &culprit_error_no_memory;
	if (path) {
		err = yaml_load(path, &doc);
	} else {
		err = yaml_parse(match_rules_text(), "match/rules.yaml", &doc);
	}
	if (!err && !patterns)
		err = culprit_patterns_load(NULL, 0, &rules->own_patterns);
	if (!err) {
		rules->functions = patterns ? &patterns->functions : &rules->own_patterns->functions;
		err = read_rules(rules, doc);
	}
	if (err)
		return err;
	*ret = no_free_ptr(rules);
	return NULL;
}

void match_rules_destroy(struct match_rules *rules)
{
	if (!rules)
		return;
	culprit_patterns_destroy(rules->own_patterns);
	arena_deinit(&rules->arena);
	free(rules);
}

void match_rules_destroyp(struct match_rules **rules)
{
	match_rules_destroy(*rules);
}
