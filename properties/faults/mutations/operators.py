"""What a slip of the pen changes: one operator, constant, argument or statement, as text for text.

The kinds are those of cosmic-ray and mutmut, and what slips in tensor code: dtypes, ``where``, ``min``.
"""

import ast
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
"""Each comparison becomes its neighbour at the boundary, and its opposite."""

ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.MatMult: ast.Mult,
    ast.Pow: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr,
}

PAIRS = {
    "dtype": (
        ("int32", "int64"),
        ("float32", "float64"),
        ("uint32", "uint64"),
        ("int", "long"),
        ("float", "double"),
    ),
    "min or max": (("min", "max"), ("amin", "amax"), ("minimum", "maximum"), ("argmin", "argmax")),
    "any or all": (("any", "all"),),
    "zeros or ones": (("zeros", "ones"), ("zeros_like", "ones_like")),
}
NAMES = {
    name: (kind, other)
    for kind, pairs in PAIRS.items()
    for pair in pairs
    for name, other in (pair, pair[::-1])
}
"""Methods, functions and dtypes that are taken for each other: the kind of the slip, and the other."""

BUILT_IN = frozenset({"min", "max", "any", "all"})
"""Those that are meant without a dot before them; ``int`` alone is Python's own."""


UNSEEN = frozenset({"device", "strict"})
"""Keywords that are never left out: on the processor, where mutations are run, there is one device, and
``zip`` of equal lengths ends alike."""


class Change(NamedTuple):
    """A part of a tree, and the text that takes its place."""

    node: ast.expr | ast.stmt | ast.keyword
    kind: str
    after: str


def changes(node: ast.AST) -> Iterator[Change]:
    """Yield what can go wrong at one node itself, not below it."""
    if isinstance(node, ast.stmt):
        yield from _of_statement(node)
    elif type(node) in OF_EXPRESSIONS:
        yield from OF_EXPRESSIONS[type(node)](node)


def _comparisons(node: ast.Compare) -> Iterator[Change]:
    for place, operator in enumerate(node.ops):
        for other in COMPARISONS[type(operator)]:
            operators = [*node.ops[:place], other(), *node.ops[place + 1 :]]
            yield Change(node, "comparison", _text(ast.Compare(node.left, operators, node.comparators)))


def _arithmetic(node: ast.BinOp) -> Iterator[Change]:
    operator = ARITHMETIC[type(node.op)]()
    yield Change(node, "arithmetic", _text(ast.BinOp(node.left, operator, node.right)))


def _and_or(node: ast.BoolOp) -> Iterator[Change]:
    other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    yield Change(node, "and or or", _text(ast.BoolOp(other, node.values)))


def _signs(node: ast.UnaryOp) -> Iterator[Change]:
    if not isinstance(node.operand, ast.Constant):
        yield Change(node, "sign or not", _text(node.operand))


def _branches(node: ast.IfExp) -> Iterator[Change]:
    yield Change(node, "branches", _text(ast.IfExp(node.test, node.orelse, node.body)))


def _constants(node: ast.Constant) -> Iterator[Change]:
    value = node.value
    if isinstance(value, bool):
        yield Change(node, "boolean", repr(not value))
    elif isinstance(value, int):
        yield Change(node, "integer", repr(value + 1))
        yield Change(node, "integer", f"({value - 1})" if value < 1 else repr(value - 1))
    elif isinstance(value, float):
        yield Change(node, "float", repr(value + 1.0))
        if value:
            yield Change(node, "float", repr(value / 2))
    elif isinstance(value, str) and value in NAMES:
        kind, name = NAMES[value]
        yield Change(node, kind, repr(name))


def _bounds(node: ast.Slice) -> Iterator[Change]:
    for bound in (node.lower, node.upper):
        if bound is not None and not isinstance(bound, ast.Constant | ast.UnaryOp):
            for step in (ast.Add(), ast.Sub()):
                yield Change(bound, "slice", _text(ast.BinOp(bound, step, ast.Constant(1))))


def _attributes(node: ast.Attribute) -> Iterator[Change]:
    if node.attr in NAMES:
        kind, name = NAMES[node.attr]
        line, end = node.end_lineno or 0, node.end_col_offset or 0
        begin = end - len(node.attr.encode())
        behind_the_dot = ast.Name(
            node.attr, lineno=line, col_offset=begin, end_lineno=line, end_col_offset=end
        )
        yield Change(behind_the_dot, kind, name)


def _names(node: ast.Name) -> Iterator[Change]:
    if node.id in BUILT_IN:
        kind, name = NAMES[node.id]
        yield Change(node, kind, name)


def _calls(node: ast.Call) -> Iterator[Change]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name == "where" and len(node.args) == 3:
        condition, one, other = node.args
        yield Change(node, "branches", _text(ast.Call(node.func, [condition, other, one], node.keywords)))
    for place, keyword in enumerate(node.keywords):
        if keyword.arg is not None and keyword.arg not in UNSEEN:
            others = [*node.keywords[:place], *node.keywords[place + 1 :]]
            yield Change(node, f"without {keyword.arg}", _text(ast.Call(node.func, node.args, others)))
            if keyword.arg in NAMES:
                kind, other_name = NAMES[keyword.arg]
                yield Change(keyword, kind, f"{other_name}={ast.unparse(keyword.value)}")


OF_EXPRESSIONS: dict[type[ast.AST], Callable[[Any], Iterator[Change]]] = {
    ast.Compare: _comparisons,
    ast.BinOp: _arithmetic,
    ast.BoolOp: _and_or,
    ast.UnaryOp: _signs,
    ast.IfExp: _branches,
    ast.Constant: _constants,
    ast.Slice: _bounds,
    ast.Call: _calls,
    ast.Attribute: _attributes,
    ast.Name: _names,
}


def _of_statement(node: ast.stmt) -> Iterator[Change]:
    if isinstance(node, ast.AugAssign):
        other = ARITHMETIC[type(node.op)]()
        yield Change(node, "arithmetic", ast.unparse(ast.AugAssign(node.target, other, node.value)))
    if isinstance(node, ast.Break | ast.Continue):
        yield Change(node, "loop", "continue" if isinstance(node, ast.Break) else "break")
    if isinstance(node, ast.If | ast.While):
        yield Change(node.test, "condition", f"(not {_text(node.test)})")
    if isinstance(node, ast.Return) and node.value is not None:
        yield Change(node, "return", "return None")
    elif isinstance(
        node, ast.Assign | ast.AugAssign | ast.Expr | ast.Delete | ast.Raise | ast.Break | ast.Continue
    ):
        yield Change(node, "left out", "pass")


def _text(node: ast.expr) -> str:
    """Return an expression's text in brackets: it may stand inside another."""
    return f"({ast.unparse(ast.fix_missing_locations(node))})"
