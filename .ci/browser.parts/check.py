"""Opens sites of `repro view` in a browser and looks. Usage: check.py WORK [axe.min.js]"""
import json
import math
import os
import subprocess
import sys
import time
import urllib.parse

import big
from driver import Browser

work, axe = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""
failed = []


def check(name, truth, detail=""):
    print(f"{'ok   ' if truth else 'FAIL '} {name}{': ' + str(detail) if detail != '' else ''}", flush=True)
    if not truth:
        failed.append(name)


def repro(*arguments, fails=False, **environment):
    program = os.environ.get("REPRO_PROGRAM", "./repro")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, env={**os.environ, **environment})
    if done.returncode and not fails:
        sys.exit(f"repro {' '.join(arguments)}: {done.stderr}")
    return done.stdout


def link(site, view, **parameters):
    query = urllib.parse.urlencode(parameters)
    return f"file://{work}/{site}/index.html#/{view}" + ("?" + query if query else "")


def contents(site):
    """Every file's bytes, by name."""
    found = {}
    for folder, _, names in os.walk(f"{work}/{site}"):
        for name in names:
            with open(f"{folder}/{name}", "rb") as file:
                found[os.path.relpath(file.name, f"{work}/{site}")] = file.read()
    return found


class Looker:
    """A browser with what every page must keep: nothing on the console, nothing asked of the network."""

    def __init__(self, browser):
        self.browser = browser
        self.complaints, self.asked = [], []

    def open(self, site, view, **parameters):
        self.browser.open("about:blank")
        self.browser.open(link(site, view, **parameters))
        self.browser.wait("return window.repro && repro.firstView", "the first view")

    def note(self):
        self.complaints += [entry["message"] for entry in self.browser.log("browser")]
        for entry in self.browser.log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                self.asked.append(message["params"]["request"]["url"])

    def text(self, selector):
        return self.browser.run("const e = document.querySelector(arguments[0]); return e && e.textContent", selector)

    def count(self):
        line = self.browser.wait("const e = document.querySelector('.count-line'); return e && e.textContent", "the list")
        return int("".join(c for c in line.split(" of ")[0] if c.isdigit()))

    def choose(self, name, value):
        self.browser.run(
            "const e = document.getElementById('choice-' + arguments[0]); e.value = arguments[1];"
            "e.dispatchEvent(new Event('change'))", name, value)
        time.sleep(0.05)
        return self.count()

    def axe(self, name):
        if not axe:
            return
        self.browser.run(open(axe).read() + "; window.axe = axe;")
        found = self.browser.own("POST", "/execute/async", {"script": (
            "const done = arguments[0]; axe.run(document, { resultTypes: ['violations'], preload: false }).then(result => done("
            "result.violations.map(v => v.id + ' ' + v.nodes.slice(0, 2).map(n => n.html.slice(0, 120)).join(' | '))))"),
            "args": []})
        check(f"axe finds no violation: {name}", not found, "; ".join(found))


def first_view(look):
    look.open("big", "overview")
    check("the first view opens from the disk", look.text("h1"), f"{look.browser.run('return repro.firstView'):.0f} ms")
    check("the first view does not hang", look.browser.run("return repro.firstView") < 10000)
    check("the version is named", "big/paper/v0001" in look.text("body"))
    look.axe("overview")


def filters(look, questions, cells, runs):
    look.open("big", "questions")
    begun = time.monotonic()
    check("the list has every question", look.count() == big.QUESTIONS, f"{1000 * (time.monotonic() - begun):.0f} ms to it")
    drawn = look.browser.run("return document.querySelectorAll('.list .row').length")
    check("only rows in sight are drawn", 0 < drawn < 60, drawn)
    right = [[r["correct"] for r in records] for records in runs]
    every, times = range(big.QUESTIONS), []

    def wanted(name, value, expected, restore=""):
        found = look.choose(name, value)
        times.append(look.browser.run("return repro.filterTime"))
        check(f"filter {name} = {value}", found == expected, f"{found}, {times[-1]:.0f} ms")
        look.choose(name, restore)

    wanted("category", "music", sum(q["task"] == "music" for q in questions))
    wanted("difficulty", "hard", sum(q["difficulty"] == "hard" for q in questions))
    wanted("verdict", "right", sum(all(r[i] for r in right) for i in every))
    wanted("verdict", "wrong", sum(not any(r[i] for r in right) for i in every))
    wanted("verdict", "mixed", sum(len({r[i] for r in right}) == 2 for i in every))
    # Of the first four runs two were asked with audio, and one has the second seed.
    look.open("big", "questions", runs=",".join(c["name"] for c in cells[:4]), verdict="right")
    wanted("audio", "with", sum(right[0][i] and right[2][i] for i in every))
    wanted("audio", "without", sum(right[1][i] and right[3][i] for i in every))
    wanted("seed", "2", sum(right[1][i] for i in every))
    look.open("big", "questions")
    wanted("order", "disagreement", big.QUESTIONS)
    look.choose("a", cells[0]["name"])
    look.choose("b", cells[29]["name"])
    for kind, x, y in (("both", True, True), ("first", True, False), ("second", False, True), ("neither", False, False)):
        expected = sum(right[0][i] == x and right[29][i] == y for i in every)
        look.browser.run("document.querySelector(`[data-flip=${arguments[0]}]`).click()", kind)
        time.sleep(0.05)
        shown = look.text(f"[data-flip={kind}]").replace("\u202f", "")
        check(f"flips: {kind}", look.count() == expected == int(shown), expected)
        look.browser.run("document.querySelector(`[data-flip=${arguments[0]}]`).click()", kind)
    look.open("big", "questions", runs=cells[3]["name"], verdict="wrong")
    check("filter run", look.count() == sum(not x for x in right[3]))
    look.open("big", "questions", search="NUMBER 4321")
    check("search", look.count() == 1)
    times.append(look.browser.run("return repro.filterTime"))
    check("no filter hangs (100 ms wanted, 2000 refused)", max(times) < 2000, f"slowest {max(times):.0f} ms")
    look.axe("questions")


def clip(look):
    look.open("big", "questions", q="q00000")
    look.browser.wait("return document.querySelector('canvas.mel')", "the log-mel")
    colours = look.browser.run(
        "const c = document.querySelector('canvas.mel'); const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
        "const seen = new Set(); for (let i = 0; i < d.length; i += 4) seen.add(d[i] * 65536 + d[i + 1] * 256 + d[i + 2]);"
        "return [c.width, c.height, seen.size]")
    check("the log-mel is drawn: 200 frames, 128 bands", colours[:2] == [200, 128] and colours[2] > 20, colours)
    look.browser.keys("p")
    moved = look.browser.wait("const a = document.querySelector('audio'); return a && a.currentTime > 0.05 && a.currentTime", "sound")
    check("the clip plays: its time moves", moved > 0, f"{moved:.2f} s")
    look.axe("a question with its clip")
    shares = look.browser.run("return [...document.querySelectorAll('.probabilities tbody td')].map(e => e.textContent)")
    total = sum(math.exp(-place) for place in range(4))
    check("probabilities of the choices are shown where they were recorded",
          shares == [f"{100 * math.exp(-place) / total:.1f}" for place in range(4)], shares)
    look.open("big", "questions", q="q00005")
    check("a clip that is not there is said", "No clip" in (look.browser.wait("return document.querySelector('.detail .silence')?.textContent", "the note")))
    check("probabilities are shown nowhere else", look.browser.run("return document.querySelector('.probabilities')") is None)


def hostile(look, questions):
    answer = "return [...document.querySelectorAll('.answers .said-words')].map(e => e.textContent)"
    look.open("big", "questions", q="q00001")
    look.browser.wait("return document.querySelector('.asked')", "the question")
    check("markup in a question is text", look.text(".asked") == big.MARKUP)
    check("markup in an answer is text", look.browser.run(answer)[0] == big.MARKUP)
    check("nothing of it became an element", look.browser.run("return document.querySelectorAll('main img, main script, main b, main i').length") == 0)
    look.open("big", "questions", q="q00002")
    look.browser.wait("return document.querySelector('.asked')", "the question")
    check("marks that turn text are shown", look.text(".asked") == "left U+202EthgirU+2028nextU+2066 <b>")
    check("markup in a choice is text", big.MARKUP in look.text(".choices"))
    look.open("big", "questions", q=questions[3]["id"])
    look.browser.wait("return document.querySelector('.answers')", "the answers")
    check("100 kB are shown when they are asked for", len(look.browser.run(answer)[0]) < 1000)
    look.browser.click(".answers button")
    check("and whole", look.browser.run(answer)[0] == big.LONG)
    check("no script of the data ran", look.browser.run("return window.pwned") is None)


def keyboard(look):
    look.open("big", "overview")
    look.browser.keys("3")
    look.count()
    look.browser.keys("/")
    look.browser.wait("return document.activeElement.id === 'search'", "the search by its key")
    look.browser.keys("number 77?")
    look.browser.wait("return document.querySelector('.count-line').textContent.startsWith('1 of')", "the found one")
    look.browser.keys("\ue00c")
    look.browser.wait("return document.activeElement.getAttribute('role') === 'listbox'", "the list by Escape")
    look.browser.keys("\ue007")
    look.browser.wait("return document.querySelector('.detail .id')?.textContent === 'q00077'", "the question by Enter")
    look.browser.keys("/")
    look.browser.keys("\ue009a\ue000\ue003")
    look.browser.run("const s = document.getElementById('search'); s.value = ''; s.dispatchEvent(new Event('input'))")
    look.browser.wait("return document.querySelector('.count-line').textContent.startsWith('9')", "all of them")
    look.browser.keys("\ue00cj")
    look.browser.wait("return document.querySelector('.detail .id')?.textContent === 'q00078'", "the next one by j")
    look.browser.keys("\ue015\ue015\ue007")
    check("questions are found, opened and walked by keys alone",
          look.browser.wait("return document.querySelector('.detail .id')?.textContent === 'q00080'", "two further by arrows"))
    look.browser.keys("1")
    check("and the views are reached by theirs", look.browser.wait("return document.querySelector('main.overview h1')", "the overview"))
    look.open("big", "overview")
    look.browser.keys("\ue004")
    check("the first stop of the keyboard skips to the content", look.browser.run("return document.activeElement.id") == "skip")


def two_versions(look, name, cell):
    told = json.loads(repro("diff", f"{name}/v0001", f"{name}/v0002", "--results", f"{work}/two", "--json", fails=True))
    score = next(s for s in told["scores"] if s["name"] == cell)
    look.open("pair", "compare", a=f"{name}/v0001", b=f"{name}/v0002")
    row = f"[...document.querySelectorAll('.compare-table tbody tr')].find(r => r.firstChild.textContent === {json.dumps(cell)})"
    flips = look.browser.wait(f"return {row}?.lastChild.textContent", "the compared cells")
    expected = f"+{len(score['only_second'])} \u2212{len(score['only_first'])}"
    check("compare: flips as repro diff counts them", flips == expected, flips)
    shown = look.browser.run(f"const cell = {row}.querySelector('.interval'); return [cell.dataset.low, cell.dataset.high].map(Number)")
    check("compare: Newcombe's interval as repro diff has it",
          all(abs(a - b) < 1e-12 for a, b in zip(shown, score["interval"])), shown)
    look.axe("compare")
    look.browser.run(f"{row}.lastChild.querySelector('a').click()")
    look.browser.wait("return document.querySelector('[data-p]')", "the 2×2 table")
    check("both kinds of flips are listed", look.count() == len(score["only_first"]) + len(score["only_second"]))
    p = float(look.browser.run("return document.querySelector('[data-p]').dataset.p"))
    check("p as repro diff has it", abs(p - score["p"]) <= 1e-9 * score["p"], p)
    square = [int(look.text(f"[data-flip={kind}]").replace("\u202f", "")) for kind in ("second", "first")]
    check("the square's flips too", square == [len(score["only_second"]), len(score["only_first"])], square)
    address = look.browser.run("return location.href")
    look.browser.open("about:blank")
    look.browser.open(address)
    check("an address brings the state back", look.count() == sum(square))
    look.open("pair", "runs")
    charts = look.browser.wait("return document.querySelectorAll('.chart .line').length", "the curves")
    check("curves are drawn", charts >= 6, charts)
    check("settings have their origins", look.browser.run("return document.querySelectorAll('.settings .origin').length") > 20)
    look.axe("runs")
    look.open("pair", "overview")
    check("verdicts are told", look.browser.run("return document.querySelectorAll('.claim').length") > 0)
    href, number = look.browser.run("const a = document.querySelector('.results a.number'); return [a.href, a.title]")
    look.browser.open(href)
    check("a number leads to its questions", look.count() == int(number.split(" of ")[1].split()[0]))
    look.open("pair", "overview")
    look.axe("overview of a table")
    dead = look.browser.run(
        "return [...document.querySelectorAll('table.results span.number, table.results .small:not(.other):not(.published)')]"
        ".filter(e => /\\d/.test(e.textContent) && !e.querySelector('a') && !e.closest('a')).map(e => e.textContent)")
    check("no measured number of the overview leads nowhere", not dead, dead[:5])
    hrefs = look.browser.run(
        "document.querySelectorAll('details').forEach(e => { e.open = true; });"
        "return [...document.querySelectorAll('.claim .behind a')].map(a => a.href)")
    claims = look.browser.run("return document.querySelectorAll('.claim').length")
    check("claims lead to the questions behind them", len(hrefs) >= claims, f"{len(hrefs)} links of {claims} claims")
    for href in (hrefs[0], next(h for h in hrefs if "flip=" in h)):
        look.browser.open("about:blank")
        look.browser.open(href)
        check("and there are some", look.count() > 0, look.count())
    look.open("pair", "overview")
    controls = look.browser.run("return [...document.querySelectorAll('.controls .behind a')].length")
    check("the control's sentence leads to its questions", controls >= 3, controls)


def report(look):
    look.open("pair", "overview")
    address = look.browser.run("return document.querySelector('a[href^=report]').href")
    for name, width in (("report", 1400), ("report, narrow", 390)):
        look.browser.devtools("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 500)
        look.browser.open(address)
        plots = look.browser.run(
            "return [...document.querySelectorAll('svg')].map(e => [e.getAttribute('role'), e.getAttribute('aria-label'), e.getBoundingClientRect().width])")
        check(f"every plot of the {name} says what it shows",
              len(plots) >= 4 and all(role == "img" and len(words) > 100 and size > 300 for role, words, size in plots), len(plots))
        wide = look.browser.run("return document.documentElement.scrollWidth")
        check(f"nothing is wider than the page: {name}", wide <= width, wide)
        look.axe(name)
    look.browser.devtools("Emulation.clearDeviceMetricsOverride")
    text = look.browser.run("return document.querySelector('svg').getAttribute('aria-label')")
    check("intervals and published values are in its words", "interval" in text and "published" in text, text[:80])
    look.browser.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    look.browser.open(address)
    look.axe("report, dark")
    look.browser.devtools("Emulation.setEmulatedMedia", features=[])
    href, text = look.browser.run("const a = document.querySelector('main a.number'); return [a.href, a.textContent]")
    look.browser.open(href)
    check("a number of the report leads to its questions", look.count() > 0, text)


def phone(look):
    look.browser.devtools("Emulation.setDeviceMetricsOverride", width=390, height=844, deviceScaleFactor=1, mobile=True)
    for view in ("overview", "runs", "questions", "compare"):
        look.open("pair", view)
        time.sleep(0.3)
        wide = look.browser.run("return document.documentElement.scrollWidth")
        check(f"on a phone nothing is wider than it: {view}", wide <= 390, wide)
    look.browser.devtools("Emulation.clearDeviceMetricsOverride")


def dark(look):
    look.browser.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    for view in ("overview", "questions", "runs"):
        look.open("pair", view)
        time.sleep(0.3)
        look.axe(view + ", dark")
    background = look.browser.run("return getComputedStyle(document.body).backgroundColor")
    check("dark where that is wished", all(int(part) < 60 for part in background[4:-1].split(",")), background)


def main():
    begun = time.monotonic()
    questions, cells, runs = big.write(f"{work}/results", f"{work}/data")
    made = time.monotonic()
    repro("view", "big/paper", "--results", f"{work}/results", "--output", f"{work}/big", "--clips", "copy", REPRO_DATA=f"{work}/data")
    print(f"      9,000 questions and 30 runs written in {time.monotonic() - made:.1f} s")
    made = time.monotonic()
    told = repro("view", "--output", f"{work}/all", REPRO_CACHE=f"{work}/cache")
    spent = time.monotonic() - made
    size = sum(len(data) for data in contents("all").values())
    check("the committed results make a site", os.path.exists(told.strip()), f"{spent:.1f} s, {size / 1e6:.1f} MB")
    check("in no long time (5 s wanted, 30 refused)", spent < 30, f"{spent:.1f} s")
    newest = sorted(os.listdir("results/table4/micro"))
    newest = [v for v in newest if v.startswith("v")][-1]
    cell = "qwen2.5-omni-mmau-mini-audio-greedy"
    name = big.changed(f"results/table4/micro/{newest}", f"{work}/two", cell, 37)
    repro("view", f"{name}/v0001", f"{name}/v0002", "--results", f"{work}/two", "--output", f"{work}/pair", "--clips", "none")
    repro("view", f"{name}/v0001", f"{name}/v0002", "--results", f"{work}/two", "--output", f"{work}/again", "--clips", "none")
    check("the same results give the same bytes", contents("pair") == contents("again"))
    with Browser() as browser:
        look = Looker(browser)
        for part in (lambda: first_view(look), lambda: filters(look, questions, cells, runs), lambda: clip(look),
                     lambda: hostile(look, questions), lambda: keyboard(look), lambda: two_versions(look, name, cell),
                     lambda: report(look), lambda: phone(look), lambda: dark(look)):
            try:
                part()
            except (AssertionError, RuntimeError) as error:
                check(str(error), False)
            look.note()
        check("nothing on the console", not look.complaints, "; ".join(look.complaints[:3]))
        away = [url for url in look.asked if not url.startswith(("file:", "data:", "about:"))]
        check("no request leaves the folder", look.asked and not away, "; ".join(away[:3]) or f"{len(look.asked)} files")
    print(f"      {time.monotonic() - begun:.0f} s")
    print("the site holds" if not failed else f"the site fails: {len(failed)} checks")
    sys.exit(1 if failed else 0)


main()
