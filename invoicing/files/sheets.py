"""Invoices in tables: our own, the converters' of 航信, the two linked sheets of the 数电票 platform."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, islice

from django.utils.translation import gettext_lazy as _

from invoicing.files import headers
from invoicing.files.problems import FileRefusedError
from invoicing.files.shapes import ReadFile, ReadInvoice, ReadLine, Values
from invoicing.files.tables import Row, Table

# Templates have notes above their headers.
_LOOK_FOR_HEADERS = 10


@dataclass
class _Sheet:
    """A table whose headers were found."""

    columns: dict[int, str]
    labels: dict[str, str]
    first_row: int
    rows: Iterator[Row] = field(repr=False)

    @property
    def fields(self) -> frozenset[str]:
        """What it tells."""
        return frozenset(self.columns.values())

    def values(self) -> Iterator[tuple[int, Values]]:
        """Yield each row that holds something, with its number."""
        for number, row in enumerate(self.rows, start=self.first_row):
            found = {name: row[at].strip() for at, name in self.columns.items() if at < len(row) and row[at].strip()}
            if found:
                yield number, found


def read_tables(tables: list[Table], *, format_name: str) -> ReadFile:
    """Return the invoices of the sheets. Raises: FileRefusedError when no sheet has headers that are known."""
    sheets = [sheet for table in tables if (sheet := _headed(table)) is not None]
    basic = next((each for each in sheets if "buyer_name" in each.fields and "name" not in each.fields), None)
    detail = next((each for each in sheets if "name" in each.fields), None)
    if detail is None or (basic is None and "buyer_name" not in detail.fields):
        raise _no_headers()
    if basic is None or "buyer_name" in detail.fields:
        return ReadFile(format_name, detail.labels, lambda: _flat(detail))
    if "ref" not in basic.fields or "ref" not in detail.fields:
        raise _no_headers()
    return ReadFile("platform", basic.labels | detail.labels, lambda: _linked(basic, detail))


def _headed(table: Table) -> _Sheet | None:
    rows = iter(table.rows)
    before = list(islice(rows, _LOOK_FOR_HEADERS))
    for at, row in enumerate(before):
        columns = headers.fields_of(row)
        if len(columns) >= 3:
            labels = {name: row[column].strip().strip("\ufeff") for column, name in columns.items()}
            return _Sheet(columns, labels, at + 2, chain(before[at + 1 :], rows))
    return None


def _flat(sheet: _Sheet) -> Iterator[ReadInvoice]:
    """A row with another reference or, without references, with a buyer begins an invoice."""
    current: ReadInvoice | None = None
    for number, values in sheet.values():
        own = {name: value for name, value in values.items() if name not in headers.LINE_FIELDS}
        if current is None or _begins(current.values, own):
            if current is not None:
                yield current
            current = ReadInvoice(number, own)
        else:
            _require_same(current, own, number)
        current.lines.append(_line(number, values))
    if current is not None:
        yield current


def _begins(before: Values, own: Values) -> bool:
    if "ref" in own or "ref" in before:
        return "ref" in own and own["ref"] != before.get("ref")
    return "buyer_name" in own


def _require_same(current: ReadInvoice, own: Values, number: int) -> None:
    """Keep what a later row of the same invoice says otherwise; the check tells it as a problem of that row."""
    for name, value in own.items():
        known = current.values.setdefault(name, value)
        if known != value:
            current.values.setdefault("differs", f"{number}:{name}")


def _line(number: int, values: Values) -> ReadLine:
    return ReadLine(number, {name: value for name, value in values.items() if name in headers.LINE_FIELDS})


def _linked(basic: _Sheet, detail: _Sheet) -> Iterator[ReadInvoice]:
    found: dict[str, ReadInvoice] = {}
    alone: list[ReadInvoice] = []
    for number, values in basic.values():
        ref = values.get("ref", "")
        invoice = ReadInvoice(number, values)
        if not ref or ref in found:
            invoice.values["repeated"] = ref
            alone.append(invoice)
        else:
            found[ref] = invoice
    for number, values in detail.values():
        ref = values.get("ref", "")
        if ref in found:
            found[ref].lines.append(_line(number, values))
        else:
            alone.append(ReadInvoice(number, {"ref": ref, "orphan": ref}, [_line(number, values)]))
    yield from found.values()
    yield from alone


def _no_headers() -> FileRefusedError:
    return FileRefusedError(
        "import.no_headers",
        _("没有找到认得的表头：至少要有“购买方名称”“项目名称”“税率”等列。"),
        _("请下载模板，对照表头改好列名；列的顺序不限。"),
    )
