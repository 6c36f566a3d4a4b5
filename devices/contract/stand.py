"""What a check works with: one disk in one reader, its driver, and as many secrets as whoever runs it will lend."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from devices.gateway.base import Transport
from devices.gateway.capabilities import Capability
from devices.gateway.drivers import Driver
from devices.gateway.session import DiskSession
from devices.protocol.certificates import TrustAnchor
from devices.protocol.messages import ClearRequest, ClearToken, DiskStatus, GroupStatus, InvoiceOrder, RateTotal
from devices.protocol.profiles import PrivateKey


class BrokenContractError(Exception):
    """The driver or its disk does not do what it must."""


class NotApplicableError(Exception):
    """This cannot be tried on this stand; the words say why."""


def expect(ok: bool, what: str) -> None:
    """Go on only if it holds. Raises: BrokenContractError."""
    if not ok:
        raise BrokenContractError(what)


@dataclass(frozen=True)
class Window:
    """First and last day of a period."""

    start: date
    end: date


@dataclass(frozen=True)
class Stand:
    """One disk under test. Without PIN nothing is issued or reported, without clear key nothing is cleared."""

    transport: Transport
    reader: str
    driver: Driver
    trust: TrustAnchor | None = None
    pin: str | None = field(default=None, repr=False)
    clear_key: PrivateKey | None = field(default=None, repr=False)

    @contextmanager
    def session(self, *, with_pin: bool = False) -> Iterator[DiskSession]:
        """Open a conversation with a disk that has proved itself. Raises: NotApplicableError, TransportError."""
        if with_pin and self.pin is None:
            raise NotApplicableError("no PIN was given")
        with self.transport.open(self.reader) as channel:
            session = self.driver(channel)
            session.select()
            session.identity(self.trust or session.certificate().public_key)
            if with_pin and self.pin is not None:
                session.verify_pin(self.pin)
            yield session

    def needs(self, capability: Capability) -> None:
        """Go on only if the driver declares it. Raises: NotApplicableError."""
        if capability not in self.driver.CAPABILITIES:
            raise NotApplicableError(f"the driver declares no {capability}")


def make_order(status: DiskStatus) -> InvoiceOrder:
    """Return an invoice over 100 yuan that the disk is authorised to sign. Raises: NotApplicableError."""
    usable = [item for group in status.groups for item in group.authorisations if item.next_number <= item.end_number]
    if not usable:
        raise NotApplicableError("the disk has no blank invoice")
    amount, rate = Decimal("100.00"), usable[0].rates[0]
    tax = (amount * _percent(rate) / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return InvoiceOrder(
        request_id=uuid.uuid4().hex,
        kind=usable[0].kind,
        issued_at=status.clock,
        buyer_number="",
        buyer_name="个人",
        amount=amount,
        tax=tax,
        is_red=False,
        totals=(RateTotal(rate=rate, amount=amount, tax=tax),),
    )


def draft_token(request: ClearRequest) -> ClearToken:
    """Return the unsigned token that answers a request: on to the next month, cut off a month and a half later."""
    start = request.period_end + timedelta(days=1)
    after = (start.replace(day=28) + timedelta(days=4)).replace(day=1)
    return ClearToken(
        command_id=uuid.uuid4().hex,
        serial=request.serial,
        taxpayer_number=request.taxpayer_number,
        group=request.group,
        period_start=request.period_start,
        period_end=request.period_end,
        nonce=request.nonce,
        request_number=request.request_number,
        expected_clear_counter=request.clear_counter,
        report_digest=request.report_digest,
        new_period_start=start,
        new_period_end=after - timedelta(days=1),
        new_cut_off=after.replace(day=15),
        clock=request.clock,
        issued_at=request.clock,
        expires_at=request.clock + timedelta(minutes=10),
    )


def closed_group(status: DiskStatus) -> GroupStatus:
    """Return a group whose period is over by the disk's own clock. Raises: NotApplicableError."""
    over = [group for group in status.groups if group.period_end < status.clock.date()]
    if not over:
        raise NotApplicableError("no period of the disk is over yet by its own clock")
    return over[0]


def _percent(rate: str) -> Decimal:
    try:
        return Decimal(rate)
    except InvalidOperation:
        return Decimal(0)  # exempt, untaxed
