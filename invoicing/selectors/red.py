"""Reads of red invoices: what is left of a blue one, the forms of a company."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from accounts import policies as account_policies
from accounts.models import Taxpayer, User
from invoicing.choices import InvoiceState, LineKind, RedFormState
from invoicing.models import Invoice, InvoiceLine, RedForm
from invoicing.rules import RedUnit
from taxhall.common.errors import NotFoundError
from taxhall.common.money import ZERO

# A red invoice in these states takes nothing back.
_IDLE = (InvoiceState.DRAFT, InvoiceState.VOIDED)


def red_units(blue: Invoice, *, but: Invoice | None = None, form: RedForm | None = None) -> list[RedUnit]:
    """Return the lines of a blue invoice, discounts folded in, with what is left of each.

    Red invoices that the disk was asked for count from that moment, forms from the day they are granted; leave out
    the red invoice or the form in hand. Only true while the blue row is locked.
    """
    taken = _taken(blue, but=but, form=form)
    found: list[RedUnit] = []
    for line, amount, tax in _folded(blue):
        less, less_tax = taken.get(line.pk, (ZERO, ZERO))
        left = (amount - less, tax - less_tax)
        found.append(RedUnit(line.pk, line.name, line.rate, amount, tax, *left, blue.deduction_amount is not None))
    return found


def has_red(blue: Invoice) -> bool:
    """Say whether a red invoice or a form in force takes (part of) the invoice back."""
    reds = Invoice.objects.filter(blue=blue).exclude(state__in=_IDLE)
    return reds.exists() or RedForm.objects.filter(blue=blue, state=RedFormState.APPROVED).exists()


def list_reds(blue: Invoice) -> QuerySet[Invoice]:
    """Return the red invoices of a blue one, drafts included."""
    found: QuerySet[Invoice] = Invoice.objects.filter(blue=blue).order_by("pk")
    return found


def list_red_forms(*, visible_to: User, taxpayer: Taxpayer) -> QuerySet[RedForm]:
    """Return the red forms of a company, newest first."""
    if not account_policies.can_view_taxpayer(visible_to, taxpayer):
        return RedForm.objects.none()
    return RedForm.objects.filter(taxpayer=taxpayer).select_related("blue", "applied_by")


def get_red_form(*, visible_to: User, taxpayer: Taxpayer, pk: int) -> RedForm:
    """Return one form. Raises: NotFoundError when it is absent or not to be seen."""
    found = list_red_forms(visible_to=visible_to, taxpayer=taxpayer).filter(pk=pk).first()
    if found is None:
        raise NotFoundError(_("没有找到这份红字信息表。"), next_step=_("请从列表中选择。"))
    return found


def _folded(blue: Invoice) -> list[tuple[InvoiceLine, Decimal, Decimal]]:
    found: list[tuple[InvoiceLine, Decimal, Decimal]] = []
    for line in blue.lines.all():
        if line.line_kind == LineKind.DISCOUNT:
            owner, amount, tax = found[-1]
            found[-1] = (owner, amount + line.amount, tax + line.tax)
        else:
            found.append((line, line.amount, line.tax))
    return found


def _taken(blue: Invoice, *, but: Invoice | None, form: RedForm | None) -> dict[int, tuple[Decimal, Decimal]]:
    taken: dict[int, tuple[Decimal, Decimal]] = defaultdict(lambda: (ZERO, ZERO))
    rows: Any = (
        InvoiceLine.objects.filter(invoice__blue=blue)
        .exclude(invoice__state__in=_IDLE)
        .exclude(invoice=but)
        .order_by()
        .values_list("source")
        .annotate(Sum("amount"), Sum("tax"))
    )
    for line, amount, tax in rows:
        taken[line] = (-amount, -tax)
    for other in _reserving(blue, form):
        for line, share in other.shares.items():
            before = taken[int(line)]
            taken[int(line)] = (before[0] + Decimal(share[0]), before[1] + Decimal(share[1]))
    return taken


def _reserving(blue: Invoice, form: RedForm | None) -> QuerySet[RedForm]:
    """Forms whose red invoice has not been asked for yet; from then on the invoice itself counts."""
    asked = Invoice.objects.filter(red_form=OuterRef("pk")).exclude(state__in=_IDLE)
    found = RedForm.objects.filter(~Exists(asked), blue=blue, state=RedFormState.APPROVED)
    return found if form is None else found.exclude(pk=form.pk)
