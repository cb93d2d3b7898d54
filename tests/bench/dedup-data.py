#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""dedup-data.py DIR REPORTS BUGS: logs with reports of bugs that are known.

A bug is a case of corpus/match/logs and corpus/ whose own functions (kc_*, k2_*)
got names of the kernel's (tests/conventions/names.tsv), others for each bug; its
reports are the case's crash with other offsets, processes and times.  Half of
the bugs show rarely, some often.  DIR/NNNNN.log hold ten reports each,
DIR/truth the bug of each report, "FILE:N-TH BUG".
"""
import os
import random
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.join(HERE, "..", "..")


def cases():
    found = []
    for kind in ("kasan", "fault", "bug", "warning", "lockdep", "hang", "atomic"):
        folder = os.path.join(TOP, "corpus", kind)
        for name in sorted(os.listdir(folder)):
            with open(os.path.join(folder, name), encoding="latin-1") as file:
                text = file.read()
            headers, _, log = text.partition("\n\n")
            own = set(re.findall(r"\bk[c2]_[a-z0-9_]+", log))
            if headers.count("TITLE:") == 1 and 2 <= len(own) and len(log) < 60000 and re.search(r"\bin k[c2]_", headers):
                found.append((log, sorted(own)))
    return found


def main():
    out, reports, bugs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    random.seed(1)
    with open(os.path.join(TOP, "tests", "conventions", "names.tsv"), encoding="utf-8") as file:
        names = [line.split("\t")[0].strip() for line in file if not line.startswith("#")]
    names = [name for name in names if re.fullmatch(r"[a-z][a-z0-9_]{5,}", name)]
    logs = cases()
    known = []
    for bug in range(bugs):
        log, own = logs[bug % len(logs)]
        renamed = {name: "%s_%d" % (random.choice(names), bug) for name in own}
        known.append(re.sub(r"\bk[c2]_[a-z0-9_]+", lambda m, r=renamed: r[m.group(0)], log))
    os.makedirs(out, exist_ok=True)
    with open(os.path.join(out, "truth"), "w", encoding="latin-1") as truth:
        for first in range(0, reports, 10):
            name = "%06d.log" % (first // 10)
            with open(os.path.join(out, name), "w", encoding="latin-1") as file:
                for i in range(10):
                    bug = min(int(random.paretovariate(0.6)) - 1, bugs * 2)
                    bug = bug if bug < bugs else random.randrange(bugs)
                    truth.write("%s:%d %d\n" % (name, i, bug))
                    file.write("== run %d of bug %d\n" % (first + i, bug))
                    file.write(re.sub(r"(PID: |pid:|task \S+/|pid )\d+", lambda m: m.group(1) + str(random.randrange(200, 9000)),
                                      known[bug]))


main()
