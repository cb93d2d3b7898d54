/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 *	GET $DEBUGINFOD_URLS/buildid/803d6d274be516788fc3f34b4ad817bfb0f10009/debuginfo
 *
 * The four functions are declared here as debuginfod.h of elfutils 0.180 and
 * later has them (libdebuginfod.so.1), so that building does not need its
 * package.
 *
 * libdebuginfod by itself waits as long as a server answers, and reports its
 * progress on standard error where $DEBUGINFOD_PROGRESS asks for it.  Here a
 * function of ours is told of the progress: it prints nothing, and gives up
 * where there is none.
 */
#include "symbol/debuginfod.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "base/dynlib.h"

typedef struct debuginfod_client debuginfod_client;
typedef int (*debuginfod_progressfn_t)(debuginfod_client *client, long a, long b);

debuginfod_client *debuginfod_begin(void);
void debuginfod_end(debuginfod_client *client);
void debuginfod_set_progressfn(debuginfod_client *client, debuginfod_progressfn_t progress);
void debuginfod_set_user_data(debuginfod_client *client, void *data);
void *debuginfod_get_user_data(debuginfod_client *client);
/* id_len 0: the ID is text.  A file descriptor, or a negated errno. */
int debuginfod_find_debuginfo(debuginfod_client *client, const unsigned char *id, int id_len, char **path);

#define DEBUGINFOD_FUNCTIONS(X) \
	X(debuginfod_begin) X(debuginfod_end) X(debuginfod_set_progressfn) X(debuginfod_set_user_data) \
	X(debuginfod_get_user_data) X(debuginfod_find_debuginfo)
DYNLIB_TABLE(debuginfod, DEBUGINFOD_FUNCTIONS, "libdebuginfod.so.1", "libdebuginfod1");
DYNLIB_NOTE(debuginfod, "libdebuginfod.so.1", "suggested", "debug information from servers (--debuginfod)");

/* Fewer in DEBUGINFOD_STALL_MS are none. */
#define LEAST_BYTES 1024

struct fetch {
	long done;
	int64_t moved_ms;	/* when done last changed */
	bool stalled;
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/*
 * Called about once a second; not 0: the fetch ends.  a is bytes once a server
 * answers, and before that the number of calls, which is no progress.
 */
static int on_progress(debuginfod_client *client, long a, long b)
{
	struct fetch *fetch = debuginfod.debuginfod_get_user_data(client);
	int64_t now = now_ms();

	(void)b;
	if (a < fetch->done || a - fetch->done >= LEAST_BYTES) {
		fetch->done = a;
		fetch->moved_ms = now;
	}
	fetch->stalled = now - fetch->moved_ms > DEBUGINFOD_STALL_MS;
	return fetch->stalled;
}

struct culprit_error *debuginfod_check(void)
{
	const char *urls = getenv("DEBUGINFOD_URLS");

	if (!urls || !urls[strspn(urls, " ")])
		return culprit_error_create(CULPRIT_ERROR_USAGE,
					    "debuginfod: the environment variable DEBUGINFOD_URLS names no server");
	return dynlib_load(&debuginfod_lib);
}

static struct culprit_error *tell_failure(const struct fetch *fetch, const char *build_id, int code)
{
	if (fetch->stalled)
		return culprit_error_create(CULPRIT_ERROR_LIMIT, "debuginfod: build ID %s: nothing came for %d seconds",
					    build_id, DEBUGINFOD_STALL_MS / 1000);
	if (code == ENOENT)
		return culprit_error_create(CULPRIT_ERROR_NOT_FOUND, "debuginfod: no server has build ID %s", build_id);
	errno = code;
	return culprit_error_errno("debuginfod: build ID %s", build_id);
}

struct culprit_error *debuginfod_fetch(const char *build_id, char **ret_path)
{
	struct fetch fetch = { .moved_ms = now_ms() };
	struct culprit_error *err = debuginfod_check();
	debuginfod_client *client;
	char *path = NULL;
	int fd;

	if (err)
		return err;
	client = debuginfod.debuginfod_begin();
	if (!client)
		return &culprit_error_no_memory;
	debuginfod.debuginfod_set_user_data(client, &fetch);
	debuginfod.debuginfod_set_progressfn(client, on_progress);
	fd = debuginfod.debuginfod_find_debuginfo(client, (const unsigned char *)build_id, 0, &path);
	debuginfod.debuginfod_end(client);
	if (fd < 0)
		return tell_failure(&fetch, build_id, -fd);
	close(fd);
	*ret_path = path;
	return path ? NULL : &culprit_error_no_memory;
}
