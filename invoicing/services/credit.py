"""The monthly credit for digital invoices: changed by officers, used by issuing, given back by red invoices."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import services as account_services
from accounts.models import Taxpayer, User
from invoicing import policies, selectors
from invoicing.choices import CreditChangeKind
from invoicing.errors import CreditChangeError, RequestReusedError
from invoicing.models import CreditChange, CreditMonth, Invoice, InvoiceCredit
from taxhall.common import clock
from taxhall.common.money import ZERO, round_money
from taxhall.common.policies import require


@transaction.atomic
def change_credit(
    *, actor: User, taxpayer: Taxpayer, kind: str, amount: Decimal, reason: str, key: uuid.UUID
) -> CreditChange:
    """Set what a company may issue every month from this one on, or add to (take from) this month alone.

    Rule: never below what is used already; the same key is the same change.
    Raises: NotPermittedError; CreditChangeError; RequestReusedError for a key under which another change was made.
    """
    require(policies.can_change_credit(actor, taxpayer), _("您的岗位不能调整这户纳税人的发票总额度。"))
    held = _hold(taxpayer)
    # Of this company only, whatever key another one uses.
    key = uuid.uuid5(key, f"credit {taxpayer.pk}")
    amount, reason, month = round_money(amount), reason.strip()[:200], clock.today().replace(day=1)
    made = CreditChange.objects.filter(key=key).first()
    if made is not None:
        if (made.kind, made.amount, made.reason) != (kind, amount, reason):
            raise RequestReusedError
        return made
    _require_sound(kind, amount, reason)
    row = _month_row(held, month)
    if kind == CreditChangeKind.PERIODIC:
        held.amount = row.base = amount
    else:
        row.extra += amount
    if row.amount < row.used or row.amount < 0:
        raise CreditChangeError(
            _("本月已使用 %(used)s 元，总额度不能低于已使用的金额。") % {"used": f"{row.used:,.2f}"}, field="amount"
        )
    held.save()
    row.save()
    change = CreditChange.objects.create(
        key=key, taxpayer=taxpayer, kind=kind, month=month, amount=amount, reason=reason,
        made_by=actor, made_at=clock.now(),
    )  # fmt: skip
    _tell_company(change, row)
    account_services.record_audit_event(
        actor=actor,
        action="invoicing.credit_changed",
        obj=change,
        taxpayer=taxpayer,
        data={"kind": kind, "amount": str(amount), "credit": str(row.amount), "reason": reason},
    )
    return change


def _tell_company(change: CreditChange, row: CreditMonth) -> None:
    facts = {"kind": change.get_kind_display(), "amount": f"{row.amount:,.2f}", "reason": change.reason}
    account_services.send_notice(
        taxpayer=change.taxpayer,
        kind="credit",
        title=str(_("数电票的发票总额度已调整")),
        body=str(_("%(kind)s：本月总额度 %(amount)s 元（不含税），原因：%(reason)s") % facts),
        link=f"{reverse('invoicing:invoice-create')}?kind=32",
        dedupe_key=f"credit:{change.key}",
    )


def lock_credit(taxpayer_id: int) -> InvoiceCredit | None:
    """Lock a company's credit, which comes before its invoices as the disk does; None when none was granted."""
    return InvoiceCredit.objects.select_for_update().filter(taxpayer=taxpayer_id).first()


def use_credit(held: InvoiceCredit, *, day: date, amount: Decimal) -> None:
    """Take an amount from the month of the day; what is left was checked under the same lock."""
    row = _month_row(held, day.replace(day=1))
    row.used += amount
    row.save()


def give_back(held: InvoiceCredit | None, *, blue: Invoice, red: Invoice) -> None:
    """Return what a red invoice takes back to the credit of the month, when the blue one was issued in that month.

    Rule: within the month the credit follows the red invoice at once; a blue invoice of an earlier month used that
    month's credit, which is over, so that a later red one gives nothing to the current month.
    """
    if held is not None and blue.dated_on.replace(day=1) == red.dated_on.replace(day=1):
        use_credit(held, day=red.dated_on, amount=red.amount)


def _hold(taxpayer: Taxpayer) -> InvoiceCredit:
    held, _is_new = InvoiceCredit.objects.get_or_create(taxpayer=taxpayer, defaults={"amount": ZERO})
    return InvoiceCredit.objects.select_for_update().get(pk=held.pk)


def _month_row(held: InvoiceCredit, month: date) -> CreditMonth:
    row = selectors.credit_month(taxpayer=held.taxpayer, day=month)
    # There is a credit, so there is a row or the beginnings of one.
    return row or CreditMonth(taxpayer=held.taxpayer, month=month, base=held.amount)


def _require_sound(kind: str, amount: Decimal, reason: str) -> None:
    if kind not in CreditChangeKind.values:
        raise CreditChangeError(_("请选择调整方式。"), field="kind")
    if kind == CreditChangeKind.PERIODIC and amount < 0:
        raise CreditChangeError(_("每月总额度不能是负数。"), field="amount")
    if kind == CreditChangeKind.TEMPORARY and not amount:
        raise CreditChangeError(_("请填写增加或减少的金额。"), field="amount")
    if not reason:
        raise CreditChangeError(_("请写明调整原因，企业会看到。"), field="reason")
