"""Form definitions: versioned data read from TOML, checked as a whole when they are loaded."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from graphlib import CycleError, TopologicalSorter
from typing import Any, NamedTuple, TypeVar

from django.utils.functional import Promise

from filing.choices import CellKind
from filing.rules import expression
from filing.rules.expression import Expression, Reference, Value

_CELL_NAME = re.compile(r"^([a-z_]+)\.L([0-9]+[a-z]?)\[([a-z0-9_]+)\]$")


_Item = TypeVar("_Item")


class DefinitionError(ValueError):
    """The form definition contradicts itself."""


class CellKey(NamedTuple):
    """Where a cell stands."""

    schedule: str
    line: str
    column: str

    def __str__(self) -> str:
        return f"{self.schedule}.L{self.line}[{self.column}]"

    @classmethod
    def parse(cls, text: str) -> CellKey:
        """Read what str() wrote. Raises: ValueError."""
        match = _CELL_NAME.match(text)
        if match is None:
            raise ValueError(f"not a cell: {text!r}")
        return cls(*match.groups())


@dataclass(frozen=True)
class Column:
    """A column of a schedule; `ytd` columns add the year up, `spans` ones cover several in print."""

    code: str
    label: str
    kind: str = "period"
    of: str = ""
    type: str = "money"
    formula: str = ""
    spans: tuple[str, ...] = ()
    editable: bool = False
    signed: bool | None = None
    # What the column declares of the invoices at the line's rate, and the column with its tax.
    declares: str = ""
    tax_column: str = ""
    words: str = ""


@dataclass(frozen=True)
class Line:
    """A line (栏次) of a schedule."""

    number: str
    label: str
    columns: tuple[str, ...]
    section: str = ""
    hint: str = ""
    indent: int = 0
    # What the line declares of the invoices, as (family, rate); empty for other lines.
    declares: tuple[str, str] | None = None
    # The rate of the invoices that belong to this line; empty where a line is not of one rate.
    rate: str = ""


@dataclass(frozen=True)
class Schedule:
    """One sheet of a form: the main form or an annex (附列资料)."""

    code: str
    title: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    intro: str = ""
    # Columns whose sums tell what is in a folded section; a schedule without any is shown unfolded.
    fold: tuple[str, ...] = ()

    def column(self, code: str) -> Column:
        """Return a column by its code. Raises: DefinitionError."""
        return _one(self.columns, code, "code", self.code)

    def line(self, number: str) -> Line:
        """Return a line by its number. Raises: DefinitionError."""
        return _one(self.lines, number, "number", self.code)


@dataclass(frozen=True)
class Cell:
    """How one cell gets its value."""

    key: CellKey
    kind: CellKind
    formula: Expression | None = None
    source: str = ""
    words: str = ""
    type: str = "money"
    is_signed: bool = False
    year_to_date_of: CellKey | None = None


@dataclass(frozen=True)
class PolicyReference:
    """Which policy row a name stands for; `{period_kind}` and `{area}` are filled per taxpayer."""

    code: str
    key: str
    label: str | Promise
    type: str = "rate"
    missing: Decimal | None = None


@dataclass(frozen=True)
class Check:
    """A cross-check inside the form (表表比对): left relation right, mandatory or a hint."""

    code: str
    level: str
    left: Expression
    relation: str
    right: Expression
    message: str
    here: CellKey
    when: Expression | None = None


@dataclass(frozen=True)
class FormDefinition:
    """One version of one form."""

    code: str
    version: str
    title: str
    taxpayer_kind: str
    valid_from: date
    valid_to: date | None
    basis: str
    schedules: tuple[Schedule, ...]
    cells: Mapping[CellKey, Cell]
    order: tuple[CellKey, ...]
    policies: Mapping[str, PolicyReference]
    checks: tuple[Check, ...]
    due: Expression
    sales: Expression
    compared: Mapping[str, Expression] = field(default_factory=dict)
    sums: Mapping[str, Expression] = field(default_factory=dict)
    # Which tax or fee the form declares; a disk asks only for the return of "vat".
    tax: str = "vat"

    def schedule(self, code: str) -> Schedule:
        """Return a schedule by its code. Raises: DefinitionError."""
        return _one(self.schedules, code, "code", self.code)

    def is_valid_on(self, day: date) -> bool:
        """Say whether periods ending on this day use this version."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def targets(self, reference: Reference, here: CellKey) -> tuple[CellKey, ...]:
        """Return the cells a reference means; a column that the line lacks counts as nothing."""
        schedule = self.schedule(reference.schedule or here.schedule)
        line = schedule.line(reference.line or here.line)
        if reference.column == "*":
            wanted = [each.code for each in schedule.columns if each.kind == "period"]
        else:
            wanted = [reference.column or here.column]
            schedule.column(wanted[0])
        return tuple(CellKey(schedule.code, line.number, code) for code in wanted if code in line.columns)


def load(text: str) -> FormDefinition:
    """Read one definition and check it whole.

    Raises: DefinitionError for a reference to nothing, a circle of formulas or an unknown policy.
    """
    data = tomllib.loads(text)
    schedules = tuple(_schedule(each) for each in data["schedules"])
    cells: dict[CellKey, Cell] = {}
    for schedule, raw in zip(schedules, data["schedules"], strict=True):
        cells.update(_cells(schedule, raw))
    anywhere = CellKey(schedules[0].code, schedules[0].lines[0].number, schedules[0].lines[0].columns[0])
    definition = FormDefinition(
        code=data["code"], version=data["version"], title=data["title"], taxpayer_kind=data["taxpayer_kind"],
        valid_from=data["valid_from"], valid_to=data.get("valid_to"), basis=data["basis"],
        schedules=schedules, cells=cells, order=(),
        policies={name: _policy(raw) for name, raw in data.get("policies", {}).items()},
        checks=tuple(check for raw in data.get("checks", []) for check in _checks(raw, schedules)),
        due=expression.parse(data["due"]), sales=expression.parse(data["sales"]),
        compared={name: expression.parse(text) for name, text in data.get("compared", {}).items()},
        sums={label: expression.parse(text) for label, text in data.get("sums", {}).items()},
        tax=data.get("tax", "vat"),
    )  # fmt: skip
    _verify(definition, anywhere)
    object.__setattr__(definition, "order", _order(definition))
    return definition


def _schedule(raw: Mapping[str, Any]) -> Schedule:
    columns = tuple(Column(**{**each, "spans": tuple(each.get("spans", ()))}) for each in raw["columns"])
    usual = tuple(raw.get("usual_columns", [each.code for each in columns if each.kind != "ytd"]))
    lines = tuple(_line(each, columns, usual) for each in raw["lines"])
    return Schedule(raw["code"], raw["title"], columns, lines, raw.get("intro", ""), tuple(raw.get("fold", ())))


def _line(raw: Mapping[str, Any], columns: tuple[Column, ...], usual: tuple[str, ...]) -> Line:
    own = tuple(raw.get("columns", usual))
    summed = raw.get("ytd", True)
    if isinstance(summed, bool):
        summed = own if summed else ()
    yearly = tuple(each.code for each in columns if each.kind == "ytd" and each.of in own and each.of in summed)
    declares = raw.get("declares")
    return Line(
        number=str(raw["number"]), label=raw["label"], columns=own + yearly, section=raw.get("section", ""),
        hint=raw.get("hint", ""), indent=raw.get("indent", 0), declares=tuple(declares) if declares else None,
        rate=raw.get("rate", ""),
    )  # fmt: skip


def _cells(schedule: Schedule, raw: Mapping[str, Any]) -> dict[CellKey, Cell]:
    found = {}
    for line, own in zip(schedule.lines, raw["lines"], strict=True):
        for code in line.columns:
            column = schedule.column(code)
            key = CellKey(schedule.code, line.number, code)
            settings = {**_shelved(raw, own, code), **own, **own.get("cells", {}).get(code, {})}
            found[key] = _yearly(key, column) if column.kind == "ytd" else _cell(key, column, settings)
    return found


def _shelved(raw: Mapping[str, Any], own: Mapping[str, Any], code: str) -> dict[str, Any]:
    """Return what a schedule says of a whole column: its cells come from `source` and the line's number."""
    if code in raw.get("prefilled", ()) and own.get("prefill", True):
        return {"source": f"{raw['source']}.{own['number']}"}
    return {}


def _yearly(key: CellKey, column: Column) -> Cell:
    return Cell(
        key=key, kind=CellKind.DEFAULTED, type=column.type, is_signed=True,
        year_to_date_of=CellKey(key.schedule, key.line, column.of),
    )  # fmt: skip


def _cell(key: CellKey, column: Column, settings: Mapping[str, Any]) -> Cell:
    formula = settings.get("formula", column.formula)
    for name, term in settings.get("with", {}).items():
        formula = formula.replace(f"{{{name}}}", term)
    source = settings.get("source", "")
    is_editable = settings.get("editable", column.editable)
    usual_words = column.words if formula == column.formula else ""
    if source:
        kind = CellKind.PREFILLED
    elif formula:
        kind = CellKind.DEFAULTED if is_editable else CellKind.COMPUTED
    else:
        kind = CellKind.ENTERED
    return Cell(
        key=key, kind=kind, formula=expression.parse(formula) if formula and not source else None, source=source,
        words=settings.get("words", usual_words), type=settings.get("type", column.type),
        is_signed=settings.get("signed", _usual_sign(kind, column)),
    )  # fmt: skip


def _usual_sign(kind: CellKind, column: Column) -> bool:
    if kind in (CellKind.COMPUTED, CellKind.PREFILLED):
        return True
    return bool(column.signed)


def _policy(raw: Mapping[str, Any]) -> PolicyReference:
    missing = raw.get("missing")
    return PolicyReference(
        raw["code"], raw["key"], raw["label"], raw.get("type", "rate"), None if missing is None else Decimal(missing)
    )


def _checks(raw: Mapping[str, Any], schedules: Iterable[Schedule]) -> list[Check]:
    schedule = _one(tuple(schedules), raw["schedule"], "code", "checks")
    line = schedule.line(str(raw["line"]))
    columns = raw.get("columns") or [line.columns[0]]
    return [
        Check(
            code=raw["code"], level=raw["level"], left=expression.parse(raw["left"]), relation=raw["relation"],
            right=expression.parse(raw["right"]), message=raw["message"],
            here=CellKey(schedule.code, line.number, column),
            when=expression.parse_condition(raw["when"]) if "when" in raw else None,
        )
        for column in columns
    ]  # fmt: skip


def _verify(definition: FormDefinition, anywhere: CellKey) -> None:
    for cell in definition.cells.values():
        if cell.formula is not None:
            _verify_names(definition, cell.formula, cell.key)
    for check in definition.checks:
        if check.relation not in expression.COMPARISONS or check.level not in ("must", "hint"):
            raise DefinitionError(f"check {check.code} has an unknown relation or level")
        for side in (check.left, check.right, check.when):
            if side is not None:
                _verify_names(definition, side, check.here)
    for whole in (definition.due, definition.sales, *definition.compared.values(), *definition.sums.values()):
        _verify_names(definition, whole, anywhere)


def _verify_names(definition: FormDefinition, formula: Expression, here: CellKey) -> None:
    for part in expression.walk(formula):
        if isinstance(part, Reference):
            definition.targets(part, here)
        elif isinstance(part, Value) and part.family == "policy" and part.name not in definition.policies:
            raise DefinitionError(f"{here} asks for unknown policy {part.name!r}")


def _order(definition: FormDefinition) -> tuple[CellKey, ...]:
    graph: dict[CellKey, set[CellKey]] = {}
    for key, cell in definition.cells.items():
        needed: set[CellKey] = {cell.year_to_date_of} if cell.year_to_date_of else set()
        for part in expression.walk(cell.formula) if cell.formula else ():
            if isinstance(part, Reference) and not part.is_previous:
                needed.update(definition.targets(part, key))
        graph[key] = needed
    try:
        return tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise DefinitionError("formulas go round in a circle: " + " -> ".join(map(str, error.args[1]))) from error


def _one(items: tuple[_Item, ...], wanted: str, attribute: str, where: str) -> _Item:
    for item in items:
        if getattr(item, attribute) == wanted:
            return item
    raise DefinitionError(f"{where} has no {wanted!r}")
