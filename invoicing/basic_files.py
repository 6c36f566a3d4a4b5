"""Rows of a file as the forms of the basics take them, and stored rows as a file holds them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from invoicing.basics import Basic
from invoicing.files.basics import OWN_COLUMNS, BasicLine, column_label
from invoicing.files.shapes import Values
from invoicing.rules.understanding import RowProblem, rate_code, read_text, yes_or_no
from invoicing.services import BasicEntry
from taxhall.common.rates import TaxRate

# What several columns of another program say together.
_JOINED = {"address": ("street", "phone"), "bank": ("bank_name", "account")}
_PRICE = Decimal("0.00000001")
# Slugs of the basics that files bring and take.
WITH_FILES = tuple(OWN_COLUMNS)


def entries_of(basic: Basic, lines: Iterable[BasicLine]) -> list[BasicEntry]:
    """Return the rows as they would have been typed: by the same form, with its problems."""
    return [_entry(basic, line) for line in lines]


def _entry(basic: Basic, line: BasicLine) -> BasicEntry:
    texts, problems = _texts(basic.slug, line)
    if not any(problem.is_blocking for problem in problems):
        form = basic.form(texts)
        if form.is_valid():
            return BasicEntry(line.row, form.cleaned_data, tuple(problems))
        problems = [_of_form(line.row, name, texts, told) for name, told in form.errors.items()]
    return BasicEntry(line.row, texts, tuple(problems))


def _texts(slug: str, line: BasicLine) -> tuple[Values, list[RowProblem]]:
    """Return what a row says in our own columns, and what of it could not be read or was read as something else."""
    told, problems = dict(line.values), []
    # Each cell by itself: joined with another, lost digits would not be seen.
    for name, value in told.items():
        told[name], problem = read_text(line.row, _column_of(slug, name), value)
        if problem is not None:
            problems.append(problem)
    values = {name: told.get(name, "") or _joined(told, name) for name in OWN_COLUMNS[slug]}
    if slug == "goods":
        problems += _read_goods(line.row, told, values)
    return values, problems


def _column_of(slug: str, name: str) -> str:
    """Return which of our own columns another program's column belongs to."""
    if name in OWN_COLUMNS[slug]:
        return name
    return next((own for own, parts in _JOINED.items() if name in parts), "tax_code" if name == "own_code" else name)


def _joined(told: Values, name: str) -> str:
    if name == "tax_code" and "tax_code" not in told:
        return told.get("own_code", "")
    return " ".join(filter(None, (told.get(part, "") for part in _JOINED.get(name, ()))))


def _read_goods(row: int, told: Values, values: Values) -> Iterator[RowProblem]:
    """Put the code of the rate and a price without tax into the values; tell where that was not possible or changed."""
    code = rate_code(values["rate"], told.get("zero_mark", ""), told.get("relief", ""))
    if values["rate"] and not code:
        words, mend = _("没有这种税率或征收率。"), _("请填写如 13%、1%、免税、不征税。")
        yield RowProblem("cell.rate_unknown", row, "rate", values["rate"][:200], words, mend)
    values["rate"] = code
    is_inclusive = yes_or_no(told.get("is_tax_inclusive", ""))
    if is_inclusive is None:
        words, mend = _("是否含税只能填“是”或“否”。"), _("请改为“是”或“否”。")
        yield RowProblem("cell.not_yes_or_no", row, "is_tax_inclusive", told["is_tax_inclusive"][:200], words, mend)
    elif is_inclusive and code and values["price"]:
        yield from _without_tax(row, values)


def _without_tax(row: int, values: Values) -> Iterator[RowProblem]:
    told = values["price"]
    try:
        price = Decimal(told.replace(",", "")) / (1 + TaxRate(values["rate"]).fraction)
    except InvalidOperation:
        return  # the form says so
    values["price"] = f"{price.quantize(_PRICE).normalize():f}"
    words = _("单价是含税的，已换算为不含税单价 %(price)s。") % {"price": values["price"]}
    yield RowProblem("basics.price_inclusive", row, "price", told[:200], words, _("请核对。"), is_blocking=False)


def _of_form(row: int, name: str, texts: Values, told: Sequence[Any]) -> RowProblem:
    value, words = texts.get(name, ""), "；".join(str(each).rstrip("。") for each in told)
    return RowProblem("cell.refused", row, name, value[:200], f"{words}。", _("请改正后再导入。"))


def stored_cells(slug: str, rows: Iterable[Any]) -> Iterator[list[str]]:
    """Yield stored rows as cells of our own columns, as the import reads them."""
    for row in rows:
        yield [_cell(row, name) for name in OWN_COLUMNS[slug]]


def _cell(row: Any, name: str) -> str:
    value = getattr(row, name)
    if name == "rate":
        return str(row.get_rate_display())
    if name == "price":
        return "" if value is None else f"{value.normalize():f}"
    return str(value)


def problem_rows(slug: str, problems: Iterable[RowProblem]) -> list[dict[str, Any]]:
    """Return problems as the table of an import shows them."""
    return [
        {
            "row": each.row,
            "column": column_label(slug, each.field),
            "value": each.value,
            "message": each.message,
            "mend": each.mend,
            "is_blocking": each.is_blocking,
        }
        for each in problems
    ]
