#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""tests/coverage.py BUILD ROOM...: lines and branches of the rooms' files that were run, as a table.

BUILD was compiled with --coverage, and tests ran in it. With -m FILE, also the lines of FILE (src/...) that
were not run, and those with a branch that was not taken.
"""
import argparse
import glob
import gzip
import json
import os
import subprocess
import sys
import tempfile


def gcov(build, source):
    """gcov's JSON of one source, or None where it was never run."""
    notes = os.path.join(build, "obj", source[len("src/"):-len(".c")] + ".gcno")
    if not os.path.exists(notes):
        return None
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run(["gcov", "--json-format", "--branch-probabilities", os.path.abspath(notes)],
                       cwd=directory, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        for name in glob.glob(directory + "/*.gcov.json.gz"):
            for entry in json.load(gzip.open(name))["files"]:
                if os.path.normpath(entry["file"]).endswith(source):
                    return entry
    return None


def counts(entry):
    """Lines, of these run, branches, of these taken. A line of several instances is one."""
    lines, branches = {}, {}
    for line in entry["lines"]:
        number = line["line_number"]
        lines[number] = lines.get(number, 0) + line["count"]
        taken = [branch["count"] for branch in line["branches"]]
        old = branches.get(number, [0] * len(taken))
        if len(old) == len(taken):
            branches[number] = [a + b for a, b in zip(old, taken)]
    return lines, branches


def percent(part, whole):
    return f"{100 * part / whole:6.1f}" if whole else "     -"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-m", "--missing", action="append", default=[])
    parser.add_argument("build")
    parser.add_argument("rooms", nargs="*")
    args = parser.parse_args()
    total = [0, 0, 0, 0]
    print("| file | lines | % | branches | % |\n|---|---|---|---|---|")
    for room in args.rooms:
        sums = [0, 0, 0, 0]
        for source in sorted(glob.glob(f"src/{room}/*.c")):
            entry = gcov(args.build, source)
            if not entry:
                print(f"| {source} | never run | | | |")
                continue
            lines, branches = counts(entry)
            taken = [count for line in branches.values() for count in line]
            row = [len(lines), sum(1 for n in lines.values() if n), len(taken), sum(1 for n in taken if n)]
            sums = [a + b for a, b in zip(sums, row)]
            print(f"| {source} | {row[0]} | {percent(row[1], row[0])} | {row[2]} | {percent(row[3], row[2])} |")
            if source in args.missing:
                print("    lines not run:", " ".join(str(n) for n in sorted(lines) if not lines[n]), file=sys.stderr)
                print("    branches not taken:", " ".join(str(n) for n in sorted(branches) if lines[n] and 0 in branches[n]),
                      file=sys.stderr)
        print(f"| **{room}** | {sums[0]} | **{percent(sums[1], sums[0])}** | {sums[2]} | **{percent(sums[3], sums[2])}** |")
        total = [a + b for a, b in zip(total, sums)]
    print(f"| **all** | {total[0]} | **{percent(total[1], total[0])}** | {total[2]} | **{percent(total[3], total[2])}** |")


main()
