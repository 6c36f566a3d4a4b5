"""The offline ceilings of a disk by group of invoice kinds, as last proved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import OuterRef, Subquery

from devices.choices import TYPE_GROUPS, InvoiceKind
from devices.models import Device, DeviceAuthorisation, DeviceReading
from devices.protocol.constants import GROUP_OF_KIND, MAIN_GROUP
from devices.protocol.errors import ProtocolError
from devices.protocol.messages import DiskStatus, GroupStatus
from devices.rules.forecast import CeilingEnd, CeilingUse, first_end
from devices.selectors.disks import groups_of, latest_reading
from taxhall.common import clock
from taxhall.common.periods import TaxPeriod


@dataclass(frozen=True)
class GroupUse:
    """What one group of invoice kinds may issue before the next upload, and what of it is used."""

    group: str
    kinds: str
    count: int
    count_limit: int
    amount: Decimal
    amount_limit: Decimal
    hours_limit: int
    since: datetime | None

    def end(self, now: datetime) -> CeilingEnd | None:
        """Return which ceiling ends offline issuing first, at the pace so far."""
        uses = (
            CeilingUse("count", Decimal(self.count), Decimal(self.count_limit), self.since),
            CeilingUse("amount", self.amount, self.amount_limit, self.since),
        )
        return first_end(uses, since=self.since, hours=self.hours_limit, now=now)


def group_uses(device: Device) -> list[GroupUse]:
    """Return the use of every group; the main one as the ledger has moved it on since the last reading."""
    status = last_status(device)
    others = [] if status is None else [each for each in status.groups if each.group != _main(status)]
    return [_main_use(device, status), *(_said_use(each) for each in others)]


def offline_counts(devices: Iterable[Device]) -> dict[int, int]:
    """Return how many invoices (离线票) each disk has not been told are uploaded, over all its groups.

    By the disk's own word as last heard: what the hall already holds stays counted until the disk took the
    acknowledgement. Statements do not grow with the number of disks.
    """
    found = {device.pk: device.offline_count for device in devices}
    for pk, others in _other_groups(found):
        found[pk] += sum(each.offline.count for each in others)
    return found


def coming_ends(devices: Iterable[Device]) -> dict[int, CeilingEnd]:
    """Return which ceiling ends offline issuing first on each disk that has one in sight.

    As `coming_end` does for one disk; statements do not grow with the number of disks.
    """
    now = clock.now()
    uses = {device.pk: [_copied_use(device, MAIN_GROUP, kinds="")] for device in devices}
    for pk, others in _other_groups(uses):
        uses[pk] += [_said_use(each) for each in others]
    ends = {pk: [end for use in found if (end := use.end(now)) is not None] for pk, found in uses.items()}
    return {pk: min(found, key=lambda end: end.at) for pk, found in ends.items() if found}


def _other_groups(pks: Iterable[int]) -> Iterator[tuple[int, list[GroupStatus]]]:
    """Yield the disks that issue kinds of other groups than the main one, with what they last said of those."""
    kinds = DeviceAuthorisation.objects.filter(device__in=list(pks)).values_list("device", "invoice_kind")
    wide = {pk for pk, kind in kinds if GROUP_OF_KIND[kind] != MAIN_GROUP}
    newest = DeviceReading.objects.filter(device=OuterRef("pk")).order_by("-taken_at", "-id")[:1]
    said = Device.objects.filter(pk__in=wide).annotate(said=Subquery(newest.values("status")))
    for pk, words in said.values_list("pk", "said") if wide else ():
        status = _read(words)
        if status is not None:
            yield pk, [each for each in status.groups if each.group != _main(status)]


def offline_use(device: Device, kind: str) -> GroupUse:
    """Return the use of the group that a kind of invoice is counted in."""
    group = GROUP_OF_KIND.get(kind, MAIN_GROUP)
    others = () if group == MAIN_GROUP else group_uses(device)
    return next((use for use in others if use.group == group), None) or _copied_use(device, group, kinds="")


@dataclass(frozen=True)
class GroupWindow:
    """The month and lock date of a group of kinds beside the main one."""

    group: str
    kinds: str
    period: TaxPeriod
    cut_off: date


def other_windows(device: Device) -> list[GroupWindow]:
    """Return the windows of the groups beside the main one, as the disk last told them; most disks have none."""
    if len(groups_of(device)) < 2:
        return []
    status = last_status(device)
    others = [] if status is None else [each for each in status.groups if each.group != _main(status)]
    return [
        GroupWindow(
            each.group,
            _kinds(item.kind for item in each.authorisations),
            TaxPeriod(each.period_start, each.period_end),
            each.cut_off,
        )
        for each in others
    ]


def last_status(device: Device) -> DiskStatus | None:
    """Return what the disk last said of itself, as it signed it; None when it was never read."""
    reading = latest_reading(device)
    return None if reading is None else _read(reading.status)


def _read(words: Any) -> DiskStatus | None:
    try:
        return DiskStatus.from_json(words) if words else None
    except (ProtocolError, KeyError, TypeError, ValueError):
        return None


def coming_end(device: Device) -> tuple[GroupUse, CeilingEnd] | None:
    """Return the group and the ceiling that stops offline issuing first."""
    now = clock.now()
    ends = [(use, end) for use in group_uses(device) if (end := use.end(now)) is not None]
    return min(ends, key=lambda pair: pair[1].at, default=None)


def _main(status: DiskStatus) -> str:
    held = [each.group for each in status.groups]
    return MAIN_GROUP if MAIN_GROUP in held or not held else held[0]


def _main_use(device: Device, status: DiskStatus | None) -> GroupUse:
    group = MAIN_GROUP if status is None else _main(status)
    kinds = device.authorisations.values_list("invoice_kind", flat=True)
    return _copied_use(device, group, kinds=_kinds(kind for kind in sorted(kinds) if kind in TYPE_GROUPS[group]))


def _copied_use(device: Device, group: str, *, kinds: str) -> GroupUse:
    return GroupUse(
        group=group,
        kinds=kinds,
        count=device.offline_count,
        count_limit=device.offline_count_limit,
        amount=device.offline_amount,
        amount_limit=device.offline_amount_limit,
        hours_limit=device.offline_hours_limit,
        since=device.offline_since,
    )


def _said_use(said: GroupStatus) -> GroupUse:
    return GroupUse(
        group=said.group,
        kinds=_kinds(item.kind for item in said.authorisations),
        count=said.offline.count,
        count_limit=said.offline.count_limit,
        amount=said.offline.amount,
        amount_limit=said.offline.amount_limit,
        hours_limit=said.offline.hours_limit,
        since=said.offline.oldest_at,
    )


def _kinds(codes: Iterable[str]) -> str:
    return "、".join(str(InvoiceKind(code).label) for code in codes)
