"""The mutants of a Python file: what a test should notice if one small thing in the code were another.

Not changed are annotations, decorators, docstrings and the words of messages.
"""

import ast
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

OPERATORS = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult, ast.Pow: ast.Mult, ast.LShift: ast.RShift, ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip  # a table
EITHER_OR = (ast.Eq, ast.NotEq, ast.Is, ast.IsNot, ast.In, ast.NotIn)
NAMES = {
    "min": "max", "max": "min", "minimum": "maximum", "maximum": "minimum", "amin": "amax",
    "amax": "amin", "floor": "ceil", "ceil": "floor", "any": "all", "all": "any",
    "zeros": "ones", "ones": "zeros", "zeros_like": "ones_like", "ones_like": "zeros_like",
    "startswith": "endswith", "endswith": "startswith", "removeprefix": "removesuffix",
    "removesuffix": "removeprefix",
}  # fmt: skip  # a table
DROPPED = {
    "clamp", "clamp_", "clamp_min", "clamp_max", "clip", "abs", "sqrt", "square", "round", "cumsum",
    "resolve", "lower", "upper", "strip", "clone", "copy", "flip", "double", "float",
}  # fmt: skip  # a table
"""Methods whose result is of the kind that they are called on: a mutant leaves the call out."""
UNCHANGED = {"strict"}
"""Arguments that only check what holds anyway."""
SMALL = 9
"""Numbers up to this get one more, larger ones are doubled: one more of many is no fault."""


@dataclass(frozen=True)
class Mutant:
    """One change of a file."""

    module: str
    line: int
    source: str
    """Text of the line."""
    change: str
    span: tuple[int, int]
    """First and last line of the statement."""
    loading: bool
    """Whether it is executed when the module is loaded."""
    apply: Callable[[], None]
    """Change the tree."""

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is known by, wherever its line moves."""
        return self.module, self.source, self.change

    def is_seen(self, lines: set[int]) -> bool:
        """Return whether a test that executes these lines can notice it."""
        return self.loading or not lines.isdisjoint(range(self.span[0], self.span[1] + 1))

    @property
    def order(self) -> bytes:
        """A number that is drawn by what it is known by: the first of a hundred stay the same ones."""
        return hashlib.blake2b("\n".join(self.key).encode()).digest()


Change = tuple[ast.AST, str, Callable[[], None]]
"""Where, what and how."""


def mutants_of(module: str, text: str) -> tuple[ast.Module, list[Mutant]]:
    """Return the tree of a file and everything that may be changed in it."""
    tree, lines = ast.parse(text), text.splitlines()
    found, seen = list[Mutant](), Counter[tuple[str, str]]()
    for body, place, loading in _statements(tree, loading=True):
        statement = body[place]
        span = (statement.lineno, _last_line(statement))
        for node, change, apply in _changes(body, place):
            line = getattr(node, "lineno", statement.lineno)
            source = lines[line - 1].strip()
            seen[source, change] += 1
            again = seen[source, change]
            known = change if again == 1 else f"{change} #{again}"
            found.append(Mutant(module, line, source, known, span, loading, apply))
    return tree, found


Body = list[ast.stmt]


def _statements(node: ast.AST, *, loading: bool) -> Iterator[tuple[Body, int, bool]]:
    """Yield all statements, each as a place in a list, and whether loading the module executes them."""
    inside = loading and not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    for _, value in ast.iter_fields(node):
        for place, child in enumerate(value if isinstance(value, list) else ()):
            if isinstance(child, ast.stmt):
                yield value, place, inside
            if isinstance(child, (ast.stmt, ast.ExceptHandler, ast.match_case)):
                yield from _statements(child, loading=inside)


def _last_line(statement: ast.stmt) -> int:
    """Return the last line of a statement, without those in it."""
    body = getattr(statement, "body", None)
    return max(statement.lineno, body[0].lineno - 1) if body else statement.end_lineno or 0


def _changes(body: Body, place: int) -> Iterator[Change]:
    """Yield what may be changed in a statement, but not in those in it."""
    statement = body[place]
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return  # words on what stands above
    if (other := _other_statement(statement)) is not None:
        change = f"{ast.unparse(statement)[:60]} → {ast.unparse(other)[:60]}"
        yield statement, change, partial(body.__setitem__, place, other)
    if isinstance(statement, ast.Raise):
        return  # words
    for parent, name, at, node in _expressions(statement):
        others = list(_other(node))
        if name in ("test", "ifs") and not _is_turned(node):
            others.append(ast.UnaryOp(ast.Not(), node))
        for other in others:
            change = f"{ast.unparse(node)} → {ast.unparse(other)}"
            yield node, change, _put(parent, name, at, other)
        if isinstance(node, ast.Call):
            yield from _fewer_arguments(node)


def _other_statement(statement: ast.stmt) -> ast.stmt | None:
    """Return what a statement may become as a whole."""
    effect = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)
    stored = isinstance(statement, ast.Assign) and isinstance(
        statement.targets[0], (ast.Attribute, ast.Subscript)
    )
    if effect or stored or isinstance(statement, ast.Raise):
        return ast.Pass()
    if isinstance(statement, (ast.Continue, ast.Break)):
        return ast.Break() if isinstance(statement, ast.Continue) else ast.Continue()
    if isinstance(statement, ast.AugAssign) and type(statement.op) in OPERATORS:
        return ast.AugAssign(statement.target, OPERATORS[type(statement.op)](), statement.value)
    return None


def _is_turned(test: ast.expr) -> bool:
    """Return whether a condition becomes its opposite already by another change."""
    if isinstance(test, ast.Compare):
        return len(test.ops) == 1 and isinstance(test.ops[0], EITHER_OR)
    return isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)


def _put(parent: ast.AST, name: str, place: int | None, new: object) -> Callable[[], None]:
    if place is None:
        return partial(setattr, parent, name, new)
    return partial(getattr(parent, name).__setitem__, place, new)


Found = tuple[ast.AST, str, int | None, ast.expr]
"""Parent, its field, place in that if it is a list, and what is there."""


def _expressions(node: ast.AST) -> Iterator[Found]:
    """Yield the expressions in a statement or an expression that do something."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_params", "bases"):
            continue
        for place, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(child, ast.AST) or isinstance(child, (ast.stmt, ast.ExceptHandler)):
                continue
            if isinstance(child, ast.keyword) and child.arg in UNCHANGED:
                continue
            words = isinstance(node, ast.JoinedStr) and isinstance(child, ast.Constant)
            if isinstance(child, ast.expr) and not words:
                yield node, name, place, child
            if name != "format_spec":
                yield from _expressions(child)


def _other(node: ast.expr) -> Iterator[ast.expr]:
    """Yield what an expression may become."""
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        yield ast.BinOp(node.left, OPERATORS[type(node.op)](), node.right)
    elif isinstance(node, (ast.Compare, ast.BoolOp, ast.UnaryOp)):
        yield from _decided(node)
    elif isinstance(node, ast.Call):
        yield from _called(node)
    elif isinstance(node, ast.Constant):
        yield from (ast.Constant(value) for value in _other_value(node.value))


def _decided(node: ast.Compare | ast.BoolOp | ast.UnaryOp) -> Iterator[ast.expr]:
    if isinstance(node, ast.Compare):
        yield from _compared(node)
    elif isinstance(node, ast.BoolOp):
        for k in range(len(node.values)):
            rest = node.values[:k] + node.values[k + 1 :]
            yield rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
    elif isinstance(node.op, (ast.Not, ast.USub)) and not isinstance(node.operand, ast.Constant):
        yield node.operand  # a number is changed itself


def _compared(node: ast.Compare) -> Iterator[ast.expr]:
    for k, op in enumerate(node.ops):
        ops = [*node.ops[:k], OPERATORS[type(op)](), *node.ops[k + 1 :]]
        yield ast.Compare(node.left, ops, node.comparators)


def _called(node: ast.Call) -> Iterator[ast.expr]:
    if isinstance(node.func, ast.Attribute):
        value, name = node.func.value, node.func.attr
        if name in NAMES:
            yield ast.Call(ast.Attribute(value, NAMES[name], ast.Load()), node.args, node.keywords)
        module = isinstance(value, ast.Name) and value.id in ("np", "torch", "cv2", "F")
        if name in DROPPED:
            yield node.args[0] if module and node.args else value
    elif isinstance(node.func, ast.Name) and node.func.id in NAMES:
        yield ast.Call(ast.Name(NAMES[node.func.id], ast.Load()), node.args, node.keywords)


def _fewer_arguments(node: ast.Call) -> Iterator[Change]:
    for k, keyword in enumerate(node.keywords):
        if keyword.arg and keyword.arg not in UNCHANGED:
            rest = node.keywords[:k] + node.keywords[k + 1 :]
            change = f"{ast.unparse(node.func)}(…) without {keyword.arg}"
            yield keyword, change, _put(node, "keywords", None, rest)


def _other_value(value: Any) -> Iterator[Any]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield value + 1 if abs(value) <= SMALL else value * 2
    elif isinstance(value, float):
        yield value * 2 if value else 1.0
    elif isinstance(value, (str, bytes)) and not _words(value):
        yield value + value[:1] if value else type(value)(b"x" if isinstance(value, bytes) else "x")


def _words(value: str | bytes) -> bool:
    return isinstance(value, str) and " " in value.strip()
