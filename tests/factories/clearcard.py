"""Clear-card cases in the states that matter, without a disk; real ones come from tests.clearcard.scene."""

from __future__ import annotations

from typing import Any

import factory
from django.db import connection

from accounts.models import User
from clearcard import models, selectors
from clearcard.choices import CaseStatus, ClearKind, Lane
from clearcard.rules.digests import content_digest
from clearcard.selectors.three_way import table_snapshot
from devices.choices import CommandKind, CommandState
from taxhall.common import clock
from tests.factories.accounts import OfficerFactory, UserFactory
from tests.factories.devices import DeviceCommandFactory, DeviceFactory, DeviceReportFactory


def snapshot_of(case: Any) -> dict[str, Any]:
    """Return the content of a hand-in with an empty table."""
    table = {
        "rows": [],
        "device_total": None,
        "ledger_total": None,
        "declared_total": None,
        "report_digest": "0" * 64,
        "report_counter": 1,
        "reported_at": "",
        "return_due": True,
        "return_number": "",
        "return_period_label": "",
        "agrees": True,
        "digest": "0" * 64,
    }
    return {
        "kind": case.kind,
        "special_reason": "",
        "three_way": table,
        "form": {"invoiced_amount": "0.00", "declared_amount": "0.00", "clear_on": "2026-11-05", "explanation": ""},
        "checks": [],
        "materials": [],
        "reviewed": {
            "report_digest": "0" * 64,
            "report_counter": 1,
            "clear_counter": 0,
            "table_digest": "0" * 64,
        },
    }


class ClearCardCaseFactory(factory.django.DjangoModelFactory):
    """A draft; `status=` gives any state with what the database asks of it. `submitted_by=` names the submitter."""

    class Meta:
        model = models.ClearCardCase

    device = factory.SubFactory(DeviceFactory, reported=True)
    taxpayer = factory.SelfAttribute("device.taxpayer")
    number = factory.Sequence(lambda number: f"QK20261105{number:06d}")
    period_start = factory.SelfAttribute("device.period_start")
    period_end = factory.SelfAttribute("device.period_end")
    old_cut_off = factory.SelfAttribute("device.issue_allowed_until")
    kind = ClearKind.MONTHLY
    created_by = factory.SubFactory(UserFactory)

    @classmethod
    def _create(cls, model_class: type[Any], *_args: Any, **kwargs: Any) -> Any:
        status = kwargs.get("status", CaseStatus.DRAFT)
        case = model_class(**kwargs)
        if status not in (CaseStatus.DRAFT, CaseStatus.WITHDRAWN):
            _hand_in(case)
        if status in _DECIDED:
            _decide(case)
        case.save()
        return case


_DECIDED = {
    CaseStatus.APPROVED: CommandState.QUEUED,
    CaseStatus.COMMANDED: CommandState.QUEUED,
    CaseStatus.SENDING: CommandState.CANCELLED,
    CaseStatus.REFUSED: CommandState.REFUSED,
    CaseStatus.IN_DOUBT: CommandState.CANCELLED,
    CaseStatus.MANUAL: CommandState.CANCELLED,
    CaseStatus.CLEARED: CommandState.DONE,
}


def _hand_in(case: Any) -> None:
    case.submitted_by = case.submitted_by or case.created_by
    case.submitter_person = case.submitted_by.person
    case.submitted_at = case.submitted_at or clock.now()
    case.round = case.round or 1
    case.snapshot = case.snapshot or snapshot_of(case)
    case.snapshot_digest = content_digest(case.snapshot)
    if case.status == CaseStatus.REVIEWING and not case.lane:
        case.lane = Lane.OFFICER


def _decide(case: Any) -> None:
    case.lane = case.lane or Lane.GREEN
    case.approved_digest = case.snapshot_digest
    case.decided_at = clock.now()
    window = case.period.next()
    case.new_period_start, case.new_period_end = window.start, window.end
    case.new_cut_off = case.new_cut_off or window.end.replace(day=15).replace(month=window.end.month % 12 + 1)
    if case.kind == ClearKind.SPECIAL:
        case.first_reviewer, case.approver = OfficerFactory(), OfficerFactory()
    case.command = case.command or DeviceCommandFactory(
        device=case.device, kind=CommandKind.CLEAR, state=_DECIDED[CaseStatus(case.status)]
    )
    if case.status == CaseStatus.CLEARED:
        case.cleared_at = case.cleared_at or clock.now()


def reviewing_case(*, rows: Any = (), **changes: Any) -> Any:
    """Return a case in the officers' lane, handed in over the figures as they are; `rows` are the disk's."""
    case = ClearCardCaseFactory(status=CaseStatus.REVIEWING, **changes)
    DeviceReportFactory(device=case.device, report_counter=1, rows=list(rows))
    show_current_figures(case)
    return case


def show_current_figures(case: Any) -> None:
    """Make what was handed in agree with disk, ledger and return as they are now."""
    table = selectors.three_way(case)
    reviewed = {
        "report_digest": table.report_digest,
        "report_counter": table.report_counter,
        "clear_counter": case.device.clear_counter,
        "table_digest": table.digest,
    }
    case.snapshot = case.snapshot | {"three_way": table_snapshot(table), "reviewed": reviewed}
    case.snapshot_digest = content_digest(case.snapshot)
    case.save()


def officer(**kwargs: Any) -> User:
    """Return a reviewer of 雁塔区."""
    user: User = OfficerFactory(**kwargs)
    return user


def raw_status(case: models.ClearCardCase, status: str) -> None:
    """Change the status by SQL, past every Python guard."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE clearcard_clearcardcase SET status = %s WHERE id = %s", [status, case.pk])
