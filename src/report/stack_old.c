/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Frames as kernels before 2.6.24, klogd and ksymoops wrote them, to today's:
 *
 *	Call Trace: <ffffffff801f0ab4>{commit+1012} <ffffffff801f3d60>{:jbd:kjournald+240}	x86-64 before 2.6.18
 *	 [<ffffffff880a1234>] :jbd:kjournald+0x54/0x1a0						x86-64 before 2.6.24
 *	EIP is at journal_start [jbd] 0x14 (2.4.20-28.9)						Red Hat's 2.4
 *	[<f8832a51>] ext3_dirty_inode [ext3] 0x31 (0xf6a37e3c))
 *	EIP:    0010:[prune_dcache+173/560]    Not tainted					klogd (sysklogd)
 *	Call Trace: [nfsd:nfsd_dispatch+20/80] [<c012e8b7>]
 *	>>EIP; c01a2b3c <d_lookup+5c/130>   <=====						ksymoops
 *	Trace; d09e1234 <[nfsd]nfsd_dispatch+114/260>
 *
 * Each frame gets a line of its own, offsets become hexadecimal, modules stand
 * behind.  A size of 0 says that it is not known.  Everything else of a line
 * stays as it is.
 *
 * Refused: what lacks the offset, for words in brackets are in any text.
 */
#include "report/stack.h"

#include <ctype.h>
#include <inttypes.h>

struct old_frame {
	struct span module, function;
	uint64_t address, offset, size;
	bool has_address;
	size_t len;			/* bytes that it takes */
};

struct reader {
	struct span rest;
	size_t at;
};

static bool is_at(const struct reader *r, char c)
{
	return r->at < r->rest.len && r->rest.ptr[r->at] == c;
}

static bool take(struct reader *r, char c)
{
	if (!is_at(r, c))
		return false;
	r->at++;
	return true;
}

static bool take_hex(struct reader *r, uint64_t *ret)
{
	size_t n;

	if (!parse_hex64(span_skip(r->rest, r->at), ret, &n))
		return false;
	r->at += n;
	return true;
}

static bool take_decimal(struct reader *r, uint64_t *ret)
{
	size_t n;

	if (r->at >= r->rest.len || !parse_u64(span_skip(r->rest, r->at), ret, &n))
		return false;
	r->at += n;
	return true;
}

static bool take_name(struct reader *r, struct span *ret)
{
	size_t from = r->at;

	while (r->at < r->rest.len && (isalnum((unsigned char)r->rest.ptr[r->at]) || memchr("_.-", r->rest.ptr[r->at], 3)))
		r->at++;
	*ret = (struct span){ r->rest.ptr + from, r->at - from };
	return ret->len && !isdigit((unsigned char)*ret->ptr);
}

/* ":jbd:kjournald", "kjournald" */
static bool take_colon_names(struct reader *r, struct old_frame *ret)
{
	return !take(r, ':') ? take_name(r, &ret->function) :
			       take_name(r, &ret->module) && take(r, ':') && take_name(r, &ret->function);
}

/* "<ffffffff801f0ab4>{:jbd:kjournald+1012}" */
static bool take_braces(struct reader *r, struct old_frame *ret)
{
	ret->has_address = true;
	return take(r, '<') && take_hex(r, &ret->address) && take(r, '>') && take(r, '{') && take_colon_names(r, ret) &&
	       take(r, '+') && take_decimal(r, &ret->offset) && take(r, '}');
}

/* ":jbd:kjournald+0x54/0x1a0" */
static bool take_colons(struct reader *r, struct old_frame *ret)
{
	return is_at(r, ':') && take_colon_names(r, ret) && take(r, '+') && take(r, '0') && take(r, 'x') &&
	       take_hex(r, &ret->offset) && take(r, '/') && take(r, '0') && take(r, 'x') && take_hex(r, &ret->size);
}

/* "[nfsd:nfsd_dispatch+20/80]", "[d_lookup+20/80]" */
static bool take_klogd(struct reader *r, struct old_frame *ret)
{
	if (!take(r, '[') || !take_name(r, &ret->function))
		return false;
	if (take(r, ':')) {
		ret->module = ret->function;
		if (!take_name(r, &ret->function))
			return false;
	}
	return take(r, '+') && take_decimal(r, &ret->offset) && take(r, '/') && take_decimal(r, &ret->size) && take(r, ']');
}

/* "c01a2b3c <[nfsd]d_lookup+5c/130>" */
static bool take_ksymoops(struct reader *r, struct old_frame *ret)
{
	ret->has_address = true;
	while (take(r, ' '))
		;
	if (!take_hex(r, &ret->address) || !take(r, ' ') || !take(r, '<'))
		return false;
	if (take(r, '[') && (!take_name(r, &ret->module) || !take(r, ']')))
		return false;
	return take_name(r, &ret->function) && take(r, '+') && take_hex(r, &ret->offset) && take(r, '/') &&
	       take_hex(r, &ret->size) && take(r, '>');
}

/* "journal_start [jbd] 0x14 (0xf6a37e3c))", where the kernel's own functions are of the module "kernel" */
static bool take_red_hat(struct reader *r, struct old_frame *ret)
{
	uint64_t place;

	if (!take_name(r, &ret->function) || !take(r, ' ') || !take(r, '[') || !take_name(r, &ret->module) ||
	    !take(r, ']') || !take(r, ' ') || !take(r, '0') || !take(r, 'x') || !take_hex(r, &ret->offset) ||
	    !take(r, ' ') || !take(r, '('))
		return false;
	if (span_equal(ret->module, SPAN("kernel")))
		ret->module.len = 0;
	/* where on the stack it was found: of frames, not of EIP's line, which has the kernel's release there */
	if (take(r, '0') && take(r, 'x') && take_hex(r, &place) && take(r, ')'))
		take(r, ')');
	return true;
}

static bool take_frame(bool (*form)(struct reader *r, struct old_frame *ret), struct span rest, struct old_frame *ret)
{
	struct reader r = { .rest = rest };

	*ret = (struct old_frame){ 0 };
	if (!form(&r, ret))
		return false;
	ret->len = r.at;
	return true;
}

/* A frame that begins at the byte i of text. */
static bool frame_at(struct span text, size_t i, struct old_frame *ret)
{
	struct span rest = span_skip(text, i);

	switch (*rest.ptr) {
	case '<':
		return take_frame(take_braces, rest, ret);
	case '[':
		return take_frame(take_klogd, rest, ret);
	case ':':
		/* in prose colons have no blank before them, and no address */
		return i >= 2 && !memcmp(rest.ptr - 2, "] ", 2) && take_frame(take_colons, rest, ret);
	default:
		return false;
	}
}

static bool add_frame(struct buf *ret, const struct old_frame *f, bool with_address)
{
	return (!f->has_address || !with_address || buf_printf(ret, "[<%" PRIx64 ">] ", f->address)) &&
	       buf_add(ret, f->function.ptr, f->function.len) &&
	       buf_printf(ret, "+0x%" PRIx64 "/0x%" PRIx64, f->offset, f->size) &&
	       (!f->module.len || buf_printf(ret, " [%.*s]", (int)f->module.len, f->module.ptr));
}

/* What stands between two frames, or before the first: its end of line is new where it says nothing. */
static bool add_between(struct buf *ret, struct span between, size_t n_before, bool *ret_header)
{
	struct span words = span_trim(between);

	*ret_header = span_starts(words, SPAN("Call Trace"));
	if (n_before || *ret_header) {
		if (*ret_header && (!buf_add_str(ret, "Call Trace:\n")))
			return false;
		words = *ret_header ? span_trim(span_skip(words, strlen("Call Trace:"))) : words;
		return (!n_before || buf_add_char(ret, '\n')) && buf_add_char(ret, ' ') &&
		       (!words.len || (buf_add(ret, words.ptr, words.len) && buf_add_char(ret, ' ')));
	}
	return buf_add(ret, between.ptr, between.len);
}

static bool add_frames(struct buf *ret, struct span text, size_t *ret_n)
{
	size_t from = 0;
	struct old_frame f;
	bool header;

	for (size_t i = 0; i < text.len; i++) {
		if (!frame_at(text, i, &f))
			continue;
		if (!add_between(ret, (struct span){ text.ptr + from, i - from }, *ret_n, &header) || !add_frame(ret, &f, true))
			return false;
		++*ret_n;
		i += f.len - 1;
		from = i + 1;
	}
	if (!*ret_n)
		return true;
	/* "    Not tainted" */
	return buf_add(ret, text.ptr + from, text.len - from);
}

/* "EIP is at f [mod] 0x14 (...)", "Call Trace:   [<c010a4d8>] f [kernel] 0x5 (...)", "[<c0106f10>] f [kernel] 0x0 (.)" */
static bool add_red_hat(struct buf *ret, struct span text, size_t *ret_n)
{
	static const struct span pc = { "EIP is at ", 10 }, header = { "Call Trace:", 11 };
	struct span rest = span_trim(text);
	bool is_pc = span_starts(rest, pc), opens = span_starts(rest, header);
	struct old_frame f;
	uint64_t address = 0;
	const char *close;
	size_t n;

	if (is_pc || opens)
		rest = span_trim(span_skip(rest, is_pc ? pc.len : header.len));
	if (!is_pc) {
		if (!span_starts(rest, SPAN("[<")) || !parse_hex64(span_skip(rest, 2), &address, &n))
			return true;
		close = memchr(rest.ptr, ' ', rest.len);
		if (!close || n + 4 != (size_t)(close - rest.ptr) || close[-1] != ']')
			return true;
		rest = span_skip(rest, n + 5);
	}
	if (!take_frame(take_red_hat, rest, &f))
		return true;
	++*ret_n;
	f.address = address;
	f.has_address = !is_pc;
	return (!opens || buf_add_str(ret, "Call Trace:\n")) && buf_add_str(ret, is_pc ? pc.ptr : " ") &&
	       add_frame(ret, &f, true) &&
	       (!is_pc || (buf_add_char(ret, ' ') && buf_add(ret, rest.ptr + f.len - 1, rest.len - f.len + 1)));
}

/* What ksymoops looked up; its words stand for the header that it does not print. */
static bool add_ksymoops(struct buf *ret, struct span text, bool first, size_t *ret_n)
{
	static const struct { const char *starts, *becomes; } words[] = {
		{ ">>EIP;", "EIP is at " }, { ">>RIP;", "RIP: " }, { ">>PC;", "PC is at " }, { ">>NIP;", "NIP: " },
		{ ">>IP;", "IP: " }, { ">>epc;", "epc : " }, { ">>pc;", "PC is at " }, { "Trace;", " " },
	};
	struct old_frame f;

	for (size_t i = 0; i < countof(words); i++) {
		struct span start = span_of(words[i].starts);
		bool trace = i + 1 == countof(words);

		if (!span_starts(text, start) || !take_frame(take_ksymoops, span_skip(text, start.len), &f))
			continue;
		++*ret_n;
		return (!trace || !first || buf_add_str(ret, "Call Trace:\n")) && buf_add_str(ret, words[i].becomes) &&
		       add_frame(ret, &f, trace);
	}
	return true;
}

bool stack_is_old_trace(struct span text)
{
	return span_starts(text, SPAN("Trace; "));
}

bool stack_modernise(struct span text, bool first, struct buf *ret, bool *ret_old)
{
	size_t n = 0;
	bool ok = true;

	*ret_old = false;
	if (text.len < 8)
		return true;
	/* Nearly every line leaves here: each form has '+', or is Red Hat's, and one of these. */
	if (!memchr(text.ptr, '+', text.len)) {
		const char *module = memchr(text.ptr, ']', text.len);

		if (module && span_find(text, SPAN("] 0x")) >= 0)
			ok = add_red_hat(ret, text, &n);
		*ret_old = n > 0;
		return ok;
	}
	if (*text.ptr == '>' || *text.ptr == 'T')
		ok = add_ksymoops(ret, text, first, &n);
	if (ok && !n && (memchr(text.ptr, '[', text.len) || memchr(text.ptr, '{', text.len)))
		ok = add_frames(ret, text, &n);
	*ret_old = n > 0;
	return ok;
}
