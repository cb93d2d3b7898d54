/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of drafts: whoever finds that one is no report takes it off. */
#include "report/parser_parts.h"

void parser_drop_draft(struct culprit_parser *p, size_t i)
{
	if (!p->drafts[i]->closed) {
		p->n_open--;
		p->draft_bytes -= p->drafts[i]->bytes;
	}
	draft_destroy(p->drafts[i]);
	memmove(p->drafts + i, p->drafts + i + 1, (p->n_drafts - i - 1) * sizeof(*p->drafts));
	p->n_drafts--;
}
