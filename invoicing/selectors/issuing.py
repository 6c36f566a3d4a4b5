"""What the seller and the disk allow today."""

from __future__ import annotations

from datetime import date

from django.db.models import Count, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.choices import TaxpayerStatus
from accounts.models import Taxpayer
from devices import selectors as device_selectors
from devices.choices import DIGITAL_KINDS
from devices.models import Device, DeviceAuthorisation
from invoicing.choices import InvoiceState
from invoicing.models import Invoice
from invoicing.rules import Credit, IssuingTerms, Problem, VoidFacts
from invoicing.selectors.credit import credit_month
from invoicing.selectors.red import has_red
from invoicing.selectors.vehicles import find_sold_again
from taxhall.common import clock
from taxhall.common.money import ZERO
from taxhall.common.prepared import Prepared, Slot
from taxhall.common.rates import TaxRate

_WAITING: Prepared[tuple[int]] = Prepared(
    lambda: (
        _waiting(Slot("device"))
        .filter(kind=Slot("kind"))
        .order_by()
        .values("kind")
        .annotate(n=Count("pk"))
        .values_list("n")
    )
)


def terms_for(*, taxpayer: Taxpayer, device: Device | None, kind: str, today: date | None = None) -> IssuingTerms:
    """Return the terms of a kind: the platform's for a digital invoice, else the disk's."""
    if kind in DIGITAL_KINDS:
        return digital_terms(taxpayer=taxpayer, today=today)
    if device is None:
        raise ValueError("only digital invoices are issued without a disk")
    return issuing_terms(device=device, kind=kind, today=today)


def digital_terms(*, taxpayer: Taxpayer, today: date | None = None) -> IssuingTerms:
    """Return what the bureau allows a company today in digital invoices; only true while its credit is locked."""
    day = today or clock.today()
    row = credit_month(taxpayer=taxpayer, day=day)
    return IssuingTerms(
        taxpayer_kind=taxpayer.kind,
        today=day,
        is_authorised=True,
        rates=frozenset(TaxRate.values),
        limit_amount=ZERO,
        remaining=0,
        device_problems=_standing_problems(taxpayer),
        is_digital=True,
        credit=None if row is None else Credit(row.amount, row.used),
    )


def _standing_problems(taxpayer: Taxpayer) -> tuple[Problem, ...]:
    """A disk would be locked; where there is none, the platform itself looks at how the company stands."""
    if taxpayer.status == TaxpayerStatus.NORMAL:
        return ()
    message = _("纳税人状态为“%(status)s”，不能开具数电票。") % {"status": taxpayer.get_status_display()}
    return (Problem("credit.taxpayer_status", "kind", message, _("请到主管税务机关恢复正常状态后再开具。")),)


def issuing_terms(*, device: Device, kind: str, today: date | None = None) -> IssuingTerms:
    """Return what the seller and the disk allow today for one kind of invoice; the disk has the last word.

    Orders that wait for the disk already take their number from the stock.
    """
    day = today or clock.today()
    stock = device_selectors.list_authorisations(device)
    item = next((each for each in stock if each.invoice_kind == kind), None)
    (waiting,) = (_WAITING.first(device=device.pk, kind=kind) if item else None) or (0,)
    offline = device_selectors.offline_use(device, kind)
    return IssuingTerms(
        taxpayer_kind=device.taxpayer.kind,
        today=day,
        is_authorised=item is not None,
        rates=frozenset(item.rates) if item else frozenset(),
        limit_amount=item.limit_amount if item else ZERO,
        remaining=_free(item, waiting) if item else 0,
        next_code=item.segment_code if item else "",
        next_number=f"{item.next_number:08d}" if item else "",
        offline_count=offline.count,
        offline_count_limit=offline.count_limit,
        offline_amount=offline.amount,
        offline_amount_limit=offline.amount_limit,
        device_problems=_device_problems(device, day, stock),
        device_serial=device.serial,
    )


def free_stock(device: Device) -> dict[str, int]:
    """Return how many blank invoices of each kind the disk has left for new orders, by the terms of issuing."""
    waiting = dict(_waiting(device).order_by().values_list("kind").annotate(Count("pk")))
    stock = device_selectors.list_authorisations(device)
    return {item.invoice_kind: _free(item, waiting.get(item.invoice_kind, 0)) for item in stock}


def _waiting(device: Device | Slot) -> QuerySet[Invoice]:
    return Invoice.objects.filter(device=device, state=InvoiceState.ISSUING)


def _free(item: DeviceAuthorisation, waiting: int) -> int:
    return max(0, item.remaining - waiting)


# Told more exactly by the rules of the invoice itself.
_TOLD_BY_RULES = frozenset(
    {"disk.kind_not_authorised", "disk.stock_empty", "disk.offline_count", "disk.offline_amount"}
)


def _device_problems(device: Device, day: date, stock: list[DeviceAuthorisation]) -> tuple[Problem, ...]:
    return tuple(
        Problem(each.code, "device", each.message, each.next_step)
        for each in device_selectors.can_issue_on(device, day, stock=stock)
        if each.code not in _TOLD_BY_RULES
    )


def void_facts(*, invoice: Invoice, device: Device | None) -> VoidFacts:
    """Return what decides whether the invoice may be voided today, as the last reading of the disk says."""
    is_cleared = device is not None and invoice.dated_on < device.period_start
    is_reported = device is not None and device.is_reported and device.period.contains(invoice.dated_on)
    return VoidFacts(
        state=invoice.state,
        kind=invoice.kind,
        dated_on=invoice.dated_on,
        today=clock.today(),
        is_period_reported=is_cleared or is_reported,
        has_red=has_red(invoice),
        is_sold_again=invoice.blue is not None and find_sold_again(invoice.blue) is not None,
    )
