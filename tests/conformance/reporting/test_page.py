import re
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from draftproof.conformance.evidence.records import Mutant
from draftproof.conformance.reporting import page
from draftproof.conformance.reporting.records import Report
from draftproof.conformance.reporting.strategies import reports as drawn_reports
from draftproof.properties.core.verdict import State

CELL = "verify_chain.cupy.float32"
CSS = Path(page.__file__).parent / "templates" / "page.css"


@pytest.fixture
def written(tmp_path: Path, reports: tuple[Report, ...], mutants: tuple[Mutant, ...]) -> Path:
    path = tmp_path / "page.html"
    path.write_text(page.render(reports, mutants, {"verify_chain": "speculative"}), encoding="utf-8")
    return path


def test_a_failing_cell_opens_in_a_real_browser(browser: Any, written: Path, tmp_path: Path) -> None:
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


def test_the_copy_button_copies_the_reproduction_line(browser: Any, written: Path) -> None:
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


def test_filters_live_in_the_address(browser: Any, written: Path) -> None:
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
    pairs += [
        (name, "paper") for name in values if name in ("ink", "muted", "accent", "target") or "peer" in name
    ]
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
