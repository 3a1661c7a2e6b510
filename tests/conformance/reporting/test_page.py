import base64
import itertools
import json
import os
import re
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from fcntl import F_DUPFD, fcntl
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from draftproof.conformance.evidence.records import Mutant
from draftproof.conformance.reporting import page
from draftproof.conformance.reporting.records import Report
from draftproof.conformance.reporting.strategies import reports as drawn_reports
from draftproof.properties.core.verdict import State

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-pipe",
)
CELL = "verify_chain.cupy.float32"
CSS = Path(page.__file__).parent / "templates" / "page.css"


class Browser:
    """Chromium, driven through its debugging pipe: JSON messages that end in a zero byte."""

    def __init__(self, executable: str, profile: Path) -> None:
        ours, theirs = os.pipe(), os.pipe()
        # The browser reads descriptor 3 and writes descriptor 4; ours must not be in their place.
        ends = [fcntl(end, F_DUPFD, 10) for end in (ours[0], theirs[1])]
        self.process = os.posix_spawn(
            executable,
            [executable, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
            os.environ,
            file_actions=[(os.POSIX_SPAWN_DUP2, ends[0], 3), (os.POSIX_SPAWN_DUP2, ends[1], 4)],
            setpgroup=0,
        )
        for end in (*ends, ours[0], theirs[1]):
            os.close(end)
        self.to, self.back = ours[1], theirs[0]
        os.set_blocking(self.back, False)
        self.numbers, self.buffer = itertools.count(1), b""
        self.events: list[dict[str, Any]] = []
        self.session: str | None = None
        target = self.send("Target.getTargets")["targetInfos"]
        page_id = next(info["targetId"] for info in target if info["type"] == "page")
        self.session = self.send("Target.attachToTarget", targetId=page_id, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = next(self.numbers)
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        return self.until(lambda answer: answer.get("id") == number)["result"]

    def until(self, wanted: Callable[[dict[str, Any]], bool], seconds: float = 60) -> dict[str, Any]:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            raw, zero, rest = self.buffer.partition(b"\0")
            if zero:
                self.buffer = rest
                message = json.loads(raw)
                self.events.append(message)
                if wanted(message):
                    return message
                continue
            try:
                self.buffer += os.read(self.back, 1 << 20)
            except BlockingIOError:
                time.sleep(0.01)
        raise TimeoutError("the browser did not answer")

    def open(self, address: str) -> None:
        self.events.clear()
        self.send("Page.navigate", url=address)
        if not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.until(lambda event: event.get("method") == "Page.loadEventFired")

    def run(self, script: str) -> Any:
        answer = self.send("Runtime.evaluate", expression=script, returnByValue=True, userGesture=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def click(self, selector: str) -> None:
        """Press the mouse in the middle of the element, as a person would."""
        element = f"document.querySelector({selector!r})"
        middle = f"(b => [b.x + b.width / 2, b.y + b.height / 2])({element}.getBoundingClientRect())"
        x, y, before, end = 0.0, 0.0, None, time.monotonic() + 10
        while (x, y) != before and time.monotonic() < end:  # the page may still be moving to a cell by itself
            self.run(f"{element}.scrollIntoView({{block: 'center', behavior: 'instant'}})")
            before = (x, y)
            time.sleep(0.05)
            x, y = self.run(middle)
        for kind in ("mousePressed", "mouseReleased"):
            self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def screenshot(self, width: int, scheme: str) -> bytes:
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.send("Emulation.setEmulatedMedia", features=features)
        self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False
        )
        shot = self.send("Page.captureScreenshot", captureBeyondViewport=True)
        return base64.b64decode(shot["data"])

    @property
    def complaints(self) -> list[dict[str, Any]]:
        """Errors and warnings in the console, exceptions, and requests that leave the file."""
        kinds = ("Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled")
        told = [event for event in self.events if event.get("method") in kinds]
        asked = [
            event
            for event in self.events
            if event.get("method") == "Network.requestWillBeSent"
            and not event["params"]["request"]["url"].startswith(("file:", "data:"))
        ]
        return told + asked

    def close(self) -> None:
        os.close(self.to)
        os.close(self.back)
        os.killpg(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    if executable is None:
        pytest.skip("no chromium on this machine; Debian's package is called chromium")
    # Its socket names have a length limit, which a deep temporary folder can exceed.
    driven = Browser(executable, tmp_path / "profile")
    yield driven
    driven.close()


@pytest.fixture
def written(tmp_path: Path, reports: tuple[Report, ...], mutants: tuple[Mutant, ...]) -> Path:
    path = tmp_path / "page.html"
    path.write_text(page.render(reports, mutants, {"verify_chain": "speculative"}), encoding="utf-8")
    return path


def test_a_failing_cell_opens_in_a_real_browser(browser: Browser, written: Path, tmp_path: Path) -> None:
    browser.open(written.as_uri())
    panel = f"document.getElementById({CELL!r})"
    assert browser.run(f"{panel}.open") is False

    browser.click(f'.matrix a[data-open="{CELL}"]')
    assert browser.run(f"{panel}.open") is True
    assert browser.run("document.activeElement.parentElement.id") == CELL
    text = browser.run(f"{panel}.innerText")
    assert "row 3, position 2: expected rejected" in text
    assert "draftproof replay 'verify_chain/" in text
    assert browser.run("location.hash") == f"#open={CELL}"

    for width, scheme in ((1280, "light"), (1280, "dark"), (390, "light")):
        shot = browser.screenshot(width, scheme)
        (tmp_path / f"page-{width}-{scheme}.png").write_bytes(shot)
        assert shot.startswith(b"\x89PNG")
        assert browser.run("document.documentElement.scrollWidth") <= width
    assert browser.complaints == []


def test_the_copy_button_copies_the_reproduction_line(browser: Browser, written: Path) -> None:
    browser.open(f"{written.as_uri()}#open={CELL}")
    line = browser.run(f"document.getElementById({CELL!r}).querySelector('.reproduce code').textContent")
    browser.click(f'[id="{CELL}"] .copy')
    said = "document.querySelector('.status').textContent"
    end = time.monotonic() + 10
    while not browser.run(said) and time.monotonic() < end:
        time.sleep(0.05)
    copied, selected = browser.run(said), browser.run("getSelection().toString()")
    assert copied == "Copied" or selected == line
    assert browser.complaints == []


def test_filters_live_in_the_address(browser: Browser, written: Path) -> None:
    browser.open(written.as_uri())
    rows = "[...document.querySelectorAll('.matrix .operation')]"
    visible = f"{rows}.filter(row => !row.hidden).map(row => row.cells[0].innerText)"
    assert len(browser.run(visible)) == 6

    browser.click('.chip[data-value="fail"]')
    assert browser.run(visible) == ["verify_chain"]
    browser.click('.chip[data-value="error"]')
    assert browser.run(visible) == ["verify_chain", "sample"]
    browser.click('.chip[data-value="float16"]')
    assert browser.run("location.hash") == "#state=fail|error&dtype=float16"
    assert browser.run(visible) == []

    browser.open("about:blank")
    browser.open(f"{written.as_uri()}#state=not%20run")
    assert browser.run(visible) == ["uniforms"]
    assert browser.run("document.querySelector('.chip[data-value=\"not run\"]').ariaPressed") == "true"
    browser.click(".clear")
    assert len(browser.run(visible)) == 6
    assert browser.complaints == []


def test_the_page_asks_for_nothing(written: Path) -> None:
    text = written.read_text(encoding="utf-8")
    assert not re.search(r"""(?:src|href)=["'](?!#|data:|https://example\.org/project)""", text)
    assert "@import" not in text
    assert "url(http" not in text


def test_every_state_has_its_letter_beside_its_colour(written: Path) -> None:
    text = written.read_text(encoding="utf-8")
    for letter in "PFEWNA":
        assert re.search(rf'class="glyph"><span aria-hidden="true">.</span> {letter}<', text)
    assert 'scope="col"' in text
    assert 'scope="row"' in text


def test_a_cut_run_is_incomplete_and_says_how_much_was_run(reports: tuple[Report, ...]) -> None:
    good = reports[3]
    cut = tuple(
        replace(result, state=State.NOT_RUN, reason="the time asked for was over") if number % 4 else result
        for number, result in enumerate(good.results)
    )
    text = page.render([replace(good, results=cut)])
    assert "<h1>Incomplete, 300 of 1,200</h1>" in text
    assert "<h1>Conforms</h1>" in page.render([good])


def test_the_worst_of_a_measure_is_shown(reports: tuple[Report, ...]) -> None:
    text = page.render([reports[3]])
    assert "<dt>worst p value</dt><dd>0.025</dd>" in text  # of values from 1/40 to 1/21: the smallest
    assert "<dt>worst error eps</dt><dd>2.875</dd>" in text


def test_what_reports_say_is_escaped(reports: tuple[Report, ...]) -> None:
    evil = Mutant("<script>alert(1)</script>", "</style><img src=x onerror=alert(1)>", ())
    text = page.render(reports, [evil])
    assert "<script>alert" not in text
    assert "<img" not in text


@given(drawn_reports("my.kernels"), drawn_reports("draftproof.optimized.triton"))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_report_renders(one: Report, other: Report) -> None:
    assert page.render([one, other]).endswith("</html>")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_is_at_least_4_5(scheme: str) -> None:
    light, dark = CSS.read_text(encoding="utf-8").split("prefers-color-scheme: dark")
    values = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", light if scheme == "light" else dark))
    pairs = [(name, name.replace("-ink", "-tint")) for name in values if name.endswith("-ink")]
    pairs += [(name, "paper") for name in values if name in ("ink", "muted", "accent", "met", "peer")]
    pairs += [(name, "card") for name in ("ink", "muted", "pass-ink", "fail-ink", "waived-ink")]
    assert len(pairs) > 12
    for ink, tint in pairs:
        assert contrast(values[ink], values[tint]) >= 4.5, (ink, tint)


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)
