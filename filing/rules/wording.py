"""Formulas in words, as a taxpayer reads them beside a computed cell: 「= 第 1 栏 × 3%」."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from filing.rules.definition import Cell, CellKey, FormDefinition
from filing.rules.expression import Binary, Call, Expression, Negated, Number, Reference, Value

_MARKS = {"*": "×", "/": "÷", "-": "−", "==": "=", "<=": "≤", ">=": "≥", "!=": "≠"}
_SUMS = ("+", "-")
_INNERMOST = 3
_NOTHING, _PAIR = Number(Decimal(0)), 2
_LEVELS = {"+": 1, "-": 1, "*": 2, "/": 2}


def explain(definition: FormDefinition, cell: Cell, policies: Mapping[str, Decimal]) -> str:
    """Return how a cell is computed, in words; empty for cells that are not."""
    if cell.words:
        return f"= {cell.words}"
    if cell.year_to_date_of is not None:
        return "= 本年以前各期累计 + 本期数"
    if cell.formula is None:
        return ""
    return "= " + _Words(definition, policies, cell.key).of(cell.formula)


def percent(value: Decimal) -> str:
    """Write 0.03 as 3%."""
    return f"{(value * 100).normalize():f}%"


class _Words:
    def __init__(self, definition: FormDefinition, policies: Mapping[str, Decimal], here: CellKey) -> None:
        self.definition = definition
        self.policies = policies
        self.here = here

    def of(self, formula: Expression, level: int = 0) -> str:
        match formula:
            case Number(value):
                return f"{value.normalize():f}"
            case Reference():
                return self._reference(formula)
            case Value(family, name):
                return self._value(family, name)
            case Negated(operand):
                return "−" + self.of(operand, _INNERMOST)
            case Binary(mark, left, right):
                return self._binary(mark, left, right, level)
            case Call(name, arguments):
                text = self._call(name, arguments)
                return f"（{text}）" if level else text

    def _binary(self, mark: str, left: Expression, right: Expression, level: int) -> str:
        if mark in _SUMS and isinstance(right, Reference) and right.line is None and self._is_absent(right):
            # A column that this very line lacks counts as nothing, and would only puzzle in the words.
            return self.of(left, level)
        own = _LEVELS.get(mark, 0)
        text = f"{self.of(left, own)} {_MARKS.get(mark, mark)} {self.of(right, own + (mark in '-/'))}"
        return f"（{text}）" if own < level else text

    def _is_absent(self, reference: Reference) -> bool:
        return not self.definition.targets(reference, self.here)

    def _reference(self, reference: Reference) -> str:
        schedule = self.definition.schedule(reference.schedule or self.here.schedule)
        parts = ["上期" if reference.is_previous else ""]
        if schedule.code != self.here.schedule:
            parts.append(f"《{_short(schedule.title)}》")
        if reference.line is not None:
            parts.append(f"第 {reference.line} 栏")
        if reference.column == "*":
            parts.append("各列合计")
        elif reference.column is not None:
            parts.append(f"“{schedule.column(reference.column).label}”")
        return "".join(parts)

    def _value(self, family: str, name: str) -> str:
        if family == "fact":
            return "系统资料"
        policy = self.definition.policies[name]
        value = self.policies.get(name)
        if value is None:
            return str(policy.label)
        return percent(value) if policy.type == "rate" else f"{policy.label} {value:,.2f} 元"

    def _call(self, name: str, arguments: tuple[Expression, ...]) -> str:
        if name == "max" and arguments[0] == _NOTHING:
            rest = arguments[1] if len(arguments) == _PAIR else Call("max", arguments[1:])
            return f"{self.of(rest)}，小于 0 时取 0"
        if name in ("max", "min"):
            texts = [self.of(each, _INNERMOST) for each in arguments]
            return f"{'、'.join(texts)} 中较{'大' if name == 'max' else '小'}的数"
        texts = [self.of(each) for each in arguments]
        if name == "if":
            return f"{texts[0]} 时取 {texts[1]}，否则取 {texts[2]}"
        label = {"sum": "合计", "round": "四舍五入到分"}[name]
        return f"{'、'.join(texts)} 的{label}"


def _short(title: str) -> str:
    """Call an annex by its number alone: 附列资料（一）, as its own page is called."""
    head, mark, _rest = title.partition("）")
    return f"{head}{mark}" if title.startswith("附列资料") else title
