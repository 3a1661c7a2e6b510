"""A study of traces for people: the table in the terminal, Markdown, and what ``--json`` prints."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from draftproof.conformance.studies.prefix.cost import Cost
from draftproof.conformance.studies.prefix.study import BELADY, Outcome, Ratios, Study

COLUMNS = ("policy", "capacity", "tokens", "blocks", "req/s", "blocks/s", "B/block", "evicted", "exact")


def make_table(study: Study) -> Table:
    """Return the table of one trace."""
    rendered = Table(
        title=f"{study.trace}: {_format_short(study.tokens)} tokens, {_format_short(study.blocks)} blocks; "
        f"infinite cache {_format_percent(study.infinite.tokens)}",
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        caption="tokens, blocks: part found cached; req/s, blocks/s: in the tree's calls",
        caption_justify="left",
    )
    for position, name in enumerate(COLUMNS):
        rendered.add_column(name, justify="right" if position else "left", no_wrap=True)
    for outcome in study.outcomes:
        rendered.add_row(
            outcome.policy,
            _format_count(outcome.capacity),
            _format_percent(outcome.hits.tokens),
            _format_percent(outcome.hits.blocks),
            _format_short(outcome.requests_per_second),
            _format_short(outcome.blocks_per_second),
            "—" if outcome.bytes_per_block is None else f"{outcome.bytes_per_block:.1f}",
            _format_short(outcome.evicted),
            {True: "[green]✓[/]", False: "[red]✗[/]", None: "—"}[outcome.exact],
            end_section=outcome.capacity == study.capacities[-1],
        )
    return rendered


def dump_studies(studies: Sequence[Study], tree: str, page_size: int) -> dict[str, Any]:
    """Return everything as plain data; ``load_studies`` is its inverse."""
    return {"tree": tree, "page_size": page_size, "studies": [asdict(study) for study in studies]}


def load_studies(data: dict[str, Any]) -> list[Study]:
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


def render_ratios(studies: Sequence[Study]) -> str:
    """Return the hit ratios as Markdown tables, tokens; they depend on trace and policy alone."""
    parts = []
    for study in studies:
        policies = study.policies
        lines = [
            f"**{study.trace}**: {_format_count(study.requests)} requests, "
            f"{_format_count(study.blocks)} blocks, {_format_count(study.distinct)} of them distinct; "
            f"the longest prompt has {_format_count(study.longest)}.",
            "",
            f"| capacity in blocks | {' | '.join(_name_policy(policy) for policy in policies)} |",
            f"| ---: |{' ---: |' * len(policies)}",
        ]
        for capacity in study.capacities:
            found = [study.line(policy)[capacity] for policy in policies]
            best = max((each.hits.tokens for each in found if each.policy != BELADY), default=0.0)
            cells = [_format_cell(each, best) for each in found]
            lines.append(f"| {_format_count(capacity)} | {' | '.join(cells)} |")
        infinite = _format_percent(study.infinite.tokens)
        lines.append(f"| infinite | {' | '.join([infinite] * len(policies))} |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def render_speeds(studies: Sequence[Study]) -> str:
    """Return what the tree took, as one Markdown table: the least and the most of all replays of a trace."""
    lines = [
        "| trace | requests/s | blocks/s | most nodes | bytes per cached block | equal to the simulation |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for study in studies:
        replays = [each for each in study.outcomes if each.policy != BELADY]
        lines.append(
            f"| {study.trace} | {_format_range([each.requests_per_second for each in replays])} "
            f"| {_format_range([each.blocks_per_second for each in replays])} "
            f"| {_format_count(max(each.nodes or 0 for each in replays))} "
            f"| {_format_range([each.bytes_per_block for each in replays], '.1f')} "
            f"| {sum(each.exact is True for each in replays)} of {len(replays)} |"
        )
    return "\n".join(lines)


def render_costs(studies: Sequence[Study]) -> str:
    """Return what matching costs, as one Markdown table."""
    lines = [
        "| trace | blocks in the tree | prompts | length | depth | comparisons | highest, of the bound |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {study.trace} | {_format_count(cost.cached)} | {_format_count(study.requests)} "
        f"| {cost.blocks / study.requests:.2f} | {cost.nodes / study.requests:.2f} "
        f"| {cost.comparisons / study.requests:.2f} | {_format_percent(cost.worst)} |"
        for study in studies
        if (cost := study.cost) is not None
    ]
    return "\n".join(lines)


def render_report(studies: Sequence[Study], tree: str, machine: str, command: str) -> str:
    """Return the Markdown file of a report."""
    return (
        "\n\n".join(
            [
                "# Replayed traces",
                f"Made by `{command}`.",
                "Tokens of prompts that were found cached, by policy and capacity; the best policy is set in "
                "bold. Belady's optimum is the ceiling in blocks (the chart).",
                render_ratios(studies),
                "## The tree",
                f"The tree `{tree}` with its calls timed one by one from Python, {machine}.",
                render_speeds(studies),
                "## What a match costs",
                "Every prompt matched once more when all are cached, in the oracle, which counts looks into "
                "a node's children and blocks compared with an edge; means of all prompts. The bound of each "
                "match is its length + depth.",
                render_costs(studies),
            ]
        )
        + "\n"
    )


def _name_policy(policy: str) -> str:
    return "Belady" if policy == BELADY else policy


def _format_cell(outcome: Outcome, best: float) -> str:
    text = _format_percent(outcome.hits.tokens)
    return f"**{text}**" if outcome.policy != BELADY and text == _format_percent(best) else text


def _format_percent(ratio: float) -> str:
    return f"{100 * ratio:.1f} %"


def _format_count(value: float | None) -> str:
    return "—" if value is None else f"{value:,.0f}"


def _format_short(value: float | None) -> str:
    """Return a large number with three digits.

    >>> _format_short(197_341), _format_short(1_250_000), _format_short(812)
    ('197k', '1.25M', '812')
    """
    if value is None:
        return "—"
    for size, name in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.3g}{name}"
    return f"{value:.0f}"


def _format_range(values: Sequence[float | None], form: str = ",.0f") -> str:
    known = [each for each in values if each is not None]
    if not known:
        return "—"
    least, most = format(min(known), form), format(max(known), form)
    return least if least == most else f"{least} to {most}"
