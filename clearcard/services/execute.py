"""Clearing the disk of an approved case, and settling a doubt: the course of `clearcard.rules.course` followed.

Whoever dies between two steps leaves rows that say so; the sweeper takes over when the lease ends.
"""

from __future__ import annotations

import logging

from clearcard.models import ClearCardCase
from clearcard.rules import course
from clearcard.rules.course import Course
from clearcard.services.basis import take_back_if_moved
from clearcard.services.hands import Hands
from devices.errors import CommandConflictError, LeaseLostError
from taxhall.common import failpoints
from taxhall.common.errors import TaxhallError

logger = logging.getLogger(__name__)


def execute_clear(*, case_id: int) -> ClearCardCase:
    """Bring an approved or commanded case one way further; safe to run twice and at the same time.

    A disk that is absent or locked leaves the case waiting; a difference sends it back to review, and so does a
    return that was voided or corrected since the approval.
    """
    case = _case(case_id)
    if case.status in course.READY and case.command_id is not None and not take_back_if_moved(case):
        _follow(course.clear_course(), Hands(case))
    return _case(case_id)


def reconcile_case(*, case_id: int) -> ClearCardCase:
    """Read the disk and settle a doubt by its own word: cleared, sent again, or handed to a person.

    Rule (R-13): counter and receipt decide together. An absent disk leaves the doubt as it is; the
    sweeper looks again. Safe to run twice and at the same time.
    """
    case = _case(case_id)
    if case.status in course.IN_DOUBT and case.command_id is not None:
        _follow(course.settle_course(), Hands(case))
    return _case(case_id)


def _follow(way: Course, hands: Hands) -> None:
    """Do step after step; what a step raises is the course's to decide."""
    try:
        step = next(way)
        while True:
            name = course.name_of(type(step))
            failpoints.reach(f"clear.{name}.before", hands.case_id)
            try:
                answer = hands.do(step)
            except TaxhallError as error:
                step = way.throw(error)
            else:
                failpoints.reach(f"clear.{name}.after", hands.case_id)
                step = way.send(answer)
    except StopIteration:
        return
    except (LeaseLostError, CommandConflictError) as error:
        logger.info("case %s: another carrier has taken over: %s", hands.case_id, error.message)


def _case(case_id: int) -> ClearCardCase:
    found: ClearCardCase = ClearCardCase.objects.select_related("device", "taxpayer").get(pk=case_id)
    return found
