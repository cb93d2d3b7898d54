#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# parse --format html and bisect report --format html: pages that need nothing but themselves, over the corpus, and
# over what strangers may put into a log or commit; in headless Chromium, where that and its driver are installed.
. "$(dirname "$0")/lib.sh"
cd "$tmp" || exit 2

printf '%s\n' '[    3.0] BUG: kernel NULL pointer dereference, address: 0000000000000008' \
	$'[    3.0] CPU: 1 PID: 7 Comm: <\xff]]>&" Not tainted 6.1.0 #1' '[    3.0] RIP: 0010:kfoo+0x1/0x2 mm/foo.c:12' \
	'[    3.0] RSP: 0018:<script>alert(1)</script>' '[    3.0] Call Trace:' '[    3.0]  kbar+0x1/0x2 mm/foo.c:34' \
	$'[    3.0]  kbaz+0x1/0x2 mm/\e[31m"onx=".c:35' '[    3.0] ---[ end trace 0000000000000000 ]---' >"a <b> & 'c' \"d\".log"
printf '[    1.0] Linux version 6.1.0 (a@b) #1\n[    2.0] Run /init as init process\n' >clean.log
printf '\177ELF\002\001\001%09d\002\000' 0 >vmlinux
url='https://example.org/{version}/{file}#n{line}'
run "$CULPRIT" parse -f html --source-url "$url" "a <b> & 'c' \"d\".log" clean.log missing.log
page=$out
is 'the exit code is that of parse' 2 "$code"
has 'the title' '<summary>BUG: unable to handle kernel NULL pointer dereference in kfoo <span' "$page"
has "the log's name is text" "<h2>a &lt;b&gt; &amp; &#39;c&#39; &quot;d&quot;.log</h2>" "$page"
has "so is what it holds" '&lt;script&gt;alert(1)&lt;/script&gt;' "$page"
has 'source lines are links' '<a rel="noreferrer" href="https://example.org/6.1.0/mm/foo.c#n34">mm/foo.c:34</a>' "$page"
has 'the banner is marked' '<mark>' "$page"
has 'a clean log says so' '<p>No crash was found.</p>' "$page"
has 'one that cannot be read is not clean' 'The log could not be read' "$page"
"$CULPRIT" parse -f html "$top/corpus" >corpus.html 2>/dev/null
is 'the corpus' 1 $?
holds 'is UTF-8' iconv -f UTF-8 -t UTF-8 -o /dev/null corpus.html
is 'without control bytes' 0 "$(LC_ALL=C grep -ac $'[\001-\010\013-\037\177]' corpus.html)"
is 'a report each' "$("$CULPRIT" parse -t "$top/corpus" 2>/dev/null | wc -l)" "$(grep -c '<details class="report' corpus.html)"
for bad in 'javascript:{file}' 'https://example.org/' '{file}'; do
	run "$CULPRIT" parse -f html --source-url "$bad" clean.log
	is "'$bad' is no URL of sources" 2 "$code"
done
run "$CULPRIT" parse --source-url "$url" clean.log
is 'links are for the page' 2 "$code"

printf '%s' "$page" >page.html
is 'tags fit, run nothing and fetch nothing' fine "$(python3 "$top/tests/pages/tags.py" page.html corpus.html 2>&1 | tail -n 1)"

# --- the page of a bisection
hunting_ground
for i in 01 02 03 04 05 06; do c "c$i" fine; done
git -C "$repo" tag v1 c01
echo bug >"$repo/state"
git -C "$repo" commit -qam "frob: a <b> & 'c' \"d\", with a subject that is long enough to be squeezed where nobody sees to it"
for i in 08 09 10; do c "c$i" bug; done
git -C "$repo" tag v2 c10
culprit=$(git -C "$repo" rev-parse 'c08^')
config hunted v2 v1 "links: { commit: 'https://example.org/c/{commit}', run: 'https://example.org/runs/{log}?c={commit}' }"
hunt hunted
is 'a bisection' "culprit $culprit" "$last"
run "$CULPRIT" bisect report -f html -c hunted.yaml
hunted=$out
printf '%s' "$hunted" >hunted.html
is 'its page: tags fit, too' fine "$(python3 "$top/tests/pages/tags.py" hunted.html 2>&1 | tail -n 1)"
has 'its page: the subject is text' 'frob: a &lt;b&gt; &amp; &#39;c&#39; &quot;d&quot;, with a subject that is long enough to be squeezed where nobody sees to it' "$hunted"
has 'its page: a commit is a link' "<a rel=\"noreferrer\" href=\"https://example.org/c/$culprit\"><code>$culprit</code></a>" "$hunted"
has "its page: the ends' names are commits" "<b>bad</b>: <code>v2</code>, which is <a rel=\"noreferrer\" href=\"https://example.org/c/$(rev c10)\"><code>$(rev c10 | cut -c1-12)</code></a> c10</li>" "$hunted"
has 'its page: hollow is explained' 'hollow: not tested' "$hunted"
is 'its page: a row for each run' "$(grep -c ' run n=' hunted/journal)" "$(grep -c '<td class="l nowrap">run [0-9]' hunted.html)"
is 'its page: a row for each build' "$(grep -c ' build n=' hunted/journal)" "$(grep -c '<td class="l nowrap">build [0-9]' hunted.html)"
has 'its page: with title' $'</span>target</td>\n<td class="l subject">'"$title" "$hunted"
has 'its page: with the end of the console' 'Kernel panic - not syncing: Fatal exception' "$hunted"
has 'its page: with a link' "<a rel=\"noreferrer\" href=\"https://example.org/runs/000001.log?c=$(rev c10)\">whole</a>" "$hunted"
is 'its page: no column of what never came' 0 "$(grep -c '<th[^>]*>infrastructure' hunted.html)"
rm hunted/runs/000001.log
run "$CULPRIT" bisect report -f html -c hunted.yaml
is 'a console that is away takes nothing else along' "0 $(($(grep -c '<pre' hunted.html) - 1))" "$code $(grep -c '<pre' <<<"$out")"
for bad in "commit: 'javascript:{commit}'" "commit: 'https://example.org/'" "run: 'https://example.org/{commit}'"; do
	sed "s|^links:.*|links: { $bad }|" hunted.yaml >bad.yaml
	run "$CULPRIT" bisect report -c bad.yaml
	has "no link: $bad" 'begins with https:// or http:// and has' "$err"
done

if command -v chromium >/dev/null && command -v chromedriver >/dev/null; then
	for name in page hunted; do
		run timeout 300 python3 "$top/tests/pages/browser.py" $name.html
		is "in Chromium: wide and narrow, light and dark, by keyboard: $name" fine "$(tail -n 1 <<<"$out$err")"
	done
else
	pass 'no Chromium here'
fi
finish
