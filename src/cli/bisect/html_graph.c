/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A picture of the history around the culprit: its nearest ancestors and
 * descendants, newest on top, one row each, lines to their parents.
 *
 * Columns are given as `git log --graph` does: a commit stands where its first
 * child left off, a merge opens columns for its further parents.  Lines that
 * leave the picture end in a short stub.
 */
#include "cli/bisect/bisect.h"
#include "cli/bisect/html_parts.h"

#define MAX_NODES 25
#define ROW 22.0
#define COLUMN 16.0
#define PERCENT_WIDTH 70.0

struct node {
	uint32_t commit;		/* in the history */
	uint32_t column;
};

struct picture {
	const struct git_history *history;
	struct node nodes[MAX_NODES];	/* newest first */
	uint32_t n, n_columns;
	uint32_t lanes[MAX_NODES * 8];	/* column to the commit that it waits for, or BISECT_NONE */
};

static int compare_nodes(const void *pa, const void *pb)
{
	const struct node *a = pa, *b = pb;

	return a->commit < b->commit ? 1 : a->commit > b->commit ? -1 : 0;
}

/* How a commit came into the picture; only the first three bring in more. */
enum kin { STRANGER, CENTRE, ANCESTOR, DESCENDANT, OTHER_PARENT };

/* What the commit brings in through an edge to a parent, or from a child. */
static enum kin kin_of_parent(enum kin child)
{
	return child == CENTRE || child == ANCESTOR ? ANCESTOR : child == DESCENDANT ? OTHER_PARENT : STRANGER;
}

static enum kin kin_of_child(enum kin parent)
{
	return parent == CENTRE || parent == DESCENDANT ? DESCENDANT : STRANGER;
}

/*
 * The commits nearest to centre: ancestors, descendants, and what these merge
 * in.  Its siblings are left out: dozens of branches begin at one release.
 */
static bool collect(struct picture *p, uint32_t centre)
{
	const struct git_history *h = p->history;
	_cleanup_(freep) uint8_t *kin = calloc(h->n, 1), *distance = calloc(h->n, 1);
	bool grown = true;

	if (!kin || !distance)
		return false;
	kin[centre] = CENTRE;
	p->nodes[p->n++].commit = centre;
	for (uint8_t d = 0; grown && d < MAX_NODES; d++) {
		grown = false;
		for (uint32_t c = 0; c < h->n; c++) {
			for (uint32_t e = h->parent_start[c]; e < h->parent_start[c + 1] && p->n < MAX_NODES; e++) {
				uint32_t parent = h->parents[e], in = kin[c] ? parent : c, from = kin[c] ? c : parent;
				enum kin of = kin[c] ? kin_of_parent(kin[c]) : kin_of_child(kin[parent]);

				if (kin[in] || of == STRANGER || distance[from] != d)
					continue;
				kin[in] = (uint8_t)of;
				distance[in] = d + 1;
				p->nodes[p->n++].commit = in;
				grown = true;
			}
		}
	}
	qsort(p->nodes, p->n, sizeof(*p->nodes), compare_nodes);
	return true;
}

static uint32_t row_of(const struct picture *p, uint32_t commit)
{
	for (uint32_t i = 0; i < p->n; i++)
		if (p->nodes[i].commit == commit)
			return i;
	return BISECT_NONE;
}

/* The column that waits for the commit; a free one for BISECT_NONE and where none does. */
static uint32_t find_lane(struct picture *p, uint32_t commit)
{
	uint32_t free_lane = BISECT_NONE;

	for (uint32_t l = 0; l < p->n_columns; l++) {
		if (commit != BISECT_NONE && p->lanes[l] == commit)
			return l;
		if (p->lanes[l] == BISECT_NONE && free_lane == BISECT_NONE)
			free_lane = l;
	}
	if (free_lane == BISECT_NONE && p->n_columns < countof(p->lanes)) {
		p->lanes[p->n_columns] = BISECT_NONE;
		free_lane = p->n_columns++;
	}
	return free_lane == BISECT_NONE ? 0 : free_lane;
}

static double x_of(uint32_t column)
{
	return 10 + COLUMN * column;
}

static double y_of(uint32_t row)
{
	return ROW * (row + 0.5) + 6;
}

/* From a child down its line's column to the parent, whose column is not known before its row. */
struct edge {
	uint32_t child, parent, column;		/* rows; parent BISECT_NONE: out of the picture */
};

static void add_edge(struct json *json, struct json_t *list, const struct picture *p, const struct edge *e)
{
	double x0 = x_of(p->nodes[e->child].column), x1 = x_of(e->column), y0 = y_of(e->child);
	struct json_t *o = json_add_object(json, list);
	bool stub = e->parent == BISECT_NONE, straight = !stub && e->parent <= e->child + 1;

	json_put_bool(json, o, "stub", stub);
	if (stub)
		page_printf(json, o, "path", "M%.0f %.0f L%.0f %.0f", x0, y0, x1 + (x1 > x0 ? -5 : 0), y0 + ROW * 0.55);
	else if (straight)
		page_printf(json, o, "path", "M%.0f %.0f L%.0f %.0f", x0, y0, x_of(p->nodes[e->parent].column), y_of(e->parent));
	else
		page_printf(json, o, "path", "M%.0f %.0f L%.0f %.0f L%.0f %.0f L%.0f %.0f", x0, y0, x1, y_of(e->child + (x1 != x0)), x1,
			    y_of(e->parent - 1), x_of(p->nodes[e->parent].column), y_of(e->parent));
}

/* Give columns from the newest commit down; edges become known with their lines' columns. */
static uint32_t lay_out(struct picture *p, struct edge *edges, uint32_t max)
{
	const struct git_history *h = p->history;
	uint32_t n = 0;

	for (uint32_t row = 0; row < p->n; row++) {
		uint32_t commit = p->nodes[row].commit, column = find_lane(p, commit);

		p->nodes[row].column = column;
		for (uint32_t l = 0; l < p->n_columns; l++)
			if (p->lanes[l] == commit)
				p->lanes[l] = BISECT_NONE;
		for (uint32_t e = h->parent_start[commit]; e < h->parent_start[commit + 1] && n < max; e++) {
			uint32_t parent = row_of(p, h->parents[e]), lane = column;

			if (parent == BISECT_NONE) {
				edges[n++] = (struct edge){ row, parent, column + (p->lanes[column] != BISECT_NONE) };
				continue;
			}
			if (p->lanes[column] != BISECT_NONE)
				lane = find_lane(p, h->parents[e]);
			p->lanes[lane] = h->parents[e];
			edges[n++] = (struct edge){ row, parent, lane };
		}
	}
	return n;
}

/* Enough for the longest subject of the picture, in a font of 12 units: what is wider than the window scrolls. */
static double text_width(size_t longest)
{
	return 30 + 6.6 * (double)(longest < 120 ? longest : 120);
}

static size_t add_node(struct json *json, struct json_t *list, const struct dossier *d, const struct picture *p, uint32_t row, bool it)
{
	const struct session *s = d->session;
	struct bisect_evidence evidence;
	uint32_t commit = p->nodes[row].commit;
	double posterior = bisect_posterior(s->bisect, commit);
	struct json_t *o = json_add_object(json, list);
	_cleanup_(buf_deinit) struct buf text = { 0 };

	bisect_evidence(s->bisect, commit, &evidence);
	page_printf(json, o, "x", "%.0f", x_of(p->nodes[row].column));
	page_printf(json, o, "y", "%.0f", y_of(row));
	page_printf(json, o, "text_y", "%.0f", y_of(row) + 4);
	json_put_int(json, o, "r", it ? 7 : 5);
	json_put_bool(json, o, "it", it);
	json_put_str(json, o, "verdict", bisect_verdict_name(evidence.verdict));
	json->failed |= !bisect_add_commit(&text, s, s->history.hashes[commit].hex);
	page_put(json, o, "text", text.data ? text.data : "", TEXT_FIELD);
	if (posterior >= 5e-4)
		page_printf(json, o, "posterior", "%.2f", posterior * 100);
	else
		json_put_null(json, o, "posterior");
	return text.len;
}

void html_put_graph(struct json *json, struct json_t *root, const struct dossier *d)
{
	struct picture p = { .history = &d->session->history };
	struct edge edges[MAX_NODES * 8];
	uint32_t centre = d->has_culprit ? session_find(d->session, d->culprit.hash.hex) : BISECT_NONE, n;
	size_t longest = 0;
	struct json_t *graph, *list;

	if (centre == BISECT_NONE) {
		json_put_null(json, root, "graph");
		return;
	}
	graph = json_put_object(json, root, "graph");
	if (!collect(&p, centre)) {
		json->failed = true;
		return;
	}
	n = lay_out(&p, edges, countof(edges));
	list = json_put_array(json, graph, "edges");
	for (uint32_t i = 0; i < n; i++)
		add_edge(json, list, &p, &edges[i]);
	list = json_put_array(json, graph, "nodes");
	for (uint32_t row = 0; row < p.n; row++) {
		size_t len = add_node(json, list, d, &p, row, p.nodes[row].commit == centre);

		longest = len > longest ? len : longest;
	}
	page_printf(json, graph, "text_x", "%.0f", x_of(p.n_columns) + PERCENT_WIDTH);
	page_printf(json, graph, "percent_x", "%.0f", x_of(p.n_columns) + PERCENT_WIDTH - 10);
	page_printf(json, graph, "width", "%.0f", x_of(p.n_columns) + PERCENT_WIDTH + text_width(longest));
	page_printf(json, graph, "height", "%.0f", ROW * p.n + 12);
}
