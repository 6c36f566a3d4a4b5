"""Taking invoices back (红冲): the red draft, the form of a special one, and what signed reds leave of the blue."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from accounts import services as account_services
from accounts.models import User
from devices.choices import DeviceStatus
from devices.models import Device
from invoicing import policies, rules, selectors
from invoicing.choices import RED_FORM_KINDS, ConfirmationState, InvoiceState, RedFormState
from invoicing.errors import RedNotAllowedError, RedProblemsError
from invoicing.models import Invoice, InvoiceLine, RedConfirmation, RedForm
from invoicing.services import outcome
from invoicing.services.drafts import copy_seller
from invoicing.services.vehicles import save_vehicle, vehicle_of
from taxhall.common import clock
from taxhall.common.errors import NotFoundError
from taxhall.common.money import ZERO
from taxhall.common.policies import require

NOT_YOURS = _("您的身份不能红冲这家企业的发票。")
# Copied from the blue invoice as it was issued.
_COPIED = (
    "buyer_number",
    "buyer_name",
    "buyer_address",
    "buyer_bank",
    "payee",
    "reviewer",
    "is_tax_inclusive",
    "deduction_amount",
)


@transaction.atomic
def draft_red(
    *,
    actor: User,
    blue: Invoice,
    reason: str,
    key: uuid.UUID,
    chosen: Mapping[int, Decimal] | None = None,
    form: RedForm | None = None,
    confirmation: RedConfirmation | None = None,
) -> Invoice:
    """Write the draft of a red invoice: all that is left, the chosen amounts, or what its form or confirmation allows.

    The same key is the same draft. What is left is checked again when it is issued.
    Raises: NotPermittedError; RedNotAllowedError; RedProblemsError with the lines.
    """
    locked = lock_blue(blue.pk)
    require(policies.can_issue_invoice(actor, locked.taxpayer), NOT_YOURS)
    made: Invoice | None = Invoice.objects.filter(draft_key=key).first()
    if made is not None:
        return _only_own(made, locked)
    units = selectors.red_units(locked, form=form)
    require_possible(locked, units)
    if form is None and locked.kind in RED_FORM_KINDS:
        raise RedNotAllowedError(code="red.form_missing", why=_("专用发票须先申请红字信息表"))
    if locked.is_digital:
        confirmation = _usable(confirmation, locked)
    leave = form or confirmation
    if leave is not None:
        chosen = {int(line): Decimal(share[0]) for line, share in leave.shares.items()}
    shares = take(units, rules.whole_of(units) if chosen is None else chosen)
    red = _red_of(locked, actor=actor, reason=reason, key=key, leave=leave, shares=shares)
    if confirmation is not None:
        RedConfirmation.objects.filter(pk=confirmation.pk).update(red=red, updated_at=clock.now())
    _audit(actor, "invoicing.red_drafted", red, {"blue": locked.number, "total": str(red.total)})
    return red


def take(units: list[rules.RedUnit], chosen: Mapping[int, Decimal]) -> tuple[rules.RedShare, ...]:
    """Return the shares of what was chosen. Raises: RedProblemsError."""
    problems = list(rules.choice_problems(units, chosen))
    if problems:
        raise RedProblemsError(problems)
    return rules.red_shares(units, chosen)


def require_possible(blue: Invoice, units: list[rules.RedUnit]) -> None:
    """Raise RedNotAllowedError unless (part of) the invoice may be taken back."""
    left = sum((unit.left_amount for unit in units), ZERO)
    for condition in rules.red_conditions(state=blue.state, is_red=blue.is_red, left_amount=left):
        if not condition.is_met:
            raise RedNotAllowedError(code=condition.code, why=condition.found)


def lock_blue(pk: int) -> Invoice:
    """Lock a blue invoice; always before any of its red ones, so that two reds queue up."""
    found: Invoice = Invoice.objects.select_for_update(of=("self",)).select_related("taxpayer", "device").get(pk=pk)
    return found


def settle_blue(red: Invoice) -> None:
    """Write on the blue invoice what its signed reds take back, and on the form whether it is used.

    Rule: a red one whose voiding is in doubt counts until the disk says that it is void.
    Called with the blue row locked, in the transaction that records the disk's word.
    """
    if red.blue_id is None:
        return
    signed = Invoice.objects.numbered().filter(blue=red.blue_id).exclude(state=InvoiceState.VOIDED)
    sums = signed.order_by().aggregate(amount=Sum("amount"), tax=Sum("tax"))
    taken = {"red_amount": -(sums["amount"] or 0), "red_tax": -(sums["tax"] or 0)}
    Invoice.objects.filter(pk=red.blue_id).update(**taken, updated_at=clock.now())
    if red.red_form_id is not None:
        state = RedFormState.APPROVED if red.state == InvoiceState.VOIDED else RedFormState.USED
        RedForm.objects.filter(pk=red.red_form_id).update(state=state, updated_at=clock.now())
    action = "invoicing.red_voided" if red.state == InvoiceState.VOIDED else "invoicing.red_issued"
    _audit(None, action, Invoice(pk=red.blue_id, taxpayer_id=red.taxpayer_id), {"reason": red.full_number})


def settle_confirmation(red: Invoice) -> None:
    """Write that the confirmation of a digital red invoice is used, in the transaction that issues it."""
    if red.blue_id is not None:
        confirmations = RedConfirmation.objects.filter(red=red.pk, state=ConfirmationState.CONFIRMED)
        confirmations.update(state=ConfirmationState.USED, updated_at=clock.now())


def _usable(confirmation: RedConfirmation | None, blue: Invoice) -> RedConfirmation:
    """Lock the confirmation and return it when it allows a red draft now. Raises: RedNotAllowedError."""
    found = None
    if confirmation is not None:
        found = RedConfirmation.objects.select_for_update().filter(pk=confirmation.pk, blue=blue).first()
    if found is None or found.state != ConfirmationState.CONFIRMED or found.red_id is not None:
        why = _("数电票须先有已确认的红字发票信息确认单，一份只能开具一张红字发票")
        raise RedNotAllowedError(code="red.confirmation_missing", why=why)
    return found


def _only_own(made: Invoice, blue: Invoice) -> Invoice:
    if made.blue_id != blue.pk:
        raise NotFoundError(_("没有找到这张发票。"))
    return made


def _red_of(
    blue: Invoice,
    *,
    actor: User,
    reason: str,
    key: uuid.UUID,
    leave: RedForm | RedConfirmation | None,
    shares: tuple[rules.RedShare, ...],
) -> Invoice:
    amount, tax = sum((each.amount for each in shares), ZERO), sum((each.tax for each in shares), ZERO)
    red = Invoice(
        taxpayer=blue.taxpayer,
        device=disk_for(blue),
        kind=blue.kind,
        draft_key=key,
        dated_on=clock.today(),
        blue=blue,
        red_form=leave if isinstance(leave, RedForm) else None,
        red_reason=reason,
        amount=-amount,
        tax=-tax,
        total=-amount - tax,
        remark=_remark(blue, leave),
        drawer=actor,
        drawer_name=str(actor)[:20],
        **{name: getattr(blue, name) for name in _COPIED},
    )
    copy_seller(red, taxpayer=blue.taxpayer)
    red.save(force_insert=True)
    InvoiceLine.objects.bulk_create(_lines(red, blue, shares))
    if (vehicle := vehicle_of(blue)) is not None:
        save_vehicle(red, vehicle)
    return red


def _lines(red: Invoice, blue: Invoice, shares: tuple[rules.RedShare, ...]) -> list[InvoiceLine]:
    sources = {line.pk: line for line in blue.lines.all()}
    return [_line(red, sources[share.line], share, position=position) for position, share in enumerate(shares, start=1)]


def _line(red: Invoice, source: InvoiceLine, share: rules.RedShare, *, position: int) -> InvoiceLine:
    # A part of a line, or a line with a discount, has no quantity that times the price gives the amount.
    is_whole = share.amount == source.amount and source.quantity is not None
    return InvoiceLine(
        invoice=red,
        position=position,
        source=source,
        name=source.name,
        tax_code=source.tax_code,
        spec=source.spec,
        unit=source.unit,
        quantity=-source.quantity if is_whole and source.quantity is not None else None,
        price=source.price if is_whole else None,
        is_tax_inclusive=source.is_tax_inclusive,
        amount=-share.amount,
        rate=source.rate,
        zero_mark=source.zero_mark,
        rate_reason=source.rate_reason,
        tax=-share.tax,
    )


def disk_for(blue: Invoice) -> Device | None:
    """Return the disk that signed the blue invoice, or the company's first other one when that is no longer in use."""
    if blue.device is None or blue.device.status == DeviceStatus.ACTIVE:
        return blue.device
    return Device.objects.filter(taxpayer=blue.taxpayer_id, status=DeviceStatus.ACTIVE).first() or blue.device


def _remark(blue: Invoice, leave: RedForm | RedConfirmation | None) -> str:
    """Return the remark that the law asks for, in its own words."""
    if isinstance(leave, RedConfirmation):
        return f"被红冲蓝字数电票号码：{blue.number} 红字发票信息确认单编号：{leave.number}"
    if leave is not None:
        return f"开具红字增值税专用发票信息表编号{leave.number}"
    return f"对应正数发票代码:{blue.code}号码:{blue.number}"


def _audit(actor: User | None, action: str, obj: Any, data: dict[str, Any]) -> None:
    if actor is None:
        outcome.audit(obj, action, data=data)
    else:
        account_services.record_audit_event(actor=actor, action=action, obj=obj, taxpayer_id=obj.taxpayer_id, data=data)
