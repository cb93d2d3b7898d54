/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A symptom as lines of text, as dedup keeps and writes it.
 *
 *	title KASAN: use-after-free Read in foo
 *	alt bad-access in foo
 *	frame foo
 *	access
 *	 foo+0x1c/0x40 [ext4] fs/ext4/inode.c
 *	 bar+0x2/0x90
 *	freed
 *	 kfree+0x10/0x80
 *	detail lock class	&mm->mmap_lock
 *	task syz-executor
 *	kernel 6.1.192
 *
 * The same symptom gives the same bytes.  Class, weights and vagueness are the
 * rules', which may be other ones where the text is read.
 */
#ifndef CULPRIT_MATCH_SYMPTOM_TEXT_H
#define CULPRIT_MATCH_SYMPTOM_TEXT_H

#include "match/symptom.h"

/* Longer ones are refused. */
#define SYMPTOM_TEXT_MAX_BYTES (64u << 10)

/* False when out of memory. Bytes that no line may hold (of task names, of details) become '?'. */
bool symptom_text_format(const struct match_rules *rules, const struct symptom *symptom, struct buf *ret)
	__attribute__((warn_unused_result));

/* Everything in arena. Errors: SYNTAX for text that is none of a symptom; NO_MEMORY. */
struct culprit_error *symptom_text_parse(const struct match_rules *rules, struct arena *arena, struct span text,
					 struct symptom *ret);

#endif
