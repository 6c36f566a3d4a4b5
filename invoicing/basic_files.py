"""Rows of a file as the forms of the basics take them, and stored rows as a file holds them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.utils.translation import gettext as _

from invoicing.basics import Basic
from invoicing.files.basics import OWN_COLUMNS, BasicLine, column_label
from invoicing.files.shapes import Values
from invoicing.rules.understanding import RowProblem, rate_code, read_text
from invoicing.services import BasicEntry

# What several columns of another program say together.
_JOINED = {"address": ("street", "phone"), "bank": ("bank_name", "account")}
# Slugs of the basics that files bring and take.
WITH_FILES = tuple(OWN_COLUMNS)


def entries_of(basic: Basic, lines: Iterable[BasicLine]) -> list[BasicEntry]:
    """Return the rows as they would have been typed: by the same form, with its problems."""
    return [_entry(basic, line) for line in lines]


def _entry(basic: Basic, line: BasicLine) -> BasicEntry:
    texts, problems = _texts(basic.slug, line)
    if not problems:
        form = basic.form(texts)
        if form.is_valid():
            return BasicEntry(line.row, form.cleaned_data)
        problems = [_of_form(line.row, name, texts, told) for name, told in form.errors.items()]
    return BasicEntry(line.row, texts, tuple(problems))


def _texts(slug: str, line: BasicLine) -> tuple[Values, list[RowProblem]]:
    values, problems = _own(slug, line.values), []
    for name, value in values.items():
        values[name], problem = read_text(line.row, name, value)
        if problem is not None:
            problems.append(problem)
    if values.get("rate"):
        code = rate_code(values["rate"], line.values.get("zero_mark", ""), line.values.get("relief", ""))
        if not code:
            words, mend = _("没有这种税率或征收率。"), _("请填写如 13%、1%、免税、不征税。")
            problems.append(RowProblem("cell.rate_unknown", line.row, "rate", values["rate"][:200], words, mend))
        values["rate"] = code
    return values, problems


def _own(slug: str, told: Values) -> Values:
    """Return what a row says in our own columns."""
    values = {name: told.get(name, "") for name in OWN_COLUMNS[slug]}
    for name, parts in _JOINED.items():
        if name in values and not values[name]:
            values[name] = " ".join(filter(None, (told.get(part, "") for part in parts)))
    if "tax_code" in values and "tax_code" not in told:
        values["tax_code"] = told.get("own_code", "")
    return values


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
