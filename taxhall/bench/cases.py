"""Clear-card cases that only wait for their disk."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from typing import Any

from clearcard.choices import CaseStatus, ClearKind, Lane
from clearcard.models import ClearCardCase
from clearcard.rules.digests import content_digest
from clearcard.services.approval import approved_content
from devices.choices import CommandKind
from devices.models import DeviceCommand
from taxhall.bench import disks
from taxhall.bench.scene import Company, Scene
from taxhall.common import clock
from taxhall.common.periods import TaxPeriod

_sequence = itertools.count(1)


def approved_cases(scene: Scene, count: int) -> list[int]:
    """Return the ids of new cases, each of a company of its own, as the green lane leaves them.

    Their commands are in the outbox and nobody was rung for.
    """
    period = disks.last_month()
    companies = scene.companies(count, period=period)
    submitter = scene.member(companies[0].taxpayer).user
    cases = [_case(company, period, submitter) for company in companies]
    commands = DeviceCommand.objects.bulk_create(_command(case) for case in cases)
    for case, command in zip(cases, commands, strict=True):
        case.command = command
    return [case.pk for case in ClearCardCase.objects.bulk_create(cases)]


def _case(company: Company, period: TaxPeriod, submitter: Any) -> ClearCardCase:
    window, now = period.next(), clock.now()
    number = f"QK{period.end:%Y%m%d}{next(_sequence):06d}"
    snapshot = _snapshot(number, company, period)
    digest = content_digest(snapshot)
    return ClearCardCase(
        number=number,
        device=company.device,
        taxpayer=company.taxpayer,
        period_start=period.start,
        period_end=period.end,
        kind=ClearKind.MONTHLY,
        status=CaseStatus.APPROVED,
        round=1,
        created_by=submitter,
        submitted_by=submitter,
        submitter_person=submitter.person,
        submitted_at=now,
        snapshot=snapshot,
        snapshot_digest=digest,
        lane=Lane.GREEN,
        approved_digest=digest,
        decided_at=now,
        command_count=1,
        old_cut_off=company.device.issue_allowed_until,
        new_period_start=window.start,
        new_period_end=window.end,
        new_cut_off=window.end + timedelta(days=20),
    )


def _command(case: ClearCardCase) -> DeviceCommand:
    return DeviceCommand(
        device=case.device,
        kind=CommandKind.CLEAR,
        key=f"clear:{case.number}:1",
        payload=approved_content(case),
        next_attempt_at=clock.now(),
    )


def _snapshot(number: str, company: Company, period: TaxPeriod) -> dict[str, Any]:
    """Return a hand-in of the size that a company with two kinds of invoices and five papers has."""
    side = {"count": 12, "amount": "12000.00", "tax": "120.00", "void_count": 0}
    row = {"kind": "007", "rate": "1", "device": side, "ledger": side, "declared": side, "basis": side, "agrees": True}
    return {
        "number": number,
        "taxpayer": company.taxpayer.number,
        "device": company.device.serial,
        "period": period.code,
        "kind": ClearKind.MONTHLY.value,
        "special_reason": "",
        "round": 1,
        "three_way": {"rows": [row] * 4, "return_number": "", "report_digest": disks.REPORT_DIGEST, "agrees": True},
        "form": {"invoiced_amount": "24000.00", "declared_amount": "24000.00", "clear_on": _text(clock.today())},
        "checks": [
            {"code": f"check.{n}", "title": "设备已抄报", "outcome": "pass", "measured": "是"} for n in range(12)
        ],
        "materials": [{"kind": f"paper{n}", "sha256": disks.NO_DIGEST, "name": "证件.png"} for n in range(5)],
        "reviewed": {
            "report_digest": disks.REPORT_DIGEST,
            "report_counter": disks.REPORT_COUNTER,
            "clear_counter": 0,
            "table_digest": disks.NO_DIGEST,
        },
    }


def _text(day: date) -> str:
    return day.isoformat()
