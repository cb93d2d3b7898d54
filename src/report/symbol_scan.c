/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Symbols in lines: name+0xOFFSET/0xSIZE, what vsprintf's %pS, %pB write, and
 * addresses that it found no name for.
 *
 * Wherever one stands counts, be it a frame or prose ("in f+0x1/0x2"), but not
 * a bare address in prose: that may be data.
 */
#include "report/symbol_scan.h"

#include <ctype.h>

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.' || c == '$';
}

bool symbol_next_line(struct span text, size_t *at, struct span *ret)
{
	const char *start = text.ptr + *at, *end;

	if (*at >= text.len)
		return false;
	end = memchr(start, '\n', text.len - *at);
	*ret = (struct span){ start, end ? (size_t)(end - start) : text.len - *at };
	*at += ret->len + (end ? 1 : 0);
	return true;
}

/* Offset of the last literal of list in s, or -1. */
static ptrdiff_t last_of(struct span s, const char *const *list, size_t n)
{
	ptrdiff_t best = -1;

	for (size_t i = 0; i < n; i++) {
		struct span rest = s;
		ptrdiff_t at;

		while ((at = span_find(rest, span_of(list[i]))) >= 0) {
			ptrdiff_t whole = rest.ptr + at - s.ptr;

			if (whole > best)
				best = whole;
			rest = span_skip(rest, (size_t)at + 1);
		}
	}
	return best;
}

/*
 * x86 RIP, EIP, IP; arm and arm64 pc; riscv epc; powerpc NIP; s390 Krnl PSW;
 * loongarch ERA.  Of a program counter and a link register in one line the
 * nearer decides.
 */
static enum symbol_place place_of(struct span before)
{
	static const char *const pcs[] = { "IP:", "pc :", "pc:", "PC is at", "epc :", "NIP ", "NIP:", "ERA:", "PC:", "PSW :" };
	static const char *const links[] = { "lr :", "LR is at", " ra :", "LR ", "ra:", "RA:" };
	ptrdiff_t pc = last_of(before, pcs, countof(pcs)), link = last_of(before, links, countof(links));

	if (pc >= 0 && pc >= link)
		return SYMBOL_PC;
	if (span_starts(span_trim(before), SPAN("WARNING:")) && link < 0)
		return SYMBOL_MAYBE_PC;
	return SYMBOL_CALLER;
}

static bool is_leftover(struct span before)
{
	before = span_trim(before);
	return before.len && before.ptr[before.len - 1] == '?';
}

/* " [name]" or " [name buildid]" at the start of s. */
static size_t take_module(struct span s, struct symbol_token *ret)
{
	size_t i = 2, start;

	if (!span_starts(s, SPAN(" [")))
		return 0;
	while (i < s.len && (is_name_char(s.ptr[i]) || s.ptr[i] == '-'))
		i++;
	ret->module = (struct span){ s.ptr + 2, i - 2 };
	if (i < s.len && s.ptr[i] == ' ') {
		start = ++i;
		while (i < s.len && isxdigit((unsigned char)s.ptr[i]))
			i++;
		ret->build_id = (struct span){ s.ptr + start, i - start };
	}
	/* "[inline]" is the word of symbolized logs */
	if (i >= s.len || s.ptr[i] != ']' || !ret->module.len || span_equal(ret->module, SPAN("inline"))) {
		ret->module = ret->build_id = (struct span){ s.ptr, 0 };
		return 0;
	}
	return i + 1;
}

/* " file.c:12" at the start of s. */
static bool has_source(struct span s)
{
	size_t i = 1;
	bool dot = false;

	if (!s.len || s.ptr[0] != ' ')
		return false;
	for (; i < s.len && s.ptr[i] != ':' && s.ptr[i] != ' ' && s.ptr[i] != '['; i++)
		dot |= s.ptr[i] == '.';
	return dot && i + 1 < s.len && s.ptr[i] == ':' && (isdigit((unsigned char)s.ptr[i + 1]) || s.ptr[i + 1] == '?');
}

/* "+0x1/0x2" at plus. */
static bool take_symbol(struct span line, size_t plus, struct symbol_token *ret)
{
	size_t start = plus, end = plus + 1, used;
	struct span after;

	while (start > 0 && is_name_char(line.ptr[start - 1]))
		start--;
	if (start == plus || isdigit((unsigned char)line.ptr[start]))
		return false;
	if (!parse_hex64(span_skip(line, end), &ret->offset, &used))
		return false;
	end += used;
	if (end + 3 > line.len || memcmp(line.ptr + end, "/0x", 3) != 0 ||
	    !parse_hex64(span_skip(line, end + 1), &ret->size, &used))
		return false;
	end += 1 + used;
	ret->start = start;
	ret->end = end;
	ret->name = (struct span){ line.ptr + start, plus - start };
	after = span_skip(line, end);
	ret->done = has_source(after);
	after = span_skip(after, take_module(after, ret));
	ret->done |= has_source(after);
	return true;
}

/* A kernel address that ends its line: "RIP: 0010:0xffffffff81234567", " 0xffffffff81234567". */
static bool take_address(struct span line, size_t at, struct symbol_token *ret)
{
	size_t used;

	if (at + 2 + 16 > line.len || memcmp(line.ptr + at, "0x", 2) != 0 ||
	    (at && line.ptr[at - 1] != ' ' && line.ptr[at - 1] != ':') ||
	    !parse_hex64(span_skip(line, at), &ret->address, &used) || used != 18 || ret->address >> 47 != 0x1ffff ||
	    span_trim(span_skip(line, at + used)).len)
		return false;
	/* in front of it only blanks, or a register's name */
	if (span_trim((struct span){ line.ptr, at }).len && ret->place != SYMBOL_PC)
		return false;
	ret->start = at;
	ret->end = at + used;
	return true;
}

bool symbol_next(struct span line, size_t *at, struct symbol_token *ret)
{
	for (size_t i = *at; i + 3 < line.len; i++) {
		bool symbol = line.ptr[i] == '+' && line.ptr[i + 1] == '0' && line.ptr[i + 2] == 'x';
		bool address = line.ptr[i] == '0' && line.ptr[i + 1] == 'x' && line.ptr[i + 2] == 'f';

		if (!symbol && !address)
			continue;
		*ret = (struct symbol_token){ 0 };
		ret->place = place_of((struct span){ line.ptr, i });
		if (symbol ? take_symbol(line, i, ret) : take_address(line, i, ret)) {
			ret->leftover = is_leftover((struct span){ line.ptr, ret->start });
			*at = ret->end;
			return true;
		}
	}
	return false;
}

bool symbol_kernel_offset(struct span text, uint64_t *ret)
{
	ptrdiff_t at = span_find(text, SPAN("Kernel Offset: "));
	size_t used;

	if (at < 0)
		return false;
	text = span_skip(text, (size_t)at + strlen("Kernel Offset: "));
	if (span_starts(text, SPAN("disabled"))) {
		*ret = 0;
		return true;
	}
	return parse_hex64(text, ret, &used);
}
