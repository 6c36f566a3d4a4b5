"""Disks for tests: a hall's keys, a disk issued by them, and the messages that go to and fro."""

from __future__ import annotations

import contextlib
import uuid
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from devices.gateway.base import CardRefusedError
from devices.gateway.memory import MemoryTransport
from devices.gateway.session import DiskSession
from devices.protocol.constants import LOCAL_ZONE
from devices.protocol.messages import (
    AuthorityOrder,
    ClearRequest,
    ClearToken,
    InvoiceOrder,
    OrderReceipt,
    RateTotal,
    SignedInvoice,
    StockSegment,
    UploadAck,
)
from devices.protocol.profiles import PrivateKey
from devices.virtual import DiskSpec, KindSpec, OfflineSpec, VirtualDisk
from tests.devices.keys import ProfileAuthority, ProfileKey, ProfilePem, current

PIN = "246810"
READER = "memory 00"
TAXPAYER = "91610113MA6TEKT0XE"
START = datetime(2026, 10, 8, 9, 30, tzinfo=LOCAL_ZONE)
FILING_SEASON = datetime(2026, 11, 3, 10, 0, tzinfo=LOCAL_ZONE)


@dataclass(frozen=True)
class Month:
    """A period, as sessions take it."""

    start: date
    end: date


OCTOBER = Month(date(2026, 10, 1), date(2026, 10, 31))
NOVEMBER = Month(date(2026, 11, 1), date(2026, 11, 30))

AUTHORITY = ProfileAuthority()
CLEAR_KEY = ProfileKey()
OLD_CLEAR_KEY = ProfileKey()
_DISK_KEY = ProfilePem()


@dataclass
class TestClock:
    """A clock that stands until it is moved."""

    __test__ = False

    moment: datetime = START

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, **span: float) -> None:
        self.moment += timedelta(**span)


def make_kind(kind: str, limit: str, code: str, first_number: int, **changes: Any) -> KindSpec:
    """Return one invoice kind with a hundred numbers."""
    values: dict[str, Any] = {
        "kind": kind,
        "limit": Decimal(limit),
        "rates": ("3", "1", "exempt"),
        "code": code,
        "first_number": first_number,
        "end_number": first_number + 99,
    }
    return KindSpec(**(values | changes))


def make_spec(serial: str = "661000000001", **changes: Any) -> DiskSpec:
    """Return a gold-tax disk of a small trader, in October 2026."""
    number = changes.get("taxpayer_number", TAXPAYER)
    key = changes.pop("private_key", _DISK_KEY.of_profile())
    certificate = AUTHORITY.issue(
        public_key=PrivateKey.from_pem(current(), key).public_key,
        serial=serial,
        taxpayer_number=number,
        taxpayer_name="西安示例商贸有限公司",
        now=datetime(2026, 9, 1, tzinfo=LOCAL_ZONE),
    )
    spec = DiskSpec(
        serial=serial,
        kind="goldtax",
        taxpayer_number=TAXPAYER,
        taxpayer_name="西安示例商贸有限公司",
        bureau_code="16101130000",
        certificate=certificate,
        private_key=key,
        kinds=(
            make_kind("004", "10000.00", "6100261130", 1_000_001),
            make_kind("007", "100000.00", "061002600104", 2_000_001),
        ),
        enabled_on=date(2026, 10, 1),
        period_start=OCTOBER.start,
        period_end=OCTOBER.end,
        cut_off=date(2026, 11, 16),
        pin=PIN,
        authority_keys=(CLEAR_KEY.public_key,),
        revoked_keys=(OLD_CLEAR_KEY.public_key,),
        algorithm=current(),
        offline=OfflineSpec(hours=24 * 60, count=1000, amount=Decimal("100000000.00")),
        durable=False,
    )
    return replace(spec, **changes)


def make_order(
    clock: TestClock, *totals: tuple[str, str, str], kind: str = "007", is_red: bool = False, **changes: Any
) -> InvoiceOrder:
    """Return an order; each total is (rate, amount, tax)."""
    rows = tuple(
        RateTotal(rate=rate, amount=Decimal(amount), tax=Decimal(tax))
        for rate, amount, tax in (totals or (("1", "1000.00", "10.00"),))
    )
    values: dict[str, Any] = {
        "request_id": uuid.uuid4().hex,
        "kind": kind,
        "issued_at": clock(),
        "buyer_number": "91610131000000019Y",
        "buyer_name": "西安样例科技有限公司",
        "amount": sum((row.amount for row in rows), Decimal("0.00")),
        "tax": sum((row.tax for row in rows), Decimal("0.00")),
        "is_red": is_red,
        "totals": rows,
    }
    return InvoiceOrder(**(values | changes))


def draft_token(request: ClearRequest, now: TestClock, **changes: Any) -> ClearToken:
    """Return an unsigned token that answers the request rightly but for the changes."""
    values: dict[str, Any] = {
        "command_id": uuid.uuid4().hex,
        "serial": request.serial,
        "taxpayer_number": request.taxpayer_number,
        "group": request.group,
        "period_start": request.period_start,
        "period_end": request.period_end,
        "nonce": request.nonce,
        "request_number": request.request_number,
        "expected_clear_counter": request.clear_counter,
        "report_digest": request.report_digest,
        "new_period_start": NOVEMBER.start,
        "new_period_end": NOVEMBER.end,
        "new_cut_off": date(2026, 12, 15),
        "clock": now(),
        "issued_at": now(),
        "expires_at": now() + timedelta(minutes=10),
    }
    return ClearToken(**(values | changes))


def make_ack(first: int, last: SignedInvoice, clock: TestClock, **changes: Any) -> UploadAck:
    """Return a signed acknowledgement through that record."""
    values: dict[str, Any] = {
        "serial": last.serial,
        "taxpayer_number": last.taxpayer_number,
        "first_counter": first,
        "last_counter": last.counter,
        "last_digest": last.digest,
        "issued_at": clock(),
    }
    return UploadAck(**(values | changes)).seal(CLEAR_KEY)


def make_stock(kind: str = "007", code: str = "061002600199", first: int = 1, last: int = 50) -> StockSegment:
    """Return a segment of blank invoices."""
    return StockSegment(kind=kind, code=code, next_number=first, end_number=last)


@dataclass
class Bench:
    """One virtual disk in memory with its clock and a session whenever one is asked for."""

    disk: VirtualDisk
    clock: TestClock
    open_sessions: list[Any] = field(default_factory=list)

    @classmethod
    def build(cls, folder: Path, **changes: Any) -> Bench:
        clock = TestClock(changes.pop("moment", START))
        create = changes.pop("create", VirtualDisk.create)
        disk = create(folder / "disk.journal", make_spec(**changes), clock=clock)
        return cls(disk, clock)

    def session(self, *, pin: str | None = PIN) -> DiskSession:
        """Return a fresh conversation: power on and reset, select, prove, PIN."""
        self.disk.reset()
        channel = MemoryTransport({READER: self.disk})
        opened = channel.open(READER)
        self.open_sessions.append(opened)
        session = DiskSession(opened.__enter__())
        session.select()
        session.identity(AUTHORITY.anchor)
        if pin is not None:
            session.verify_pin(pin)
        return session

    def issue(self, *totals: tuple[str, str, str], **changes: Any) -> SignedInvoice:
        return self.session().issue(make_order(self.clock, *totals, **changes))

    def to_filing_season(self) -> None:
        self.clock.moment = max(self.clock.moment, FILING_SEASON)

    def report_october(self) -> Any:
        self.to_filing_season()
        return self.session().report("A", OCTOBER)

    def begin(self) -> ClearRequest:
        return self.session(pin=None).begin_clear("A", OCTOBER)

    def token(self, **changes: Any) -> ClearToken:
        return draft_token(self.begin(), self.clock, **changes).seal(CLEAR_KEY)

    def draft_order(self, action: str, /, **changes: Any) -> AuthorityOrder:
        """Return an unsigned order that the disk would carry out now but for the changes."""
        counter = self.session(pin=None).status().order_counter
        values: dict[str, Any] = {
            "order_id": str(uuid.uuid4()),
            "order_number": counter + 1,
            "serial": self.disk.serial,
            "taxpayer_number": self.disk.issue_data.taxpayer_number,
            "action": action,
            "expected_order_counter": counter,
            "issued_at": self.clock(),
            "expires_at": self.clock() + timedelta(minutes=10),
        }
        return AuthorityOrder(**(values | changes))

    def signed_order(self, action: str, /, **changes: Any) -> AuthorityOrder:
        return self.draft_order(action, **changes).seal(CLEAR_KEY)

    def apply(self, order: AuthorityOrder) -> OrderReceipt:
        return self.session(pin=None).apply_order(order)

    def order(self, action: str, /, **changes: Any) -> OrderReceipt:
        return self.apply(self.signed_order(action, **changes))

    def upload(self) -> None:
        """Let the authority acknowledge every record of the disk."""
        last = self.session(pin=None).last_signed()
        if last is not None:
            self.session(pin=None).acknowledge(make_ack(1, last, self.clock))

    def block_pin(self) -> None:
        """Spend every try of the PIN."""
        session = self.session(pin=None)
        for _ in range(session.pin_tries()):
            with contextlib.suppress(CardRefusedError):
                session.verify_pin("000000")

    def return_all_stock(self) -> None:
        """Send every blank invoice back."""
        for group in self.session(pin=None).status().groups:
            for item in group.authorisations:
                if item.next_number <= item.end_number:
                    blank = make_stock(item.kind, item.code, item.next_number, item.end_number)
                    self.order("return_stock", segments=(blank, *item.later))
