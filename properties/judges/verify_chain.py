"""The replay of a verified chain: every decision it claims against the float64 boundary."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from draftproof.properties.core.contract import Arrays
from draftproof.properties.core.promises import STRICT, Leniency
from draftproof.properties.core.verdict import Verdict
from draftproof.properties.judges.drawing import judge_draw
from draftproof.properties.judges.equality import required
from draftproof.properties.judges.rounding import PRODUCT, SMALLEST_NORMAL, UNDERFLOW, UNIT, sum_error
from draftproof.properties.judges.structure import judge_structure
from draftproof.reference.speculative.verify_chain import Chain, one_hot, usable_drafts
from draftproof.reference.status import Status


@dataclass(frozen=True, slots=True)
class Request:
    """One request's inputs, ready for replay."""

    chain: Chain
    flags: Status
    accept: np.ndarray
    final: float
    doubtful: bool
    """Whether any probability of the request is not finite."""


def judge_chain(
    inputs: Arrays, keywords: dict[str, Any], outputs: Arrays, leniency: Leniency = STRICT
) -> Verdict:
    """Judge the outputs of ``verify_chain``; without replay, that some uniforms could have given them."""
    verdict, rule = Verdict(), keywords["rule"]
    tokens, accepted, status = (required(outputs, name) for name in ("tokens", "accepted", "status"))
    for b in range(len(tokens)):
        request = read_request(inputs, b)
        claimed = int(accepted[b])
        # A claim beyond a target's row without mass is one of more drafts than there are.
        if not judge_run(verdict, b, request.chain.drafts, claimed, tokens[b]):
            continue
        token = int(tokens[b, claimed])
        if not leniency.replay:
            judge_structure(verdict, b, request.chain, claimed, token, rule)
        else:
            if rule == "token":
                rate, rate_error = _judge_token_rule(verdict, b, request, claimed, leniency.ties)
            else:
                rate, rate_error = _judge_block_rule(verdict, b, request, claimed)
            _judge_last(verdict, b, request, claimed, token, rate, rate_error)
        _judge_status(verdict, b, request, claimed, token, int(status[b]), rule, leniency.status)
    return verdict


def read_request(inputs: Arrays, b: int) -> Request:
    """Return request ``b`` of the inputs of ``verify_chain``."""
    p = required(inputs, "target_probs")[b]
    tokens, lengths, q = required(inputs, "draft_tokens")[b], inputs["draft_lengths"], inputs["draft_probs"]
    length = len(tokens) if lengths is None else int(lengths[b])
    drafts, flags = usable_drafts(tokens, length, p.shape[-1])
    q_rows = one_hot(drafts, p.shape[-1]) if q is None else q[b]
    return Request(
        Chain(drafts, q_rows, p),
        flags,
        required(inputs, "accept_uniforms")[b].astype(np.float64),
        float(required(inputs, "sample_uniforms")[b]),
        not (np.isfinite(p).all() and np.isfinite(q_rows).all()),
    )


def judge_run(verdict: Verdict, b: int, drafts: np.ndarray, claimed: int, tokens: np.ndarray) -> bool:
    """Judge that the emitted run is: the accepted drafts, one token, then -1; return whether it is."""
    if not 0 <= claimed <= len(drafts):
        verdict.expect(False, f"row {b}, accepted", f"0 to {len(drafts)}", claimed)
        return False
    prefix, padding = tokens[:claimed], tokens[claimed + 1 :]
    verdict.expect(
        bool((prefix == drafts[:claimed]).all()),
        f"row {b}, the accepted tokens",
        str(drafts[:claimed].tolist()),
        prefix.tolist(),
    )
    verdict.expect(
        bool((padding == -1).all()), f"row {b}, the padding", "-1 after the emitted run", padding.tolist()
    )
    return True


def _judge_token_rule(
    verdict: Verdict, b: int, request: Request, claimed: int, ties: bool
) -> tuple[float, float]:
    chain = request.chain
    for i in range(min(claimed + 1, len(chain.drafts))):
        x = chain.drafts[i]
        p, q, u = float(chain.p(i, x)), float(chain.q(i, x)), float(request.accept[i])
        verdict.decisions += 1
        if (u * q < p) == (i < claimed) or (ties and u * q == p > 0):
            continue
        allowed = 0.0 if _multiplies_exactly(u, q) else PRODUCT * max(u * q, p) + UNDERFLOW
        if i < claimed and p == 0:
            verdict.expect(False, f"row {b}, position {i}", "rejected, for p(x) = 0", f"token {x} accepted")
        elif allowed and abs(u * q - p) <= allowed:
            verdict.forgiven += max(u * q, p) >= SMALLEST_NORMAL  # what is smaller was planted
        else:
            right, wrong = ("rejected", "accepted") if i < claimed else ("accepted", "rejected")
            verdict.expect(
                False,
                f"row {b}, position {i}",
                f"{right}: u q = {u * q:.9g}, p = {p:.9g}",
                wrong,
                abs(u * q - p) / allowed if allowed else float("inf"),
            )
    return 1.0, 0.0


def _multiplies_exactly(u: float, q: float) -> bool:
    """Whether float32 has both numbers and their product, none of them subnormal: nothing is rounded then."""
    return all(map(_has_float32, (u, q, u * q)))


def _has_float32(number: float) -> bool:
    return float(np.float32(number)) == number and not _is_subnormal(number)


def _judge_block_rule(verdict: Verdict, b: int, request: Request, claimed: int) -> tuple[float, float]:
    """Judge which position passed last; return P there and its error."""
    chain, length = request.chain, len(request.chain.drafts)
    rates = chain.block_rates()
    errors = _rate_errors(chain, rates)
    for i in range(max(claimed, 1), length + 1):
        rate, u = rates[i], float(request.accept[i - 1])
        passes, allowed = _block_boundary(chain, i, rate, errors[i], last=i == length)
        verdict.decisions += 1
        if (u < passes) == (i == claimed):
            continue
        if i == claimed and rate == 0:
            verdict.expect(False, f"row {b}, position {i}", "not the end of the block, for P = 0", "accepted")
        elif abs(u - passes) <= allowed:
            verdict.forgiven += not _is_planted(chain, i, rates)
        else:
            right, wrong = ("fails", "passes") if i == claimed else ("passes", "fails")
            verdict.expect(
                False,
                f"row {b}, block position {i}",
                f"{right}: u = {u:.9g}, h = {passes:.9g}",
                wrong,
                abs(u - passes) / allowed,
            )
    return rates[claimed], errors[claimed]


def _is_planted(chain: Chain, i: int, rates: list[float]) -> bool:
    """Whether P_i is made of subnormal numbers: it says nothing of how often rounding matters."""
    return any(_is_subnormal(rates[j] * float(chain.p(j, x))) for j, x in enumerate(chain.drafts[:i]))


def _rate_errors(chain: Chain, rates: list[float]) -> list[float]:
    """Error of each P_i after i float32 products and divisions, absolute numbers.

    A product among the subnormal numbers errs by their distance, and what follows multiplies that error:
    a rate that was rounded to 0 stays 0. While float32 has every number there is no error.
    """
    low, high, errors = 1.0, 1.0, [0.0]
    for i, x in enumerate(chain.drafts):
        p, q = float(chain.p(i, x)), float(chain.q(i, x))
        if low == high and _has_float32(low * p) and _has_float32(_next_rate(low * p, q)):
            low = high = _next_rate(low * p, q)
        else:
            slip = UNDERFLOW if _is_subnormal(high * p) else 0.0
            low = _next_rate(low * p * (1 - 2 * UNIT) - slip, q)
            high = _next_rate(high * p * (1 + 2 * UNIT) + slip, q)
        errors.append(max(high - rates[i + 1], rates[i + 1] - low))
    return errors


def _next_rate(product: float, q: float) -> float:
    return 0.0 if product <= 0 else 1.0 if product >= q else product / q


def _is_subnormal(number: float) -> bool:
    return 0 < number < SMALLEST_NORMAL


def _block_boundary(chain: Chain, i: int, rate: float, rate_error: float, last: bool) -> tuple[float, float]:
    """Return h_i and its error bound, by propagating the errors of P and S."""
    # Nothing is left of a rate of 1; of one rounded to less there is, and none of it in excess of q.
    beside = 1.0 if rate_error else PRODUCT
    rate_error += UNIT
    if last:
        return rate, rate_error
    p, q = chain.p(i), chain.q(i)
    excess = np.maximum(rate * p - q, 0.0)
    total = float(excess.sum())
    rest = total + (1.0 - rate)
    if rest == 0:
        return 1.0, beside
    total_error = sum_error(len(p)) * total + rate_error * float(p[excess > 0].sum())
    error = (total_error * (1.0 - rate) + total * rate_error) / rest**2
    return total / rest, min(1.0, error + PRODUCT)


def _judge_last(
    verdict: Verdict, b: int, request: Request, claimed: int, token: int, rate: float, rate_error: float
) -> None:
    chain = request.chain
    where = f"row {b}, the token after {claimed} accepted"
    if 0 <= token < chain.p_rows.shape[-1] and chain.p(claimed, token) == 0:
        verdict.expect(False, where, "a token that the target gives mass", f"{token}, for which p = 0")
        return
    if claimed == len(chain.drafts):
        judge_draw(verdict, where, chain.p(claimed), request.final, token)
        return
    p, q = chain.p(claimed), chain.q(claimed)
    products = rate * p
    weights = np.maximum(products - q, 0.0)
    least, most = _residual_bounds(p, q, rate, rate_error)
    # A product among the subnormal numbers errs by their distance.
    lost = UNDERFLOW * int(((weights > 0) & (products < SMALLEST_NORMAL)).sum()) if rate < 1 else 0.0
    left = 0 <= token < len(p) and most[token] > 0
    drawn = Verdict()
    if most.any() and not least.any():
        # Rounding decides whether any mass is left: if so it is where some can be, if not p decides.
        judge_draw(drawn, where, weights if weights.any() else p, request.final, token)
        if not drawn.passed:
            fallback = Verdict()
            judge_draw(fallback, where, p, request.final, token)
            if left or fallback.passed:
                drawn = Verdict(decisions=1, forgiven=1)
    elif most.any() and 0 <= token < len(p) and not left:
        drawn.expect(False, where, "an id with mass", f"{token}, which has none")
    else:
        slack = rate_error * float(p[weights > 0].sum()) + lost
        judge_draw(drawn, where, weights if weights.any() else p, request.final, token, slack)
    drawn.forgiven *= bool(lost <= UNIT * weights.sum())  # a row of such products was planted
    verdict.absorb(drawn)


def _residual_bounds(
    p: np.ndarray, q: np.ndarray, rate: float, rate_error: float
) -> tuple[np.ndarray, np.ndarray]:
    """The least and the most that float32 may find relu(P p - q) to be, [V] each.

    P errs by ``rate_error``, up to 1, and a product by a rounding, unless float32 has it.
    """
    products = rate * p
    with np.errstate(under="ignore"):
        exact = products.astype(np.float32) == products
    rounded = np.where(exact, 0.0, PRODUCT * products + UNDERFLOW * (products < SMALLEST_NORMAL))
    slip = rounded + rate_error * p
    return np.maximum(products - slip - q, 0.0), np.maximum(np.minimum(products + slip, p) - q, 0.0)


def _judge_status(
    verdict: Verdict, b: int, request: Request, claimed: int, token: int, status: int, rule: str, bits: int
) -> None:
    """Judge those status ``bits``: exact ones, and NAN_SEEN between what is owed and what is possible."""
    chain = request.chain
    expected = request.flags | (Status.DEGENERATE if token < 0 else Status.OK)
    needed = [chain.p_rows[claimed]]
    if claimed < len(chain.drafts):
        needed.append(chain.q_rows[claimed])
    decided = claimed + 1 if rule == "token" else claimed
    for i, x in enumerate(chain.drafts[:decided]):
        needed += [chain.p_rows[i, x], chain.q_rows[i, x]]
    owed = not all(np.isfinite(values).all() for values in needed)
    seen = bool(status & Status.NAN_SEEN)
    if not bits & Status.NAN_SEEN:
        owed = seen = False
    verdict.expect(
        not (status ^ expected) & bits & ~Status.NAN_SEEN
        and (seen or not owed)
        and (request.doubtful or not seen),
        f"row {b}, status",
        f"{expected!r}{' with NAN_SEEN' if owed else ''}",
        repr(Status(status & 31)) if 0 <= status < 32 else status,
    )
