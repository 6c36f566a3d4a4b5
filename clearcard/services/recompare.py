"""Comparing anew what still waits once a measure about the rules has begun, ended or was lifted."""

from __future__ import annotations

import logging

from django.db import transaction
from django.utils.translation import gettext as _

from clearcard import selectors, tasks
from clearcard.choices import DECIDED_STATUSES, UNDECIDED_STATUSES, CaseStatus
from clearcard.models import ClearCardCase
from clearcard.services._cases import change_case, record
from filing import services as filing_services
from filing.models import ComparisonRun
from taxhall.common.doorbell import ring
from taxhall.common.errors import TaxhallError
from taxhall.common.periods import TaxPeriod

logger = logging.getLogger(__name__)


def ring_to_compare() -> None:
    """Ring for what waits after news of a measure about a rule; the schedule rings again should it be lost."""
    ring(tasks.compare_waiting)


def compare_waiting() -> list[int]:
    """Compare anew every open clear and exception that was compared under other measures; return the new comparisons.

    Each in a transaction of its own: what was compared is not found again, so that it may run twice and stop anywhere.
    One company's trouble keeps no other waiting.
    """
    found = []
    for taxpayer_id, month in selectors.outdated_periods():
        try:
            run = _compare(taxpayer_id, month)
        except TaxhallError as error:
            logger.warning("not compared anew: taxpayer %s, %s: %s", taxpayer_id, month.code, error.code)
            continue
        if run is not None:
            found.append(run.pk)
    return found


@transaction.atomic
def _compare(taxpayer_id: int, month: TaxPeriod) -> ComparisonRun | None:
    """Compare one period under the locks of its cases; where a clear is granted or done, its comparison stands."""
    cases = ClearCardCase.objects.select_for_update(of=("self",)).filter(
        taxpayer_id=taxpayer_id, period_start=month.start
    )
    held = list(cases.order_by("pk"))
    if any(case.status in DECIDED_STATUSES for case in held):
        return None
    run = filing_services.compare_outdated(taxpayer_id=taxpayer_id, month=month)
    for case in held:
        if run is not None and case.status in UNDECIDED_STATUSES:
            _tell(case, run)
    return run


def _tell(case: ClearCardCase, run: ComparisonRun) -> None:
    """Note it on the case; before an officer it is a change of what they decide on, and their page is told so."""
    if case.status != CaseStatus.REVIEWING or not case.lane:
        record(case, action="compared_anew", actor=None, data={"run": run.pk, "outcome": run.outcome})
        return
    words = _("比对规则有调整，已重新比对：%(outcome)s") % {"outcome": run.get_outcome_display()}
    words += _("，阻断清卡") if run.is_blocking else _("，不阻断清卡")
    change_case(case, actor=None, what="compared_anew", lane_reasons=[*case.lane_reasons, words])
