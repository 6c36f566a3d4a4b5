"""Disk, ledger and return of a case side by side, now and as they were handed in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from clearcard import links
from clearcard.models import ClearCardCase
from clearcard.rules import table as table_rules
from clearcard.rules.digests import content_digest
from clearcard.rules.table import Key, Parties
from clearcard.selectors.facts import FilingState, filing_state
from clearcard.shapes import Side, ThreeWay, ThreeWayRow
from devices import selectors as device_selectors
from devices.models import DeviceReport
from devices.protocol.messages import TotalRow
from filing import selectors as filing_selectors
from filing.models import TaxReturn
from invoicing import selectors as invoicing_selectors
from taxhall.common.periods import TaxPeriod


def three_way(case: ClearCardCase) -> ThreeWay:
    """Return the table as it is now, with its digest."""
    reports = device_selectors.latest_reports(device=case.device, period=case.period)
    report = _report_of(case, reports)
    filing = filing_state(taxpayer=case.taxpayer, month=case.period)
    parties = _parties(case, None if report is None else reports, filing)
    rows = tuple(_linked(case, row) for row in table_rules.build_rows(parties))
    digest = content_digest(_content(rows, report, filing))
    return ThreeWay(
        rows=rows,
        device_total=None if parties.device is None else table_rules.total_of(parties.device),
        ledger_total=table_rules.total_of(parties.ledger),
        declared_total=None if parties.declared is None else table_rules.total_of(parties.declared),
        has_report=report is not None,
        report_digest=report.digest if report else "",
        # The disk counts the reports of all its groups together.
        report_counter=max(each.report_counter for each in reports) if report else None,
        reported_at=report.created_at if report else None,
        return_due=filing.is_due,
        return_number=_return_number(filing),
        return_period_label=filing.period.label if filing.period else "",
        agrees=report is not None and all(row.agrees for row in rows),
        digest=digest,
    )


def _report_of(case: ClearCardCase, reports: Sequence[DeviceReport]) -> DeviceReport | None:
    """Return the report of the case's group, once every group that the disk has in the month is reported.

    A part of the disk beside the whole of the ledger would be a difference that is none.
    """
    windows = device_selectors.other_windows(case.device)
    wanted = {each.group for each in windows if each.period.start <= case.period_start}
    if not wanted <= {each.group for each in reports}:
        return None
    return next((each for each in reports if each.group == case.group), None)


def _parties(case: ClearCardCase, reports: Sequence[DeviceReport] | None, filing: FilingState) -> Parties:
    """Return the three sides; the disk's is that of every group, as the ledger's is that of every kind."""
    ledger = table_rules.net_sides(invoicing_selectors.period_rows(device=case.device, period=case.period))
    filed = filing.tax_return if filing.is_filed else None
    compared = filing.period or case.period
    return Parties(
        device=None if reports is None else table_rules.net_sides(_totals(reports)),
        ledger=ledger,
        basis=ledger if filed is None else _basis(case, compared),
        declared=None if filed is None else _declared(filed),
    )


def _totals(reports: Sequence[DeviceReport]) -> Iterator[TotalRow]:
    for report in reports:
        yield from report.total_rows()


def _basis(case: ClearCardCase, period: TaxPeriod) -> dict[Key, Side]:
    """Return the ledger over the return's period, every disk and the digital invoices, by the return's families."""
    totals = [
        row
        for device in device_selectors.list_devices(taxpayer=case.taxpayer)
        for row in invoicing_selectors.period_rows(device=device, period=period)
    ]
    totals += invoicing_selectors.digital_rows(taxpayer=case.taxpayer, period=period)
    return table_rules.folded(table_rules.net_sides(totals), filing_selectors.declared_kind)


def _declared(tax_return: TaxReturn) -> dict[Key, Side]:
    return {(row.kind, row.rate): Side(None, row.amount, row.tax) for row in filing_selectors.declared_rows(tax_return)}


def _return_number(filing: FilingState) -> str:
    return filing.tax_return.receipt_number or "" if filing.tax_return and filing.is_filed else ""


def _content(rows: tuple[ThreeWayRow, ...], report: DeviceReport | None, filing: FilingState) -> dict[str, Any]:
    return {
        "rows": table_rules.table_to_json(rows),
        "report": report.digest if report else "",
        "return": _return_number(filing),
    }


def _linked(case: ClearCardCase, row: ThreeWayRow) -> ThreeWayRow:
    url = links.invoices_link(case.device, case.period.code, kind=row.kind, rate=row.rate)
    return replace(row, invoices_url=url)


def table_snapshot(table: ThreeWay) -> dict[str, Any]:
    """Write the whole table for the snapshot of a hand-in."""
    return {
        "rows": table_rules.table_to_json(table.rows),
        "device_total": table_rules.side_to_json(table.device_total),
        "ledger_total": table_rules.side_to_json(table.ledger_total),
        "declared_total": table_rules.side_to_json(table.declared_total),
        "report_digest": table.report_digest,
        "report_counter": table.report_counter,
        "reported_at": table.reported_at.isoformat() if table.reported_at else "",
        "return_due": table.return_due,
        "return_number": table.return_number,
        "return_period_label": table.return_period_label,
        "agrees": table.agrees,
        "digest": table.digest,
    }


def stored_three_way(case: ClearCardCase) -> ThreeWay:
    """Return the table exactly as it was handed in."""
    return table_from_snapshot(case, case.snapshot["three_way"])


def table_from_snapshot(case: ClearCardCase, stored: Mapping[str, Any]) -> ThreeWay:
    """Read a table back from a snapshot."""
    return ThreeWay(
        rows=tuple(_linked(case, row) for row in table_rules.rows_from_json(stored["rows"])),
        device_total=table_rules.side_from_json(stored["device_total"]),
        ledger_total=table_rules.side_from_json(stored["ledger_total"]) or Side(),
        declared_total=table_rules.side_from_json(stored["declared_total"]),
        has_report=bool(stored["report_digest"]),
        report_digest=stored["report_digest"],
        report_counter=stored["report_counter"],
        reported_at=datetime.fromisoformat(stored["reported_at"]) if stored["reported_at"] else None,
        return_due=stored["return_due"],
        return_number=stored["return_number"],
        return_period_label=stored["return_period_label"],
        agrees=stored["agrees"],
        digest=stored["digest"],
    )
