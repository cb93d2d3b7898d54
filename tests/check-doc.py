#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""check-doc.py CULPRIT PAGE...: what the pages say can be done exists.

Each command `culprit ...` in a block of a page is looked up: its subcommands and options (by --list-options, which
makes the completions), likewise the options of runners; each link to a file, and each path below tests/ and src/.
"""
import os
import re
import shlex
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RUNNERS = os.path.join(TOP, 'src/runners')
WITH_SUBCOMMANDS = ('bisect', 'corpus', 'db', 'patterns')
complaints, n_commands = [], 0


def complain(page, text):
    complaints.append('check-doc: %s: %s' % (page, text))


def options_of(command, cache={}):
    """The long options of a command line without options; None: there is no such command."""
    if command not in cache:
        ours = os.path.basename(command[0]) == 'culprit'
        try:
            done = subprocess.run([*command, '--list-options' if ours else '--help'], stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, text=True)
        except OSError:
            return None
        names = re.findall(r'^[^\t]*\t([^\t]+)', done.stdout, re.M) if ours else re.findall(r'--([a-z][a-z-]*)', done.stdout)
        cache[command] = None if done.returncode else set(names) | {'help', 'version'}
    return cache[command]


def check_command(page, program, words):
    global n_commands
    n_commands += 1
    name = os.path.basename(words[0])
    command, rest = (program,), words[1:]
    if rest[:1] == ['help'] or rest[:1] == ['--version']:
        return
    if name != 'culprit':
        command = (os.path.join(RUNNERS, name),)
    elif rest and not rest[0].startswith('-'):
        command, rest = command + (rest[0],), rest[1:]
        if command[1] in WITH_SUBCOMMANDS and rest and not rest[0].startswith('-'):
            command, rest = command + (rest[0],), rest[1:]
    known = options_of(command)
    if known is None:
        return complain(page, 'no command ' + ' '.join((name,) + command[1:]))
    for word in rest:
        if word == '--':
            break
        if re.match(r'--[a-z]', word) and word[2:].split('=')[0] not in known:
            complain(page, '%s has no option %s' % (' '.join((name,) + command[1:]), word.split('=')[0]))


def commands_of(text):
    """Simple commands of a shell text, as words; a text that is not the shell's gives none."""
    try:
        lexer = shlex.shlex(text, posix=True, punctuation_chars='|&;<>()')
        lexer.whitespace_split = True
        words = []
        for word in lexer:
            if word and set(word) <= set('|&;()'):
                yield words
                words = []
            else:
                words.append(word)
        yield words
    except ValueError:
        return


def check_page(page, program):
    with open(page) as file:
        text = file.read()
    for link in re.findall(r'\]\(([^)#:]+)\)', text):
        if not os.path.exists(os.path.join(os.path.dirname(page), link)):
            complain(page, 'no file ' + link)
    for path in re.findall(r'(?<![\w/*.-])((?:tests|src|include)/[\w./-]+\w)(?![\w*/])', text):
        if not os.path.exists(os.path.join(TOP, path)):
            complain(page, 'no file ' + path)
    for block in re.findall(r'^```([a-z]*)\n(.*?)^```', text, re.M | re.S):
        body = block[1].replace('\\\n', ' ')
        if block[0] == 'console':
            body = '\n'.join(line[2:] for line in body.split('\n') if line.startswith('$ '))
        for line in body.split('\n'):
            for words in commands_of(line):
                while words and (words[0] in ('exec', 'exit', 'sudo') or re.match(r'[A-Za-z_]+=', words[0])):
                    words = words[1:]
                if words[:1] == ['timeout']:
                    words = words[next((i for i, w in enumerate(words) if w == 'culprit'), len(words)):]
                inner = re.match(r'\$\((.*)', words[0]) if words else None
                if inner:
                    words[0] = inner.group(1)
                if words and (words[0] == 'culprit' or '/culprit/runners/' in words[0]):
                    check_command(page, program, words)


def main():
    program = os.path.abspath(sys.argv[1])
    for page in sys.argv[2:]:
        check_page(page, program)
    if not n_commands:
        complain('all pages', 'hold no command of culprit')
    print('\n'.join(complaints) if complaints else 'check-doc: %d commands, all exist' % n_commands)
    sys.exit(bool(complaints))


main()
