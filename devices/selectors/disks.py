"""Reads of devices; the disk itself is read by `services.cards`."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from django.db.models import F, Prefetch, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts import selectors as account_selectors
from accounts.models import Taxpayer, User
from devices.choices import OUT_OF_USE, CommandKind, CommandState
from devices.messages import Advice, advice
from devices.models import (
    Agent,
    AgentDisk,
    ClearReceiptRecord,
    Device,
    DeviceAuthorisation,
    DeviceCommand,
    DeviceReading,
    DeviceReport,
)
from devices.protocol.constants import GROUP_OF_KIND, MAIN_GROUP
from devices.querysets import DeviceQuerySet
from taxhall.common import clock
from taxhall.common.errors import NotFoundError
from taxhall.common.periods import TaxPeriod
from taxhall.common.prepared import Prepared, Slot

CLOCK_TOLERANCE_SECONDS = 300
CERTIFICATE_WARNING = timedelta(days=30)
CUT_OFF_WARNING = timedelta(days=5)
# A disk that was not reported for so long is taken to the counter (F12).
REPORT_OVERDUE = timedelta(days=90)
# A ceiling is near when this share of it is used.
NEAR_CEILING = 0.8
_AUTHORISATIONS: Prepared[DeviceAuthorisation] = Prepared(
    lambda: DeviceAuthorisation.objects.filter(device=Slot("device")).order_by("invoice_kind")
)


def list_devices(*, taxpayer: Taxpayer) -> DeviceQuerySet:
    """Return the disks of one company."""
    return Device.objects.for_taxpayer(taxpayer).select_related("taxpayer")


def list_devices_of(*, taxpayers: Iterable[Taxpayer]) -> DeviceQuerySet:
    """Return the disks of several companies, for the hall's own work, without their certificates."""
    return Device.objects.filter(taxpayer__in=[each.pk for each in taxpayers]).defer("certificate").order_by("serial")


def list_visible_devices(*, visible_to: User) -> QuerySet[Device]:
    """Return the disks of every company the user may see."""
    taxpayers = account_selectors.list_taxpayers(visible_to=visible_to)
    return Device.objects.filter(taxpayer__in=taxpayers).select_related("taxpayer")


def get_device(*, visible_to: User, serial: str, taxpayer: Taxpayer | None = None) -> Device:
    """Return one visible disk, on pages also narrowed to the company in sight.

    Raises: NotFoundError, the same for absent and for another company's.
    """
    devices = list_visible_devices(visible_to=visible_to)
    if taxpayer is not None:
        devices = devices.filter(taxpayer=taxpayer)
    device = devices.filter(serial=serial).first()
    if device is None:
        raise NotFoundError(_("没有找到这块税控设备。"), next_step=_("请从设备列表进入。"))
    return device


def list_agents(*, taxpayer: Taxpayer) -> QuerySet[Agent]:
    """Return the PCs that a company connected, those still in use first."""
    disks = Prefetch("disks", AgentDisk.objects.select_related("device"))
    agents = Agent.objects.for_taxpayer(taxpayer).select_related("enrolled_by", "taxpayer").prefetch_related(disks)
    return agents.order_by(F("revoked_at").desc(nulls_first=True), "name", "created_at")


def get_agent(*, taxpayer: Taxpayer, number: uuid.UUID) -> Agent:
    """Return one PC of the company. Raises: NotFoundError, the same for absent and for another company's."""
    agent = list_agents(taxpayer=taxpayer).filter(pk=number).first()
    if agent is None:
        raise NotFoundError(_("没有找到这台电脑。"), next_step=_("请从电脑列表进入。"))
    return agent


def find_device(*, serial: str) -> Device | None:
    """Return the disk with this serial, for background work."""
    return Device.objects.select_related("taxpayer").filter(serial=serial).first()


def list_authorisations(device: Device) -> list[DeviceAuthorisation]:
    """Return what the disk may issue, by kind."""
    return _AUTHORISATIONS.rows(device=device.pk)


def latest_reading(device: Device) -> DeviceReading | None:
    """Return the last look at the disk."""
    return device.readings.order_by("-taken_at", "-pk").first()


def groups_of(device: Device) -> set[str]:
    """Return the groups of kinds that the disk may issue, as last read."""
    return {GROUP_OF_KIND[item.invoice_kind] for item in list_authorisations(device)}


def main_group_of(device: Device) -> str:
    """Return the group whose window the row copies."""
    held = groups_of(device) or {MAIN_GROUP}
    return MAIN_GROUP if MAIN_GROUP in held else min(held)


def latest_report(*, device: Device, period: TaxPeriod, group: str = "") -> DeviceReport | None:
    """Return the newest report (抄报) of a period and group, the one that a clear must name; else of the main group."""
    wanted = group or main_group_of(device)
    return next((each for each in latest_reports(device=device, period=period) if each.group == wanted), None)


def latest_reports(*, device: Device, period: TaxPeriod) -> list[DeviceReport]:
    """Return the newest report of a period for each group of kinds that has one."""
    reports = device.reports.filter(period_start=period.start, period_end=period.end)
    return list(reports.order_by("group", "-report_counter", "-pk").distinct("group"))


def list_reports(*, device: Device) -> QuerySet[DeviceReport]:
    """Return the disk's reports, newest first."""
    return device.reports.order_by("-created_at", "-pk")


def first_reported_sale(*, taxpayer_id: int, first: date, last: date) -> date | None:
    """Return where the first period between two days begins whose report by a disk of the company counts invoices.

    The disk signed it: it holds also for invoices that the hall does not know, such as those of another system.
    """
    reports = DeviceReport.objects.filter(device__taxpayer=taxpayer_id, period_start__lte=last, period_end__gte=first)
    found = reports.exclude(rows=[]).order_by("period_start", "pk").only("period_start", "rows")
    return next((each.period_start for each in found if any(row.count for row in each.total_rows())), None)


def list_receipts(*, device: Device) -> QuerySet[ClearReceiptRecord]:
    """Return the disk's receipts of clears, newest first."""
    return device.clear_receipts.order_by("-clear_counter_after")


def find_live_clear(*, device: Device) -> DeviceCommand | None:
    """Return the clear command of the disk that has not ended, if there is one."""
    return _live_clears().filter(device=device).first()


def live_clear_states(devices: Iterable[Device]) -> dict[int, str]:
    """Return how far the clear of each disk is whose clear has not ended, by the disk's key, in one statement."""
    found = _live_clears().filter(device__in=[each.pk for each in devices])
    return dict(found.values_list("device", "state"))


def _live_clears() -> QuerySet[DeviceCommand]:
    ended = [CommandState.DONE, CommandState.REFUSED, CommandState.CANCELLED]
    return DeviceCommand.objects.filter(kind=CommandKind.CLEAR).exclude(state__in=ended)


def list_due_devices(*, today: date) -> QuerySet[Device]:
    """Return the disks whose period has ended and is not cleared yet."""
    return Device.objects.in_use().filter(period_end__lt=today).select_related("taxpayer")


def can_issue_on(device: Device, today: date, *, stock: Sequence[DeviceAuthorisation] | None = None) -> list[Advice]:
    """Return what stands in the way of issuing on the disk today, in words; empty means nothing.

    This reads the copies of the last reading; the disk itself has the last word. Who has the authorisations
    already gives them as `stock`.
    """
    stock = list_authorisations(device) if stock is None else stock
    conditions = {
        f"disk.{device.status}": device.status in OUT_OF_USE,
        "disk.not_enabled": today < device.enabled_on,
        "disk.locked": today > device.issue_allowed_until,
        "disk.certificate_expired": device.certificate_not_after is not None and today > device.certificate_not_after,
        "disk.pin_blocked": device.pin_tries == 0,
        "disk.kind_not_authorised": not stock,
        "disk.stock_empty": bool(stock) and not any(item.remaining for item in stock),
        "disk.offline_hours": _is_offline_too_long(device),
        "disk.offline_count": 0 < device.offline_count_limit <= device.offline_count,
        "disk.offline_amount": 0 < device.offline_amount_limit <= device.offline_amount,
        "disk.months_missed": not device.is_reported and device.period.next().end < today,
        "disk.report_overdue": not device.is_reported and device.period_end + REPORT_OVERDUE < today,
        "disk.clock_skew": abs(device.clock_drift_seconds) > CLOCK_TOLERANCE_SECONDS,
    }
    return [advice(code) for code, holds in conditions.items() if holds]


def _is_offline_too_long(device: Device) -> bool:
    if device.offline_since is None or not device.offline_hours_limit:
        return False
    return clock.now() - device.offline_since > timedelta(hours=device.offline_hours_limit)
