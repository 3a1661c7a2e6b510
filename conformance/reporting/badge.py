"""The badge: how much passed of what was due, how much is covered, on what; floored, never flattered."""

from html import escape

from draftproof.conformance.reporting.glyphs import STALE
from draftproof.conformance.reporting.matrix import Score

FILLS = {"brightgreen": "#1a7f37", "yellow": "#8a6100", "red": "#c9252d", "lightgrey": "#5f6771"}
"""Shields' colour names, and darker fills on which white text has a contrast of at least 4.5."""
LABEL_FILL = "#3d444d"
NOTHING = "no evidence yet"


def label(budget: str, device: str) -> str:
    """Return the left half: ``device`` is an architecture such as "sm90", or "cpu"."""
    return f"draftproof {budget} · {device}"


def message(score: Score, seen: str = "", profile: str = "full") -> str:
    """Return the right half: ``"1183/1184 · covers 100%"``, or ``"incomplete, 700 of 1184"``.

    ``seen`` is the share of wrong implementations that such a run rejects, where it has been measured;
    ``profile`` says what of it all backends promise: "full", "law + hostile" or "law".
    """
    if not score.due:
        return f"nothing to check · covers {score.covers}%"
    stale = f" · {profile}" + " · stale" * (STALE in score.states)
    if score.incomplete:
        return f"incomplete, {score.run} of {score.due}{stale}"
    stale += " · incomplete" * (score.not_run > 0)
    power = f" · sees {seen} of faults" * bool(seen)
    return f"{score.good}/{score.due} · covers {score.covers}%{power}{stale}"


def colour(score: Score) -> str:
    """Return the shields colour: green only if everything due has passed and is still true."""
    if not score.due or STALE in score.states or score.incomplete:
        return "lightgrey"
    if score.passed:
        return "brightgreen"
    return "yellow" if not score.wrong and score.good * 10 >= score.due * 9 else "red"


def endpoint(
    score: Score, budget: str, device: str, seen: str = "", profile: str = "full"
) -> dict[str, object]:
    """Return the document that shields.io reads from an endpoint."""
    return {
        "schemaVersion": 1,
        "label": label(budget, device),
        "message": message(score, seen, profile),
        "color": colour(score),
        "isError": not score.passed,
    }


def endpoint_of_nothing() -> dict[str, object]:
    """Return the document where there is no evidence."""
    return {
        "schemaVersion": 1,
        "label": "draftproof",
        "message": NOTHING,
        "color": "lightgrey",
        "isError": True,
    }


def svg(score: Score, budget: str, device: str, seen: str = "", profile: str = "full") -> str:
    """Return the same badge as a static SVG, without network or font metrics."""
    return _draw(label(budget, device), message(score, seen, profile), FILLS[colour(score)])


def svg_of_nothing() -> str:
    """Return the badge where there is no evidence."""
    return _draw("draftproof", NOTHING, FILLS["lightgrey"])


def _draw(left: str, right: str, fill: str) -> str:
    # Six and a half pixels a letter is close enough for Verdana 11; textLength makes it exact.
    a, b = 13 * len(left) // 2 + 12, 13 * len(right) // 2 + 12
    name = escape(f"{left}: {right}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{a + b}" height="20" role="img" aria-label="{name}">'
        f"<title>{name}</title>"
        f'<clipPath id="r{a + b}"><rect width="{a + b}" height="20" rx="3"/></clipPath>'
        f'<g clip-path="url(#r{a + b})"><rect width="{a}" height="20" fill="{LABEL_FILL}"/>'
        f'<rect x="{a}" width="{b}" height="20" fill="{fill}"/></g>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">'
        f'<text x="{a / 2}" y="14" textLength="{a - 12}">{escape(left)}</text>'
        f'<text x="{a + b / 2}" y="14" textLength="{b - 12}">{escape(right)}</text></g></svg>\n'
    )
