#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# parse --format html: a page that needs nothing but itself, over the corpus, and over what strangers
# may put into a log; in headless Chromium, where that and its driver are installed.
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
has "the log's name is text" "<h2>a &lt;b&gt; &amp; 'c' &quot;d&quot;.log</h2>" "$page"
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

# Every tag is closed where it was opened; none runs anything, none asks anybody for anything.
cat >tags.py <<'END'
import html.parser, sys

VOID = {"meta", "link"}
KNOWN = VOID | set("html head title style body main h1 h2 section details summary span dl dt dd ol li pre mark p a".split())

class Tags(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.n = [], 0
    def handle_starttag(self, tag, attributes):
        self.n += 1
        assert tag in KNOWN, tag
        for name, value in attributes:
            assert not name.startswith("on") and name not in ("src", "style"), (tag, name)
            if name == "href":
                assert value == "data:," or (tag == "a" and value.startswith("https://example.org/")), value
        if tag not in VOID:
            self.open.append(tag)
    def handle_endtag(self, tag):
        assert self.open.pop() == tag, (tag, self.getpos())

for path in sys.argv[1:]:
    tags = Tags()
    tags.feed(open(path).read())
    tags.close()
    assert not tags.open and tags.n > 20, (path, tags.open)
print("fine")
END
printf '%s' "$page" >page.html
is 'tags fit, run nothing and fetch nothing' fine "$(python3 tags.py page.html corpus.html 2>&1 | tail -n 1)"

if command -v chromium >/dev/null && command -v chromedriver >/dev/null; then
	run timeout 120 python3 "$top/tests/pages/browser.py" page.html
	is 'in Chromium: wide and narrow, light and dark, by keyboard' fine "$(tail -n 1 <<<"$out$err")"
else
	pass 'no Chromium here'
fi
finish
