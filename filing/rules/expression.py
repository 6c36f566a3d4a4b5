"""The small language of form formulas: + - * /, max, min, sum, round, if, and cell references.

A formula is parsed once when its form is loaded. Nothing is ever handed to Python to evaluate: the
parser knows the few shapes below and refuses everything else.

    L1 * policy.levy_3           this column of line 1, a policy value
    main.L22[*]                  line 22 of another schedule, its period columns added up
    [1] * [2]                    other columns of the same line
    prev.main.L20[general]       the same cell of the period before
    if(L20 <= L22, a, b)         a condition; only comparisons stand in the first place
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

FUNCTIONS = ("max", "min", "sum", "round", "if")
COMPARISONS = ("<=", ">=", "==", "!=", "<", ">")

_TOKEN = re.compile(
    r"\s*(?:(?P<cell>(?:prev\.)?(?:(?:[a-z_]+\.)?L[0-9]+[a-z]?(?:\[[a-z0-9_*]+\])?|\[[a-z0-9_]+\]))"
    r"|(?P<value>(?:policy|fact)\.[a-z0-9_.]+)"
    r"|(?P<number>\d+(?:\.\d+)?)"
    r"|(?P<name>[a-z]+)"
    r"|(?P<mark><=|>=|==|!=|[<>+\-*/(),]))"
)
_CELL = re.compile(
    r"^(?P<prev>prev\.)?(?:(?P<schedule>[a-z_]+)\.)?(?:L(?P<line>[0-9]+[a-z]?))?(?:\[(?P<column>[a-z0-9_*]+)\])?$"
)


class ExpressionError(ValueError):
    """The formula is not written in the language."""


@dataclass(frozen=True)
class Number:
    """A number written in the formula."""

    value: Decimal


@dataclass(frozen=True)
class Reference:
    """A cell; parts left out are those of the cell the formula belongs to."""

    schedule: str | None
    line: str | None
    column: str | None
    is_previous: bool = False


@dataclass(frozen=True)
class Value:
    """A policy value or a fact, by name."""

    family: str
    name: str


@dataclass(frozen=True)
class Negated:
    """Minus something."""

    operand: Expression


@dataclass(frozen=True)
class Binary:
    """Two operands and one of + - * / or a comparison."""

    mark: str
    left: Expression
    right: Expression


@dataclass(frozen=True)
class Call:
    """A function of the language."""

    name: str
    arguments: tuple[Expression, ...]


Expression = Number | Reference | Value | Negated | Binary | Call


def parse(text: str) -> Expression:
    """Read one formula. Raises: ExpressionError saying where it stopped."""
    parser = _Parser(text)
    found = parser.sum()
    parser.end()
    return found


def parse_condition(text: str) -> Expression:
    """Read one comparison. Raises: ExpressionError."""
    parser = _Parser(text)
    found = parser.condition()
    parser.end()
    return found


def walk(expression: Expression) -> Iterator[Expression]:
    """Yield the expression and everything inside it."""
    yield expression
    match expression:
        case Negated(operand):
            yield from walk(operand)
        case Binary(_, left, right):
            yield from walk(left)
            yield from walk(right)
        case Call(_, arguments):
            for argument in arguments:
                yield from walk(argument)


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(self._split(text))
        self.position = 0

    @staticmethod
    def _split(text: str) -> Iterator[tuple[str, str]]:
        position, end = 0, len(text.rstrip())
        while position < end:
            match = _TOKEN.match(text, position)
            if match is None or match.lastgroup is None:
                raise ExpressionError(f"cannot read {text!r} from {text[position:]!r}")
            yield match.lastgroup, match[match.lastgroup]
            position = match.end()

    def peek(self) -> str:
        return self.tokens[self.position][1] if self.position < len(self.tokens) else ""

    def take(self, *wanted: str) -> str | None:
        if self.peek() and self.peek() in wanted:
            self.position += 1
            return self.tokens[self.position - 1][1]
        return None

    def expect(self, mark: str) -> None:
        if self.take(mark) is None:
            raise ExpressionError(f"expected {mark!r} before {self.peek()!r} in {self.text!r}")

    def end(self) -> None:
        if self.position != len(self.tokens):
            raise ExpressionError(f"unexpected {self.peek()!r} in {self.text!r}")

    def condition(self) -> Expression:
        left = self.sum()
        mark = self.take(*COMPARISONS)
        if mark is None:
            raise ExpressionError(f"expected a comparison before {self.peek()!r} in {self.text!r}")
        return Binary(mark, left, self.sum())

    def sum(self) -> Expression:
        found = self.product()
        while mark := self.take("+", "-"):
            found = Binary(mark, found, self.product())
        return found

    def product(self) -> Expression:
        found = self.factor()
        while mark := self.take("*", "/"):
            found = Binary(mark, found, self.factor())
        return found

    def factor(self) -> Expression:
        if self.take("-"):
            return Negated(self.factor())
        if self.take("("):
            found = self.sum()
            self.expect(")")
            return found
        if self.position >= len(self.tokens):
            raise ExpressionError(f"{self.text!r} ends too early")
        kind, text = self.tokens[self.position]
        self.position += 1
        return self.atom(kind, text)

    def atom(self, kind: str, text: str) -> Expression:
        if kind == "number":
            return Number(Decimal(text))
        if kind == "value":
            family, name = text.split(".", 1)
            return Value(family, name)
        if kind == "cell" and (match := _CELL.match(text)):
            return Reference(match["schedule"], match["line"], match["column"], is_previous=bool(match["prev"]))
        if kind == "name" and text in FUNCTIONS:
            return self.call(text)
        raise ExpressionError(f"unexpected {text!r} in {self.text!r}")

    def call(self, name: str) -> Expression:
        self.expect("(")
        arguments = [self.condition() if name == "if" else self.sum()]
        while self.take(","):
            arguments.append(self.sum())
        self.expect(")")
        if (name == "if" and len(arguments) != 3) or (name == "round" and len(arguments) != 1):
            raise ExpressionError(f"{name}() has {len(arguments)} arguments in {self.text!r}")
        return Call(name, tuple(arguments))
