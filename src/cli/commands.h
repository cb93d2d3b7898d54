/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The commands of the program.
 *
 * To add one: write src/cli/cmd_NAME.c with the function below, add its row
 * to the table in main.c, its section or page to man/, its tests to tests/cli.
 */
#ifndef CULPRIT_CLI_COMMANDS_H
#define CULPRIT_CLI_COMMANDS_H

/* argv[0] is the command's name. Gives the exit code of the process. */
typedef int command_fn(int argc, char **argv);

command_fn cmd_parse, cmd_patterns, cmd_corpus, cmd_symbolize, cmd_match, cmd_dedup, cmd_watch, cmd_replay, cmd_bisect, cmd_doctor, cmd_db;

#endif
