"""Companies with people and disks, as many as a measure asks for, made straight as rows.

Making them is no part of any measure, so what would take the services minutes is written in bulk; the database's
own constraints and triggers hold all the same.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

from django.utils import timezone
from stdnum.cn import uscc

from accounts import services as account_services
from accounts.choices import CreditGrade, PeriodKind, Role, TaxpayerKind
from accounts.models import Bureau, Membership, Taxpayer, User
from devices.choices import DeviceKind
from devices.models import Device, DeviceAuthorisation
from devices.protocol.certificates import DeviceAuthority, DiskCertificate
from devices.protocol.profiles import PrivateKey
from devices.signer.keys import make_hall_keys, make_key_pem, write_private
from taxhall.bench import disks
from taxhall.common.periods import TaxPeriod

YEARS = timedelta(days=365 * 3)
_sequence = itertools.count(1)


@dataclass(frozen=True)
class Company:
    """A taxpayer and its disk."""

    taxpayer: Taxpayer
    device: Device


class Scene:
    """Makes companies whose disks the stand-in can answer for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._enabled = timezone.now() - timedelta(days=400)
        make_hall_keys(folder, now=self._enabled)
        key_file = folder / disks.KEY_FILE
        if not key_file.exists():
            write_private(key_file, make_key_pem())
        self._key = PrivateKey.from_pem("intl", key_file.read_bytes()).public_key

    @cached_property
    def bureau(self) -> Bureau:
        """Return the bureau of every company here."""
        names = {"name": "国家税务总局西安市雁塔区税务局", "district_code": "610113"}
        return Bureau.objects.get_or_create(code="16101130000", defaults=names)[0]

    def companies(self, count: int, *, period: TaxPeriod) -> list[Company]:
        """Return new companies, each with a disk that stands at the period."""
        numbers = list(itertools.islice(_sequence, count))
        taxpayers = Taxpayer.objects.bulk_create([self._taxpayer(number) for number in numbers])
        authority = make_hall_keys(self.folder, now=self._enabled).device_authority()
        made = [self._device(each, number, period, authority) for each, number in zip(taxpayers, numbers, strict=True)]
        devices = Device.objects.bulk_create(made)
        DeviceAuthorisation.objects.bulk_create(
            DeviceAuthorisation(
                device=device,
                invoice_kind=kind,
                limit_amount=disks.LIMIT,
                rates=list(disks.RATES),
                segment_code=code,
                next_number=disks.FIRST_NUMBER,
                end_number=disks.LAST_NUMBER,
            )
            for device in devices
            for kind, code in disks.KINDS
        )
        return [Company(taxpayer, device) for taxpayer, device in zip(taxpayers, devices, strict=True)]

    def member(self, taxpayer: Taxpayer) -> Membership:
        """Return a new person who may do everything for the company."""
        number = next(_sequence)
        person = account_services.register_person(name="王测试", identity_number=f"bench {number}")
        user = User.objects.create_user(f"bench{number}", display_name="王测试", person=person)
        return Membership.objects.create(user=user, taxpayer=taxpayer, role=Role.FINANCE)

    def _taxpayer(self, number: int) -> Taxpayer:
        stem = f"91610113MA{number:07d}"
        return Taxpayer(
            number=stem + uscc.calc_check_digit(stem),
            name=f"西安测试{number:07d}号商贸有限公司",
            kind=TaxpayerKind.SMALL_SCALE,
            period_kind=PeriodKind.MONTHLY,
            bureau=self.bureau,
            credit_grade=CreditGrade.A,
            address="西安市雁塔区测试路 1 号",
            phone="029-00000000",
            bank="测试银行西安分行 000000000000",
        )

    def _device(self, taxpayer: Taxpayer, number: int, period: TaxPeriod, authority: DeviceAuthority) -> Device:
        serial = f"66{number:010d}"
        return Device(
            serial=serial,
            kind=DeviceKind.GOLDTAX,
            taxpayer=taxpayer,
            certificate=self._certificate(authority, serial, taxpayer, self._enabled),
            public_key_id=self._key.key_id,
            enabled_on=timezone.localdate(self._enabled),
            period_start=period.start,
            period_end=period.end,
            issue_allowed_until=period.end + timedelta(days=20),
            pin_tries=8,
        )

    def _certificate(self, authority: DeviceAuthority, serial: str, taxpayer: Taxpayer, at: datetime) -> str:
        der = authority.issue(
            public_key=self._key,
            serial=serial,
            taxpayer_number=taxpayer.number,
            taxpayer_name=taxpayer.name,
            now=at,
            days=YEARS.days,
        )
        return DiskCertificate.load(der).pem
