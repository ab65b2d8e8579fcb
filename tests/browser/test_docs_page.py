"""The documentation page, looked at in a real browser where one is installed."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from orderbridge.entrypoints.api import Response
from orderbridge.entrypoints.published import documentation_page, openapi_document
from orderbridge_cli.openapi.errors import CASES
from tests.browser.devtools import NAMES, Tab, installed_browser

pytestmark = [pytest.mark.browser, pytest.mark.slow]

BROWSER = installed_browser()
if BROWSER is None:
    pytest.skip(f"no headless browser on this machine ({', '.join(NAMES)})", allow_module_level=True)

PAGES = {"/prod/api/v1/docs": documentation_page, "/prod/api/v1/openapi.json": openapi_document}
# By WCAG 2.2, for what is read at length and for everything else.
CONTRAST_OF_TEXT, LEAST_CONTRAST = 7.0, 4.5


class Site(BaseHTTPRequestHandler):
    """The page with the headers it is served with, under a stage as on AWS."""

    def do_GET(self) -> None:
        make = PAGES.get(self.path)
        answer = make() if make else Response(404, "")
        body = str(answer.body).encode()
        self.send_response(answer.status)
        for name, value in {"Content-Type": answer.content_type, **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: Any) -> None:
        """Nothing is said on the terminal."""


@pytest.fixture(scope="module")
def page_url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/prod/api/v1/docs"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with Tab(str(BROWSER), tmp_path_factory.mktemp("profile")) as opened:
        yield opened


def screen(tab: Tab, width: int, height: int = 900) -> None:
    tab.do("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)


def test_it_is_shown_in_its_own_style_and_loads_nothing_else(tab: Tab, page_url: str, tmp_path: Path) -> None:
    screen(tab, 1280)
    tab.open(page_url)
    assert tab.evaluate("document.title") == "Orderbridge Sales Order API"
    assert tab.evaluate("getComputedStyle(document.querySelector('.frame')).display") == "grid", "the style was refused"
    requested = {each["request"]["url"] for each in tab.said("Network.requestWillBeSent")}
    assert requested <= {page_url, page_url.replace("/prod/api/v1/docs", "/favicon.ico")}
    assert tab.said("Runtime.exceptionThrown") == []
    assert [each for each in tab.said("Log.entryAdded") if each["entry"]["source"] == "security"] == []
    assert tab.said("Audits.issueAdded") == []


SEARCHED = """
(text => {
  getSelection().removeAllRanges();
  return window.find(text, true) && getSelection().anchorNode.parentElement.closest('section').id;
})(TEXT)
"""
FOLLOWED = """
(code => {
  const named = [...document.querySelectorAll('nav a')].filter(link => link.textContent === code);
  named.forEach(link => link.click());
  return named.length;
})(CODE)
"""
SHOWN = """
(() => {
  const section = document.querySelector(':target'), title = section.querySelector('h3').getBoundingClientRect();
  return {id: section.id, text: section.innerText, seen: title.top >= 0 && title.bottom <= innerHeight};
})()
"""


def test_the_type_of_an_error_leads_to_its_explanation(tab: Tab, page_url: str) -> None:
    """By a search for the text, since a `type` is a URN, and by the link that is named as the code."""
    screen(tab, 1280)
    assert len({case.code for case in CASES}) == len(CASES) > 10
    for case in CASES:
        tab.open("about:blank")
        tab.open(page_url)
        found = tab.evaluate(SEARCHED.replace("TEXT", json.dumps(case.problem.type)))
        links = tab.evaluate(FOLLOWED.replace("CODE", json.dumps(case.code)))
        shown = tab.evaluate(SHOWN)
        assert (links, shown["id"], shown["seen"]) == (1, found, True), case.code
        for words in (case.code, case.problem.type, str(case.status), plain(case.meaning), plain(case.remedy)):
            assert words in plain(shown["text"]), case.code


def plain(text: str) -> str:
    """Words alone, without Markdown's marks and the page's own breaks."""
    return " ".join(re.sub(r"[`*]", "", text).split())


def test_the_link_to_the_document_is_right_under_a_stage(tab: Tab, page_url: str) -> None:
    tab.open(page_url)
    link = tab.evaluate("document.querySelector('a[href=\"openapi.json\"]').href")
    assert link == page_url.replace("docs", "openapi.json")


@pytest.mark.parametrize("width", [320, 480, 800, 1280, 1920])
def test_nothing_sticks_out_at_the_side(tab: Tab, page_url: str, width: int) -> None:
    screen(tab, width)
    tab.open(page_url)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width


CONTRAST = """
(() => {
  const channels = text => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const light = text => {
    const linear = c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    const [r, g, b] = channels(text).map(c => linear(c / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (colour !== 'rgba(0, 0, 0, 0)') return colour;
    }
  };
  const found = {};
  for (const selector of SELECTORS) {
    const element = document.querySelector(selector);
    const [a, b] = [light(getComputedStyle(element).color), light(ground(element))].sort((x, y) => y - x);
    found[selector] = (a + 0.05) / (b + 0.05);
  }
  return found;
})()
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_can_be_read_by_day_and_by_night(tab: Tab, page_url: str, scheme: str) -> None:
    tab.do("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    screen(tab, 1280)
    tab.open(page_url)
    long_texts = ["main p", "main li", "td", "pre"]
    others = ["a", "nav a", "nav h2", ".needs", ".get", ".post", ".error", ".k", ".s", ".n", "th", ".lead"]
    selectors = str([*long_texts, *others])
    contrast = tab.evaluate(CONTRAST.replace("SELECTORS", selectors))
    tab.do("Emulation.setEmulatedMedia", features=[])
    assert {name: ratio for name, ratio in contrast.items() if ratio < LEAST_CONTRAST} == {}
    assert {name: ratio for name in long_texts if (ratio := contrast[name]) < CONTRAST_OF_TEXT} == {}


def test_it_can_be_heard_and_used_by_keyboard(tab: Tab, page_url: str) -> None:
    screen(tab, 1280)
    tab.open(page_url)
    nodes = tab.do("Accessibility.getFullAXTree")["nodes"]
    named: dict[str, list[str]] = {}
    for node in nodes:
        role = node.get("role", {}).get("value")
        if not node.get("ignored") and role:
            named.setdefault(role, []).append(node.get("name", {}).get("value", ""))
    assert len(named["main"]) == len(named["navigation"]) == 1
    assert named["heading"].count("Create sales order") == 1
    assert all(named["link"])
    assert all(named["table"]), "a table without a caption says nothing to who cannot see it"
    levels = tab.evaluate(
        "[...document.querySelectorAll('main h1, main h2, main h3, main h4')].map(h => +h.tagName[1])"
    )
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels)), "a level is left out"
    tab.do("Input.dispatchKeyEvent", type="keyDown", key="Tab", code="Tab", windowsVirtualKeyCode=9)
    tab.do("Input.dispatchKeyEvent", type="keyUp", key="Tab", code="Tab", windowsVirtualKeyCode=9)
    assert tab.evaluate("document.activeElement.textContent") == "To the content"


def test_it_can_be_printed(tab: Tab, page_url: str) -> None:
    screen(tab, 1280)
    tab.open(page_url)
    tab.do("Emulation.setEmulatedMedia", media="print")
    hidden = tab.evaluate("getComputedStyle(document.querySelector('nav')).display")
    wrapped = tab.evaluate("getComputedStyle(document.querySelector('pre')).whiteSpaceCollapse")
    tab.do("Emulation.setEmulatedMedia", media="")
    assert (hidden, wrapped) == ("none", "preserve")
    assert len(tab.do("Page.printToPDF")["data"]) > 100_000
