/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Formats by their magic numbers (file(1) knows more), with what makes a log
 * of each.
 *
 *	7f "ELF" .. 04 00 at 16		a core: /proc/vmcore as cp(1) or makedumpfile -E saves it
 *	"KDUMP   ", "DISKDUMP"		kdump-compressed, makedumpfile
 *	d4 c3 b2 a1, 0a 0d 0d 0a	pcap, pcapng: netconsole's packets, captured
 *
 * To add a format: a line in kinds.
 */
#include "input/no_log.h"

struct kind {
	const char *magic;
	uint8_t len;
	uint16_t off;
	const char *text;
};

#define PACKETS "captured packets; of netconsole: 'tshark -r FILE -T fields -e udp.payload | xxd -r -p' makes a log of them"
#define MAKEDUMP "a crash dump; 'vmcore-dmesg FILE' or 'makedumpfile --dump-dmesg' prints the log in it"

static const struct kind kinds[] = {
	{ "\x04\x22\x4d\x18", 4, 0, "lz4 data; give what 'lz4 -dc' makes of it" },
	{ "\x02\x21\x4c\x18", 4, 0, "lz4 data; give what 'lz4 -dc' makes of it" },
	{ "PK\x03\x04", 4, 0, "a zip archive; give what 'unzip -p' makes of it" },
	{ "PK\x05\x06", 4, 0, "an empty zip archive" },
	{ "7z\xbc\xaf\x27\x1c", 6, 0, "a 7z archive; give what '7z x -so' makes of it" },
	{ "Rar!\x1a\x07", 6, 0, "a rar archive; give what 'unrar p' makes of it" },
	{ "\x89LZO\0\r\n\x1a\n", 9, 0, "lzop data; give what 'lzop -dc' makes of it" },
	{ "LZIP", 4, 0, "lzip data; give what 'lzip -dc' makes of it" },
	{ "\x1f\x9d", 2, 0, "data of compress(1); give what 'uncompress -c' makes of it" },
	{ "ustar", 5, 257, "a tar archive; give what 'tar -xOf FILE' makes of it" },
	{ "070701", 6, 0, "a cpio archive; it holds files, unpack it first" },
	{ "!<arch>\n", 8, 0, "an ar archive or a Debian package" },
	{ "\xed\xab\xee\xdb", 4, 0, "an RPM package" },
	{ "KDUMP   ", 8, 0, MAKEDUMP },
	{ "DISKDUMP", 8, 0, MAKEDUMP },
	{ "makedumpfile\0", 13, 0, MAKEDUMP },
	{ "\xd4\xc3\xb2\xa1", 4, 0, PACKETS },
	{ "\xa1\xb2\xc3\xd4", 4, 0, PACKETS },
	{ "\x4d\x3c\xb2\xa1", 4, 0, PACKETS },
	{ "\xa1\xb2\x3c\x4d", 4, 0, PACKETS },
	{ "\n\r\r\n", 4, 0, PACKETS },
	{ "LPKSHHRH", 8, 0, "a systemd journal; give what 'journalctl --file FILE -k' prints" },
	{ "PERFILE2", 8, 0, "a recording of perf; it holds no log" },
	{ "PAGEDUMP", 8, 0, "a crash dump of Windows" },
	{ "\x89PNG\r\n", 6, 0, "a picture; type off or scan what it shows" },
	{ "\xff\xd8\xff", 3, 0, "a picture; type off or scan what it shows" },
	{ "%PDF-", 5, 0, "a PDF document; give what 'pdftotext -layout FILE -' makes of it" },
	{ "QFI\xfb", 4, 0, "a disk image (qcow2)" },
	{ "SQLite format 3\0", 16, 0, "an SQLite database" },
};

static bool has_magic(struct span head, const struct kind *kind)
{
	return head.len >= (size_t)kind->off + kind->len && !memcmp(head.ptr + kind->off, kind->magic, kind->len);
}

static const char *elf_kind(struct span head)
{
	unsigned int type;

	if (head.len < 18 || !span_starts(head, (struct span){ "\x7f" "ELF", 4 }))
		return NULL;
	type = (unsigned char)head.ptr[head.ptr[5] == 2 ? 17 : 16];
	if (type == 4)
		return "an ELF core; of a kernel (vmcore): 'vmcore-dmesg FILE' prints the log in it";
	return "a program, library or module (ELF), no log; a kernel goes to --vmlinux";
}

const char *no_log_kind(struct span head)
{
	const char *elf = elf_kind(head);

	if (elf)
		return elf;
	for (size_t i = 0; i < countof(kinds); i++)
		if (has_magic(head, &kinds[i]))
			return kinds[i].text;
	return NULL;
}

struct culprit_error *no_log_refuse(struct span head, const char *name)
{
	const char *kind = no_log_kind(head);

	return kind ? culprit_error_create(CULPRIT_ERROR_FORMAT, "%s is %s", name, kind) : NULL;
}
