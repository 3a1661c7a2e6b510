"""A study of traces for people: the table in the terminal, Markdown, and what ``--json`` prints."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from draftproof.conformance.studies.prefix.cost import Cost
from draftproof.conformance.studies.prefix.measure import BELADY, Outcome, Ratios, Study

COLUMNS = ("policy", "capacity", "tokens", "blocks", "req/s", "blocks/s", "B/block", "evicted", "exact")


def table(study: Study) -> Table:
    """Return the table of one trace."""
    shown = Table(
        title=f"{study.trace}: {_short(study.tokens)} tokens, {_short(study.blocks)} blocks; "
        f"infinite cache {_percent(study.infinite.tokens)}",
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        caption="tokens, blocks: part found cached; req/s, blocks/s: in the tree's calls",
        caption_justify="left",
    )
    for position, name in enumerate(COLUMNS):
        shown.add_column(name, justify="right" if position else "left", no_wrap=True)
    for outcome in study.outcomes:
        shown.add_row(
            outcome.policy,
            _count(outcome.capacity),
            _percent(outcome.hits.tokens),
            _percent(outcome.hits.blocks),
            _short(outcome.requests_per_second),
            _short(outcome.blocks_per_second),
            "—" if outcome.bytes_per_block is None else f"{outcome.bytes_per_block:.1f}",
            _short(outcome.evicted),
            {True: "[green]✓[/]", False: "[red]✗[/]", None: "—"}[outcome.exact],
            end_section=outcome.capacity == study.capacities[-1],
        )
    return shown


def document(studies: Sequence[Study], tree: str, page_size: int) -> dict[str, Any]:
    """Return everything as plain data; ``studies_of`` is its inverse."""
    return {"tree": tree, "page_size": page_size, "studies": [asdict(study) for study in studies]}


def studies_of(data: dict[str, Any]) -> list[Study]:
    """Return the studies in a document."""
    return [
        Study(
            **{
                **study,
                "infinite": Ratios(**study["infinite"]),
                "outcomes": [
                    Outcome(**{**outcome, "hits": Ratios(**outcome["hits"])}) for outcome in study["outcomes"]
                ],
                "cost": Cost(**study["cost"]) if study["cost"] else None,
            }
        )
        for study in data["studies"]
    ]


def ratios_markdown(studies: Sequence[Study]) -> str:
    """Return the hit ratios as Markdown tables, tokens; they depend on trace and policy alone."""
    parts = []
    for study in studies:
        policies = study.policies
        lines = [
            f"**{study.trace}**: {_count(study.requests)} requests, {_count(study.blocks)} blocks, "
            f"{_count(study.distinct)} of them distinct; the longest prompt has {_count(study.longest)}.",
            "",
            f"| capacity in blocks | {' | '.join(_titled(policy) for policy in policies)} |",
            f"| ---: |{' ---: |' * len(policies)}",
        ]
        for capacity in study.capacities:
            found = [study.line(policy)[capacity] for policy in policies]
            best = max((each.hits.tokens for each in found if each.policy != BELADY), default=0.0)
            cells = [_cell(each, best) for each in found]
            lines.append(f"| {_count(capacity)} | {' | '.join(cells)} |")
        infinite = _percent(study.infinite.tokens)
        lines.append(f"| infinite | {' | '.join([infinite] * len(policies))} |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def speed_markdown(studies: Sequence[Study]) -> str:
    """Return what the tree took, as one Markdown table: the least and the most of all replays of a trace."""
    lines = [
        "| trace | requests/s | blocks/s | most nodes | bytes per cached block | equal to the simulation |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for study in studies:
        replays = [each for each in study.outcomes if each.policy != BELADY]
        lines.append(
            f"| {study.trace} | {_range([each.requests_per_second for each in replays])} "
            f"| {_range([each.blocks_per_second for each in replays])} "
            f"| {_count(max(each.nodes or 0 for each in replays))} "
            f"| {_range([each.bytes_per_block for each in replays], '.1f')} "
            f"| {sum(each.exact is True for each in replays)} of {len(replays)} |"
        )
    return "\n".join(lines)


def cost_markdown(studies: Sequence[Study]) -> str:
    """Return what matching costs, as one Markdown table."""
    lines = [
        "| trace | blocks in the tree | prompts | length | depth | comparisons | highest, of the bound |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {study.trace} | {_count(cost.cached)} | {_count(study.requests)} "
        f"| {cost.blocks / study.requests:.2f} | {cost.nodes / study.requests:.2f} "
        f"| {cost.comparisons / study.requests:.2f} | {_percent(cost.worst)} |"
        for study in studies
        if (cost := study.cost) is not None
    ]
    return "\n".join(lines)


def page(studies: Sequence[Study], tree: str, machine: str, command: str) -> str:
    """Return the Markdown file of a report."""
    return (
        "\n\n".join(
            [
                "# Replayed traces",
                f"Made by `{command}`.",
                "Tokens of prompts that were found cached, by policy and capacity; the best policy is set in "
                "bold. Belady's optimum is the ceiling in blocks (the chart).",
                ratios_markdown(studies),
                "## The tree",
                f"The tree `{tree}` with its calls timed one by one from Python, {machine}.",
                speed_markdown(studies),
                "## What a match costs",
                "Every prompt matched once more when all are cached, in the oracle, which counts looks into "
                "a node's children and blocks compared with an edge; means of all prompts. The bound of each "
                "match is its length + depth.",
                cost_markdown(studies),
            ]
        )
        + "\n"
    )


def _titled(policy: str) -> str:
    return "Belady" if policy == BELADY else policy


def _cell(outcome: Outcome, best: float) -> str:
    text = _percent(outcome.hits.tokens)
    return f"**{text}**" if outcome.policy != BELADY and text == _percent(best) else text


def _percent(ratio: float) -> str:
    return f"{100 * ratio:.1f} %"


def _count(value: float | None) -> str:
    return "—" if value is None else f"{value:,.0f}"


def _short(value: float | None) -> str:
    """Return a large number with three digits.

    >>> _short(197_341), _short(1_250_000), _short(812)
    ('197k', '1.25M', '812')
    """
    if value is None:
        return "—"
    for size, name in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.3g}{name}"
    return f"{value:.0f}"


def _range(values: Sequence[float | None], form: str = ",.0f") -> str:
    known = [each for each in values if each is not None]
    if not known:
        return "—"
    least, most = format(min(known), form), format(max(known), form)
    return least if least == most else f"{least} to {most}"
