/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A picture of the history around the culprit: its nearest ancestors and
 * descendants, newest on top, one row each, lines to their parents.
 *
 * Columns are given as `git log --graph` does: a commit stands where its first
 * child left off, a merge opens columns for its further parents.  Lines that
 * leave the picture end in a short stub.
 */
#include "cli/bisect/html_graph.h"

#include "cli/bisect/bisect.h"
#include "cli/bisect/html_text.h"

#define MAX_NODES 25
#define ROW 22.0
#define COLUMN 16.0
#define TEXT_WIDTH 560.0

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

static bool add_edge(struct buf *buf, const struct picture *p, const struct edge *e)
{
	double x0 = x_of(p->nodes[e->child].column), x1 = x_of(e->column), y0 = y_of(e->child);
	bool ok = buf_printf(buf, "<path d='M%.0f %.0f", x0, y0);

	if (e->parent == BISECT_NONE)
		return ok && buf_printf(buf, " L%.0f %.0f' stroke-dasharray='2 2'/>\n", x1 + (x1 > x0 ? -5 : 0), y0 + ROW * 0.55);
	if (e->parent > e->child + 1)
		ok = ok && buf_printf(buf, " L%.0f %.0f L%.0f %.0f", x1, y_of(e->child + (x1 != x0)), x1, y_of(e->parent - 1));
	return ok && buf_printf(buf, " L%.0f %.0f'/>\n", x_of(p->nodes[e->parent].column), y_of(e->parent));
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

static bool add_node(struct buf *buf, const struct dossier *d, const struct picture *p, uint32_t row, bool it)
{
	_cleanup_(buf_deinit) struct buf text = { 0 };
	const struct session *s = d->session;
	struct bisect_evidence evidence;
	uint32_t commit = p->nodes[row].commit;
	double y = y_of(row), posterior = bisect_posterior(s->bisect, commit);
	bool ok = bisect_add_commit(&text, s, s->history.hashes[commit].hex);

	bisect_evidence(s->bisect, commit, &evidence);
	ok = ok && buf_printf(buf, "<circle cx='%.0f' cy='%.0f' r='%d' fill='%s' stroke='%s'><title>%s</title></circle>",
			      x_of(p->nodes[row].column), y, it ? 7 : 5, html_verdict_color(evidence.verdict),
			      it ? "var(--post)" : "var(--dim)", bisect_verdict_name(evidence.verdict)) &&
	     buf_printf(buf, "<text x='%.0f' y='%.0f'%s>", x_of(p->n_columns) + 6, y + 4, it ? " style='font-weight:700;fill:var(--fg)'" : "") &&
	     html_add(buf, text.data) && buf_add_str(buf, "</text>");
	if (ok && posterior >= 5e-4)
		ok = buf_printf(buf, "<text x='%.0f' y='%.0f' text-anchor='end'>%.2f %%</text>",
				x_of(p->n_columns) + TEXT_WIDTH, y + 4, posterior * 100);
	return ok && buf_add_char(buf, '\n');
}

bool html_add_graph(struct buf *buf, const struct dossier *d)
{
	struct picture p = { .history = &d->session->history };
	struct edge edges[MAX_NODES * 8];
	uint32_t centre = d->has_culprit ? session_find(d->session, d->culprit.hash.hex) : BISECT_NONE, n;
	double width;
	bool ok;

	if (centre == BISECT_NONE)
		return true;
	if (!collect(&p, centre))
		return false;
	n = lay_out(&p, edges, countof(edges));
	width = x_of(p.n_columns) + TEXT_WIDTH;
	ok = buf_printf(buf, "<h2>Around it</h2>\n<p class='dim'>Its nearest ancestors and descendants, newest first: <span class='k' style='background:%s'></span>bad"
			     "<span class='k' style='background:%s'></span>good<span class='k' style='background:%s'></span>not to be tested"
			     "<span class='k' style='background:%s'></span>unsure</p>\n"
			     "<div class='wide'><svg viewBox='0 0 %.0f %.0f' style='max-width:%.0fpx' role='img' aria-label='history around the answer'>\n"
			     "<g fill='none' stroke='var(--dim)'>\n",
			html_verdict_color(BISECT_VERDICT_BAD), html_verdict_color(BISECT_VERDICT_GOOD),
			html_verdict_color(BISECT_VERDICT_SKIP), html_verdict_color(BISECT_VERDICT_UNSURE), width, ROW * p.n + 12, width);
	for (uint32_t i = 0; i < n && ok; i++)
		ok = add_edge(buf, &p, &edges[i]);
	ok = ok && buf_add_str(buf, "</g>\n");
	for (uint32_t row = 0; row < p.n && ok; row++)
		ok = add_node(buf, d, &p, row, p.nodes[row].commit == centre);
	return ok && buf_add_str(buf, "</svg></div>\n");
}
