#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The Python module over the library: tests/python, its types, and the module as it is installed.
. "$(dirname "$0")/lib.sh"
build=$(dirname "$CULPRIT")
case $build in *-asan*)
	# The sanitizers' library would have to be loaded first.
	pass 'not with sanitizers'
	finish
	;;
esac
cd "$top" || exit 2
export PYTHONDONTWRITEBYTECODE=1

# "test_x (module.Class.test_x) ... ok", "... FAIL", "... ERROR"; tracebacks behind all of them.
tested=$(CULPRIT_LIBRARY=$build/libculprit.so PYTHONPATH=$top/src/python \
	timeout 300 python3 -m unittest -v tests/python/test_culprit.py 2>&1)
code=$?
sed -nE 's/^(test_[a-z0-9_]+) \(.*\) \.\.\. ok$/ok - \1/p' <<<"$tested"
is 'the tests of tests/python' 0 "$code"
[ $code -eq 0 ] || fail "what they say" "$tested"
is 'each of them ran' "$(grep -c '^    def test_' tests/python/test_culprit.py)" "$(grep -cE '^test_.* \.\.\. ok$' <<<"$tested")"

if command -v mypy >/dev/null; then
	run env MYPYPATH=src/python mypy --strict --cache-dir="$tmp/mypy" -p culprit
	is 'types hold, strictly' "Success: no issues found in 3 source files" "$out"
	cat >"$tmp/user.py" <<'END'
import culprit
for report in culprit.parse("console.log"):
    reveal_type(report.title)
    report.stacks[0].frames[0].offset + 1
END
	run env MYPYPATH=src/python mypy --strict --cache-dir="$tmp/mypy" "$tmp/user.py"
	has 'a program sees them' 'Revealed type is "builtins.str"' "$out"
	has 'what is not known is asked for' 'Unsupported operand types for + ("None" and "int")' "$out"
else
	pass 'no mypy here'
fi

# As installed: found beside the library without being told where.
make -s install O="$build" PREFIX="$tmp/usr" PYTHONDIR="$tmp/usr/lib/python3/dist-packages" >"$tmp/log" 2>&1 || cat "$tmp/log"
is 'what is installed' '__init__.py
_archive.py
_library.py
py.typed' "$(cd "$tmp/usr/lib/python3/dist-packages/culprit" && find . -type f | sed 's,^\./,,' | LC_ALL=C sort)"
run env -u CULPRIT_LIBRARY PYTHONPATH="$tmp/usr/lib/python3/dist-packages" python3 -c 'import culprit, sys
for report in culprit.parse(sys.argv[1]):
    print(report.title)' corpus/kasan/slab-out-of-bounds-read-x86
is 'the installed module finds the installed library' 'KASAN: slab-out-of-bounds Read in kc_oob_read' "$out$err"
is 'without a directory for Python there is none' '' \
	"$(make -s install O="$build" PREFIX="$tmp/none" PYTHONDIR= >/dev/null 2>&1; find "$tmp/none" -name '*.py' -path '*culprit/__init__*')"
make -s uninstall O="$build" PREFIX="$tmp/usr" PYTHONDIR="$tmp/usr/lib/python3/dist-packages" >/dev/null 2>&1
is 'make uninstall leaves nothing' '' "$(find "$tmp/usr" ! -type d)"
finish
