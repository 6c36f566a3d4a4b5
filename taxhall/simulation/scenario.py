"""What is approved in one schedule, and what must have become of it in the end."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, datetime

from clearcard.choices import CaseStatus
from clearcard.services.approval import approved_content
from devices.protocol.messages import DiskReport
from taxhall.simulation.disks import OCTOBER, Stock
from taxhall.simulation.rows import CaseRow, CommandRow, DeviceRow, Ledger

# Approved; approved over another report than the disk's; not approved; and cleared by a command that this hall
# does not know (another hall's key, or a database that was set back too far).
FINE, DIFFERS, UNAPPROVED, ELSEWHERE = "fine", "differs", "unapproved", "elsewhere"
KINDS = (FINE, FINE, FINE, DIFFERS, UNAPPROVED, ELSEWHERE)


@dataclass
class Plan:
    """What was meant, by case; and what the database had to refuse on the way."""

    meant: dict[int, str] = field(default_factory=dict)
    may_restore: bool = False
    has_next_month: bool = False
    # Disks that somebody else is going to clear.
    elsewhere: list[int] = field(default_factory=list)
    refused_by_database: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    # Digests of the reports that somebody approved.
    approved: set[str] = field(default_factory=set)


def write(ledger: Ledger, stock: Stock, source: random.Random, now: datetime) -> Plan:
    """Write a case per disk: approved, approved over another report, or not approved at all."""
    plan = Plan(may_restore=source.random() < 0.2, has_next_month=source.random() < 0.25)
    kinds = [FINE, source.choice(KINDS)]
    source.shuffle(kinds)
    for pk, (template, kind) in enumerate(zip(stock.templates, kinds, strict=True), 1):
        ledger.devices[pk] = DeviceRow(
            pk=pk,
            serial=template.serial,
            taxpayer_number=template.taxpayer_number,
            certificate=template.certificate,
            period_start=OCTOBER.start,
            period_end=OCTOBER.end,
            issue_allowed_until=date(2026, 11, 16),
        )
        apply_for(ledger, plan, device=ledger.devices[pk], report=template.report, kind=kind, now=now)
        if kind == ELSEWHERE:
            plan.elsewhere.append(pk)
    return plan


def apply_for(
    ledger: Ledger, plan: Plan, *, device: DeviceRow, report: DiskReport, kind: str, now: datetime
) -> CaseRow:
    """Write the case of one disk and period, with the command that its approval queued."""
    pk = len(plan.meant) + 1
    window = device.period.next()
    digest = report.digest if kind != DIFFERS else "ab" * 32
    case = CaseRow(
        pk=pk,
        number=f"QK{pk}",
        device_id=device.pk,
        command_id=f"{pk:032x}",
        period=device.period,
        snapshot={"reviewed": {"report_digest": digest, "report_counter": report.report_counter}},
        approved_digest="cd" * 32,
        new_period_start=window.start,
        new_period_end=window.end,
        new_cut_off=window.next().start.replace(day=15),
        status=CaseStatus.REVIEWING if kind == UNAPPROVED else CaseStatus.APPROVED,
        lane="officer" if kind == UNAPPROVED else "green",
        submitted_at=now,
    )
    # A command that nobody approved must not exist; of an unapproved case somebody who holds the broker and
    # the table has forged one.
    payload = approved_content(case)  # type: ignore[arg-type]
    ledger.commands[f"{pk:032x}"] = CommandRow(f"{pk:032x}", device.pk, payload, now)
    ledger.cases[pk] = case
    plan.meant[pk] = kind
    if kind in (FINE, ELSEWHERE):
        plan.approved.add(report.digest)
    return case
