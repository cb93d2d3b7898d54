/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What single lines and titles mean, whatever the kind: headers of stacks,
 * marks of boot phases, cleaning of titles, doubts, remarks, types.
 *
 *	stacks:
 *	  - { starts: "Freed by task", role: freed }
 *	phases:
 *	  - { literal: "Linux version ", phase: early-kernel, boot: true, kernel: true }
 *	cleanup:
 *	  - { match: '0x[0-9a-f]+', replace: "ADDR" }
 */
#include "pattern/pattern_parts.h"

struct culprit_error *loader_read_header(struct loader *l, const struct yaml_node *node)
{
	struct stack_header header = { .role = CULPRIT_ROLE_OTHER };
	struct culprit_error *err = yaml_expect(l->doc, node, YAML_MAPPING, "an entry of stacks");
	struct enum_name roles[CULPRIT_ROLE_OTHER + 1];
	int role;

	for (int i = 0; i <= CULPRIT_ROLE_OTHER; i++)
		roles[i] = (struct enum_name){ culprit_role_name((enum culprit_role)i), i };
	if (err)
		return err;
	YAML_FOR_EACH_PAIR(pair, node) {
		if (yaml_is(pair->key, "starts") || yaml_is(pair->key, "holds")) {
			header.anywhere = yaml_is(pair->key, "holds");
			err = loader_get_string(l, pair->value, "starts", &header.text);
		} else if (yaml_is(pair->key, "may-be-empty")) {
			err = yaml_get_bool(l->doc, pair->value, "may-be-empty", &header.may_be_empty);
		} else if (yaml_is(pair->key, "role")) {
			err = loader_get_enum(l, pair->value, "role", roles, countof(roles), &role);
			if (!err)
				header.role = (enum culprit_role)role;
		} else
			err = loader_unknown_key(l, pair->key, "starts, holds, role, may-be-empty");
		if (err)
			return err;
	}
	if (!header.text)
		return yaml_error(l->doc, node, "an entry of stacks needs 'starts' or 'holds'");
	header.len = strlen(header.text);
	return PUSH(l, l->set->headers, l->set->n_headers, &header);
}

struct culprit_error *loader_read_mark(struct loader *l, const struct yaml_node *node)
{
	struct phase_mark mark = { .speaker = SPEAKER_ANY };
	struct culprit_error *err = yaml_expect(l->doc, node, YAML_MAPPING, "an entry of phases");
	struct enum_name phases[CULPRIT_PHASE_FINISHED + 1];
	struct {
		const char *key;
		bool *value;
	} flags[] = {
		{ "boot", &mark.boot }, { "kernel", &mark.kernel }, { "shutdown", &mark.shutdown },
		{ "hands-over", &mark.hands_over }, { "echo", &mark.echo }, { "suspend", &mark.suspend },
		{ "silent", &mark.silent }, { "guest", &mark.guest },
	};
	int value;

	for (int i = 0; i <= CULPRIT_PHASE_FINISHED; i++)
		phases[i] = (struct enum_name){ culprit_phase_name((enum culprit_phase)i), i };
	if (err)
		return err;
	YAML_FOR_EACH_PAIR(pair, node) {
		if (yaml_is(pair->key, "literal")) {
			err = loader_get_string(l, pair->value, "literal", &mark.literal);
			if (!err)
				err = loader_check_literal(l, pair->value, mark.literal);
		} else if (yaml_is(pair->key, "phase")) {
			err = loader_get_enum(l, pair->value, "phase", phases, countof(phases), &value);
			if (!err)
				mark.phase = (enum culprit_phase)value;
		} else if (yaml_is(pair->key, "speaker")) {
			err = loader_get_speaker(l, pair->value, &mark.speaker);
		} else if (yaml_is(pair->key, "match")) {
			mark.has_match = true;
			err = loader_get_regex(l, pair->value, "match", &mark.match);
		} else {
			size_t i = 0;

			while (i < countof(flags) && !yaml_is(pair->key, flags[i].key))
				i++;
			err = i < countof(flags) ? yaml_get_bool(l->doc, pair->value, flags[i].key, flags[i].value) :
						   loader_unknown_key(l, pair->key, "literal, match, phase, speaker, "
								      "boot, kernel, shutdown, hands-over, echo, "
								      "suspend, silent, guest");
		}
		if (err)
			return err;
	}
	if (!mark.literal && (!mark.has_match || mark.boot))
		return yaml_error(l->doc, node, "an entry of phases needs 'literal', or 'match' where no boot begins");
	if (!mark.literal)
		return PUSH(l, l->set->watches, l->set->n_watches, &mark);
	mark.len = strlen(mark.literal);
	return PUSH(l, l->set->marks, l->set->n_marks, &mark);
}

struct culprit_error *loader_read_rewrite(struct loader *l, const struct yaml_node *node)
{
	struct rewrite rewrite = { 0 };
	struct culprit_error *err = yaml_expect(l->doc, node, YAML_MAPPING, "an entry of cleanup");

	if (err)
		return err;
	YAML_FOR_EACH_PAIR(pair, node) {
		if (yaml_is(pair->key, "match"))
			err = loader_get_regex(l, pair->value, "match", &rewrite.match);
		else if (yaml_is(pair->key, "replace"))
			err = loader_get_string(l, pair->value, "replace", &rewrite.replace);
		else if (yaml_is(pair->key, "needs"))
			err = loader_get_string(l, pair->value, "needs", &rewrite.needs);
		else
			err = loader_unknown_key(l, pair->key, "match, replace, needs");
		if (err)
			return err;
	}
	if (!rewrite.match.source || !rewrite.replace)
		return yaml_error(l->doc, node, "an entry of cleanup needs 'match' and 'replace'");
	return PUSH(l, l->set->cleanup, l->set->n_cleanup, &rewrite);
}

struct culprit_error *loader_read_remark(struct loader *l, const struct yaml_node *node)
{
	struct remark remark = { 0 };
	struct culprit_error *err = yaml_expect(l->doc, node, YAML_MAPPING, "an entry of remarks");

	if (err)
		return err;
	YAML_FOR_EACH_PAIR(pair, node) {
		if (yaml_is(pair->key, "literal")) {
			err = loader_get_string(l, pair->value, "literal", &remark.literal);
			if (!err)
				err = loader_check_literal(l, pair->value, remark.literal);
		} else if (yaml_is(pair->key, "match")) {
			remark.has_match = true;
			err = loader_get_regex(l, pair->value, "match", &remark.match);
		} else if (yaml_is(pair->key, "suppressed"))
			err = loader_get_string(l, pair->value, "suppressed", &remark.suppressed);
		else if (yaml_is(pair->key, "corrupted"))
			err = loader_get_string(l, pair->value, "corrupted", &remark.corrupted);
		else
			err = loader_unknown_key(l, pair->key, "literal, match, suppressed, corrupted");
		if (err)
			return err;
	}
	if (!remark.literal || !remark.suppressed == !remark.corrupted)
		return yaml_error(l->doc, node, "an entry of remarks needs 'literal', and 'suppressed' or 'corrupted'");
	remark.len = strlen(remark.literal);
	return PUSH(l, l->set->remarks, l->set->n_remarks, &remark);
}

struct culprit_error *loader_read_doubt(struct loader *l, const struct yaml_node *node)
{
	struct doubt doubt = { 0 };
	struct culprit_error *err = yaml_expect(l->doc, node, YAML_MAPPING, "an entry of doubts");

	if (err)
		return err;
	YAML_FOR_EACH_PAIR(pair, node) {
		if (yaml_is(pair->key, "title") || yaml_is(pair->key, "report")) {
			doubt.on_title = yaml_is(pair->key, "title");
			err = loader_get_regex(l, pair->value, "title", &doubt.match);
		} else if (yaml_is(pair->key, "reason"))
			err = loader_get_string(l, pair->value, "reason", &doubt.reason);
		else
			err = loader_unknown_key(l, pair->key, "title, report, reason");
		if (err)
			return err;
	}
	if (!doubt.match.source || !doubt.reason)
		return yaml_error(l->doc, node, "an entry of doubts needs 'title' or 'report', and 'reason'");
	return PUSH(l, l->set->doubts, l->set->n_doubts, &doubt);
}

struct culprit_error *loader_read_types(struct loader *l, const struct yaml_node *node)
{
	struct culprit_error *err = yaml_expect(l->doc, node, YAML_MAPPING, "types");

	if (err)
		return err;
	YAML_FOR_EACH_PAIR(pair, node) {
		struct type_rule rule = { .title = pair->key->text };

		err = loader_get_string(l, pair->value, "a type", &rule.type);
		if (!err)
			err = PUSH(l, l->set->types, l->set->n_types, &rule);
		if (err)
			break;
	}
	return err;
}
