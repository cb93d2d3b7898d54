/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The journal and the power: a model of disk and page cache.
 *
 * The calls of the system that write are ours here (the names below take the C library's place in this program).
 * They do what they are asked to, and note it.  Then, for each moment at which the power can go: what was
 * synced is on the disk; of all else any part may be, in any order: each block of each write by itself, each change
 * of a file's size, each change of a directory.  A block that is not there while the file is longer
 * reads as zeros.  Of such a disk the journal is opened again.  It must hold every record that was told to be
 * written, at most the one that was being written then, nothing else, and take new ones.
 *
 * Blocks are small, so that one record has several; where there are more than 12 pieces, not all subsets are
 * tried but each piece missing, each alone, all first and all last ones, and 2,000 drawn ones.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "session/journal.h"
#include "suite.h"

#define MAX_OPS 400
#define MAX_PIECES 400
#define SMALL 16		/* bytes of a block; a disk's have 512 and more */

enum kind { OP_WRITE, OP_SIZE, OP_SYNC, OP_NAME, OP_RENAME, OP_UNLINK, OP_SYNC_NAMES };

struct op {
	enum kind kind;
	ino_t inode;
	off_t off, size;
	char *bytes;
	char name[40], to[40];
};

static struct op ops[MAX_OPS];
static size_t n_ops;
static bool noting;
/* The n-th call of those below fails, counted over all of them, and with fail_on all behind it; 0: none. */
static int fail_at, n_calls;
static bool fail_on;

static bool fails(void)
{
	if (!fail_at || (++n_calls != fail_at && !(fail_on && n_calls > fail_at)))
		return false;
	errno = EIO;
	return true;
}

static char top[] = "/tmp/culprit-power-XXXXXX";

static struct op *note(enum kind kind, ino_t inode)
{
	ck_assert_uint_lt(n_ops, MAX_OPS);
	ops[n_ops] = (struct op){ .kind = kind, .inode = inode };
	return &ops[n_ops++];
}

static ino_t inode_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) ? 0 : st.st_ino;
}

static ino_t inode_at(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : st.st_ino;
}

static const char *base_name(const char *path)
{
	return strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
}

#define REAL(name, type, ...) ((type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name))

int open(const char *path, int flags, ...)
{
	bool was_there = inode_at(path) != 0;
	va_list args;
	mode_t mode;
	int fd;

	va_start(args, flags);
	mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
	va_end(args);
	fd = REAL(open, int, const char *, int, mode_t)(path, flags, mode);
	if (noting && fd >= 0 && flags & O_CREAT && !was_there)
		snprintf(note(OP_NAME, inode_of(fd))->name, 40, "%s", base_name(path));
	return fd;
}

ssize_t write(int fd, const void *data, size_t n)
{
	off_t off = noting ? lseek(fd, 0, SEEK_END) : 0;
	ssize_t done = fails() ? -1 : REAL(write, ssize_t, int, const void *, size_t)(fd, data, n);
	struct op *op;

	if (noting && done > 0) {
		op = note(OP_WRITE, inode_of(fd));
		op->off = off;
		op->size = done;
		op->bytes = malloc((size_t)done);
		memcpy(op->bytes, data, (size_t)done);
	}
	return done;
}

int ftruncate(int fd, off_t size)
{
	if (fails())
		return -1;
	if (noting)
		note(OP_SIZE, inode_of(fd))->size = size;
	return REAL(ftruncate, int, int, off_t)(fd, size);
}

static int sync_it(int fd)
{
	struct stat st;

	if (fails())
		return -1;
	if (noting && !fstat(fd, &st))
		note(S_ISDIR(st.st_mode) ? OP_SYNC_NAMES : OP_SYNC, st.st_ino);
	return 0;
}

int fsync(int fd)
{
	return sync_it(fd);
}

int fdatasync(int fd)
{
	return sync_it(fd);
}

int link(const char *from, const char *to)
{
	int code = fails() ? -1 : REAL(link, int, const char *, const char *)(from, to);

	if (noting && !code)
		snprintf(note(OP_NAME, inode_at(to))->name, 40, "%s", base_name(to));
	return code;
}

int rename(const char *from, const char *to)
{
	struct op *op;
	int code = fails() ? -1 : REAL(rename, int, const char *, const char *)(from, to);

	if (noting && !code) {
		op = note(OP_RENAME, inode_at(to));
		snprintf(op->name, 40, "%s", base_name(from));
		snprintf(op->to, 40, "%s", base_name(to));
	}
	return code;
}

int unlink(const char *path)
{
	if (noting)
		snprintf(note(OP_UNLINK, 0)->name, 40, "%s", base_name(path));
	return REAL(unlink, int, const char *)(path);
}

/* ------------------------------------------------------------ the disk */

struct file {
	ino_t inode;
	struct buf bytes;
};

struct entry {
	char name[40];
	ino_t inode;
};

struct disk {
	struct file files[8];
	size_t n_files;
	struct entry entries[16];
	size_t n_entries;
};

/* What is there before the first op: durable. */
static struct disk given;

static void disk_deinit(struct disk *disk)
{
	for (size_t i = 0; i < disk->n_files; i++)
		buf_deinit(&disk->files[i].bytes);
	*disk = (struct disk){ 0 };
}

static struct buf *disk_file(struct disk *disk, ino_t inode)
{
	for (size_t i = 0; i < disk->n_files; i++) {
		if (disk->files[i].inode == inode)
			return &disk->files[i].bytes;
	}
	ck_assert_uint_lt(disk->n_files, 8);
	disk->files[disk->n_files].inode = inode;
	return &disk->files[disk->n_files++].bytes;
}

static void put_name(struct disk *disk, const char *name, ino_t inode)
{
	for (size_t i = 0; i < disk->n_entries; i++) {
		if (!strcmp(disk->entries[i].name, name)) {
			disk->entries[i].inode = inode;
			return;
		}
	}
	ck_assert_uint_lt(disk->n_entries, 16);
	snprintf(disk->entries[disk->n_entries].name, 40, "%s", name);
	disk->entries[disk->n_entries++].inode = inode;
}

static void set_size(struct buf *file, size_t size)
{
	while (file->len < size)
		ck_assert(buf_add_char(file, '\0'));
	file->len = size;
}

/* Bytes [from, to) of a write are on the disk, and so is the size that they need. */
static void put_bytes(struct disk *disk, const struct op *op, size_t from, size_t to)
{
	struct buf *file = disk_file(disk, op->inode);

	if (file->len < (size_t)op->off + to)
		set_size(file, (size_t)op->off + to);
	memcpy(file->data + op->off + from, op->bytes + from, to - from);
}

static void put_op(struct disk *disk, const struct op *op)
{
	switch (op->kind) {
	case OP_WRITE:
		put_bytes(disk, op, 0, (size_t)op->size);
		break;
	case OP_SIZE:
		set_size(disk_file(disk, op->inode), (size_t)op->size);
		break;
	case OP_NAME:
		put_name(disk, op->name, op->inode);
		break;
	case OP_RENAME:
		put_name(disk, op->name, 0);
		put_name(disk, op->to, op->inode);
		break;
	case OP_UNLINK:
		put_name(disk, op->name, 0);
		break;
	case OP_SYNC:
	case OP_SYNC_NAMES:
		break;
	}
}

static void copy_given(struct disk *disk)
{
	*disk = (struct disk){ 0 };
	for (size_t i = 0; i < given.n_files; i++)
		ck_assert(buf_add(disk_file(disk, given.files[i].inode), given.files[i].bytes.data, given.files[i].bytes.len) ||
			  !given.files[i].bytes.len);
	for (size_t i = 0; i < given.n_entries; i++)
		put_name(disk, given.entries[i].name, given.entries[i].inode);
}

/* Something that may be on the disk or not. op NULL: nothing. */
struct piece {
	const struct op *op;
	size_t from, to;	/* of a write; from == to: only its size, with zeros in it */
};

static bool is_synced(size_t i, size_t cut)
{
	bool name = ops[i].kind >= OP_NAME;

	for (size_t k = i + 1; k < cut; k++) {
		if (name ? ops[k].kind == OP_SYNC_NAMES : ops[k].kind == OP_SYNC && ops[k].inode == ops[i].inode)
			return true;
	}
	return false;
}

/* Of the first cut ops: those that are synced go to disk, the others to pieces. */
static size_t split(size_t cut, size_t block, struct disk *disk, struct piece *pieces)
{
	size_t n = 0;

	copy_given(disk);
	for (size_t i = 0; i < cut; i++) {
		const struct op *op = &ops[i];

		if (op->kind == OP_SYNC || op->kind == OP_SYNC_NAMES)
			continue;
		if (is_synced(i, cut)) {
			put_op(disk, op);
			continue;
		}
		ck_assert_uint_lt(n + (size_t)op->size / block + 3, MAX_PIECES);
		if (op->kind != OP_WRITE) {
			pieces[n++] = (struct piece){ op, 0, 0 };
			continue;
		}
		pieces[n++] = (struct piece){ op, (size_t)op->size, (size_t)op->size };
		for (size_t from = 0; from < (size_t)op->size;) {
			size_t to = from + block - ((size_t)op->off + from) % block;

			to = to < (size_t)op->size ? to : (size_t)op->size;
			pieces[n++] = (struct piece){ op, from, to };
			from = to;
		}
	}
	return n;
}

static void put_pieces(struct disk *disk, const struct piece *pieces, const bool *chosen, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!chosen[i])
			continue;
		if (pieces[i].op->kind == OP_WRITE)
			put_bytes(disk, pieces[i].op, pieces[i].from, pieces[i].to);
		else
			put_op(disk, pieces[i].op);
	}
}

/* The disk as files in the directory, which is emptied. */
static void lay_out(const struct disk *disk)
{
	struct dirent *entry;
	DIR *dir = opendir(top);
	char path[100];

	while ((entry = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%.40s", top, entry->d_name);
		if (entry->d_name[0] != '.' || strlen(entry->d_name) > 2)
			unlink(path);
	}
	closedir(dir);
	for (size_t i = 0; i < disk->n_entries; i++) {
		const struct buf *bytes;
		int fd;

		if (!disk->entries[i].inode)
			continue;
		bytes = disk_file((struct disk *)disk, disk->entries[i].inode);
		snprintf(path, sizeof(path), "%s/%s", top, disk->entries[i].name);
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		ck_assert_int_ge(fd, 0);
		ck_assert(!bytes->len || write(fd, bytes->data, bytes->len) == (ssize_t)bytes->len);
		close(fd);
	}
}

/* ------------------------------------------------------- the journal */

static size_t n_tried;
/* For each record: how many ops there were when it was told to be written. */
static size_t told[40];
static size_t n_told;

static void must(struct culprit_error *err)
{
	if (err)
		ck_abort_msg("%s", culprit_error_message(err));
}

struct seen {
	size_t n;
	unsigned int numbers[40];
};

static struct culprit_error *take(void *arg, const struct journal_record *record)
{
	struct seen *seen = arg;

	ck_assert_uint_lt(seen->n, 40);
	ck_assert_str_eq(record->type, "run");
	seen->numbers[seen->n++] = (unsigned int)journal_get_u64(record, "n", 999);
	return NULL;
}

static const char *path_of(const char *name)
{
	static char path[100];

	snprintf(path, sizeof(path), "%s/%s", top, name);
	return path;
}

/* A record of about so many bytes. */
static void commit(struct journal *journal, unsigned int number, size_t bytes)
{
	struct journal_draft draft;
	char filler[3000];

	ck_assert_uint_lt(bytes, sizeof(filler));
	memset(filler, 'x', bytes);
	filler[bytes] = '\0';
	journal_begin(&draft, "run");
	journal_add_f(&draft, "n", "%u", number);
	journal_add(&draft, "filler", filler);
	must(journal_commit(journal, &draft));
	if (noting)
		told[n_told++] = n_ops;
}

static struct journal *opened(struct seen *seen)
{
	struct journal *journal;

	must(journal_open(path_of("journal"), 0, -1, take, seen, &journal));
	return journal;
}

/* Of what is in the directory; n_before records stood there before, with the numbers from first on. */
static void check_journal(size_t cut, unsigned int first, size_t n_before)
{
	size_t least = n_before, most;
	struct seen seen = { 0 }, again = { 0 };
	struct journal *journal = opened(&seen);

	for (size_t i = 0; i < n_told && told[i] <= cut; i++)
		least++;
	most = least < n_before + n_told ? least + 1 : least;
	ck_assert_msg(seen.n >= least && seen.n <= most, "cut at %zu: %zu records, not %zu to %zu", cut, seen.n, least, most);
	for (size_t i = 0; i < seen.n; i++)
		ck_assert_uint_eq(seen.numbers[i], first + i);
	/* it is taken up, and the next one reads that */
	commit(journal, 777, 5);
	journal_close(journal);
	journal_close(opened(&again));
	/* the reader is told of its own record, too */
	ck_assert_uint_eq(again.n, seen.n);
	ck_assert_uint_eq(again.numbers[again.n - 1], 777);
	n_tried++;
}

static unsigned int random_state = 1;

static bool drawn(void)
{
	random_state = random_state * 1103515245 + 12345;
	return random_state >> 30 & 1;
}

typedef void check_fn(size_t cut);

/* Each subset of the pieces, or many. */
static void try_cut(size_t cut, size_t block, check_fn *check)
{
	static struct piece pieces[MAX_PIECES];
	bool chosen[MAX_PIECES];
	struct disk synced, disk;
	size_t n = split(cut, block, &synced, pieces), tries = n <= 12 ? (size_t)1 << n : 4 * n + 2000;

	disk_deinit(&synced);
	for (size_t t = 0; t < tries; t++) {
		for (size_t i = 0; i < n; i++) {
			size_t k = t % (n ? n : 1);

			chosen[i] = n <= 12	    ? t >> i & 1 :
				    t < n	    ? i != k :
				    t < 2 * n	    ? i == k :
				    t < 3 * n	    ? i < k :
				    t < 4 * n	    ? i >= k :
						      drawn();
		}
		split(cut, block, &disk, pieces);
		put_pieces(&disk, pieces, chosen, n);
		lay_out(&disk);
		check(cut);
		disk_deinit(&disk);
	}
}

static void try_all(size_t block, check_fn *check)
{
	noting = false;
	for (size_t cut = 0; cut <= n_ops; cut++)
		try_cut(cut, block, check);
}

/* What stands in the directory now was there before, and is on the disk. */
static void take_given(const char *name)
{
	char bytes[8192];
	int fd = open(path_of(name), O_RDONLY);
	ssize_t n = read(fd, bytes, sizeof(bytes));

	ck_assert_int_ge(n, 0);
	disk_deinit(&given);
	put_name(&given, name, inode_of(fd));
	ck_assert(buf_add(disk_file(&given, inode_of(fd)), bytes, (size_t)n) || !n);
	close(fd);
}

static void check_new(size_t cut)
{
	check_journal(cut, 1, 0);
}

/* A journal that is begun, with short and long records. */
START_TEST(records_that_were_told_are_there)
{
	struct seen seen = { 0 };
	struct journal *journal;

	noting = true;
	journal = opened(&seen);
	commit(journal, 1, 1);
	commit(journal, 2, 40);
	commit(journal, 3, 1500);
	commit(journal, 4, 0);
	journal_close(journal);
	ck_assert_uint_ge(n_ops, 5);
	try_all(_i ? 512 : SMALL, check_new);
	ck_assert_uint_gt(n_tried, 40);
}
END_TEST

static void check_torn(size_t cut)
{
	check_journal(cut, 1, 2);
}

/*
 * One that was torn before, by zeros in front of its line's end, longer or shorter than the next record:
 * when that is torn as well, no wrong line may stand before another.
 */
START_TEST(what_was_torn_is_written_over)
{
	struct seen seen = { 0 };
	struct journal *journal = opened(&seen);
	char torn[400];
	int fd;

	commit(journal, 1, 10);
	commit(journal, 2, 30);
	journal_close(journal);
	memset(torn, 0, sizeof(torn));
	memset(torn, '7', 20);
	torn[_i ? 399 : 30] = '\n';
	fd = open(path_of("journal"), O_WRONLY | O_APPEND);
	ck_assert(write(fd, torn, _i ? 400 : 31) > 0);
	close(fd);
	take_given("journal");
	seen = (struct seen){ 0 };
	noting = true;
	journal = opened(&seen);
	ck_assert_uint_eq(seen.n, 2);
	commit(journal, 3, 60);
	journal_close(journal);
	try_all(SMALL, check_torn);
	ck_assert_uint_gt(n_tried, 40);
}
END_TEST

static size_t replaced_at;

static bool keep_odd(void *arg, const struct journal_record *record)
{
	(void)arg;
	return journal_get_u64(record, "n", 0) % 2;
}

/* All of the old records or all of the kept ones; and never none of the old ones once they have another name. */
static void check_rewritten(size_t cut)
{
	struct seen seen = { 0 }, kept = { 0 };
	bool is_new;

	journal_close(opened(&seen));
	is_new = seen.n == 3;
	ck_assert_msg(is_new || seen.n == 5, "cut at %zu: %zu records", cut, seen.n);
	for (size_t i = 0; i < seen.n; i++)
		ck_assert_uint_eq(seen.numbers[i], is_new ? 2 * i + 1 : i + 1);
	ck_assert(is_new || cut < replaced_at);
	if (is_new) {
		must(journal_scan(path_of("kept"), take, &kept));
		ck_assert_uint_eq(kept.n, 5);
	}
	n_tried++;
}

START_TEST(a_rewritten_one_is_the_old_or_the_new)
{
	struct seen seen = { 0 };
	struct journal *journal = opened(&seen);
	char kept[100];

	for (unsigned int i = 1; i <= 5; i++)
		commit(journal, i, 10);
	journal_close(journal);
	take_given("journal");
	snprintf(kept, sizeof(kept), "%s", path_of("kept"));
	noting = true;
	must(journal_rewrite(path_of("journal"), kept, keep_odd, NULL));
	replaced_at = n_ops;
	try_all(64, check_rewritten);
	ck_assert_uint_gt(n_tried, 40);
}
END_TEST

static size_t n_names(void)
{
	DIR *dir = opendir(top);
	size_t n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n - 2;
}

/* Each call fails in turn: the journal is the old or the new one, the old one keeps another name with it, and no file is left. */
START_TEST(a_rewriting_that_fails_leaves_nothing)
{
	struct seen seen = { 0 };
	struct journal *journal = opened(&seen);
	char kept[100];
	int n = 1;

	for (unsigned int i = 1; i <= 5; i++)
		commit(journal, i, 10);
	journal_close(journal);
	snprintf(kept, sizeof(kept), "%s", path_of("kept"));
	for (;; n++) {
		struct culprit_error *err;

		fail_at = n;
		n_calls = 0;
		err = journal_rewrite(path_of("journal"), kept, keep_odd, NULL);
		fail_at = 0;
		if (!err)
			break;
		culprit_error_destroy(err);
		seen.n = 0;
		must(journal_scan(path_of("journal"), take, &seen));
		ck_assert_msg(seen.n == 3 || seen.n == 5, "call %d: %zu records", n, seen.n);
		ck_assert_msg(n_names() == (seen.n == 5 ? 1 : 2), "call %d: %zu files", n, n_names());
		if (seen.n == 3) {
			/* only the last step failed: the name is not surely on disk. Back to the old one. */
			seen.n = 0;
			must(journal_scan(kept, take, &seen));
			ck_assert_uint_eq(seen.n, 5);
			ck_assert_int_eq(rename(kept, path_of("journal")), 0);
		}
	}
	ck_assert_int_ge(n, 6);
}
END_TEST

/* A record that could be neither written nor taken back is the last one: behind it, the journal would be damaged. */
START_TEST(nothing_comes_behind_a_torn_record)
{
	struct seen seen = { 0 };
	struct journal *journal = opened(&seen);
	struct journal_draft draft;
	struct culprit_error *err;

	commit(journal, 1, 10);
	for (int i = 0; i < 2; i++) {
		/* first: syncing fails, and so does what takes the record back; then nothing fails any more */
		journal_begin(&draft, "run");
		journal_add(&draft, "n", i ? "3" : "2");
		fail_at = i ? 0 : 2;
		fail_on = true;
		n_calls = 0;
		err = journal_commit(journal, &draft);
		ck_assert_ptr_nonnull(err);
		culprit_error_destroy(err);
	}
	ck_assert_uint_eq(seen.n, 1);
	journal_close(journal);
	/* It may count when it is read again, as one may that was being written when the power went. */
	seen.n = 0;
	journal = opened(&seen);
	ck_assert_uint_eq(seen.n, 2);
	commit(journal, 3, 10);
	journal_close(journal);
}
END_TEST

/* The model itself: without the sync behind it, a record can be lost, and that is seen. */
static size_t n_lost;

static void count_lost(size_t cut)
{
	struct seen seen = { 0 };

	journal_close(opened(&seen));
	n_lost += cut == n_ops && seen.n < 1;
}

START_TEST(the_model_loses_what_is_not_synced)
{
	struct seen seen = { 0 };
	struct journal *journal;

	noting = true;
	journal = opened(&seen);
	commit(journal, 1, 1);
	journal_close(journal);
	for (size_t i = 0; i < n_ops; i++) {
		if (ops[i].kind == OP_SYNC)
			ops[i].inode = 0;
	}
	try_all(SMALL, count_lost);
	ck_assert_uint_gt(n_lost, 0);
}
END_TEST

static void set_up(void)
{
	memcpy(top + sizeof(top) - 7, "XXXXXX", 6);
	ck_assert_ptr_nonnull(mkdtemp(top));
	disk_deinit(&given);
	fail_at = 0;
	fail_on = false;
	n_ops = n_told = n_tried = n_lost = 0;
	noting = false;
}

static void tear_down(void)
{
	struct disk none = { 0 };

	noting = false;
	lay_out(&none);
	rmdir(top);
	for (size_t i = 0; i < n_ops; i++)
		free(ops[i].bytes);
	disk_deinit(&given);
}

int main(void)
{
	Suite *suite = suite_create("power");
	TCase *tcase = tcase_create("power");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, records_that_were_told_are_there, 0, 2);
	tcase_add_loop_test(tcase, what_was_torn_is_written_over, 0, 2);
	tcase_add_test(tcase, a_rewritten_one_is_the_old_or_the_new);
	tcase_add_test(tcase, a_rewriting_that_fails_leaves_nothing);
	tcase_add_test(tcase, nothing_comes_behind_a_torn_record);
	tcase_add_test(tcase, the_model_loses_what_is_not_synced);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
