/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reports written out by hand, for tests of what is done with reports. */
#ifndef MAKE_REPORT_H
#define MAKE_REPORT_H

#include <check.h>

#include "base/base.h"

#define MADE_STACKS 8
#define MADE_FRAMES 24

struct made_report {
	struct culprit_report report;
	struct culprit_stack stacks[MADE_STACKS];
	struct culprit_frame frames[MADE_STACKS][MADE_FRAMES];
	const char *alts[4];
	struct arena arena;
};

/* frames: "a b+0x1/0x2 ?c": a function each, with offset and size or not, "?" for unreliable */
static inline void make_stack(struct made_report *made, enum culprit_role role, const char *frames)
{
	size_t at = made->report.n_stacks++, n = 0;

	ck_assert_uint_lt(at, MADE_STACKS);
	while (*frames) {
		struct culprit_frame *frame = &made->frames[at][n++];
		size_t word = strcspn(frames, " "), name, len = 0;

		ck_assert_uint_le(n, MADE_FRAMES);
		if (*frames == '?') {
			frame->flags |= CULPRIT_FRAME_UNRELIABLE;
			frames++;
			word--;
		}
		name = strcspn(frames, "+ ");
		frame->function = arena_dup(&made->arena, (struct span){ frames, name });
		if (frames[name] == '+') {
			ck_assert(parse_hex64(span_of(frames + name + 1), &frame->offset, &len));
			ck_assert(parse_hex64(span_of(frames + name + 1 + len + 1), &frame->size, &len));
			frame->flags |= CULPRIT_FRAME_HAS_OFFSET;
		}
		frames += word;
		frames += strspn(frames, " ");
	}
	made->stacks[at] = (struct culprit_stack){ .role = role, .header = "", .n_frames = n,
						   .frames = made->frames[at] };
}

/* alts may be NULL, also each of the strings: they are left out */
static inline void make_report(struct made_report *made, const char *title, const char *alt, const char *access,
			       const char *allocated, const char *freed)
{
	memset(made, 0, sizeof(*made));
	made->report = (struct culprit_report){ .title = title, .pattern = "test", .text = "", .cpu = -1, .pid = -1,
						.time_us = -1 };
	if (alt) {
		made->alts[0] = alt;
		made->report.n_alt_titles = 1;
	}
	made->report.alt_titles = made->alts;
	made->report.stacks = made->stacks;
	if (access)
		make_stack(made, CULPRIT_ROLE_CALL_TRACE, access);
	if (allocated)
		make_stack(made, CULPRIT_ROLE_ALLOCATED, allocated);
	if (freed)
		make_stack(made, CULPRIT_ROLE_FREED, freed);
}

static inline void made_report_deinit(struct made_report *made)
{
	arena_deinit(&made->arena);
}

#endif
