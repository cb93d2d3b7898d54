/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The frames of the architectures:
 *
 *	 kasan_report+0x1b/0x40                                 x86, arm64, riscv; since v4.11 without address
 *	 ? kasan_report+0x1b/0x40                               a leftover on the stack (x86)
 *	 [<ffffffff82d4e304>] __memset+0x24/0x30 mm/a.c:12      before; symbolized
 *	 kmalloc include/linux/slab.h:554 [inline]              symbolized, inlined
 *	 [<     inline     >] kmalloc include/linux/slab.h:554  the same, older scripts
 *	 kc_release+0x10/0x20 [kcrash_mod 0123456789abcdef...]  module, with build ID (v5.14)
 *	[<80c1e5e8>] (__schedule) from [<80c1eb20>] (schedule+0x60/0xdc)   arm
 *	 __schedule from schedule+0x60/0xdc                     arm since v5.18
 *	 f [mod] from g+0x60/0xdc [mod]                         the same, modules
 *	[c0000000ffff1230] [c000000000a1b2c4] dump_stack+0xb0/0xf0 (unreliable)   powerpc
 *	RIP: 0010:fq_reset+0x10/0x20  pc : f+0x1/0x2  PC is at f+0x1/0x2
 *	NIP [c000000000a1b2c4] f+0x1/0x2  epc : f+0x1/0x2 ra : g+0x1/0x2  ERA: 9000000000222 f+0x1/0x2
 *
 * Refused: addresses in the middle of other text, symbols in prose
 * ("stack is in foo+0x1/0x2 frame"): a frame begins its line, blanks,
 * addresses, "? " and register names left out.
 */
#include "report/stack.h"

#include <ctype.h>

struct cursor {
	const char *p, *end;
};

static size_t left(const struct cursor *c)
{
	return (size_t)(c->end - c->p);
}

static void skip_blanks(struct cursor *c)
{
	while (c->p < c->end && (*c->p == ' ' || *c->p == '\t'))
		c->p++;
}

/* Inlined, so that comparing with a constant is a few instructions. */
static inline __attribute__((always_inline)) bool eat(struct cursor *c, const char *literal)
{
	size_t n = strlen(literal);

	if (left(c) < n || memcmp(c->p, literal, n) != 0)
		return false;
	c->p += n;
	return true;
}

static bool eat_hex(struct cursor *c, uint64_t *ret)
{
	size_t n;

	if (!parse_hex64((struct span){ c->p, left(c) }, ret, &n))
		return false;
	c->p += n;
	return true;
}

/* "[<ffffffff82d4e304>] ", "[c000000000a1b2c4] ", "[<     inline     >] ", "(____ptrval____)". */
static bool eat_address(struct cursor *c, struct raw_frame *f)
{
	struct cursor t = *c;
	uint64_t value;
	bool angle;

	if (!eat(&t, "["))
		return false;
	angle = eat(&t, "<");
	skip_blanks(&t);
	if (angle && eat(&t, "inline")) {
		f->flags |= CULPRIT_FRAME_INLINE;
		skip_blanks(&t);
	} else if (angle && (eat(&t, "(____ptrval____)") || eat(&t, "(ptrval)") || eat(&t, "none"))) {
		;
	} else {
		size_t digits = left(&t);

		if (!eat_hex(&t, &value))
			return false;
		digits -= left(&t);
		/* "[123]" is a CPU or a pid in prose, an address has all its digits. */
		if (!angle && digits < 8)
			return false;
		f->address = value;
		f->flags |= CULPRIT_FRAME_HAS_ADDRESS;
	}
	if (angle && !eat(&t, ">"))
		return false;
	if (!eat(&t, "]"))
		return false;
	*c = t;
	return true;
}

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || (c >= 'A' && c <= 'Z') || c == '.' || c == '$';
}

/*
 * A symbol: C names, and what Rust makes of them when demangled
 * ("<rust_binder::process::Process>::update_ref", with blanks inside of <>).
 */
static struct span eat_symbol(struct cursor *c)
{
	const char *start = c->p;
	int depth = 0;

	while (c->p < c->end) {
		char ch = *c->p;

		if (ch == '<') {
			depth++;
		} else if (ch == '>' && depth > 0) {
			depth--;
		} else if (!is_name_char(ch) && !(ch == ':' && c->p > start && c->p + 1 < c->end &&
						  (c->p[1] == ':' || c->p[-1] == ':')) &&
			   !(depth > 0 && ch != '+' && ch != '\t') && !(ch == '{' && depth) && !(ch == '-' && depth)) {
			break;
		}
		c->p++;
	}
	if (depth != 0)
		c->p = start;
	return (struct span){ start, (size_t)(c->p - start) };
}

/* "+0x1b/0x40", or "+27/64" as Rust and old kernels never print: hexadecimal only. */
static bool eat_offset(struct cursor *c, struct raw_frame *f)
{
	struct cursor t = *c;

	if (!eat(&t, "+0x") || !eat_hex(&t, &f->offset))
		return false;
	if (eat(&t, "/0x") && eat_hex(&t, &f->size)) {
		f->flags |= CULPRIT_FRAME_HAS_OFFSET;
		*c = t;
		return true;
	}
	return false;
}

static bool looks_like_file(struct span s)
{
	const char *dot = memrchr(s.ptr, '.', s.len);

	return dot && dot + 1 < s.ptr + s.len && memchr("cChSsr", dot[1], 6) && s.ptr + s.len - dot <= 4;
}

/* "mm/slub.c:123" or "mm/slub.c:123:45". */
static bool eat_source(struct cursor *c, struct raw_frame *f)
{
	struct cursor t = *c;
	const char *start;
	struct span file;
	uint64_t line;
	size_t n;

	skip_blanks(&t);
	start = t.p;
	while (t.p < t.end && *t.p != ' ' && *t.p != ':' && *t.p != '\t')
		t.p++;
	file = (struct span){ start, (size_t)(t.p - start) };
	if (!file.len || !looks_like_file(file) || !eat(&t, ":") ||
	    !parse_u64((struct span){ t.p, left(&t) }, &line, &n) || line > UINT32_MAX)
		return false;
	t.p += n;
	if (t.p < t.end && *t.p == ':' && t.p + 1 < t.end && isdigit((unsigned char)t.p[1])) {
		t.p++;
		while (t.p < t.end && isdigit((unsigned char)*t.p))
			t.p++;
	}
	f->file = file;
	f->line = (uint32_t)line;
	*c = t;
	return true;
}

/* "mm/slub.c:12", "mm/slub.c:12 (discriminator 2)", "??:?" */
static bool eat_decoded_place(struct cursor *c, struct raw_frame *f)
{
	struct cursor t = *c;
	uint64_t number;
	size_t n;

	if (!eat(&t, "??:?") && !eat(&t, "??:0") && !eat_source(&t, f))
		return false;
	if (eat(&t, " (discriminator ")) {
		if (!parse_u64((struct span){ t.p, left(&t) }, &number, &n))
			return false;
		t.p += n;
		if (!eat(&t, ")"))
			return false;
	}
	*c = t;
	return true;
}

/* " (mm/a.h:5 mm/slub.c:12)" behind a symbol: what was inlined comes first, the function's own place last. */
static bool eat_decoded(struct cursor *c, struct raw_frame *f)
{
	struct cursor t = *c;

	if (!eat(&t, " (") || !eat_decoded_place(&t, f))
		return false;
	while (eat(&t, " ")) {
		if (!eat_decoded_place(&t, f))
			return false;
	}
	if (!eat(&t, ")"))
		return false;
	*c = t;
	return true;
}

/* "[ext4]", "[ext4 build-id]"; "[inline]" is none. */
static void eat_module(struct cursor *c, struct raw_frame *f)
{
	struct cursor t = *c;
	const char *start;
	struct span inside;

	skip_blanks(&t);
	if (!eat(&t, "["))
		return;
	start = t.p;
	while (t.p < t.end && (is_name_char(*t.p) || *t.p == '-' || *t.p == ' '))
		t.p++;
	inside = (struct span){ start, (size_t)(t.p - start) };
	if (!inside.len || !eat(&t, "]"))
		return;
	if (span_equal(inside, SPAN("inline"))) {
		f->flags |= CULPRIT_FRAME_INLINE;
	} else {
		const char *blank = memchr(inside.ptr, ' ', inside.len);

		f->module = inside;
		if (blank) {
			f->module.len = (size_t)(blank - inside.ptr);
			f->build_id = (struct span){ blank + 1, (size_t)(inside.ptr + inside.len - blank - 1) };
		}
	}
	*c = t;
}

static void eat_tail(struct cursor *c, struct raw_frame *f)
{
	struct cursor t;

	eat_module(c, f);
	if (!eat_decoded(c, f))
		eat_source(c, f);
	eat_module(c, f);
	t = *c;
	skip_blanks(&t);
	if (eat(&t, "(unreliable)"))
		f->flags |= CULPRIT_FRAME_UNRELIABLE;
}

/* Register names that stand in front of a program counter. */
static const struct {
	const char *text;
	bool link;
} registers[] = {
	{ "RIP: ", false }, { "EIP: ", false }, { "IP: ", false }, { "pc : ", false }, { "PC is at ", false },
	{ "NIP ", false }, { "NIP: ", false }, { "epc : ", false }, { "PC: ", false }, { "ERA: ", false }, { "era   : ", false }, { "era ", false },
	{ "PC = ", false }, { "EIP is at ", false }, { "Krnl PSW : ", false }, { "epc   : ", false },	/* i386, s390, mips */
	{ "TPC: ", false }, { "IAOQ[0]: ", false },							/* sparc64, parisc */
	{ "pc is at ", false }, { "ip is at ", false },							/* alpha, ia64 */
	{ "lr : ", true }, { "LR is at ", true }, { "LR ", true }, { "ra : ", true }, { "RA: ", true },
	{ "ra: ", true }, { "ra    : ", true }, { "LR: ", true },					/* loongarch, mips, csky */
	{ "I7: ", true }, { "RP(r2): ", true }, { "PR is at ", true }, { "ra is at ", true },		/* sparc64, parisc, sh */
};

static void eat_register(struct cursor *c, struct raw_frame *f)
{
	for (size_t i = 0; i < countof(registers); i++) {
		struct cursor t = *c;
		uint64_t value;

		if (t.p == t.end || *t.p != *registers[i].text || !eat(&t, registers[i].text))
			continue;
		f->pc = !registers[i].link;
		f->link = registers[i].link;
		skip_blanks(&t);
		*c = t;
		/* "0010:" (x86: the code segment), an address before the symbol (mips, loongarch), mask and address (s390). */
		for (int n = 0; n < 2 && eat_hex(&t, &value) && t.p < t.end; n++) {
			/* "add" and "dec" are names of functions. */
			if (*t.p != ':' && !(*t.p == ' ' && t.p - c->p >= 8))
				break;
			t.p++;
			skip_blanks(&t);
			*c = t;
		}
		t = *c;
		/* "<f+0x1/0x2>" (sparc64) */
		if (left(&t) > 1 && t.p[0] == '<' && (isalpha((unsigned char)t.p[1]) || t.p[1] == '_') &&
		    t.end[-1] == '>')
			c->p++;
		return;
	}
}

/* "(__schedule) from [<80c1eb20>] (schedule+0x60/0xdc)" */
static bool parse_arm(struct cursor *c, struct raw_frame *f)
{
	struct raw_frame callee = { 0 }, caller = { 0 };
	struct cursor t = *c;
	bool brackets;

	if (span_find((struct span){ t.p, left(&t) }, SPAN(" from ")) < 0)
		return false;
	brackets = eat(&t, "(");
	callee.function = eat_symbol(&t);
	if (!callee.function.len)
		return false;
	eat_offset(&t, &callee);
	eat_tail(&t, &callee);
	if ((brackets && !eat(&t, ")")) || !eat(&t, " from "))
		return false;
	skip_blanks(&t);
	eat_address(&t, &caller);
	skip_blanks(&t);
	eat(&t, "(");
	caller.function = eat_symbol(&t);
	if (!caller.function.len || !eat_offset(&t, &caller))
		return false;
	eat_tail(&t, &caller);
	caller.callee = callee.function;
	caller.callee_module = callee.module;
	caller.callee_build_id = callee.build_id;
	*f = caller;
	*c = t;
	return true;
}

static bool parse_plain(struct cursor *c, struct raw_frame *f)
{
	struct cursor t;

	eat(c, "(");
	if (eat(c, "? ")) {
		f->flags |= CULPRIT_FRAME_UNRELIABLE;
		skip_blanks(c);
	}
	t = *c;
	f->function = eat_symbol(&t);
	if (f->function.len == 0 || isdigit((unsigned char)f->function.ptr[0]))
		return false;
	if (eat_offset(&t, f)) {
		eat_tail(&t, f);
		*c = t;
		return true;
	}
	if (eat_decoded(&t, f)) {
		eat_module(&t, f);
		*c = t;
		return true;
	}
	/* Without an offset only a source line makes it a frame: "func file.c:12 [inline]". */
	if (t.p < t.end && *t.p == ' ' && eat_source(&t, f)) {
		eat_module(&t, f);
		*c = t;
		return true;
	}
	return false;
}

/* "<IRQ>", "<EOI>", "<TASK>", "<NMI>", "<#DF>" in front of a frame. */
static void eat_stack_mark(struct cursor *c)
{
	struct cursor t = *c;

	if (!eat(&t, "<"))
		return;
	while (t.p < t.end && (isupper((unsigned char)*t.p) || *t.p == '/' || *t.p == '#' || *t.p == '<' || *t.p == ' ' ||
			       isdigit((unsigned char)*t.p)))
		t.p++;
	while (eat(&t, ">"))
		;
	skip_blanks(&t);
	if (t.p > c->p + 2 && t.p[-1] != '<')
		*c = t;
}

/* " (mm/slub.c:12)" somewhere? Where not, the line was not decoded. */
static bool may_be_decoded(struct span text)
{
	return memchr(text.ptr, ')', text.len) && memchr(text.ptr, ':', text.len) && span_find(text, SPAN(" (")) > 0;
}

bool stack_parse_frame(struct span text, struct raw_frame *ret)
{
	struct cursor c = { text.ptr, text.ptr + text.len };

	*ret = (struct raw_frame){ 0 };
	/* Nearly every line that is no frame leaves here; "inline" comes in brackets. */
	if (!text.len || (span_find(text, SPAN("+0x")) < 0 && !may_be_decoded(text) &&
			  (!memchr(text.ptr, ']', text.len) || span_find(text, SPAN("inline")) < 0)))
		return false;
	skip_blanks(&c);
	eat_stack_mark(&c);
	eat_register(&c, ret);
	/* s390: "([<000000000010b2d0>] show_stack+0x58/0x78)" is where a new stack begins. */
	if (left(&c) > 2 && !memcmp(c.p, "([<", 3))
		c.p++;
	for (int i = 0; i < 2 && eat_address(&c, ret); i++)
		skip_blanks(&c);
	if (!parse_arm(&c, ret) && !parse_plain(&c, ret))
		return false;
	if (ret->pc)
		ret->flags |= CULPRIT_FRAME_EXACT;
	return true;
}

bool stack_is_inlined(struct span text)
{
	struct raw_frame frame;
	ptrdiff_t at;

	/* Nearly every line leaves here. */
	if (!text.len || !memchr(text.ptr, ']', text.len) || span_find(text, SPAN("inline")) < 0)
		return false;
	at = span_find(text, SPAN(" [inline]"));
	if (at > 0)
		return isalnum((unsigned char)text.ptr[at - 1]);
	return stack_parse_frame(text, &frame) && (frame.flags & CULPRIT_FRAME_INLINE);
}

/* Where the symbol that ends at end begins; end where there is none. */
static const char *symbol_start(const char *begin, const char *end)
{
	const char *p = end;

	while (p > begin && is_name_char(p[-1]))
		p--;
	/* "ASSERT FAILED at (lib/a.c:3)": prose names the place in the same way. */
	if (span_equal((struct span){ p, (size_t)(end - p) }, SPAN("at")))
		return end;
	return p < end && !isdigit((unsigned char)*p) ? p : end;
}

/* "f (mm/slub.c:12)" is "f+0x0/0x0": the form that all else knows; a size of 0 says that nothing is known. */
static bool add_undecoded(struct buf *ret, struct span text)
{
	struct cursor c = { text.ptr, text.ptr + text.len };
	ptrdiff_t at;

	while ((at = span_find((struct span){ c.p, left(&c) }, SPAN(" ("))) >= 0) {
		struct raw_frame f = { 0 };
		const char *from = c.p;
		bool symbol;

		c.p += at;
		symbol = symbol_start(from, c.p) < c.p;
		if (!buf_add(ret, from, (size_t)(c.p - from)))
			return false;
		from = c.p;
		if (symbol && eat_decoded(&c, &f)) {
			if (!buf_add_str(ret, "+0x0/0x0"))
				return false;
			continue;
		}
		c.p = from + 2;
		if (!buf_add(ret, from, 2))
			return false;
	}
	return buf_add(ret, c.p, left(&c));
}

bool stack_add_plain(struct buf *ret, struct span text)
{
	struct cursor c = { text.ptr, text.ptr + text.len };
	ptrdiff_t at = text.len ? span_find(text, SPAN("+0x")) : -1;

	if (at < 0 && text.len && may_be_decoded(text))
		return add_undecoded(ret, text);
	while ((at = span_find((struct span){ c.p, left(&c) }, SPAN("+0x"))) >= 0) {
		struct raw_frame f = { 0 };
		const char *from = c.p;
		bool found;

		c.p += at;
		found = eat_offset(&c, &f);
		if (!found)
			c.p += 3;
		else
			eat_module(&c, &f);
		if (!buf_add(ret, from, (size_t)(c.p - from)))
			return false;
		if (found && left(&c) && *c.p == ' ' && !eat_decoded(&c, &f))
			eat_source(&c, &f);
	}
	return buf_add(ret, c.p, left(&c));
}

bool stack_offset_is_outside(struct span behind_symbol)
{
	struct cursor c = { behind_symbol.ptr, behind_symbol.ptr + behind_symbol.len };
	struct raw_frame f = { 0 };

	eat_symbol(&c);		/* the rest of its name */
	return eat_offset(&c, &f) && frame_is_outside(&f);
}

bool stack_is_leftover(struct span text)
{
	static const struct span mark = { " (unreliable)", 13 };
	struct cursor c = { text.ptr, text.ptr + text.len };
	struct raw_frame frame = { 0 };

	if (text.len > mark.len && !memcmp(c.end - mark.len, mark.ptr, mark.len))
		return true;
	skip_blanks(&c);
	for (int i = 0; i < 2 && eat_address(&c, &frame); i++)
		skip_blanks(&c);
	return c.p > text.ptr && eat(&c, "? ");
}

struct span stack_base_name(struct span function)
{
	const char *dot;

	/* powerpc's ELFv1 ABI: the symbol of the code has a dot in front. */
	if (function.len > 1 && *function.ptr == '.')
		function = span_skip(function, 1);
	/* Rust paths hold dots only in compiler suffixes too, but may begin with '<'. */
	dot = function.len ? memchr(function.ptr, '.', function.len) : NULL;
	if (dot && dot > function.ptr)
		function.len = (size_t)(dot - function.ptr);
	return function;
}

bool stack_is_user_pc(struct span text)
{
	text = span_trim(text);
	return span_starts(text, SPAN("RIP: 0033:0x")) || span_starts(text, SPAN("RIP: 0023:0x"));
}

/* Of those that fit the first in the order of the patterns. */
const struct stack_header *stack_find_header(const struct culprit_patterns *set, struct span text)
{
	size_t best = 0;

	text = span_trim(text);
	if (!text.len)
		return NULL;
	for (size_t i = set->header_first[(unsigned char)*text.ptr]; i && !best; i = set->headers[i - 1].next) {
		if (span_starts(text, (struct span){ set->headers[i - 1].text, set->headers[i - 1].len }))
			best = i;
	}
	for (size_t i = set->header_anywhere; i && (!best || i < best); i = set->headers[i - 1].next) {
		if (span_find(text, (struct span){ set->headers[i - 1].text, set->headers[i - 1].len }) >= 0)
			best = i;
	}
	return best ? &set->headers[best - 1] : NULL;
}
