"""Thirty-five operations and six backends: more than the project has, on one laptop's screen."""

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from draftproof.conformance.reporting import page
from draftproof.conformance.reporting.records import (
    BenchRow,
    Footer,
    Header,
    Implementation,
    Machine,
    Report,
    Result,
    Suite,
)
from draftproof.conformance.reporting.report import digest
from draftproof.properties.core.verdict import Finding, State

PILLARS = ("prefix", "primitives", "sampling", "speculative", "structured", "state space", "quantised")
BACKENDS = ("eager", "triton", "cupy", "cuda", "host", "someones_fused_kernels")
DTYPES = ("float32", "float16", "bfloat16", "float8_e4m3fn")
LAWS = (
    "agrees with the oracle",
    "inputs unchanged",
    "batch invariance",
    "two streams at once",
    "offsets past 2^31",
)
STEMS = ("apply", "sample", "verify", "fill", "match")
WORDS = (
    "chain",
    "tree",
    "penalties_in_place",
    "bitmask",
    "top_k_top_p_min_p",
    "state_update",
    "block_tables",
)
OPERATIONS = {f"{stem}_{word}": pillar for word, pillar in zip(WORDS, PILLARS, strict=True) for stem in STEMS}


def results(backend: str) -> list[Result]:
    """Return one backend's results: most pass, one operation fails by three laws, the host lacks most."""
    found = []
    for number, operation in enumerate(OPERATIONS):
        for dtype in DTYPES[: 1 + number % 4]:
            about = {"operation": operation, "dtype": dtype}
            if backend == "host" and number % 7:
                reason = f"draftproof.optimized.host has no {operation}"
                found.append(Result(law="", case="", state=State.ABSENT, reason=reason, **about))
                continue
            for n in range(1184 if number == 2 else 10):
                case = (
                    f"{operation}/B={n % 5},V=128256/{dtype}/rows=peaked,uniforms=float64/seed={n}/nan+ragged"
                )
                law = LAWS[n % len(LAWS)]
                state, findings = State.PASS, ()
                if (backend, number) == ("cupy", 8) and n in (0, 1, 2, 5):
                    state = State.FAIL
                    findings = (Finding(f"row {n}", "accepted", "rejected", 10.0**n),)
                line = f"draftproof replay '{case}' --backend {backend} --law '{law}'"
                found.append(
                    Result(law=law, case=case, state=state, findings=findings, reproduce=line, **about)
                )
    return found


def timings(backend: str) -> list[BenchRow]:
    """Return one backend's times: a few of the operations at several sizes, the others at one."""
    slowness = 1.1 + BACKENDS[::-1].index(backend) * 3
    return [
        BenchRow(
            operation,
            f"{operation}/B={B},V=128256/float32/uniforms=float32/seed=0/-",
            f"draftproof.optimized.{backend}",
            2 * slowness,
            2 * slowness,
            2 * slowness,
            2,
            6e6,
            slowness,
            peer_microseconds=40,
            peer=("FlashInfer", "SGLang", "vLLM")[number % 3],
            target_microseconds=2.5,
        )
        for number, operation in enumerate(OPERATIONS)
        for B in ((1, 64, 256) if number % 12 == 0 else (64,))
    ]


def report(backend: str) -> Report:
    found = tuple(results(backend))
    counts = Counter(result.state.value for result in found)
    header = Header(
        Suite("0.1.0", "standard", 0, 1184, digest(["a case"])),
        Implementation(f"draftproof.optimized.{backend}", "cuda"),
        Machine("a CPU", "3.12.3", "Linux", "NVIDIA H100 80GB HBM3", "sm90"),
        {"numpy": "2.3.5"},
        f"draftproof check draftproof.optimized.{backend}",
        "2026-11-21T23:10:00+00:00",
    )
    footer = Footer({state.value: counts[state.value] for state in State}, 81.5)
    return Report(header, found, tuple(timings(backend)), footer)


@pytest.fixture(scope="module")
def many() -> list[Report]:
    return [report(backend) for backend in BACKENDS]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, many: list[Report]) -> Path:
    path = tmp_path_factory.mktemp("many") / "page.html"
    path.write_text(page.render(many, (), OPERATIONS), encoding="utf-8")
    return path


def test_nothing_scrolls_sideways_on_a_laptop(browser: Any, written: Path) -> None:
    browser.open(f"{written.as_uri()}#open=fill_tree.cupy.float32")
    wide = "e => e.clientWidth && e.scrollWidth > e.clientWidth + 1"
    shape = {"height": 768, "deviceScaleFactor": 1, "mobile": False}
    for width in (1366, 1280, 390):
        browser.send("Emulation.setDeviceMetricsOverride", width=width, **shape)
        assert browser.run("document.documentElement.scrollWidth") <= width
        regions = browser.run(
            f"[...document.querySelectorAll('.scroll')].filter({wide}).map(e => e.outerHTML)"
        )
        assert width < 1280 or regions == []
        assert browser.run(f"[...document.querySelectorAll('.cell')].filter({wide}).length") == 0
    assert browser.run("document.querySelectorAll('.matrix thead th').length") == 1 + len(BACKENDS)
    assert browser.run("document.querySelectorAll('.matrix .operation').length") == len(OPERATIONS)
    assert browser.complaints == []


def test_a_phone_sees_every_cell_without_scrolling_the_matrix(browser: Any, written: Path) -> None:
    browser.open(written.as_uri())
    shape = {"height": 844, "deviceScaleFactor": 1, "mobile": False}
    browser.send("Emulation.setDeviceMetricsOverride", width=390, **shape)
    out = "c => c.getBoundingClientRect().right > 390 || !c.getBoundingClientRect().width"
    assert browser.run(f"[...document.querySelectorAll('.cell')].filter({out}).length") == 0


def test_a_cell_shows_its_laws_first_and_then_one_card_of_each(written: Path) -> None:
    text = written.read_text(encoding="utf-8")
    panel = text[text.index('id="fill_tree.cupy.float32"') :]
    panel = panel[: panel.index('<details class="panel"', 1)]
    assert panel.index('<table class="laws">') < panel.index("<article")
    cards = re.findall(r"<article.*?</article>", panel, re.DOTALL)
    assert [re.search(r"</span> F</span> (.*?) <span", card)[1] for card in cards] == list(LAWS[:3])
    # Of the first law the fifth case is off by more than the one before it, so it stands in the open.
    seen, others = cards[0].split("<details")
    assert "/seed=5/" in seen
    assert "/seed=0/" not in seen
    assert "/seed=0/" in others
    assert "1 more case<" in others


def test_the_headline_counts_those_that_can_run_here(many: list[Report]) -> None:
    untimed = [replace(report, benches=()) for report in many]
    unable = []
    for report in untimed[:2]:
        gone = tuple(replace(r, state=State.UNAVAILABLE, reason="no GPU") for r in report.results)
        unable.append(replace(report, results=gone))
    right = [report for report in untimed[2:] if not report.header.subject.backend.endswith("cupy")]
    text = page.render([*unable, *right])
    assert "<h1>All 3 backends that can run here conform, 2 cannot</h1>" in text
    assert text.count("nothing was judged: no GPU") == 2
    text = page.render([*unable, *untimed[2:]])
    assert "<h1>3 of 4 backends that can run here conform, 2 cannot</h1>" in text
