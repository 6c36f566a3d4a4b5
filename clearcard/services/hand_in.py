"""Handing in by itself once the tax is received (款到自动提交): ordered by a person, done by news or the sweep."""

from __future__ import annotations

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import services as account_services
from accounts.models import User
from clearcard import policies, selectors
from clearcard.choices import CaseAction, HandInState
from clearcard.errors import CaseNotReadyError
from clearcard.models import ClearCardCase, HandInOrder
from clearcard.services._cases import lock_case, record
from clearcard.services.prepare import NOT_YOURS
from clearcard.services.submit import submit_case
from clearcard.workflow import next_status
from taxhall.common import clock
from taxhall.common.errors import TaxhallError
from taxhall.common.policies import require

_AT_ONCE = 200


@transaction.atomic
def order_hand_in(*, actor: User, case: ClearCardCase, key: str, declaration: bool) -> ClearCardCase:
    """Have the application handed in as it stands once the tax is received; at once if it is already.

    Rule: nothing but the payment may be missing, and what was declared is this version of the application. A repeat
    changes nothing. Raises: NotPermittedError; TransitionNotAllowedError; CaseNotReadyError.
    """
    case = lock_case(case)
    require(policies.can_prepare_case(actor, case), NOT_YOURS)
    next_status(case.status, CaseAction.SUBMIT)
    missing = selectors.missing_before_submit(case, actor=actor)
    if not missing:
        return submit_case(actor=actor, case=case, key=key, declaration=declaration)
    if not declaration or not selectors.only_waits_for_payment(missing):
        raise CaseNotReadyError(
            _("除税款入库以外还有事项没有处理，没有登记自动提交，没有改动设备和税款。"),
            next_step=_("请按提示处理后再试，已填的内容都保留着。"),
            fields=missing,
        )
    standing = selectors.find_hand_in(case)
    if standing is not None and standing.case_version == case.version:
        return case
    if standing is not None:
        _end(standing, HandInState.ENDED, _("申请内容修改后重新登记"))
    order = HandInOrder.objects.create(case=case, key=key, case_version=case.version, ordered_by=actor)
    record(case, action="hand_in_ordered", actor=actor, data={"order": order.pk, "key": key})
    return case


@transaction.atomic
def cancel_hand_in(*, actor: User, case: ClearCardCase) -> ClearCardCase:
    """Take the order back; without one nothing changes. Raises: NotPermittedError."""
    case = lock_case(case)
    require(policies.can_prepare_case(actor, case), NOT_YOURS)
    order = selectors.find_hand_in(case)
    if order is not None:
        _end(order, HandInState.ENDED, _("由纳税人取消"))
        record(case, action="hand_in_cancelled", actor=actor, data={"order": order.pk})
    return case


def carry_out_hand_ins(*, taxpayer_id: int | None = None) -> list[int]:
    """Hand in what was ordered and waits no more, of one company or of all; return the cases handed in.

    Safe to run at any time: who is still unpaid goes on waiting, behind those not looked at for longer.
    """
    waiting = HandInOrder.objects.filter(state=HandInState.WAITING).order_by("updated_at", "pk")
    if taxpayer_id is not None:
        waiting = waiting.filter(case__taxpayer=taxpayer_id)
    cases = list(waiting.values_list("case_id", flat=True)[:_AT_ONCE])
    return [case for case in map(_carry_out, cases) if case]


@transaction.atomic
def _carry_out(case_id: int) -> int | None:
    case = lock_case(case_id)
    order = selectors.find_hand_in(case)
    if order is None:
        return None
    if not case.is_editable or case.version != order.case_version:
        _fail(order, case, _("登记之后申请有了变化"))
        return None
    missing = selectors.missing_before_submit(case, actor=order.ordered_by)
    if selectors.only_waits_for_payment(missing):
        order.save(update_fields=["updated_at"])
        return None
    try:
        with transaction.atomic():
            submit_case(actor=order.ordered_by, case=case, key=order.key, declaration=True)
    except TaxhallError as error:
        _fail(order, case, str(error.message))
        return None
    _end(order, HandInState.DONE, "")
    record(case, action="hand_in_carried_out", actor=None, data={"order": order.pk})
    _tell(case, order, _("税款已入库，清卡申请已自动提交"), _("系统正在审核，结果会通知您。"))
    return case.pk


def _fail(order: HandInOrder, case: ClearCardCase, why: str) -> None:
    _end(order, HandInState.ENDED, why)
    record(case, action="hand_in_failed", actor=None, data={"order": order.pk, "why": why})
    words = _("%(why)s。没有改动设备和税款，请打开申请核对后提交。") % {"why": why.rstrip("。")}
    _tell(case, order, _("清卡申请没有自动提交"), words)


def _end(order: HandInOrder, state: HandInState, why: str) -> None:
    order.state, order.ended_at, order.ended_why = state, clock.now(), why[:300]
    order.save(update_fields=["state", "ended_at", "ended_why", "updated_at"])


def _tell(case: ClearCardCase, order: HandInOrder, title: str, body: str) -> None:
    account_services.send_notice(
        taxpayer=case.taxpayer,
        kind="clear",
        title=title,
        body=body,
        link=reverse("clearcard:case-detail", args=[case.number]),
        dedupe_key=f"hand-in:{order.pk}:{order.state}",
    )
