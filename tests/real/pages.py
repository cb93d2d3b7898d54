#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""pages.py BUILD DIRECTORY PAGE...: run what the pages of doc/ show, and write down what came out.

A page is Markdown. In a block that begins with ```console, lines that begin with `$ ` are commands (a line that ends in
a backslash goes on in the next); what stands below them is their output, and is written anew. All commands of all
pages run one after the other in one shell, in DIRECTORY/home/hunt, with the program, the runners and the kernel's
history in reach. `<!-- setup: COMMAND -->` runs without being shown. An exit code that is not 0 is shown as
`(exit code N)`.

Paths below DIRECTORY/home, and of what is linked from there, are printed as below /home/ada; nothing else of the
output is changed.
"""
import os
import re
import subprocess
import sys

END = 'culprit-pages-end'


class Shell:
    """One bash for all commands, so that `cd` and variables stay."""

    def __init__(self, env, cwd):
        self.process = subprocess.Popen(['bash', '--norc', '--noprofile'], env=env, cwd=cwd, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors='replace')

    def run(self, command):
        """What the command printed, standard error included, and its exit code."""
        self.process.stdin.write('{ %s\n} </dev/null\nprintf "\\n%%s %%d\\n" %s $?\n' % (command, END))
        self.process.stdin.flush()
        lines = []
        for line in self.process.stdout:
            if line.startswith(END + ' '):
                text = ''.join(lines)
                # One line feed is ours.
                return text[:-1] if text.endswith('\n') else text, int(line.split()[1])
            lines.append(line)
        sys.exit('pages: the shell ended in: ' + command)


def run_block(shell, lines, clean):
    """The block with its output made anew."""
    out, at = [], 0
    while at < len(lines):
        if not lines[at].startswith('$ '):
            at += 1
            continue
        command = [lines[at][2:]]
        out.append(lines[at])
        while command[-1].endswith('\\') and at + 1 < len(lines):
            at += 1
            command.append(lines[at])
            out.append(lines[at])
        at += 1
        print('pages: $ ' + command[0], file=sys.stderr, flush=True)
        text, code = shell.run('\n'.join(command))
        out += [line.rstrip() for line in clean(text).rstrip('\n').split('\n')] if text.strip() else []
        if code:
            out.append('(exit code %d)' % code)
    return out


def run_page(shell, path, clean):
    with open(path) as file:
        lines = file.read().split('\n')
    out, at = [], 0
    while at < len(lines):
        out.append(lines[at])
        setup = re.match(r'<!-- setup: (.*) -->$', lines[at])
        if setup:
            text, code = shell.run(setup.group(1))
            if code:
                sys.exit('pages: %s: a preparation failed: %s\n%s' % (path, setup.group(1), text))
        at += 1
        if out[-1] != '```console':
            continue
        end = lines.index('```', at)
        out += run_block(shell, lines[at:end], clean) + ['```']
        at = end + 1
        # After each block: where it ends early, the page holds what was run, and the rest as it was.
        with open(path + '.new', 'w') as file:
            file.write('\n'.join(out + lines[at:]))
        os.replace(path + '.new', path)


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    build, directory = (os.path.abspath(p) for p in sys.argv[1:3])
    home = os.path.join(directory, 'home')
    env = dict(os.environ, HOME=home, PATH=os.path.join(directory, 'prefix/bin') + ':' + os.environ['PATH'], LC_ALL='C.UTF-8',
               TZ='UTC', GIT_CONFIG_GLOBAL='/dev/null', GIT_CONFIG_SYSTEM='/dev/null', GIT_PAGER='cat')
    for name in ('CULPRIT', 'CULPRIT_RUNNERS', 'MAKEFLAGS', 'MAKELEVEL', 'MFLAGS', 'O'):
        env.pop(name, None)
    subprocess.run(['make', '-s', 'O=' + build, 'PREFIX=' + os.path.join(directory, 'prefix'), 'install'], check=True,
                   env={k: v for k, v in env.items() if k != 'HOME'}, stdout=subprocess.DEVNULL)
    shell = Shell(env, os.path.join(home, 'hunt'))

    # What is a link below home is shown as if it lay there.
    shown = [(os.path.join(directory, 'prefix'), '/usr/local'), (home, '/home/ada')]
    for name in os.listdir(home):
        if os.path.islink(os.path.join(home, name)):
            shown.insert(0, (os.path.realpath(os.path.join(home, name)), '/home/ada/' + name))

    def clean(text):
        for path, name in shown:
            text = text.replace(path, name)
        return text
    for page in sys.argv[3:]:
        run_page(shell, page, clean)


main()
