/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Build tool: pattern files to C.
 *
 *	embed FILE.yaml... > embedded.c
 *
 * The files go through the loader of the users' own files; what it read, and
 * nothing more, is written down as static data. So the program starts without
 * a YAML parser, and both ways cannot differ.
 */
#include <stdio.h>

#include "pattern/yaml.h"

static size_t n_nodes, n_items, n_pairs;
static struct buf nodes, items, pairs;

static void must(bool ok)
{
	if (!ok) {
		fprintf(stderr, "embed: out of memory\n");
		exit(1);
	}
}

static void put_string(struct buf *out, const char *s)
{
	must(buf_add_char(out, '"'));
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			must(buf_printf(out, "\\%c", c));
		else if (c < 0x20 || c >= 0x7f || c == '?')
			must(buf_printf(out, "\\%03o", c));
		else
			must(buf_add_char(out, (char)c));
	}
	must(buf_add_char(out, '"'));
}

/* Children first; gives the node's index. */
static size_t put_node(const struct yaml_node *node)
{
	size_t *children = calloc(node->n * 2 + 1, sizeof(*children));
	size_t first = 0;

	must(children != NULL);
	for (size_t i = 0; i < node->n; i++) {
		if (node->kind == YAML_SEQUENCE) {
			children[i] = put_node(node->items[i]);
		} else {
			children[2 * i] = put_node(node->pairs[i].key);
			children[2 * i + 1] = put_node(node->pairs[i].value);
		}
	}
	if (node->kind == YAML_SEQUENCE) {
		first = n_items;
		for (size_t i = 0; i < node->n; i++, n_items++)
			must(buf_printf(&items, "\t&nodes[%zu],\n", children[i]));
	} else if (node->kind == YAML_MAPPING) {
		first = n_pairs;
		for (size_t i = 0; i < node->n; i++, n_pairs++)
			must(buf_printf(&pairs, "\t{ (struct yaml_node *)&nodes[%zu], (struct yaml_node *)&nodes[%zu] },\n",
					children[2 * i], children[2 * i + 1]));
	}
	free(children);
	must(buf_printf(&nodes, "\t{ .kind = %d, .quoted = %d, .line = %u, .column = %u, .n = %u", (int)node->kind,
			node->quoted, node->line, node->column, node->n));
	if (node->kind == YAML_SCALAR) {
		must(buf_printf(&nodes, ", .len = %u, .text = ", node->len));
		put_string(&nodes, node->text);
	} else if (node->kind == YAML_SEQUENCE) {
		must(buf_printf(&nodes, ", .items = (struct yaml_node **)(void *)&items[%zu]", first));
	} else {
		must(buf_printf(&nodes, ", .pairs = (struct yaml_pair *)(void *)&pairs[%zu]", first));
	}
	must(buf_add_str(&nodes, " },\n"));
	return n_nodes++;
}

int main(int argc, char **argv)
{
	_cleanup_(buf_deinit) struct buf docs = { 0 };
	_cleanup_(buf_deinit) struct buf list = { 0 };

	for (int i = 1; i < argc; i++) {
		struct yaml_doc *doc;
		struct culprit_error *err = yaml_load(argv[i], &doc);

		if (err) {
			fprintf(stderr, "%s\n", culprit_error_message(err));
			return 1;
		}
		if (!doc->root)
			continue;
		must(buf_printf(&docs, "static const struct yaml_doc doc%d = { .root = (struct yaml_node *)&nodes[%zu], .name = ",
				i, put_node(doc->root)));
		put_string(&docs, doc->name);
		must(buf_add_str(&docs, " };\n"));
		must(buf_printf(&list, "&doc%d, ", i));
		yaml_destroy(doc);
	}
	printf("/* Made by patterns/embed.c; do not edit. */\n#include \"pattern/pattern.h\"\n\n"
	       "static const struct yaml_node nodes[%zu];\n\n"
	       "static const struct yaml_node *const items[] = {\n%s\tNULL\n};\n\n"
	       "static const struct yaml_pair pairs[] = {\n%s\t{ NULL, NULL }\n};\n\n"
	       "static const struct yaml_node nodes[%zu] = {\n%s};\n\n%s\n"
	       "const struct yaml_doc *const pattern_embedded[] = { %s };\n"
	       "const size_t pattern_n_embedded = countof(pattern_embedded);\n",
	       n_nodes, items.data ? items.data : "", pairs.data ? pairs.data : "", n_nodes, nodes.data, docs.data,
	       list.data);
	return ferror(stdout) || fflush(stdout) ? 1 : 0;
}
