"""Formulas of metrics: one aggregate over rows, in a small language that anybody can check.

    share(rating >= 4)
    share(kind == "complaint", where=present(kind))
    median(seconds(occurred_at, answered_at), where=channel in ["web", "app"])
    nps(value_number, where=question == "Q1")

A formula is read with Python's own grammar and then built only from the pieces below: names of columns, numbers, texts,
comparisons, arithmetic, and the listed functions. Nothing is ever evaluated; an engine translates the tree.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from servloop.errors import SpecError

Type = Literal["number", "text", "time", "truth"]
Kept = Literal["count", "share", "moments", "net", "histogram"]


@dataclass(frozen=True)
class Node:
    """A piece of an expression.

    Attributes:
        kind: ``column``, ``literal``, ``operator`` or ``function``.
        name: column, operator (``and``, ``==``, ``+``…) or function.
        type: of its value.
        parts: operands or arguments.
        value: of a literal.
    """

    kind: Literal["column", "literal", "operator", "function"]
    name: str
    type: Type
    parts: tuple[Node, ...] = ()
    value: str | float | bool | None = None


@dataclass(frozen=True)
class Aggregate:
    """One way to sum rows up.

    Attributes:
        argument: type of what it takes; None for none.
        kept: the statistic that is kept, which adds up over units and periods.
        unit: of the result: ``%``, or that of the argument, or a count.
    """

    argument: Type | None
    kept: Kept
    unit: Literal["percent", "points", "argument", "count"]


AGGREGATES: Mapping[str, Aggregate] = {
    "count": Aggregate(None, "count", "count"),
    "share": Aggregate("truth", "share", "percent"),
    "mean": Aggregate("number", "moments", "argument"),
    "sum": Aggregate("number", "moments", "argument"),
    "nps": Aggregate("number", "net", "points"),
    "median": Aggregate("number", "histogram", "argument"),
    "p90": Aggregate("number", "histogram", "argument"),
}
# function → (types of arguments, type of result)
FUNCTIONS: Mapping[str, tuple[tuple[tuple[Type, ...], ...], Type]] = {
    "present": ((("number", "text", "time", "truth"),), "truth"),
    "missing": ((("number", "text", "time", "truth"),), "truth"),
    "seconds": ((("time",), ("time",)), "number"),
    "contains": ((("text",), ("text",)), "truth"),
    "attribute": ((("text",),), "text"),
    "number": ((("text",),), "number"),
    "absolute": ((("number",),), "number"),
}
_COMPARISONS = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
}
_ARITHMETIC = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_LONGEST = 2_000
_DEEPEST = 40


@dataclass(frozen=True)
class Formula:
    """A formula that was read and checked.

    Attributes:
        text: as written.
        aggregate: of `AGGREGATES`.
        argument: what is aggregated; None for ``count()``.
        where: which rows count; None for all.
    """

    text: str
    aggregate: str
    argument: Node | None
    where: Node | None

    @property
    def kept(self) -> Kept:
        """The statistic that is kept for it."""
        return AGGREGATES[self.aggregate].kept

    @property
    def columns(self) -> frozenset[str]:
        """Columns it reads."""
        return frozenset(_columns(self.argument) | _columns(self.where))


def parse_formula(text: str, columns: Mapping[str, Type]) -> Formula:
    """Read a formula.

    Args:
        text: the formula.
        columns: column → type of the table it is about.

    Raises:
        SpecError: `figures.…` with what stands there, what was expected and what exists.
    """
    if len(text) > _LONGEST:
        raise SpecError("figures.too_long", limit=_LONGEST, received=len(text))
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise SpecError(
            "figures.not_a_formula", text=text, examples=["share(rating >= 4)", "mean(rating)"]
        ) from None
    if (
        not isinstance(tree, ast.Call)
        or not isinstance(tree.func, ast.Name)
        or tree.func.id not in AGGREGATES
    ):
        raise SpecError("figures.no_aggregate", text=text, known=sorted(AGGREGATES))
    reader = _Reader(columns)
    name = tree.func.id
    wanted = AGGREGATES[name].argument
    if len(tree.args) != (wanted is not None):
        raise SpecError(
            "figures.argument_count", name=name, expected=int(wanted is not None), received=len(tree.args)
        )
    argument = reader.typed(tree.args[0], wanted) if wanted else None
    where = None
    for keyword in tree.keywords:
        if keyword.arg != "where":
            raise SpecError("figures.unknown_option", name=keyword.arg or "**", known=["where"])
        where = reader.typed(keyword.value, "truth")
    return Formula(text.strip(), name, argument, where)


class _Reader:
    """Turns Python's tree into ours, or says what does not belong."""

    def __init__(self, columns: Mapping[str, Type]) -> None:
        self._columns = columns

    def typed(self, tree: ast.expr, wanted: Type, depth: int = 0) -> Node:
        node = self.read(tree, depth)
        if node.type != wanted:
            raise SpecError("figures.wrong_type", text=ast.unparse(tree), expected=wanted, received=node.type)
        return node

    def read(self, tree: ast.expr, depth: int = 0) -> Node:
        if depth > _DEEPEST:
            raise SpecError("figures.too_deep", limit=_DEEPEST)
        if isinstance(tree, ast.Name):
            if tree.id not in self._columns:
                raise SpecError("figures.unknown_column", name=tree.id, known=sorted(self._columns))
            return Node("column", tree.id, self._columns[tree.id])
        if isinstance(tree, ast.Constant):
            return _literal(tree)
        if isinstance(tree, ast.BoolOp):
            parts = tuple(self.typed(value, "truth", depth + 1) for value in tree.values)
            return Node("operator", "and" if isinstance(tree.op, ast.And) else "or", "truth", parts)
        if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.Not):
            return Node("operator", "not", "truth", (self.typed(tree.operand, "truth", depth + 1),))
        if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub):
            return Node("operator", "negative", "number", (self.typed(tree.operand, "number", depth + 1),))
        if isinstance(tree, ast.BinOp) and type(tree.op) in _ARITHMETIC:
            parts = tuple(self.typed(side, "number", depth + 1) for side in (tree.left, tree.right))
            return Node("operator", _ARITHMETIC[type(tree.op)], "number", parts)
        if isinstance(tree, ast.Compare):
            return self._comparison(tree, depth)
        if isinstance(tree, ast.Call):
            return self._function(tree, depth)
        raise SpecError("figures.not_allowed", text=ast.unparse(tree))

    def _comparison(self, tree: ast.Compare, depth: int) -> Node:
        operands = [tree.left, *tree.comparators]
        steps = []
        for operator, left, right in zip(tree.ops, operands, operands[1:], strict=False):
            name = _COMPARISONS.get(type(operator))
            if name is None:
                raise SpecError("figures.not_allowed", text=ast.unparse(tree))
            first = self.read(left, depth + 1)
            if name in {"in", "not in"}:
                if not isinstance(right, ast.List | ast.Tuple) or not right.elts:
                    raise SpecError("figures.list_expected", text=ast.unparse(right))
                others = tuple(self.typed(item, first.type, depth + 1) for item in right.elts)
            else:
                others = (self.typed(right, first.type, depth + 1),)
            steps.append(Node("operator", name, "truth", (first, *others)))
        return steps[0] if len(steps) == 1 else Node("operator", "and", "truth", tuple(steps))

    def _function(self, tree: ast.Call, depth: int) -> Node:
        name = tree.func.id if isinstance(tree.func, ast.Name) else ast.unparse(tree.func)
        if name not in FUNCTIONS or tree.keywords:
            raise SpecError("figures.unknown_function", name=name, known=sorted(FUNCTIONS))
        expected, result = FUNCTIONS[name]
        if len(tree.args) != len(expected):
            raise SpecError(
                "figures.argument_count", name=name, expected=len(expected), received=len(tree.args)
            )
        parts = tuple(self.read(argument, depth + 1) for argument in tree.args)
        for argument, part, types in zip(tree.args, parts, expected, strict=True):
            if part.type not in types:
                raise SpecError(
                    "figures.wrong_type",
                    text=ast.unparse(argument),
                    expected=" / ".join(types),
                    received=part.type,
                )
        if name == "attribute" and parts[0].kind != "literal":
            raise SpecError("figures.list_expected", text=ast.unparse(tree.args[0]))
        return Node("function", name, result, parts)


def _literal(tree: ast.Constant) -> Node:
    value = tree.value
    if isinstance(value, bool):
        return Node("literal", "", "truth", value=value)
    if isinstance(value, int | float):
        return Node("literal", "", "number", value=float(value))
    if isinstance(value, str):
        return Node("literal", "", "text", value=value)
    raise SpecError("figures.not_allowed", text=ast.unparse(tree))


def _columns(node: Node | None) -> set[str]:
    if node is None:
        return set()
    own = {node.name} if node.kind == "column" else {"attributes"} if node.name == "attribute" else set()
    return own.union(*(_columns(part) for part in node.parts)) if node.parts else own
