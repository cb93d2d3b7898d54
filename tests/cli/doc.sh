#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The pages of doc/ and the README: commands, options and files that they name exist.
. "$(dirname "$0")/lib.sh"
run "$top/tests/check-doc.py" "$CULPRIT" "$top"/doc/*.md "$top/README.md"
is 'what the pages name exists' 0 "$code"
[ "$code" -eq 0 ] || echo "$out"

python3 "$top/doc/pictures.py" "$CULPRIT" "$tmp"
is "README's picture is what the program prints (make pictures)" "$(cat "$top/doc/parse.svg")" "$(cat "$tmp/parse.svg")"

# The check itself can fail, at each of what it looks for.
wrong() {
	printf '%s\n' "$2" >"$tmp/page.md"
	run "$top/tests/check-doc.py" "$CULPRIT" "$tmp/page.md"
	is "a page with $1 is refused" 1 "$code"
	has "a page with $1: it is named" "$3" "$out"
}
wrong 'a wrong option' '```
culprit parse --jsn x | less
```' 'culprit parse has no option --jsn'
wrong 'a wrong subcommand' '```console
$ true && culprit bisect rnu
```' 'no command culprit bisect rnu'
wrong 'a wrong option of a runner' '```
exec /usr/share/culprit/runners/uml --work load
```' 'uml has no option --work'
wrong 'a link to nothing' 'See [there](nothing.md).' 'no file nothing.md'
wrong 'a path to nothing' 'See `tests/nothing.py`.' 'no file tests/nothing.py'
wrong 'no command' 'Nothing.' 'hold no command'
finish
