"""Red forms (信息表): granted and numbered at once, or entered as the buyer brought them; used once or withdrawn."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from stdnum import luhn

from accounts import services as account_services
from accounts.models import User
from invoicing import policies, rules, selectors
from invoicing.choices import RED_FORM_KINDS, InvoiceState, RedApplicant, RedFormState
from invoicing.errors import RedNotAllowedError
from invoicing.models import Invoice, NumberSeries, RedForm
from invoicing.rules.red_numbers import red_number_fault
from invoicing.services.red import NOT_YOURS, lock_blue, require_possible, take
from taxhall.common import clock
from taxhall.common.errors import InvalidInputError, NotFoundError
from taxhall.common.money import ZERO
from taxhall.common.policies import require


@transaction.atomic
def apply_red_form(
    *,
    actor: User,
    blue: Invoice,
    applicant: str,
    reason: str,
    key: uuid.UUID,
    chosen: Mapping[int, Decimal] | None = None,
    number: str = "",
) -> RedForm:
    """Apply for a red form, or keep the number that the buyer was given; what it covers is reserved from then on.

    A number that the buyer brings was given by another hall, and is entered here without being verified.

    Rule: 国家税务总局公告2016年第47号: the buyer applies who has deducted, else the seller. The same key is the
    same form. Raises: NotPermittedError; RedNotAllowedError; RedProblemsError; InvalidInputError for a number.
    """
    locked = lock_blue(blue.pk)
    require(policies.can_issue_invoice(actor, locked.taxpayer), NOT_YOURS)
    if (made := _made_before(key, locked)) is not None:
        return made
    shares = _shares_of(locked, chosen)
    is_brought = applicant == RedApplicant.BUYER
    form = RedForm(key=key, taxpayer=locked.taxpayer, blue=locked, applicant=applicant, reason=reason, applied_by=actor)
    form.number = _given(number, locked) if is_brought else _next_number(locked)
    _reserve(form, shares)
    _audit(actor, "invoicing.red_form_entered" if is_brought else "invoicing.red_form_approved", form)
    return form


def _made_before(key: uuid.UUID, blue: Invoice) -> RedForm | None:
    """Return what the same key made. Raises: NotFoundError when that is the form of another invoice."""
    made = RedForm.objects.filter(key=key).first()
    if made is not None and made.blue_id != blue.pk:
        raise NotFoundError(_("没有找到这份红字信息表。"))
    return made


def _shares_of(blue: Invoice, chosen: Mapping[int, Decimal] | None) -> tuple[rules.RedShare, ...]:
    """Return what a form takes of each line: all that is left, or what was chosen.

    Raises: RedNotAllowedError; RedProblemsError.
    """
    if blue.kind not in RED_FORM_KINDS:
        raise RedNotAllowedError(code="red.form_not_needed", why=_("普通发票不需要信息表，可以直接开具红字发票"))
    units = selectors.red_units(blue)
    require_possible(blue, units)
    return take(units, rules.whole_of(units) if chosen is None else chosen)


def _reserve(form: RedForm, shares: tuple[rules.RedShare, ...]) -> None:
    """Write the form with what it takes of each line of its blue invoice."""
    form.shares = {str(each.line): [str(each.amount), str(each.tax)] for each in shares}
    form.amount = sum((each.amount for each in shares), ZERO)
    form.tax = sum((each.tax for each in shares), ZERO)
    form.save(force_insert=True)


@transaction.atomic
def withdraw_red_form(*, actor: User, form: RedForm) -> RedForm:
    """Give up a form that was not used; its number is good for nothing from then on.

    Raises: NotPermittedError; RedNotAllowedError while a red invoice names it.
    """
    lock_blue(form.blue_id)
    locked = RedForm.objects.select_for_update(of=("self",)).select_related("taxpayer").get(pk=form.pk)
    require(policies.can_issue_invoice(actor, locked.taxpayer), NOT_YOURS)
    if locked.state == RedFormState.WITHDRAWN:
        return locked
    if locked.state == RedFormState.USED or locked.reds.exclude(state=InvoiceState.VOIDED).exists():
        raise RedNotAllowedError(code="red.form_in_use", why=_("这个编号已用于红字发票或红字草稿"))
    locked.state = RedFormState.WITHDRAWN
    locked.save(update_fields=["state", "updated_at"])
    _audit(actor, "invoicing.red_form_withdrawn", locked)
    return locked


def _given(number: str, blue: Invoice) -> str:
    number = "".join(number.split())
    fault = red_number_fault(number, blue_on=blue.dated_on, today=clock.today())
    if fault is not None:
        raise _wrong(fault)
    if RedForm.objects.filter(number=number).exists():
        raise _wrong(_("这个信息表编号已经录入过，一个编号只能开具一张红字发票。"))
    return number


def _wrong(why: object) -> InvalidInputError:
    return InvalidInputError(
        _("信息表没有保存，发票没有变化。"),
        code="red.form_number",
        next_step=_("请按购买方提供的编号核对。"),
        fields={"number": [str(why)]},
    )


def _next_number(blue: Invoice) -> str:
    """Return the next number of the bureau and month: area, year and month, sequence, check digit (Luhn)."""
    head = f"{blue.taxpayer.bureau.code[1:7]}{clock.today():%y%m}"
    NumberSeries.objects.get_or_create(key=f"red_form:{head}")
    series = NumberSeries.objects.select_for_update().get(key=f"red_form:{head}")
    while True:
        series.last += 1
        number = f"{head}{series.last:05d}"
        number += luhn.calc_check_digit(number)
        # A number that a buyer brought may be ahead of the series.
        if not RedForm.objects.filter(number=number).exists():
            break
    series.save(update_fields=["last"])
    return number


def _audit(actor: User, action: str, form: RedForm) -> None:
    data = {"number": form.number, "reason": form.number, "amount": str(form.amount), "tax": str(form.tax)}
    account_services.record_audit_event(actor=actor, action=action, obj=form.blue, taxpayer=form.taxpayer, data=data)
