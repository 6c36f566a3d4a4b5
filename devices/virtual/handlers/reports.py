"""Reporting a period (抄税): closed once, then read as often as wanted, always the same bytes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from devices.protocol.apdu import AnswerApdu, CommandApdu
from devices.protocol.constants import GROUP_OF_KIND
from devices.protocol.messages import DiskReport, PeriodChoice, ReportOpening
from devices.protocol.status_words import SW
from devices.virtual import totals
from devices.virtual.card import Card, RefusedError, ok, parse_choice, parse_group, require
from devices.virtual.values import GroupState, MonthState, ReportState


def open_report(card: Card, apdu: CommandApdu) -> AnswerApdu:
    """Close the period for issuing and voiding, the first time; then say how much there is to read.

    Allowed once the clock's month is past the period, and again until the period is cleared.
    """
    choice, group = parse_choice(card, apdu.data)
    require(choice.period_start >= group.period_start, SW.ALREADY_CLEARED)
    wanted = (choice.period_start, choice.period_end)
    require(wanted == (group.period_start, group.period_end), SW.WRONG_PERIOD)
    if not group.is_reported:
        card.require_pin()
        with card.noting(""):
            now = card.accepted_now()
        require(now.date() > group.period_end, SW.PERIOD_OPEN)
        _close(card, choice, group, now)
    return ok(_opening(card, choice.group).to_bytes())


def read_report(card: Card, apdu: CommandApdu) -> AnswerApdu:
    """Return a stretch of the report: group, offset (4 bytes), and Le for the length. Erases nothing."""
    require(len(apdu.data) == 5 and apdu.le is not None, SW.WRONG_LENGTH)
    report = _report(card, parse_group(apdu.data[:1]))
    offset = int.from_bytes(apdu.data[1:], "big")
    require(offset < len(report.raw), SW.WRONG_PARAMETERS)
    return ok(report.raw[offset : offset + (apdu.le or 0)])


def close_report(card: Card, apdu: CommandApdu) -> AnswerApdu:
    """Return the signature over the whole report."""
    return ok(_report(card, parse_group(apdu.data)).signature)


def _report(card: Card, group: str) -> ReportState:
    report = card.state.find(ReportState, card.group(group).group)
    if report is None:
        raise RefusedError(SW.NOT_REPORTED)
    return report


def _opening(card: Card, group: str) -> ReportOpening:
    report = _report(card, group)
    signed = DiskReport.unseal(report.raw, report.signature)
    return ReportOpening(
        report_counter=signed.report_counter, total_length=len(report.raw), report_digest=signed.digest
    )


def _close(card: Card, choice: PeriodChoice, group: GroupState, now: datetime) -> None:
    state, counter = card.state, card.state.counters.report + 1
    months = [
        month
        for month in state.every(MonthState)
        if GROUP_OF_KIND[month.kind] == group.group and group.period_start <= month.month <= group.period_end
    ]
    report = DiskReport(
        serial=state.issue_data.serial,
        taxpayer_number=state.issue_data.taxpayer_number,
        group=group.group,
        period_start=choice.period_start,
        period_end=choice.period_end,
        report_counter=counter,
        first_counter=min((month.first_counter for month in months), default=0),
        last_counter=max((month.last_counter for month in months), default=0),
        invoice_count=sum(month.invoice_count for month in months),
        closed_at=now,
        rows=totals.merged(months),
    ).seal(state.signing_key)
    state.commit(
        ReportState(group=group.group, raw=report.raw, signature=report.signature),
        replace(group, last_report_at=now, report_digest=report.digest),
        replace(state.counters, report=counter),
        card.accept(now),
        card.entry(now, "period_reported", f"{group.group} {group.period_start} {group.period_end}"),
    )
