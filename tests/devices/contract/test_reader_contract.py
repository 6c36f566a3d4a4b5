"""What any disk must do, whoever issued it: the part of the contract that needs no switches and no authority's key.

Tests marked `signs` sign on the disk and spend its numbers; the others only read. `python -m devices.contract
--reader NAME` runs this file against the disk in a real reader.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from devices.gateway.base import CardRefusedError, NotTheEnrolledDiskError
from devices.gateway.session import DiskSession
from devices.protocol.constants import KINDS_NEVER_VOIDED
from devices.protocol.messages import (
    AuthorityOrder,
    ClearToken,
    DiskStatus,
    InvoiceOrder,
    KindAuthorisation,
    RateTotal,
    SignedInvoice,
    StockSegment,
)
from devices.protocol.profiles import PrivateKey
from tests.devices.contract.conftest import DiskInReader

STRANGE = frozenset({"disk.token_key_unknown", "disk.token_invalid", "disk.token_stale"})
COUNTERS = ("sign_counter", "report_counter", "clear_counter", "order_counter")


def counters(status: DiskStatus) -> tuple[int, ...]:
    return tuple(getattr(status, name) for name in COUNTERS)


# ---- reading ----


def test_it_proves_the_identity_that_its_certificate_names(in_reader: DiskInReader) -> None:
    with in_reader.channel() as channel:
        session = in_reader.open(channel)
        certificate = session.certificate()
        identity = session.identity(certificate.public_key)
        status = session.status()
    assert (identity.serial, identity.taxpayer_number) == (certificate.serial, certificate.taxpayer_number)
    assert (status.serial, status.taxpayer_number) == (certificate.serial, certificate.taxpayer_number)
    assert identity.algorithm == certificate.algorithm


def test_it_is_not_taken_for_a_disk_of_another_key(in_reader: DiskInReader) -> None:
    with in_reader.channel() as channel:
        session = in_reader.open(channel)
        other = PrivateKey.generate(session.certificate().algorithm).public_key
        with pytest.raises(NotTheEnrolledDiskError) as caught:
            session.identity(other)
    assert not caught.value.sent


def test_it_signs_its_state_for_each_question_anew_and_reading_changes_nothing(in_reader: DiskInReader) -> None:
    one, other = b"\x01" * 32, b"\x02" * 32
    with in_reader.session() as session:
        first, second = session.status(one), session.status(other)
        assert (first.nonce, second.nonce) == (one, other)
        assert first.signature != second.signature
        assert counters(first) == counters(second)
        assert second.clock >= first.clock


def test_it_tells_the_tries_of_its_pin_without_the_pin(in_reader: DiskInReader) -> None:
    with in_reader.session() as session:
        assert session.pin_tries() == session.status().pin_tries


def test_its_log_is_one_chain(in_reader: DiskInReader) -> None:
    with in_reader.session() as session:
        log = session.log()
    numbers = [entry.number for entry in log.entries]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))) if numbers else log.is_whole


def test_it_tells_its_last_receipts_as_often_as_it_is_asked_or_says_that_it_cannot(in_reader: DiskInReader) -> None:
    with in_reader.session() as session:
        for ask in (session.last_clear, session.last_order):
            if session.has_read_back:
                assert ask() == ask()
            else:
                with pytest.raises(CardRefusedError, match=r"disk\.no_read_back"):
                    ask()


def test_it_says_of_a_request_that_it_never_had_that_it_holds_no_record(in_reader: DiskInReader) -> None:
    with in_reader.session() as session:
        if session.has_record_read_back:
            assert session.find_signed(uuid.uuid4().hex) is None
            assert session.find_void(uuid.uuid4().hex) is None
        else:
            with pytest.raises(CardRefusedError, match=r"disk\.no_read_back"):
                session.find_signed(uuid.uuid4().hex)


# ---- signing ----


def stock_of(status: DiskStatus) -> KindAuthorisation:
    """Return a kind that the disk may issue and void now, with numbers left."""
    found = [
        item
        for group in status.groups
        for item in group.authorisations
        if item.next_number <= item.end_number and item.kind not in KINDS_NEVER_VOIDED
    ]
    if not found:
        pytest.fail("the disk holds no blank invoice of a kind that can be voided: give it some first")
    return found[0]


def order_for(status: DiskStatus) -> InvoiceOrder:
    """Return an order of one yuan at the first rate that the disk may use."""
    rate = stock_of(status).rates[0]
    amount = Decimal("1.00")
    percent = Decimal(rate) if rate.replace(".", "").isdecimal() else Decimal(0)
    tax = (amount * percent / 100).quantize(Decimal("0.01"))
    return InvoiceOrder(
        request_id=uuid.uuid4().hex,
        kind=stock_of(status).kind,
        issued_at=status.clock.replace(microsecond=0),
        buyer_number="",
        buyer_name="合约测试",
        amount=amount,
        tax=tax,
        totals=(RateTotal(rate=rate, amount=amount, tax=tax),),
    )


@contextmanager
def issued(session: DiskSession) -> Iterator[tuple[InvoiceOrder, SignedInvoice]]:
    """Give an order and its invoice, and leave nothing valid behind, whatever the test finds."""
    order = order_for(session.status())
    invoice = session.issue(order)
    try:
        yield order, invoice
    finally:
        session.void(invoice.kind, invoice.code, invoice.number, uuid.uuid4().hex)


@pytest.mark.signs
def test_it_signs_no_invoice_without_the_pin(in_reader: DiskInReader) -> None:
    with in_reader.session() as session:
        before = session.status()
        with pytest.raises(CardRefusedError, match=r"disk\.pin_required"):
            session.issue(order_for(before))
        assert counters(session.status()) == counters(before)


@pytest.mark.signs
def test_the_same_request_is_one_invoice_however_often_it_is_asked_for(in_reader: DiskInReader) -> None:
    with in_reader.session(with_pin=True) as session:
        before = session.status()
        with issued(session) as (order, invoice):
            assert session.issue(order) == invoice
            assert session.status().sign_counter == before.sign_counter + 1 == invoice.counter
            if session.has_record_read_back:
                assert session.find_signed(order.request_id) == invoice


@pytest.mark.signs
def test_a_request_id_is_never_good_for_another_order(in_reader: DiskInReader) -> None:
    with in_reader.session(with_pin=True) as session, issued(session) as (order, invoice):
        with pytest.raises(CardRefusedError, match=r"disk\.request_reused"):
            session.issue(replace(order, buyer_name="另一购买方"))
        assert session.status().sign_counter == invoice.counter


@pytest.mark.signs
def test_an_invoice_is_voided_once(in_reader: DiskInReader) -> None:
    with in_reader.session(with_pin=True) as session:
        invoice = session.issue(order_for(session.status()))
        named, request_id = (invoice.kind, invoice.code, invoice.number), uuid.uuid4().hex
        voided = session.void(*named, request_id)
        assert session.void(*named, request_id) == voided
        with pytest.raises(CardRefusedError, match=r"disk\.already_voided"):
            session.void(*named, uuid.uuid4().hex)
        assert session.status().sign_counter == invoice.counter + 1 == voided.counter


@pytest.mark.signs
def test_the_pin_does_not_outlive_the_conversation(in_reader: DiskInReader) -> None:
    with in_reader.session(with_pin=True) as session:
        tries = session.pin_tries()
    with in_reader.session() as session:
        with pytest.raises(CardRefusedError, match=r"disk\.pin_required"):
            session.issue(order_for(session.status()))
        assert session.pin_tries() == tries


@pytest.mark.signs
def test_a_clear_and_an_order_that_no_authority_signed_change_nothing(in_reader: DiskInReader) -> None:
    with in_reader.session(with_pin=True) as session:
        before = session.status()
        forger = PrivateKey.generate(session.certificate().algorithm)
        for forged, apply in (
            (forged_clear(before).seal(forger), session.apply_clear),
            (forged_order(before).seal(forger), session.apply_order),
        ):
            with pytest.raises(CardRefusedError) as caught:
                apply(forged)
            assert caught.value.code in STRANGE
        assert counters(session.status()) == counters(before)
        assert session.status().groups == before.groups


def forged_clear(status: DiskStatus) -> ClearToken:
    group, now = status.groups[0], status.clock.replace(microsecond=0)
    return ClearToken(
        command_id=uuid.uuid4().hex,
        serial=status.serial,
        taxpayer_number=status.taxpayer_number,
        group=group.group,
        period_start=group.period_start,
        period_end=group.period_end,
        nonce=bytes(32),
        request_number=1,
        expected_clear_counter=status.clear_counter,
        report_digest="00" * 32,
        new_period_start=group.period_end + timedelta(days=1),
        new_period_end=group.period_end + timedelta(days=28),
        new_cut_off=group.cut_off + timedelta(days=28),
        clock=now,
        issued_at=now,
        expires_at=now + timedelta(minutes=10),
    )


def forged_order(status: DiskStatus) -> AuthorityOrder:
    now, kind = status.clock.replace(microsecond=0), stock_of(status).kind
    return AuthorityOrder(
        order_id=str(uuid.uuid4()),
        order_number=status.order_counter + 1,
        serial=status.serial,
        taxpayer_number=status.taxpayer_number,
        action="add_stock",
        expected_order_counter=status.order_counter,
        issued_at=now,
        expires_at=now + timedelta(minutes=10),
        segments=(StockSegment(kind=kind, code="061002699999", next_number=1, end_number=50),),
    )
