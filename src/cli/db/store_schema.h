/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The tables of a store, as steps from each version to the next; step 0 makes
 * version 1.  A step that was once released is never changed.
 */
#ifndef CULPRIT_CLI_DB_STORE_SCHEMA_H
#define CULPRIT_CLI_DB_STORE_SCHEMA_H

/* In the header of the file, so that file(1) and we know it: "clpr". */
#define STORE_APPLICATION_ID 0x636c7072

static const char *const store_steps[] = {
	/* 1 */
	"CREATE TABLE titles(id INTEGER PRIMARY KEY, title TEXT NOT NULL UNIQUE, n INTEGER NOT NULL, first INTEGER NOT NULL,"
	" last INTEGER NOT NULL);"
	"CREATE TABLE faces(id INTEGER PRIMARY KEY, title INTEGER NOT NULL REFERENCES titles, frames TEXT NOT NULL,"
	" UNIQUE(title, frames));"
	"CREATE INDEX faces_by_frames ON faces(frames);"
	/* place: store_version_place(); NULL: no version, or not known (then version is '') */
	"CREATE TABLE kernels(id INTEGER PRIMARY KEY, version TEXT NOT NULL UNIQUE, place INTEGER);"
	"CREATE TABLE machines(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
	"CREATE TABLE files(id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE);"
	"CREATE TABLE reports(file INTEGER NOT NULL, line INTEGER NOT NULL, face INTEGER NOT NULL, kernel INTEGER NOT NULL,"
	" machine INTEGER NOT NULL, seen INTEGER NOT NULL, PRIMARY KEY(file, line, face)) WITHOUT ROWID;"
	"CREATE TABLE counts(face INTEGER NOT NULL, kernel INTEGER NOT NULL, machine INTEGER NOT NULL, n INTEGER NOT NULL,"
	" first INTEGER NOT NULL, last INTEGER NOT NULL, PRIMARY KEY(face, kernel, machine)) WITHOUT ROWID;",
	/* 2: what is new is asked for each day, of titles by the hundred thousand */
	"CREATE INDEX titles_by_first ON titles(first);",
};

#endif
