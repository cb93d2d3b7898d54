# SPDX-License-Identifier: LGPL-2.1-or-later
"""A page in headless Chromium, by chromedriver (W3C WebDriver): python3 tests/pages/browser.py FILE [PICTURES]

At 1280 and 400 pixels, light and dark: nothing is wider than the window, the console has no error, nothing was asked of the
network, text has a contrast of 4.5 at least and a size of 11 pixels, and the keyboard folds. AXE=FILE: axe-core (npm) finds nothing, either.
With PICTURES, a directory, screenshots are left there. Prints "fine".
"""

import base64
import json
import os
import pathlib
import subprocess
import sys
import urllib.request

CONTRAST = """
function channel(c) { c /= 255; return c <= .03928 ? c / 12.92 : Math.pow((c + .055) / 1.055, 2.4); }
function luminance(c) { return .2126 * channel(c[0]) + .7152 * channel(c[1]) + .0722 * channel(c[2]); }
function parse(s) { return (s.match(/[\\d.]+/g) || []).map(Number); }
function behind(e) {
    for (; e; e = e.parentElement) {
        const c = parse(getComputedStyle(e).backgroundColor);
        if (c.length < 4 || c[3] > 0) return c;
    }
    return [255, 255, 255];
}
let worst = 99, where = '', n = 0;
for (const e of document.querySelectorAll('body *')) {
    if (e.tagName == 'title' || ![...e.childNodes].some(t => t.nodeType == 3 && t.data.trim())) continue;
    const style = getComputedStyle(e), a = luminance(parse(e instanceof SVGElement ? style.fill : style.color)), b = luminance(behind(e));
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    n++;
    if (ratio < worst) { worst = ratio; where = e.tagName + '.' + e.className; }
}
return [worst, where, n];
"""
SMALL = """
return [...document.querySelectorAll('svg text, body *')].filter(e => {
    if (![...e.childNodes].some(t => t.nodeType == 3 && t.data.trim())) return false;
    if (e instanceof SVGElement && e.tagName != 'text') return false;
    const scale = e instanceof SVGElement ? e.getScreenCTM().a ** 2 + e.getScreenCTM().b ** 2 : 1;
    return parseFloat(getComputedStyle(e).fontSize) * Math.sqrt(scale) < 11;
}).map(e => e.tagName + ': ' + e.textContent.slice(0, 40));
"""
FOLD = """
const s = document.querySelector('details.report > summary'); s.focus(); return [s.parentElement.open, document.activeElement == s];
"""


class Browser:
    def __init__(self):
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, text=True)
        for line in self.driver.stdout:
            if "successfully on port " in line:
                self.url = f"http://127.0.0.1:{line.split('on port ')[1].strip().rstrip('.')}/session"
                break
        options = {"args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]}
        wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}
        self.url += "/" + self.call("POST", "", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]

    def call(self, method, path, data=None):
        body = None if data is None else json.dumps(data).encode()
        request = urllib.request.Request(self.url + path, body, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["value"]

    def run(self, script, *args, asynchronous=False):
        return self.call("POST", "/execute/" + ("async" if asynchronous else "sync"), {"script": script, "args": list(args)})

    def devtools(self, command, **parameters):
        return self.call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def log(self, kind):
        return self.call("POST", "/se/log", {"type": kind})

    def close(self):
        try:
            self.call("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait()


def look(browser, path, width, scheme, pictures):
    what = f"{width} {scheme}"
    browser.devtools("Emulation.setDeviceMetricsOverride", width=width, height=1600, deviceScaleFactor=1, mobile=False)
    browser.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.call("POST", "/url", {"url": path.as_uri()})
    wide = browser.run("return [document.documentElement.scrollWidth, innerWidth, getComputedStyle(document.body).backgroundColor]")
    assert wide[0] <= width == wide[1], (what, wide)
    assert (wide[2] == "rgb(255, 255, 255)") == (scheme == "light"), (what, wide)
    worst, where, n = browser.run(CONTRAST)
    assert worst >= 4.5 and n > 5, (what, worst, where, n)
    # what is drawn keeps its size: a window that is too narrow scrolls
    small = browser.run(SMALL)
    assert not small, (what, small)
    if pictures:
        height = browser.run("return document.documentElement.scrollHeight")
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        shot = browser.devtools("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)["data"]
        (pathlib.Path(pictures) / f"{path.stem}-{width}-{scheme}.png").write_bytes(base64.b64decode(shot))


def fold(browser):
    opened, focused = browser.run(FOLD)
    assert focused
    keys = [{"type": "key", "id": "k", "actions": [{"type": "keyDown", "value": "\ue007"}, {"type": "keyUp", "value": "\ue007"}]}]
    browser.call("POST", "/actions", {"actions": keys})
    assert browser.run(FOLD)[0] != opened, "Enter does not fold"
    browser.call("POST", "/actions", {"actions": keys})
    assert browser.run(FOLD)[0] == opened


def axe(browser):
    browser.run(pathlib.Path(os.environ["AXE"]).read_text() + "; window.axe = axe;")
    found = browser.run("axe.run().then(r => arguments[0](r.violations.map(v => [v.id, v.nodes[0].html])))", asynchronous=True)
    assert not found, found


def main():
    path = pathlib.Path(sys.argv[1]).resolve()
    browser = Browser()
    try:
        for width in (1280, 400):
            for scheme in ("light", "dark"):
                look(browser, path, width, scheme, sys.argv[2] if len(sys.argv) > 2 else None)
                if "AXE" in os.environ:
                    axe(browser)
        fold(browser)
        errors = [entry for entry in browser.log("browser") if entry["level"] == "SEVERE"]
        assert not errors, errors
        sent = [json.loads(entry["message"])["message"] for entry in browser.log("performance")]
        asked = [m["params"]["request"]["url"] for m in sent if m["method"] == "Network.requestWillBeSent"]
        assert asked, "nothing was loaded at all"
        assert all(url.startswith(("file:", "data:")) for url in asked), asked
    finally:
        browser.close()
    print("fine")


main()
