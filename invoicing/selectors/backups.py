"""Reads for backups: what goes into one, and whether the newest still says all there is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from accounts import policies as account_policies
from accounts.models import Taxpayer, User
from devices.models import Device
from invoicing.choices import BackupState
from invoicing.models import Invoice, InvoiceBackup, InvoiceLine, InvoiceVehicle
from taxhall.common.errors import NotFoundError
from taxhall.common.periods import TaxPeriod

# The columns of an invoice that are kept, as they are named in the file.
FIELDS = (
    "kind", "code", "number", "state", "dated_on", "issued_at", "counter", "check_code", "cipher_text",
    "signed_message", "seller_number", "seller_name", "seller_address", "seller_bank", "buyer_number", "buyer_name",
    "buyer_address", "buyer_bank", "amount", "tax", "total", "is_tax_inclusive", "remark", "payee", "reviewer",
    "drawer_name", "deduction_amount", "red_reason", "is_uploaded", "uploaded_at",
    "void_reason", "voided_at", "void_message",
)  # fmt: skip
LINE_FIELDS = (
    "position", "line_kind", "name", "tax_code", "spec", "unit", "quantity", "price", "is_tax_inclusive", "amount",
    "rate", "rate_reason", "zero_mark", "tax",
)  # fmt: skip
VEHICLE_FIELDS = (
    "vehicle_type", "brand_model", "origin", "vin", "engine_number", "certificate_number", "import_certificate",
    "inspection_number", "tax_receipt", "tonnage", "seats",
)  # fmt: skip
BATCH = 500


def period_invoices(*, taxpayer: Taxpayer, period: TaxPeriod) -> QuerySet[Invoice]:
    """Return the numbered invoices of a company and month."""
    found: QuerySet[Invoice] = Invoice.objects.numbered().filter(
        taxpayer=taxpayer, dated_on__range=(period.start, period.end)
    )
    return found


def ledger_mark(*, taxpayer: Taxpayer, period: TaxPeriod) -> str:
    """Return a mark of the month's invoices that changes whenever one of them is issued, voided or uploaded."""
    facts = period_invoices(taxpayer=taxpayer, period=period).aggregate(
        count=Count("pk"), total=Sum("total"), changed=Max("updated_at"), newest=Max("pk")
    )
    return hashlib.sha256(json.dumps(facts, default=str, sort_keys=True).encode()).hexdigest()


def backup_lines(*, taxpayer: Taxpayer, period: TaxPeriod) -> Iterator[dict[str, Any]]:
    """Yield each invoice of the month with its lines, plain values only, in the order of issuing."""
    rows = (
        period_invoices(taxpayer=taxpayer, period=period)
        .select_related("device", "blue", "vehicle")
        .order_by("issued_at", "pk")
    )
    for invoice in rows.prefetch_related("lines").iterator(chunk_size=BATCH):
        line = {name: _plain(getattr(invoice, name)) for name in FIELDS}
        line["device"] = invoice.device.serial if invoice.device is not None else ""
        # The invoice that a red one takes back.
        line["blue"] = None if invoice.blue is None else {"code": invoice.blue.code, "number": invoice.blue.number}
        vehicle: InvoiceVehicle | None = getattr(invoice, "vehicle", None)
        line["vehicle"] = None if vehicle is None else {name: _plain(getattr(vehicle, name)) for name in VEHICLE_FIELDS}
        line["lines"] = [_line(each) for each in invoice.lines.all()]
        yield line


def backup_certificates(*, taxpayer: Taxpayer, period: TaxPeriod) -> dict[str, str]:
    """Return the certificates, by serial, of the disks that signed the month's invoices."""
    devices = Device.objects.filter(pk__in=period_invoices(taxpayer=taxpayer, period=period).values("device"))
    return dict(devices.values_list("serial", "certificate"))


def list_backups(*, visible_to: User, taxpayer: Taxpayer) -> QuerySet[InvoiceBackup]:
    """Return the backups of a company, newest first."""
    if not account_policies.can_view_taxpayer(visible_to, taxpayer):
        return InvoiceBackup.objects.none()
    return InvoiceBackup.objects.filter(taxpayer=taxpayer).select_related("requested_by")


def get_backup(*, visible_to: User, taxpayer: Taxpayer, pk: Any) -> InvoiceBackup:
    """Return one backup. Raises: NotFoundError when it is absent or not to be seen; both look the same."""
    found = list_backups(visible_to=visible_to, taxpayer=taxpayer).filter(pk=pk).first()
    if found is None:
        raise NotFoundError(_("没有找到这份备份。"), next_step=_("请从备份列表中选择。"))
    return found


def backed_up_at(*, taxpayer: Taxpayer, period: TaxPeriod) -> datetime | None:
    """Return when a backup that holds the month's invoices as they are now was taken along, None if none was."""
    taken = InvoiceBackup.objects.filter(
        taxpayer=taxpayer,
        period_code=period.code,
        downloaded_at__isnull=False,
        state__in=[BackupState.READY, BackupState.EXPIRED],
    )
    newest = taken.order_by("-created_at").first()
    if newest is None or newest.ledger_mark != ledger_mark(taxpayer=taxpayer, period=period):
        return None
    return newest.downloaded_at


def _line(line: InvoiceLine) -> dict[str, Any]:
    return {name: _plain(getattr(line, name)) for name in LINE_FIELDS}


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | str | dict) else _text(value)


def _text(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else format(value, "f")
