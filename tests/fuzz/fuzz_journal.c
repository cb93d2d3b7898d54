/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as a bisection's journal.  An odd first byte: each line gets its
 * right checksum, so that the records behind it are reached, and the session's
 * state is made of them.
 *
 * What is read once is read again as the same; what is cut anywhere is an
 * error or a shorter journal; a record that is appended is read back.  Seeds:
 * records of each type (tests/fuzz/run.sh makes some).
 */
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

#include "session/session_internal.h"

#define NOTE "a b%\n\t\x01\xff"

struct reading {
	struct buf text;		/* all that was said */
	struct session *session;	/* NULL: none is made */
	uint64_t n;
};

static struct culprit_error *on_record(void *arg, const struct journal_record *record)
{
	struct reading *reading = arg;

	REQUIRE(record->line == ++reading->n && record->time_us >= 0 && record->type);
	REQUIRE(record->n <= JOURNAL_FIELDS_MAX);
	REQUIRE(buf_printf(&reading->text, "%" PRId64 " %s", record->time_us, record->type));
	for (size_t i = 0; i < record->n; i++) {
		REQUIRE(journal_get(record, record->keys[i]));
		REQUIRE(buf_printf(&reading->text, " %s=%s", record->keys[i], record->values[i]));
	}
	REQUIRE(buf_add_char(&reading->text, '\n'));
	return reading->session ? session_apply(reading->session, record) : NULL;
}

static void write_journal(const char *path, struct span bytes)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	REQUIRE(fd >= 0 && write(fd, bytes.ptr, bytes.len) == (ssize_t)bytes.len && !close(fd));
}

/* Lines that lack a checksum get the right one. */
static void add_checksums(struct span text, struct buf *ret)
{
	while (text.len) {
		const char *end = memchr(text.ptr, '\n', text.len);
		size_t len = end ? (size_t)(end - text.ptr) : text.len;

		REQUIRE(buf_printf(ret, "%016" PRIx64 " ", hash_bytes(text.ptr, len)) && buf_add(ret, text.ptr, len));
		REQUIRE(!end || buf_add_char(ret, '\n'));
		text = span_skip(text, end ? len + 1 : len);
	}
}

static void append(const char *path, uint64_t n)
{
	_cleanup_(journal_closep) struct journal *journal = NULL;
	struct reading reading = { 0 }, again = { 0 };
	struct journal_draft draft;

	REQUIRE(!journal_open(path, 0, -1, on_record, &reading, &journal));
	REQUIRE(reading.n == n);
	journal_begin(&draft, "note");
	journal_add(&draft, "text", NOTE);
	REQUIRE(!journal_commit(journal, &draft));
	REQUIRE(reading.n == n + 1);
	REQUIRE(!journal_scan(path, on_record, &again));
	REQUIRE(span_equal(buf_span(&reading.text), buf_span(&again.text)));
	REQUIRE(again.text.len > strlen(NOTE) + 1 && span_find(buf_span(&again.text), SPAN(NOTE)) > 0);
	buf_deinit(&reading.text);
	buf_deinit(&again.text);
}

/* Cut behind n bytes, as a power cut does: the records that are whole, and no other. */
static void cut(const char *path, const struct reading *whole, size_t n)
{
	struct reading reading = { 0 };

	REQUIRE(!truncate(path, (off_t)n));
	/* only its last line may be wrong now, and that is passed over */
	REQUIRE(!journal_scan(path, on_record, &reading));
	REQUIRE(reading.n <= whole->n);
	REQUIRE(span_starts(buf_span(&whole->text), buf_span(&reading.text)));
	buf_deinit(&reading.text);
}

static void make_session(const char *path)
{
	struct reading reading = { .session = calloc(1, sizeof(struct session)) };

	REQUIRE(reading.session);
	reading.session->config = calloc(1, sizeof(struct config));
	REQUIRE(reading.session->config);
	culprit_error_destroy(journal_scan(path, on_record, &reading));
	session_contradiction(reading.session);
	session_infra_row(reading.session);
	session_infra_since_us(reading.session);
	session_is_out(reading.session);
	session_budget_is_spent(reading.session);
	for (uint32_t i = 0; i < reading.session->n_facts; i++)
		session_is_probe(reading.session, i);
	session_close(reading.session);
	buf_deinit(&reading.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char path[] = "/dev/shm/culprit-fuzz-journal-XXXXXX";
	static bool made;
	_cleanup_(buf_deinit) struct buf text = { 0 };
	struct reading reading = { 0 };
	struct culprit_error *err;

	if (!made) {
		int fd = mkstemp(path);

		REQUIRE(fd >= 0);
		close(fd);
		made = true;
	}
	if (size < 2)
		return 0;
	if (data[0] & 1)
		add_checksums((struct span){ (const char *)data + 2, size - 2 }, &text);
	else
		REQUIRE(buf_add(&text, data + 2, size - 2));
	write_journal(path, buf_span(&text));
	err = journal_scan(path, on_record, &reading);
	if (!err) {
		make_session(path);
		append(path, reading.n);
		write_journal(path, buf_span(&text));
		cut(path, &reading, text.len * data[1] / 256);
	} else {
		REQUIRE(culprit_error_code(err) == CULPRIT_ERROR_FORMAT && culprit_error_message(err)[0]);
		/* records before the damage are no less records */
		make_session(path);
	}
	culprit_error_destroy(err);
	buf_deinit(&reading.text);
	return 0;
}
