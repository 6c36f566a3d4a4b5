"""What a disk is given when it is issued (初始发行): everything `VirtualDisk.create` writes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from devices.protocol.certificates import DiskCertificate
from devices.protocol.constants import GROUP_OF_KIND, LOCAL_ZONE, PIN_LENGTHS, PIN_SALT_LENGTH, PIN_TRIES
from devices.protocol.pins import stretch
from devices.protocol.profiles import PrivateKey, PublicKey
from devices.virtual.values import (
    AuthorityKey,
    ClockState,
    Counters,
    GroupState,
    IssueData,
    KindState,
    Pin,
    Segment,
    StateValue,
)


@dataclass(frozen=True, kw_only=True)
class KindSpec:
    """One invoice kind: its limit, its rates and its first stock segment."""

    kind: str
    limit: Decimal
    rates: tuple[str, ...]
    code: str
    first_number: int
    end_number: int
    is_red_allowed: bool = True


@dataclass(frozen=True, kw_only=True)
class OfflineSpec:
    """What may be issued before it is uploaded (离线限额), for each group of kinds."""

    hours: int = 72
    count: int = 100
    amount: Decimal = Decimal("1000000.00")


@dataclass(frozen=True, kw_only=True)
class DiskSpec:
    """A disk as the bureau issues it. `certificate` and `private_key` belong together, from the device CA."""

    serial: str
    kind: str
    taxpayer_number: str
    taxpayer_name: str
    bureau_code: str
    certificate: bytes
    private_key: bytes  # PEM
    kinds: tuple[KindSpec, ...]
    enabled_on: date
    period_start: date
    period_end: date
    cut_off: date
    pin: str
    authority_keys: tuple[PublicKey, ...]
    revoked_keys: tuple[PublicKey, ...] = ()
    machine_number: int = 0
    offline: OfflineSpec = OfflineSpec()
    algorithm: str = "intl"
    clock_offset: timedelta = timedelta()
    durable: bool = True
    is_virtual: bool = True

    def values(self) -> tuple[StateValue, ...]:
        """Return the first content of the disk's memory. Raises: ValueError for a spec that cannot be."""
        self._check()
        return (self._issue_data(), make_pin(self.pin), Counters(), self._clock(), *self._keys(), *self._windows())

    def _check(self) -> None:
        certificate = DiskCertificate.load(self.certificate)
        key = PrivateKey.from_pem(self.algorithm, self.private_key)
        if certificate.public_key != key.public_key:
            raise ValueError("the certificate is not of this key")
        if (certificate.serial, certificate.taxpayer_number) != (self.serial, self.taxpayer_number):
            raise ValueError("the certificate is of another disk or taxpayer")
        if any(item.algorithm != self.algorithm for item in (*self.authority_keys, *self.revoked_keys)):
            raise ValueError(f"authority keys of another profile than {self.algorithm}")
        if not self.kinds or not self.authority_keys:
            raise ValueError("a disk needs an invoice kind and an authority key")
        if not self.period_start <= self.period_end < self.cut_off:
            raise ValueError("the cut-off lies after the period")
        if unknown := {item.kind for item in self.kinds} - set(GROUP_OF_KIND):
            raise ValueError(f"unknown invoice kinds {sorted(unknown)}")

    def _issue_data(self) -> IssueData:
        return IssueData(
            serial=self.serial,
            kind=self.kind,
            taxpayer_number=self.taxpayer_number,
            taxpayer_name=self.taxpayer_name,
            bureau_code=self.bureau_code,
            machine_number=self.machine_number,
            enabled_on=self.enabled_on,
            algorithm=self.algorithm,
            certificate=self.certificate,
            private_key=self.private_key.decode("ascii"),
            is_virtual=self.is_virtual,
            is_durable=self.durable,
        )

    def _clock(self) -> ClockState:
        never = datetime(2000, 1, 1, tzinfo=LOCAL_ZONE)
        return ClockState(offset_seconds=round(self.clock_offset.total_seconds()), latest=never)

    def _keys(self) -> Iterator[StateValue]:
        for key in self.authority_keys:
            yield AuthorityKey(algorithm=key.algorithm, spki=key.spki)
        for key in self.revoked_keys:
            yield AuthorityKey(algorithm=key.algorithm, spki=key.spki, is_revoked=True)

    def _windows(self) -> Iterator[StateValue]:
        for group in sorted({GROUP_OF_KIND[item.kind] for item in self.kinds}):
            yield GroupState(
                group=group,
                period_start=self.period_start,
                period_end=self.period_end,
                cut_off=self.cut_off,
                hours_limit=self.offline.hours,
                count_limit=self.offline.count,
                amount_limit=self.offline.amount,
            )
        for item in self.kinds:
            segment = Segment(
                code=item.code,
                first_number=item.first_number,
                next_number=item.first_number,
                end_number=item.end_number,
            )
            yield KindState(
                kind=item.kind,
                limit=item.limit,
                rates=item.rates,
                is_red_allowed=item.is_red_allowed,
                segments=(segment,),
            )


def make_pin(pin: str, *, tries: int = PIN_TRIES) -> Pin:
    """Return a PIN for storing. Raises: ValueError for one of the wrong length."""
    if len(pin.encode()) not in PIN_LENGTHS:
        raise ValueError(f"a PIN has {PIN_LENGTHS.start} to {PIN_LENGTHS.stop - 1} characters")
    salt = os.urandom(PIN_SALT_LENGTH)
    return Pin(salt=salt, digest=stretch(pin.encode(), salt), tries=tries)
