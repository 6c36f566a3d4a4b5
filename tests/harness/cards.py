"""Real virtual disks for the tests of every application, through the real services, without sockets."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings as SettingsWrapper

from devices import services as device_services
from devices.gateway.drivers import OWN_DRIVERS, DiskDriver
from devices.gateway.memory import MemoryTransport
from devices.gateway.wire import CardAnswer, CardRequest, Fault, FaultKind, decode, encode
from devices.gateway.work import PinStore, Visit
from devices.models import Device
from devices.protocol.messages import InvoiceOrder, RateTotal, SignedInvoice
from devices.protocol.profiles import PrivateKey
from devices.signer.keys import HallKeys, make_hall_keys, make_key_pem
from devices.virtual import DiskSpec, Faults, KindSpec, OfflineSpec, VirtualDisk
from taxhall.common import clock

PIN = "26110812"
_LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)


class CardRack:
    """Readers with virtual disks in this process; it is also the card host that the services use."""

    def __init__(self, folder: Path, keys: HallKeys) -> None:
        self.keys = keys
        self.requests: list[CardRequest] = []
        # Whose disks are issued, and the driver that the ledger keeps with them.
        self.create: Callable[..., Any] = VirtualDisk.create
        self.drivers: tuple[DiskDriver, ...] = OWN_DRIVERS
        self._folder = folder
        self._transport = MemoryTransport({})
        self._disks: dict[str, VirtualDisk] = {}
        self._readers: dict[str, str] = {}
        self._pins = PinStore()
        self._numbers = itertools.count()
        self._out: set[str] = set()

    # ---- what tests do to disks ----

    def add(self, device: Device, **changes: Any) -> VirtualDisk:
        """Issue a virtual disk for the row, put it into a reader, and enrol its certificate on the row."""
        disk = self.make(device, self._folder, **changes)
        device.certificate = disk.certificate.pem
        device.public_key_id = disk.certificate.public_key.key_id
        device.driver = self.drivers[-1].name
        device.save(update_fields=["certificate", "public_key_id", "driver"])
        self._disks[device.serial] = disk
        self.insert(device)
        return disk

    def make(self, device: Device, folder: Path, **changes: Any) -> VirtualDisk:
        """Issue a virtual disk for the row into a folder."""
        pem = make_key_pem(device.algorithm)
        certificate = self.keys.device_authority(device.algorithm).issue(
            public_key=PrivateKey.from_pem(device.algorithm, pem).public_key,
            serial=device.serial,
            taxpayer_number=device.taxpayer.number,
            taxpayer_name=device.taxpayer.name,
            now=_LONG_AGO,
            days=365 * 10,
        )
        spec = DiskSpec(**(self._spec(device, certificate, pem) | changes))
        return self.create(folder / f"{device.serial}.disk", spec, clock=clock.now)

    def disk(self, device: Device) -> VirtualDisk:
        """Return the disk of a row."""
        return self._disks[device.serial]

    def faults(self, device: Device) -> Faults:
        """Return the switches that make the disk fail."""
        return self.disk(device).faults

    def insert(self, device: Device) -> None:
        """Put the disk into a reader of its own."""
        reader = self._readers.setdefault(device.serial, f"rack {next(self._numbers):02d}")
        self._transport.insert(reader, self._disks[device.serial])
        self._out.discard(device.serial)

    def pull(self, device: Device) -> None:
        """Take the disk out."""
        self._transport.remove(self._readers[device.serial])
        self._pins.forget_all()
        self._out.add(device.serial)

    def swap(self, device: Device, other: Device) -> None:
        """Put the disk of another row into the reader where `device` is expected."""
        self._transport.remove(self._readers[device.serial])
        self._transport.insert(self._readers[device.serial], self._disks[other.serial])
        self._pins.forget_all()

    def unlock(self, device: Device, pin: str = PIN) -> None:
        """Let the reader's owner hold the PIN, as after the unlock page."""
        answer = self.exchange(
            CardRequest(serial=device.serial, certificate=device.certificate, steps=({"op": "pin_tries"},), pin=pin)
        )
        assert answer.fault is None, answer.fault

    def issue(self, device: Device, *totals: tuple[str, str, str], kind: str = "007") -> SignedInvoice:
        """Let the disk sign an invoice without the ledger; each total is (rate, amount, tax)."""
        rows = tuple(RateTotal(rate=r, amount=Decimal(a), tax=Decimal(t)) for r, a, t in totals)
        order = InvoiceOrder(
            request_id=uuid.uuid4().hex,
            kind=kind,
            issued_at=clock.now().replace(microsecond=0),
            buyer_number="",
            buyer_name="个人",
            amount=sum((row.amount for row in rows), Decimal("0.00")),
            tax=sum((row.tax for row in rows), Decimal("0.00")),
            totals=rows,
        )
        return device_services.issue_on_card(device=device, order=order)

    # ---- the card host ----

    def exchange(self, request: CardRequest) -> CardAnswer:
        """Carry a request as the card host does, through the same frames."""
        request = CardRequest.from_json(decode(encode(request.to_json())[4:]))
        self.requests.append(request)
        reader = self._readers.get(request.serial)
        if reader is None or request.serial in self._out:
            return CardAnswer(fault=Fault(FaultKind.ABSENT))
        answer = Visit(self._transport, reader, self._pins, drivers=self.drivers).carry(request)
        return CardAnswer.from_json(decode(encode(answer.to_json())[4:]))

    def status(self) -> dict[str, Any]:
        """Return the readiness list."""
        readers = [
            {
                "reader": reader,
                "is_present": serial not in self._out,
                "serial": "" if serial in self._out else serial,
                "is_unlocked": self._pins.holds(serial),
                "is_broken": False,
                "faults": 0,
                "waiting": 0,
                "note": "",
                "since": clock.now().isoformat(),
            }
            for serial, reader in self._readers.items()
        ]
        return {"transport": "memory", "problem": "", "since": clock.now().isoformat(), "readers": readers}

    def close(self) -> None:
        """Take the power from every disk."""
        for disk in self._disks.values():
            disk.pull()

    def _spec(self, device: Device, certificate: bytes, pem: bytes) -> dict[str, Any]:
        kinds = tuple(
            KindSpec(
                kind=item.invoice_kind,
                limit=item.limit_amount,
                rates=tuple(item.rates),
                code=item.segment_code,
                first_number=item.next_number,
                end_number=item.end_number,
            )
            for item in device.authorisations.order_by("invoice_kind")
        )
        return {
            "serial": device.serial,
            "kind": device.kind,
            "taxpayer_number": device.taxpayer.number,
            "taxpayer_name": device.taxpayer.name,
            "bureau_code": device.taxpayer.bureau.code,
            "certificate": certificate,
            "private_key": pem,
            "kinds": kinds,
            "enabled_on": device.enabled_on,
            "period_start": device.period_start,
            "period_end": device.period_end,
            "cut_off": device.issue_allowed_until,
            "pin": PIN,
            "authority_keys": (self.keys.clear_public_key(device.algorithm),),
            "algorithm": device.algorithm,
            "offline": OfflineSpec(hours=24 * 90, count=1000, amount=Decimal("100000000.00")),
            "durable": False,
        }


@pytest.fixture
def card_rack(db: None, tmp_path: Path, settings: SettingsWrapper) -> Iterator[CardRack]:
    """Let the services reach real virtual disks; this process signs as the device worker does.

    `card_rack.add(device)` gives a row its disk; then unlock, issue, pull, insert, faults.
    """
    keys = make_hall_keys(tmp_path / "keys", now=_LONG_AGO)
    settings.HALL_ROLE = "device"
    settings.DEVICE_SIGNERS = {
        name: ("devices.signer.file.FileSigner", str(keys.clear_key(name))) for name in ("intl", "sm")
    }
    settings.DEVICE_CA_FILE = str(keys.ca_certificates)
    rack = CardRack(tmp_path, keys)
    with device_services.use_card_host(rack):
        yield rack
    rack.close()
