"""Devices: enrolled disks with a really issued certificate, and virtual disks that match their rows."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

import factory
from django.utils import timezone

from devices import models
from devices.choices import CommandKind, DeviceKind, DeviceStatus, InvoiceKind
from devices.protocol.certificates import DeviceAuthority, DiskCertificate
from devices.protocol.profiles import PrivateKey
from taxhall.common import clock
from taxhall.common.periods import TaxPeriod
from tests.factories.accounts import TaxpayerFactory

LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)
PIN = "26110812"


@lru_cache(maxsize=1)
def device_authority() -> DeviceAuthority:
    """Return the device CA of this test process."""
    key, certificate = DeviceAuthority.create(name="taxhall test device CA", now=LONG_AGO)
    return DeviceAuthority(key_pem=key, certificate_pem=certificate)


@lru_cache(maxsize=1)
def _shared_key() -> PrivateKey:
    return PrivateKey.generate()


def certificate_for(serial: str, number: str, name: str, key: PrivateKey | None = None) -> DiskCertificate:
    """Return a certificate of the test CA; without a key that of a disk nobody holds."""
    der = device_authority().issue(
        public_key=(key or _shared_key()).public_key,
        serial=serial,
        taxpayer_number=number,
        taxpayer_name=name,
        now=LONG_AGO,
        days=365 * 10,
    )
    return DiskCertificate.load(der)


def open_period(today: date) -> TaxPeriod:
    """Return the period a disk is at: last month's until the filing season ends on the 16th."""
    month = TaxPeriod.of_month(today)
    return month.previous() if today.day <= 16 else month


def cut_off_of(period: TaxPeriod) -> date:
    """Return a cut-off day for a period: the 16th of the month that follows."""
    return (period.end + timedelta(days=1)).replace(day=16)


class DeviceFactory(factory.django.DjangoModelFactory):
    """A 金税盘 at its due period, not yet reported, with 专票 and 普票 authorised.

    `period=TaxPeriod.month(2026, 10)` chooses the period. Traits: cleared (this month is open), reported,
    frozen, lost, cancelled, taxdisk, ukey, bare (no authorisations).
    """

    class Meta:
        model = models.Device
        skip_postgeneration_save = True

    class Params:
        period = factory.LazyFunction(lambda: open_period(clock.today()))
        cleared = factory.Trait(
            period=factory.LazyFunction(lambda: TaxPeriod.of_month(clock.today())),
            last_cleared_at=factory.LazyFunction(clock.now),
        )
        reported = factory.Trait(is_reported=True, last_reported_at=factory.LazyFunction(clock.now))
        frozen = factory.Trait(status=DeviceStatus.FROZEN, frozen_reason="盘上清卡次数为 2，大厅记录为 1")
        lost = factory.Trait(status=DeviceStatus.LOST, barred_at=factory.LazyFunction(clock.now))
        cancelled = factory.Trait(status=DeviceStatus.CANCELLED)
        taxdisk = factory.Trait(kind=DeviceKind.TAXDISK)
        ukey = factory.Trait(kind=DeviceKind.UKEY)

    serial = factory.Sequence(lambda number: f"661{number:09d}")
    kind = DeviceKind.GOLDTAX
    taxpayer = factory.SubFactory(TaxpayerFactory)
    certificate = factory.LazyAttribute(
        lambda device: certificate_for(device.serial, device.taxpayer.number, device.taxpayer.name).pem
    )
    public_key_id = factory.LazyAttribute(lambda device: DiskCertificate.from_pem(device.certificate).public_key.key_id)
    enabled_on = date(2024, 1, 1)
    period_start = factory.LazyAttribute(lambda device: device.period.start)
    period_end = factory.LazyAttribute(lambda device: device.period.end)
    issue_allowed_until = factory.LazyAttribute(lambda device: cut_off_of(device.period))
    offline_count_limit = 100
    offline_amount_limit = Decimal("1000000.00")
    offline_hours_limit = 72
    pin_tries = 8
    certificate_not_after = factory.LazyAttribute(
        lambda device: timezone.localdate(DiskCertificate.from_pem(device.certificate).not_after)
    )

    @factory.post_generation
    def authorised(device: models.Device, create: bool, extracted: bool | None, **_: Any) -> None:  # noqa: N805
        """Give 专票 and 普票 authorisations unless authorised=False."""
        if create and extracted is not False:
            DeviceAuthorisationFactory(device=device)
            DeviceAuthorisationFactory(device=device, special=True)


class DeviceAuthorisationFactory(factory.django.DjangoModelFactory):
    """普票 up to 100,000.00 at the rates of a small-scale taxpayer; trait special for 专票."""

    class Meta:
        model = models.DeviceAuthorisation

    class Params:
        special = factory.Trait(invoice_kind=InvoiceKind.SPECIAL, segment_code="6100233130")

    device = factory.SubFactory(DeviceFactory, authorised=False)
    invoice_kind = InvoiceKind.ORDINARY
    limit_amount = Decimal("100000.00")
    rates = factory.LazyFunction(lambda: ["13", "9", "6", "5", "3", "1.5", "1", "0", "exempt", "untaxed"])
    segment_code = "061002200111"
    next_number = 10_000_001
    end_number = 10_000_500


class DeviceReportFactory(factory.django.DjangoModelFactory):
    """A report row of the disk's period; its message is not signed, use card_rack for real ones."""

    class Meta:
        model = models.DeviceReport

    device = factory.SubFactory(DeviceFactory, reported=True)
    group = "A"
    period_start = factory.SelfAttribute("device.period_start")
    period_end = factory.SelfAttribute("device.period_end")
    report_counter = factory.Sequence(lambda number: number + 1)
    digest = factory.Sequence(lambda number: f"{number:064x}")
    rows = factory.LazyFunction(list)


class DeviceReadingFactory(factory.django.DjangoModelFactory):
    """A look at the disk."""

    class Meta:
        model = models.DeviceReading

    device = factory.SubFactory(DeviceFactory)
    reader = "Virtual PCD 00 00"


class DeviceCommandFactory(factory.django.DjangoModelFactory):
    """A queued clear of the disk's period; traits issue, void."""

    class Meta:
        model = models.DeviceCommand

    class Params:
        issue = factory.Trait(kind=CommandKind.ISSUE, payload=factory.LazyFunction(dict))
        void = factory.Trait(kind=CommandKind.VOID, payload=factory.LazyFunction(dict))

    device = factory.SubFactory(DeviceFactory, reported=True)
    kind = CommandKind.CLEAR
    key = factory.Sequence(lambda number: f"test:{number}")
    payload = factory.LazyAttribute(lambda command: clear_payload(command.device))


def clear_payload(
    device: models.Device, *, case: str = "QK2026110001", report_digest: str = "0" * 64
) -> dict[str, str]:
    """Return what clearcard writes on a clear command: what was approved, name by name."""
    following = device.period.next()
    return {
        "case": case,
        "group": "A",
        "period_start": device.period_start.isoformat(),
        "period_end": device.period_end.isoformat(),
        "report_digest": report_digest,
        "new_period_start": following.start.isoformat(),
        "new_period_end": following.end.isoformat(),
        "new_cut_off": cut_off_of(following).isoformat(),
    }
