"""Real virtual disks for the simulation: made once, then copied; reached as the card host reaches them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace

from devices.gateway.memory import MemoryTransport
from devices.gateway.session import DiskSession
from devices.gateway.wire import CardAnswer, CardRequest, Fault, FaultKind
from devices.gateway.work import PinStore, Visit
from devices.protocol.certificates import DeviceAuthority, DiskCertificate
from devices.protocol.constants import LOCAL_ZONE
from devices.protocol.messages import ClearReceipt, ClearToken, DiskReport, InvoiceOrder, RateTotal
from devices.protocol.profiles import PrivateKey
from devices.rules import tokens
from devices.signer.keys import make_key_pem
from devices.virtual import DiskSpec, KindSpec, OfflineSpec, VirtualDisk
from taxhall.common.periods import TaxPeriod

PIN = "246810"
SERIALS = ("661000000001", "661000000002")
NUMBERS = ("91610113MA6TEKT0XE", "91610131000000019Y")
OCTOBER = TaxPeriod.month(2026, 10)
ISSUING_DAY = datetime(2026, 10, 20, 10, tzinfo=LOCAL_ZONE)
START = datetime(2026, 11, 5, 10, tzinfo=LOCAL_ZONE)
_LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Template:
    """A disk that was used for a month and reported, and what the hall learnt of it."""

    serial: str
    taxpayer_number: str
    certificate: str
    content: bytes
    report: DiskReport

    def make(self, folder: Path, clock: Clock) -> VirtualDisk:
        """Return a disk of its own with this content."""
        path = folder / f"{self.serial}.disk"
        path.write_bytes(self.content)
        return VirtualDisk.open(path, clock=clock)


@dataclass(frozen=True)
class Stock:
    """What every schedule starts from: the hall's clear key and two reported disks."""

    clear_key: PrivateKey
    templates: tuple[Template, ...]

    @classmethod
    def make(cls, folder: Path) -> Stock:
        """Issue the disks, use them for a month and report them."""
        key_pem, ca_pem = DeviceAuthority.create(name="simulation", now=_LONG_AGO)
        authority, clear_key = DeviceAuthority(key_pem=key_pem, certificate_pem=ca_pem), PrivateKey.generate()
        made = [
            _template(folder, authority, clear_key, serial, number)
            for serial, number in zip(SERIALS, NUMBERS, strict=True)
        ]
        return cls(clear_key, tuple(made))


def _template(folder: Path, authority: DeviceAuthority, clear_key: PrivateKey, serial: str, number: str) -> Template:
    moment = [ISSUING_DAY]
    path = folder / f"{serial}.template"
    disk = VirtualDisk.create(path, _spec(authority, clear_key, serial, number), clock=lambda: moment[0])
    with MemoryTransport({"desk": disk}).open("desk") as channel:
        session = _opened(channel, disk.certificate)
        session.issue(_order(moment[0]))
        moment[0] = START
        report = session.report("A", OCTOBER)
    certificate = disk.certificate.pem
    disk.close()
    return Template(serial, number, certificate, path.read_bytes(), report)


def report_month(disk: VirtualDisk, period: TaxPeriod) -> DiskReport:
    """Report another month of a disk, as its owner does at the desk."""
    with MemoryTransport({"desk": disk}).open("desk") as channel:
        return _opened(channel, disk.certificate).report("A", period)


def clear_elsewhere(disk: VirtualDisk, period: TaxPeriod, key: PrivateKey) -> None:
    """Clear a disk by a command that nobody here knows."""
    with MemoryTransport({"elsewhere": disk}).open("elsewhere") as channel:
        session = _opened(channel, disk.certificate)
        request = session.begin_clear("A", period)
        window = period.next()
        payload = {
            "new_period_start": window.start.isoformat(),
            "new_period_end": window.end.isoformat(),
            "new_cut_off": window.next().start.replace(day=15).isoformat(),
        }
        command = SimpleNamespace(pk="ee" * 16, payload=payload)
        session.apply_clear(tokens.draft_token(command=command, request=request, moment=request.clock).seal(key))


@lru_cache(maxsize=1)
def _forger() -> PrivateKey:
    return PrivateKey.generate()


def forged_receipt(token: ClearToken) -> ClearReceipt:
    """Return a receipt that says everything rightly and is signed by a key that the disk never had."""
    return ClearReceipt(
        command_id=token.command_id,
        serial=token.serial,
        taxpayer_number=token.taxpayer_number,
        group=token.group,
        period_start=token.period_start,
        period_end=token.period_end,
        request_number=token.request_number,
        clear_counter_before=token.expected_clear_counter,
        clear_counter_after=token.expected_clear_counter + 1,
        token_digest=token.digest,
        report_digest=token.report_digest,
        new_period_start=token.new_period_start,
        new_period_end=token.new_period_end,
        new_cut_off=token.new_cut_off,
        previous_receipt_digest="00" * 32,
        cleared_at=token.issued_at,
    ).seal(_forger())


def _opened(channel: object, certificate: DiskCertificate) -> DiskSession:
    session = DiskSession(channel)  # type: ignore[arg-type]
    session.select()
    session.identity(certificate.public_key)
    session.verify_pin(PIN)
    return session


def _spec(authority: DeviceAuthority, clear_key: PrivateKey, serial: str, number: str) -> DiskSpec:
    private = make_key_pem()
    certificate = authority.issue(
        public_key=PrivateKey.from_pem("intl", private).public_key,
        serial=serial,
        taxpayer_number=number,
        taxpayer_name="西安示例商贸有限公司",
        now=_LONG_AGO,
    )
    kind = KindSpec(
        kind="007",
        limit=Decimal("100000.00"),
        rates=("1", "3"),
        code="061002600104",
        first_number=10_001,
        end_number=10_999,
    )
    return DiskSpec(
        serial=serial,
        kind="goldtax",
        taxpayer_number=number,
        taxpayer_name="西安示例商贸有限公司",
        bureau_code="16101130000",
        certificate=certificate,
        private_key=private,
        kinds=(kind,),
        enabled_on=OCTOBER.start,
        period_start=OCTOBER.start,
        period_end=OCTOBER.end,
        cut_off=date(2026, 11, 16),
        pin=PIN,
        authority_keys=(clear_key.public_key,),
        offline=OfflineSpec(hours=24 * 300, count=1000, amount=Decimal("100000000.00")),
        durable=False,
    )


def _order(at: datetime) -> InvoiceOrder:
    amount, tax = Decimal("1000.00"), Decimal("10.00")
    return InvoiceOrder(
        request_id="00" * 16,
        kind="007",
        issued_at=at,
        buyer_number="",
        buyer_name="个人",
        amount=amount,
        tax=tax,
        totals=(RateTotal(rate="1", amount=amount, tax=tax),),
    )


class SimRack:
    """Readers with disks, and where the card host believes that each disk is."""

    def __init__(self, disks: list[VirtualDisk]) -> None:
        self.disks = {disk.serial: disk for disk in disks}
        self.places: dict[str, str | None] = {}
        self._believed: dict[str, str] = {}
        self._transport = MemoryTransport({})
        self._pins = PinStore()
        for index, serial in enumerate(self.disks):
            self.insert(serial, f"reader {index}")

    def insert(self, serial: str, reader: str) -> None:
        """Put a disk into a reader, whatever sat there before."""
        for other, place in self.places.items():
            if place == reader and other != serial:
                self.pull(other)
        self.places[serial] = reader
        self._transport.insert(reader, self.disks[serial])
        self._believed.setdefault(serial, reader)

    def pull(self, serial: str) -> None:
        """Take a disk out."""
        place = self.places.get(serial)
        if place is not None:
            self.places[serial] = None
            self._transport.remove(place)

    def swap(self, one: str, other: str) -> None:
        """Change the places of two disks faster than the card host sees."""
        here, there = self.places[one], self.places[other]
        self.pull(one)
        self.pull(other)
        if there is not None:
            self.insert(one, there)
        if here is not None:
            self.insert(other, here)

    def exchange(self, request: CardRequest) -> CardAnswer:
        """Carry a request to where the disk is believed to be; a mistake is noticed and followed once."""
        answer = CardAnswer(fault=Fault(FaultKind.ABSENT))
        for reader in dict.fromkeys((self._believed[request.serial], self.places[request.serial])):
            if reader is None or reader not in self.places.values():
                continue
            answer = Visit(self._transport, reader, self._pins).carry(request)
            if answer.fault is None or answer.fault.sent or answer.fault.kind != FaultKind.WRONG_CARD:
                self._believed[request.serial] = reader
                return answer
        return answer

    def close(self) -> None:
        """Take the power from every disk."""
        for disk in self.disks.values():
            disk.pull()


def counter_inside(disk: VirtualDisk) -> int:
    """Look into the memory of a disk, past every command and fault: how often it was cleared."""
    return int(disk._store.values["counters"]["clear"])
