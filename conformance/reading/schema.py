"""JSON of strangers held to a schema: the first thing that is wrong, in one line."""

from typing import Any

import jsonschema

from draftproof.conformance.reading.values import cut

_TYPES = jsonschema.Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int)
Validator = jsonschema.validators.extend(jsonschema.Draft202012Validator, type_checker=_TYPES)
"""Made of a schema. An integer is one that Python takes for one: 3.0 is none, whatever JSON says."""


def find_fault(validator: Any, value: Any) -> str | None:
    """Return where a value departs from a schema, and how; None if it does not."""
    fault = jsonschema.exceptions.best_match(validator.iter_errors(value))
    return None if fault is None else cut(f"{fault.json_path}: {fault.message}")
