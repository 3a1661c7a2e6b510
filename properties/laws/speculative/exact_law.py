"""The exact law of a verifier, decided cell by cell.

For given drafts the answer is a piecewise-constant function of the uniforms, with breakpoints that the
oracle knows. One row of one batch is put into the middle of each cell and next to its borders; the
cells' volumes and the drafts' probabilities weight the answers. What comes out is the emitted law
itself: no statistics are needed.
"""

from dataclasses import dataclass

import numpy as np

from draftproof.properties.core.case import Case
from draftproof.properties.core.contract import FunctionContract
from draftproof.properties.core.law import Law
from draftproof.properties.core.narrowing import cast_uniforms
from draftproof.properties.core.probes import Cell, CellModel, ContextModel, Run
from draftproof.properties.core.promises import REPLAY
from draftproof.properties.core.subject import FunctionSubject
from draftproof.properties.core.verdict import Verdict

EDGE = 2.0**-20
"""How far from a breakpoint the probes beside it lie."""

MOST = 1e-9
"""Total variation that float64 bookkeeping itself may cost."""


def exact_cases(contract: FunctionContract, device: str, budget: str, seed: int) -> list[Case]:
    """Return the cases of the contract's cells."""
    return model_of(contract).cases(contract.name, device, budget, seed)


def model_of(contract: FunctionContract) -> CellModel:
    """Return the cells of the contract's operation; ValueError if it does not say."""
    if contract.cells is None:
        raise ValueError(f"{contract.name}: the exact law needs the contract's cells, got None")
    return contract.cells


def probe_points(cells: list[Cell]) -> np.ndarray:
    """Return float32 uniforms [3 cells, n]: all middles, then all lower corners, then all upper ones."""
    bounds = np.array([cell.bounds for cell in cells])
    low, high = bounds[..., 0], bounds[..., 1]
    edge = np.minimum(EDGE, (high - low) / 4)
    # The lower border belongs to the cell where it is 0: u = 0 is a hostile value of its own.
    corners = np.stack([(low + high) / 2, np.where(low == 0, 0.0, low + edge), high - edge])
    return corners.reshape(-1, bounds.shape[1]).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Emitted:
    """What a subject answered in every cell."""

    cells: list[Cell]
    runs: list[Run]
    """Three runs per cell: all middles, then all lower corners, then all upper ones."""
    accepted: np.ndarray


def emit(contract: FunctionContract, subject: FunctionSubject, case: Case) -> Emitted:
    """Call the subject once, with one row per probe."""
    model = model_of(contract)
    cells = list(model.cells(case))
    asked = model.ask(case, cells * 3, probe_points(cells))
    inputs = cast_uniforms(contract, asked.inputs)
    runs, accepted = model.read(subject(inputs, asked.keywords, asked.shape))
    return Emitted(cells, runs, accepted)


def check_exact(contract: FunctionContract, subject: FunctionSubject, case: Case) -> Verdict:
    """Compare every probe with its cell's run, and the emitted law with the target's."""
    model, answer, verdict = model_of(contract), emit(contract, subject, case), Verdict()
    distance = law_distance(answer, model.context(case), model.fixed_drafts(case))
    verdict.measures["law_tv"] = distance
    verdict.expect(distance <= MOST, "the emitted law", "the target's law", f"total variation {distance:.3g}")
    total = len(answer.cells)
    for number, run in enumerate(answer.runs):
        cell = answer.cells[number % total]
        verdict.decisions += 1
        if run != cell.run and len(verdict.findings) < 8:
            place = ("middle", "lower corner", "upper corner")[number // total]
            uniforms = ", ".join(f"[{low:.6g}, {high:.6g})" for low, high in cell.bounds)
            verdict.expect(
                False,
                f"drafts {list(cell.drafts[: cell.length])}, uniforms in {uniforms}, {place}",
                str(list(cell.run)),
                list(run),
            )
    return verdict


def law_distance(answer: Emitted, context: ContextModel, given: bool) -> float:
    """Total variation of the resulting text's law from the target's, at the worst length of the drafts.

    Of the worst drafts, too, if they are given.
    """
    groups: dict[tuple[int, Run], dict[Run, float]] = {}
    for cell, run in zip(answer.cells, answer.runs, strict=False):
        group = groups.setdefault((cell.length, cell.drafts if given else ()), {})
        run = run[: context.length]
        if all(y < context.V for y in run):
            group[run] = group.get(run, 0.0) + cell.volume * (1.0 if given else cell.chance)
    target = context.joint({(): 1.0})
    distances = []
    for emitted in groups.values():
        law = context.joint(emitted)
        distances.append(
            sum(abs(law.get(y, 0.0) - target.get(y, 0.0)) for y in law.keys() | target.keys()) / 2
        )
    return max(distances)


def check_bounds(contract: FunctionContract, subject: FunctionSubject, case: Case) -> Verdict:
    """Compare the mean number of accepted drafts with its closed form, and the first with alpha*."""
    model, answer, verdict = model_of(contract), emit(contract, subject, case), Verdict()
    lengths = len({cell.length for cell in answer.cells})
    weights = np.array([cell.chance * cell.volume / lengths for cell in answer.cells])
    accepted = answer.accepted[: len(weights)]
    mean, first = float(weights @ accepted), float(weights @ (accepted >= 1))
    expected = model.mean_accepted(case)
    verdict.measures["mean_accepted"] = mean
    verdict.expect(
        abs(mean - expected) <= MOST, "E[accepted]", f"{expected:.9g}, its closed form", f"{mean:.9g}"
    )
    most = model.most_accepted(case)
    if most is not None:
        verdict.expect(
            first <= most + MOST, "P(first draft accepted)", f"at most alpha* = {most:.9g}", f"{first:.9g}"
        )
    return verdict


EXACT_LAW = Law(
    "exact law",
    "Summed over all drafts and all cells of the uniforms, the emitted text has exactly the target's law.",
    check_exact,
    cases=exact_cases,
    needs=(REPLAY,),
)
BOUNDS = Law(
    "bounds",
    "E[accepted] equals its closed form, and no acceptance rate exceeds alpha* = sum min(p, q).",
    check_bounds,
    cases=exact_cases,
    needs=(REPLAY,),
)
