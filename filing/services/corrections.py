"""Correcting a filed return (更正申报): a new return that takes the old one's place when it is filed."""

from __future__ import annotations

from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import services as account_services
from accounts.models import User
from filing import policies, selectors
from filing.choices import GONE_STATES, WAITING_PAYMENTS, ReturnStatus
from filing.models import ReturnLine, TaxReturn
from filing.services.sheets import store_sheet
from taxhall.common.errors import ConflictError, InvalidInputError
from taxhall.common.policies import require


@transaction.atomic
def correct_return(*, actor: User, tax_return: TaxReturn, reason: str) -> TaxReturn:
    """Begin the correction of a filed return, or return the one that is being filled in.

    Rule: the old return stands until the correction is filed; what was entered in it is taken over, and
    prefilled numbers are read anew. Raises: NotPermittedError; ConflictError; InvalidInputError.
    """
    locked = TaxReturn.objects.select_for_update(of=("self",)).select_related("taxpayer__bureau").get(pk=tax_return.pk)
    require(policies.can_change_return(actor, locked), _("您在这家企业的身份不能办理更正申报。"))
    if standing := selectors.find_correction(locked):
        return standing
    if not reason.strip():
        raise InvalidInputError(_("没有填写更正原因，没有建立更正申报表。"), fields={"reason": [_("请填写更正原因")]})
    if obstacle := correction_obstacle(locked):
        raise ConflictError(
            obstacle, code="filing.correction_not_possible", next_step=_("原申报表仍然有效，请按提示处理后再更正。")
        )
    draft = _begin(locked, reason.strip()[:200])
    account_services.record_audit_event(
        actor=actor, action="filing.correction_started", obj=draft, taxpayer=locked.taxpayer,
        data={"corrects": locked.receipt_number, "reason": draft.correction_reason},
    )  # fmt: skip
    return draft


def correction_obstacle(tax_return: TaxReturn) -> str:
    """Return what stands against correcting a return, in words; empty when nothing does."""
    if tax_return.is_draft:
        return _("这张申报表还没有申报，直接修改即可。")
    if tax_return.status in GONE_STATES:
        return _("这张申报表已作废或已被更正，不能再更正。")
    if tax_return.payments.filter(state__in=WAITING_PAYMENTS).exists():
        return _("这张申报表的缴款还没有得到国库答复，暂不能更正。")
    if selectors.find_exception(taxpayer=tax_return.taxpayer, period=tax_return.period, is_open=True):
        return _("异常转办处理中，不能重复申报；请等待异常处理岗的决定。")
    return ""


def take_the_place(correction: TaxReturn) -> None:
    """Mark the corrected return as corrected, and carry over what the treasury received for it.

    Raises: ConflictError when it was corrected, voided or its payment began meanwhile.
    """
    old = TaxReturn.objects.select_for_update().get(corrections=correction)
    if obstacle := correction_obstacle(old):
        raise ConflictError(
            obstacle, code="filing.correction_not_possible", next_step=_("原申报表仍然有效，本次更正没有提交。")
        )
    correction.paid_before = received_for(old)
    old.status = ReturnStatus.CORRECTED
    old.save(update_fields=["status", "updated_at"])


def received_for(tax_return: TaxReturn) -> Decimal:
    """Return what the treasury received for a return and for those it corrected."""
    return selectors.received_tax(tax_return) + tax_return.paid_before


def _begin(old: TaxReturn, reason: str) -> TaxReturn:
    draft = TaxReturn.objects.create(
        taxpayer=old.taxpayer, form_code=old.form_code, form_version=old.form_version,
        period_start=old.period_start, period_end=old.period_end, corrects=old, correction_reason=reason,
    )  # fmt: skip
    entries = selectors.stored_entries(old)
    store_sheet(draft, selectors.current_sheet(draft, entries))
    # A number that the hall would now prefill by itself needs no entry and no reason.
    ReturnLine.objects.filter(tax_return=draft, is_overridden=False).exclude(reason="").update(reason="")
    return draft
