#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What culprit prints, as pictures: doc/pictures.py CULPRIT [DIRECTORY] (make pictures)

Each picture is real output, with its colours, of a command that is shown in it. A terminal's sequences become
text of SVG; a line that is too wide for the picture is cut, and "..." says so.
"""

import html
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parent.parent
COLUMNS, LINE, CHARACTER = 96, 19, 8.43
COLOURS = {"31": "#ff7b72", "32": "#56d364", "33": "#e3b341", "2": "#9da7b3"}

# Name, what is typed, and how many lines of what comes are shown: what is left out is "...".
PICTURES = [
    ("parse", "culprit parse console.log", 28),
]


def logs(directory):
    """The logs that the commands read: a case of the corpus, without its header."""
    case = (TOP / "corpus/kasan/slab-out-of-bounds-read-x86").read_bytes()
    (directory / "console.log").write_bytes(case.split(b"\n\n", 1)[1])


def spans(line, style):
    """A line's pieces, (text, attributes of SVG), and the attributes that go on behind it."""
    pieces, column = [], 0
    for part in re.split(r"(\x1b\[[0-9;]*m)", line):
        if part.startswith("\x1b"):
            codes = part[2:-1].split(";")
            style = "" if codes in (["0"], [""]) else style
            for code in codes:
                style += ' font-weight="bold"' if code == "1" else f' fill="{COLOURS[code]}"' if code in COLOURS else ""
        elif part and column < COLUMNS:
            text = part.expandtabs(8)
            if column + len(text) > COLUMNS:
                text = text[: COLUMNS - column - 3] + "..."
            pieces.append((text, style))
            column += len(text)
    return pieces, style


def draw(command, lines, path):
    rows = [f"\x1b[1m$ {command}\x1b[0m", *lines]
    height = LINE * len(rows) + 24
    width = round(COLUMNS * CHARACTER) + 24
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">',
        f"<title>{html.escape(command)}</title>",
        f'<rect width="{width}" height="{height}" rx="8" fill="#161b22"/>',
        '<g font-family="ui-monospace, DejaVu Sans Mono, monospace" font-size="14" fill="#e6edf3">',
    ]
    style = ""
    for i, row in enumerate(rows):
        pieces, style = spans(row, style)
        text = "".join(f"<tspan{how}>{html.escape(what)}</tspan>" for what, how in pieces)
        out.append(f'<text x="12" y="{12 + LINE * i + 14}" style="white-space:pre">{text}</text>')
    path.write_text("\n".join(out) + "\n</g>\n</svg>\n", encoding="utf-8")


def main():
    culprit = pathlib.Path(sys.argv[1]).resolve()
    target = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else TOP / "doc"
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        logs(directory)
        for picture, command, n in PICTURES:
            words = shlex.split(command)
            words[:2] = [str(culprit), words[1], "--color=always"]
            environment = {**os.environ, "COLUMNS": str(COLUMNS), "TERM": "xterm"}
            done = subprocess.run(words, cwd=directory, env=environment, stdout=subprocess.PIPE, check=False, text=True)
            assert done.returncode == 1 and done.stdout, (command, done.returncode)
            lines = done.stdout.rstrip("\n").split("\n")
            shown = lines if len(lines) <= n else [*lines[:n], "..."]
            draw(command, shown, target / f"{picture}.svg")


main()
