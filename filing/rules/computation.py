"""Computing a form: prefilled, entered and computed cells in the order of their formulas."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext as _

from filing.choices import CellKind
from filing.rules.definition import Cell, CellKey, Check, FormDefinition
from filing.rules.expression import Binary, Call, Expression, Negated, Number, Reference, Value
from taxhall.common.money import ZERO, round_money

_RATE = Decimal("0.000001")


@dataclass(frozen=True)
class Entry:
    """What the taxpayer put into a cell; a blank one takes nothing or leaves the prefilled number."""

    value: Decimal | None
    reason: str = ""


@dataclass(frozen=True)
class Inputs:
    """Everything a form is computed from."""

    facts: Mapping[str, Decimal] = field(default_factory=dict)
    policies: Mapping[str, Decimal] = field(default_factory=dict)
    previous: Mapping[CellKey, Decimal] = field(default_factory=dict)
    year_to_date: Mapping[CellKey, Decimal] = field(default_factory=dict)
    entries: Mapping[CellKey, Entry] = field(default_factory=dict)


@dataclass(frozen=True)
class CellValue:
    """One computed cell: what the hall put there and what counts."""

    cell: Cell
    prefilled: Decimal | None
    value: Decimal | None
    reason: str = ""

    @property
    def is_overridden(self) -> bool:
        """Whether the taxpayer's number stands in the place of the hall's."""
        return self.prefilled is not None and self.value != self.prefilled

    @property
    def amount(self) -> Decimal:
        """The value as formulas see it; blank counts as zero."""
        return ZERO if self.value is None else self.value


@dataclass(frozen=True)
class Problem:
    """A check that does not hold, with the place to mend it."""

    code: str
    is_mandatory: bool
    here: CellKey
    message: str
    left: Decimal | None = None
    right: Decimal | None = None


@dataclass(frozen=True)
class Sheet:
    """A computed form."""

    definition: FormDefinition
    inputs: Inputs
    cells: Mapping[CellKey, CellValue]
    problems: tuple[Problem, ...]
    tax_due: Decimal
    sales: Decimal
    compared: Mapping[str, Decimal]
    sums: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """A digest of exactly what is shown: every cell with its value and reason."""
        shown = [
            [str(key), None if each.value is None else str(each.value), each.reason]
            for key, each in sorted(self.cells.items())
        ]
        whole = [self.definition.code, self.definition.version, shown]
        return hashlib.sha256(json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()

    @property
    def mandatory_problems(self) -> tuple[Problem, ...]:
        """The problems that stand in the way of filing (强制)."""
        return tuple(each for each in self.problems if each.is_mandatory)

    def amount(self, schedule: str, line: str, column: str) -> Decimal:
        """Return what one cell counts for."""
        return self.cells[CellKey(schedule, line, column)].amount


def compute(definition: FormDefinition, inputs: Inputs) -> Sheet:
    """Compute every cell and check of a form; the same inputs always give the same sheet."""
    scope = _Scope(definition, inputs, {})
    for key in definition.order:
        scope.cells[key] = _cell_value(definition.cells[key], scope)
    problems = [*_entry_problems(scope), *_check_problems(definition, scope)]
    anywhere = definition.order[0]
    return Sheet(
        definition=definition,
        inputs=inputs,
        cells=scope.cells,
        problems=tuple(sorted(problems, key=lambda each: not each.is_mandatory)),
        tax_due=round_money(scope.evaluate(definition.due, anywhere)),
        sales=round_money(scope.evaluate(definition.sales, anywhere)),
        compared={name: round_money(scope.evaluate(each, anywhere)) for name, each in definition.compared.items()},
        sums={label: round_money(scope.evaluate(each, anywhere)) for label, each in definition.sums.items()},
    )


@dataclass(frozen=True)
class _Scope:
    definition: FormDefinition
    inputs: Inputs
    cells: dict[CellKey, CellValue]

    def evaluate(self, formula: Expression, here: CellKey) -> Decimal:
        match formula:
            case Number(value):
                return value
            case Reference():
                return self._reference(formula, here)
            case Value(family, name):
                return self.inputs.policies[name] if family == "policy" else self.inputs.facts.get(name, ZERO)
            case Call(name, arguments):
                return self._call(name, arguments, here)
            case _:
                return self._arithmetic(formula, here)

    def _arithmetic(self, formula: Negated | Binary, here: CellKey) -> Decimal:
        if isinstance(formula, Negated):
            return -self.evaluate(formula.operand, here)
        return _arithmetic(formula.mark, self.evaluate(formula.left, here), self.evaluate(formula.right, here))

    def holds(self, condition: Expression, here: CellKey) -> bool:
        assert isinstance(condition, Binary)  # noqa: S101  (the parser lets nothing else through)
        return _compare(condition.mark, self.evaluate(condition.left, here), self.evaluate(condition.right, here))

    def _reference(self, reference: Reference, here: CellKey) -> Decimal:
        targets = self.definition.targets(reference, here)
        if reference.is_previous:
            return sum((self.inputs.previous.get(key, ZERO) for key in targets), ZERO)
        return sum((self.cells[key].amount for key in targets), ZERO)

    def _call(self, name: str, arguments: tuple[Expression, ...], here: CellKey) -> Decimal:
        if name == "if":
            condition, yes, no = arguments
            return self.evaluate(yes if self.holds(condition, here) else no, here)
        values = [self.evaluate(each, here) for each in arguments]
        if name == "sum":
            return sum(values, ZERO)
        if name == "round":
            return round_money(values[0])
        return max(values) if name == "max" else min(values)


def _arithmetic(mark: str, left: Decimal, right: Decimal) -> Decimal:
    if mark == "+":
        return left + right
    if mark == "-":
        return left - right
    if mark == "*":
        return left * right
    return left / right if right else ZERO


def _compare(mark: str, left: Decimal, right: Decimal) -> bool:
    return {
        "<=": left <= right,
        ">=": left >= right,
        "==": left == right,
        "!=": left != right,
        "<": left < right,
        ">": left > right,
    }[mark]


def _cell_value(cell: Cell, scope: _Scope) -> CellValue:
    entry = scope.inputs.entries.get(cell.key)
    prefilled = _prefilled(cell, scope)
    if cell.kind == CellKind.COMPUTED or entry is None or entry.value is None:
        return CellValue(cell, prefilled, prefilled)
    return CellValue(cell, prefilled, _rounded(cell, entry.value), entry.reason)


def _prefilled(cell: Cell, scope: _Scope) -> Decimal | None:
    if cell.year_to_date_of is not None:
        before = scope.inputs.year_to_date.get(cell.key, ZERO)
        return _rounded(cell, before + scope.cells[cell.year_to_date_of].amount)
    if cell.source:
        return _rounded(cell, scope.inputs.facts.get(f"{cell.source}.{cell.key.column}", ZERO))
    if cell.formula is not None:
        return _rounded(cell, scope.evaluate(cell.formula, cell.key))
    return None


def _rounded(cell: Cell, value: Decimal) -> Decimal:
    return value.quantize(_RATE) if cell.type == "rate" else round_money(value)


def _entry_problems(scope: _Scope) -> list[Problem]:
    problems = []
    for key, each in scope.cells.items():
        if each.is_overridden and not each.reason.strip():
            message = _("您改动了系统预填的数，请写明修改原因。")
            problems.append(Problem("reason", True, key, message, each.value, each.prefilled))
        if each.value is not None and each.value < 0 and not each.cell.is_signed:
            problems.append(Problem("negative", True, key, _("这一栏不能是负数，请改正。"), each.value))
    return problems


def _check_problems(definition: FormDefinition, scope: _Scope) -> list[Problem]:
    return [problem for check in definition.checks if (problem := _check_problem(check, scope)) is not None]


def _check_problem(check: Check, scope: _Scope) -> Problem | None:
    if check.when is not None and not scope.holds(check.when, check.here):
        return None
    left, right = scope.evaluate(check.left, check.here), scope.evaluate(check.right, check.here)
    if _compare(check.relation, left, right):
        return None
    return Problem(check.code, check.level == "must", check.here, check.message, left, right)
