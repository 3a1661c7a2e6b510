import math

from draftproof.conformance.reporting.measures import find_worst


def test_the_worst_p_value_is_the_smallest_and_the_worst_error_the_largest() -> None:
    cases = [
        {"p_value": 0.7, "draws": 500.0, "law_error_tv": 1e-9, "scratch_bytes": 10.0},
        {"p_value": 1e-4, "draws": 900.0, "law_error_tv": 3e-9, "scratch_bytes": math.inf},
        {"p_value": 0.2, "smallest_tv_found": 0.1},
    ]
    assert find_worst(cases) == {
        "p_value": 1e-4,
        "draws": 500.0,
        "law_error_tv": 3e-9,
        "scratch_bytes": math.inf,
        "smallest_tv_found": 0.1,
    }
