"""Reads of invoices one by one and in lists; visibility is an argument."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, Q
from django.utils.translation import gettext_lazy as _

from accounts import policies as account_policies
from accounts import selectors as account_selectors
from accounts.models import AuditEvent, Taxpayer, User
from invoicing.choices import InvoiceState
from invoicing.errors import NoReadBackError
from invoicing.filters import InvoiceFilters, numbered_like
from invoicing.models import CustomerTotal, Invoice
from invoicing.querysets import InvoiceQuerySet
from taxhall.common.errors import NotFoundError


@dataclass(frozen=True)
class TimelineEvent:
    """One thing that happened to an invoice."""

    at: datetime
    title: Any
    who: str
    note: str


def visible_invoices(*, visible_to: User, taxpayer: Taxpayer | None = None) -> InvoiceQuerySet:
    """Return the invoices that someone may see, narrowed to one company if given."""
    if taxpayer is None:
        return Invoice.objects.filter(taxpayer__in=account_selectors.list_taxpayers(visible_to=visible_to))
    if not account_policies.can_view_taxpayer(visible_to, taxpayer):
        return Invoice.objects.none()
    return Invoice.objects.filter(taxpayer=taxpayer)


def list_invoices(
    *, visible_to: User, taxpayer: Taxpayer | None = None, filters: InvoiceFilters | None = None
) -> InvoiceQuerySet:
    """Return the invoices that match, newest first."""
    found, filters = visible_invoices(visible_to=visible_to, taxpayer=taxpayer), filters or InvoiceFilters()
    if taxpayer is not None and filters.buyer:
        found = found.filter(_written_to(taxpayer, filters.buyer))
    if taxpayer is not None and filters.number:
        found = found.filter(_numbered(taxpayer, filters.number))
    # What the disk signed is long and shown on the face only.
    return filters.apply(found).defer("signed_message", "void_message", "cipher_text")


# More names than this are no search any more; walking the list then soon finds a page of them.
_MOST_NAMES = 300


def _written_to(taxpayer: Taxpayer, buyer: str) -> Q:
    """Turn a part of a name into the whole names this company has written to, which an index finds."""
    wanted = Q(buyer_name__icontains=buyer) | Q(buyer_number__iexact=buyer)
    customers = CustomerTotal.objects.filter(wanted, taxpayer=taxpayer).order_by().values_list("buyer_name", flat=True)
    names = list(customers.distinct()[: _MOST_NAMES + 1])
    return Q() if len(names) > _MOST_NAMES else Q(buyer_name__in=names) | Q(number="")


# More invoices than this share the digits: walking the list soon finds a page of them.
_MOST_NUMBERS = 500


def _numbered(taxpayer: Taxpayer, digits: str) -> Q:
    """Look the digits up without an order first: asked for both, the planner walks the list and hopes for a match."""
    found = Invoice.objects.filter(numbered_like(digits), taxpayer=taxpayer).order_by().values_list("pk", flat=True)
    pks = list(found[: _MOST_NUMBERS + 1])
    return Q() if len(pks) > _MOST_NUMBERS else Q(pk__in=pks)


def get_invoice(*, visible_to: User, pk: int, taxpayer: Taxpayer | None = None) -> Invoice:
    """Return one invoice with its lines.

    Raises: NotFoundError when it is absent or not to be seen; both look the same.
    """
    found = visible_invoices(visible_to=visible_to, taxpayer=taxpayer).with_face().filter(pk=pk).first()
    if found is None:
        raise NotFoundError(_("没有找到这张发票。"), next_step=_("请从发票列表中选择。"))
    invoice: Invoice = found
    return invoice


def list_doubtful(*, visible_to: User) -> InvoiceQuerySet:
    """Return the invoices of an officer's district that wait for a person, the oldest first."""
    found = visible_invoices(visible_to=visible_to).filter(state=InvoiceState.IN_DOUBT, error_code=NoReadBackError.code)
    return found.select_related("taxpayer", "device").order_by("updated_at", "pk")


@dataclass(frozen=True)
class Doubts:
    """How many invoices of a company are 待核实, and the first of them."""

    count: int
    first: int | None


def doubts_of(*, taxpayer: Taxpayer) -> Doubts:
    """Return what of a company's invoices nobody knows yet; for the desk of a company that the reader was let into."""
    found = Invoice.objects.filter(taxpayer=taxpayer, state=InvoiceState.IN_DOUBT)
    return Doubts(**found.order_by().aggregate(count=Count("pk"), first=Min("pk")))


def get_doubtful(*, visible_to: User, pk: int) -> Invoice:
    """Return one of them. Raises: NotFoundError, the same for absent, settled and another district's."""
    found: Invoice | None = list_doubtful(visible_to=visible_to).filter(pk=pk).first()
    if found is None:
        raise NotFoundError(_("没有找到这张等待核实的发票。"), next_step=_("请从待人工核实的发票列表中选择。"))
    return found


def find_by_draft_key(*, taxpayer: Taxpayer, draft_key: uuid.UUID) -> Invoice | None:
    """Return the invoice that a form of this company already made, if any."""
    found: Invoice | None = Invoice.objects.filter(taxpayer=taxpayer, draft_key=draft_key).first()
    return found


def timeline(invoice: Invoice) -> list[TimelineEvent]:
    """Return what happened to an invoice, newest first, from the audit rows."""
    rows = AuditEvent.objects.filter(object_type=Invoice._meta.label_lower, object_id=str(invoice.pk)).order_by("-pk")
    return [
        TimelineEvent(at=row.at, title=_EVENT_WORDS[row.action], who=row.actor_label, note=row.data.get("reason", ""))
        for row in rows
        if row.action in _EVENT_WORDS
    ]


_EVENT_WORDS = {
    "invoicing.draft_saved": _("保存草稿"),
    "invoicing.draft_moved": _("改用另一块设备"),
    "invoicing.issue_requested": _("提交开具"),
    "invoicing.issue_refused": _("没有开具，退回草稿"),
    "invoicing.outcome_unknown": _("未收到设备应答，待核实"),
    "invoicing.handed_to_person": _("设备不能回读，转人工核实"),
    "invoicing.settled_by_person": _("税务人员核实：设备没有执行"),
    "invoicing.invoice_issued": _("设备已签发"),
    "invoicing.digital_issued": _("数电票已开具，已归集到税务机关"),
    "invoicing.void_requested": _("提交作废"),
    "invoicing.void_refused": _("没有作废，发票仍有效"),
    "invoicing.invoice_voided": _("设备已作废"),
    "invoicing.red_drafted": _("填写红字草稿"),
    "invoicing.red_form_approved": _("取得红字信息表编号"),
    "invoicing.red_form_entered": _("录入购买方的红字信息表编号，未经核验"),
    "invoicing.red_form_withdrawn": _("撤销红字信息表"),
    "invoicing.confirmation_requested": _("发起红字发票信息确认单"),
    "invoicing.confirmation_confirmed": _("确认单已确认"),
    "invoicing.confirmation_refused": _("对方不同意确认单"),
    "invoicing.confirmation_withdrawn": _("撤销确认单"),
    "invoicing.confirmation_lapsed": _("确认单超过 72 小时作废"),
    "invoicing.red_issued": _("已开具红字发票"),
    "invoicing.red_voided": _("红字发票已作废，金额恢复"),
}
