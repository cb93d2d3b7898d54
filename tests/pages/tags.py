# SPDX-License-Identifier: LGPL-2.1-or-later
"""Pages as they were written: python3 tests/pages/tags.py FILE...

Every tag is known and closed where it was opened; none runs anything, none asks anybody for anything. Links go to
https://example.org/. Prints "fine".
"""

import html.parser
import sys

VOID = {"meta", "link", "br"}
KNOWN = VOID | set(
    "html head title style body main h1 h2 section details summary span dl dt dd ul ol li pre mark p a b code div"
    " table thead tbody tr th td svg g path rect circle text".split()
)


class Tags(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.n, self.style = [], 0, ""

    def handle_starttag(self, tag, attributes):
        self.n += 1
        assert tag in KNOWN, tag
        for name, value in attributes:
            assert not name.startswith("on") and name not in ("src", "xlink:href"), (tag, name)
            if name == "href":
                assert value == "data:," or (tag == "a" and value.startswith("https://example.org/")), value
            if name == "style":
                assert value.startswith("min-width:"), value
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, (tag, self.getpos())

    def handle_data(self, data):
        if self.open and self.open[-1] == "style":
            self.style += data


for path in sys.argv[1:]:
    tags = Tags()
    tags.feed(open(path, encoding="utf-8").read())
    tags.close()
    assert not tags.open and tags.n > 20, (path, tags.open)
    assert "url(" not in tags.style and "@import" not in tags.style, path
print("fine")
