"""Invoices in tables: our own, the converters' of 航信, the two linked sheets of the 数电票 platform."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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

    def told(self) -> Iterator[tuple[int, Values, Values, bool]]:
        """Yield each row that holds something: its number, what it tells of the invoice, what of the line.

        The last says whether it tells the same of the invoice as the row before, which is then the same mapping:
        the rows of an invoice repeat its buyer, and most need not be looked at again.
        """
        own_names, own_places = _parted(self.columns, is_of_line=False)
        line_names, line_places = _parted(self.columns, is_of_line=True)
        width = max(self.columns) + 1
        before, own = [""] * len(own_names), Values()
        for number, row in enumerate(self.rows, start=self.first_row):
            cells = row if len(row) >= width else [*row, *[""] * (width - len(row))]
            found = [cells[at].strip() for at in own_places]
            line = {name: cell for name, at in zip(line_names, line_places, strict=True) if (cell := cells[at].strip())}
            if not line and not any(found):
                continue
            is_same = found == before
            if not is_same:
                before, own = found, {name: cell for name, cell in zip(own_names, found, strict=True) if cell}
            yield number, own, line, is_same


def _parted(columns: Mapping[int, str], *, is_of_line: bool) -> tuple[list[str], list[int]]:
    """Return the fields of the invoice, or those of a line, and where they stand."""
    kept = {at: name for at, name in columns.items() if (name in headers.LINE_FIELDS) == is_of_line}
    return list(kept.values()), list(kept)


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
        if len(columns) >= headers.FEWEST:
            labels = {name: row[column].strip().strip("\ufeff") for column, name in columns.items()}
            return _Sheet(columns, labels, at + 2, chain(before[at + 1 :], rows))
    return None


def _flat(sheet: _Sheet) -> Iterator[ReadInvoice]:
    """A row with another reference or, without references, with a buyer begins an invoice."""
    current: ReadInvoice | None = None
    for number, own, line, is_same in sheet.told():
        if current is None or _begins(current.values, own):
            if current is not None:
                yield current
            current = ReadInvoice(number, own.copy())
        elif not is_same:
            _require_same(current, own, number)
        current.lines.append(ReadLine(number, line))
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
        if known != value and name not in headers.ISSUED_FIELDS:
            current.values.setdefault("differs", f"{number}:{name}:{value}")


def _linked(basic: _Sheet, detail: _Sheet) -> Iterator[ReadInvoice]:
    found: dict[str, ReadInvoice] = {}
    alone: list[ReadInvoice] = []
    for number, own, line, _is_same in basic.told():
        ref = own.get("ref", "")
        invoice = ReadInvoice(number, own | line)
        if not ref or ref in found:
            invoice.values["repeated"] = ref
            alone.append(invoice)
        else:
            found[ref] = invoice
    for number, own, line, _is_same in detail.told():
        ref = own.get("ref", "")
        if ref in found:
            found[ref].lines.append(ReadLine(number, line))
        else:
            alone.append(ReadInvoice(number, {"ref": ref, "orphan": ref}, [ReadLine(number, line)]))
    yield from found.values()
    yield from alone


def _no_headers() -> FileRefusedError:
    return FileRefusedError(
        "import.no_headers",
        _("没有找到认得的表头：至少要有“购买方名称”“项目名称”“税率”等列。"),
        _("请下载模板，对照表头改好列名；列的顺序不限。"),
    )
