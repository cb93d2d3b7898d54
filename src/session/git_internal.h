/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the git module share; nobody else includes it. */
#ifndef CULPRIT_SESSION_GIT_INTERNAL_H
#define CULPRIT_SESSION_GIT_INTERNAL_H

#include "base/process.h"
#include "session/git.h"

/* Like git_run(), with standard output handed on as it comes. */
struct culprit_error *git_stream(const struct git *git, struct span input, const char *const *args,
				 process_output_fn *stream, void *arg);

struct git {
	char *directory;
	bool shallow;
	void **subjects;	/* what git_subject() has read: root of a tree of tsearch(3), whose nodes are free()d */
	void **kernels;		/* the same of git_kernel_version(); "" where there is none */
};

/* False unless s is a full object name. */
bool git_hash_parse(struct span s, struct git_hash *ret);

#endif
