/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/bisect/html_text.h"

#include "cli/output/text.h"

bool html_add(struct buf *buf, const char *text)
{
	struct buf safe = { 0 };
	bool ok = text_add(&safe, span_of(text), TEXT_LINES);

	for (size_t i = 0; i < safe.len && ok; i++) {
		const char *entity = safe.data[i] == '\'' ? "&#39;" : text_entity(safe.data[i]);

		ok = entity ? buf_add_str(buf, entity) : buf_add_char(buf, safe.data[i]);
	}
	buf_deinit(&safe);
	return ok;
}

const char *html_verdict_color(enum bisect_verdict verdict)
{
	switch (verdict) {
	case BISECT_VERDICT_GOOD: return "var(--clean)";
	case BISECT_VERDICT_BAD: return "var(--bad)";
	case BISECT_VERDICT_SKIP: return "var(--boot)";
	case BISECT_VERDICT_UNSURE: return "var(--rel)";
	case BISECT_UNTESTED: break;
	}
	return "var(--line)";
}
