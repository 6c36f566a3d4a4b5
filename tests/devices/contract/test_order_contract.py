"""What a session promises of orders, the log and the PIN over every carrier."""

from __future__ import annotations

import pytest

from devices.gateway import operations
from devices.gateway.base import BadAnswerError, CardRefusedError, TransportError
from devices.protocol.messages import AuthorityOrder
from devices.protocol.pins import make_transport_pin
from tests.devices.contract.conftest import Counter
from tests.devices.disks import AUTHORITY, CLEAR_KEY, PIN, make_order, make_stock


def draft(counter: Counter, action: str = "add_stock", **parts: object) -> AuthorityOrder:
    """An order that the first disk would carry out now."""
    with counter.session(pin=None) as session:
        done = session.status().order_counter
    bench = counter.first
    values = parts or {"segments": (make_stock(),)}
    return AuthorityOrder(
        order_id=f"order-{done + 1}-{action}",
        order_number=done + 1,
        serial="661000000001",
        taxpayer_number="91610113MA6TEKT0XE",
        action=action,
        expected_order_counter=done,
        issued_at=bench.clock(),
        expires_at=bench.clock().replace(hour=23),
        **values,
    ).seal(CLEAR_KEY)


@pytest.mark.read_back
def test_an_order_is_carried_out_once_and_its_receipt_stays(counter: Counter) -> None:
    order = draft(counter)
    with counter.session(pin=None) as session:
        assert session.last_order() is None
        receipt = session.apply_order(order)
        assert session.apply_order(order) == receipt
    with counter.session(pin=None) as session:
        assert session.last_order() == receipt
        assert session.status().order_counter == 1


def test_a_disk_is_unblocked_and_gets_a_new_pin(counter: Counter) -> None:
    with counter.session(pin=None) as session:
        for _ in range(8):
            with pytest.raises(CardRefusedError):
                session.verify_pin("000000")
    transport, kept = make_transport_pin()
    order = draft(counter, "unblock_pin", pin=kept)
    with counter.session(pin=None) as session:
        assert session.apply_order(order).action == "unblock_pin"
        with pytest.raises(CardRefusedError) as caught:
            session.verify_pin(transport)
        assert caught.value.code == "disk.pin_must_change"
        session.change_pin(transport, "13579135")
    with counter.session(pin="13579135") as session:
        assert session.issue(make_order(counter.first.clock)).counter == 1


@pytest.mark.read_back
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_disk_that_leaves_in_an_order_is_in_doubt_and_its_receipt_tells(counter: Counter, moment: str) -> None:
    order = draft(counter)
    counter.first.disk.faults.arm({f"vanish_{moment}": True, "on": "APPLY_ORDER"})
    with pytest.raises(TransportError) as caught, counter.session(pin=None) as session:
        session.apply_order(order)
    assert caught.value.sent
    counter.rack.remove("first")
    counter.rack.insert("first")
    with counter.session(pin=None) as session:
        last, done = session.last_order(), session.status().order_counter
        assert (done, last is not None) == ((0, False) if moment == "before" else (1, True))
        assert session.apply_order(order).token_digest == order.digest
        assert session.status().order_counter == 1


@pytest.mark.read_back
@pytest.mark.parametrize("answer", ["torn", "one_byte", "random"])
def test_a_wrong_answer_to_an_order_is_in_doubt_never_done_or_refused(counter: Counter, answer: str) -> None:
    order = draft(counter)
    counter.first.disk.faults.arm({"answer": answer, "on": "APPLY_ORDER"})
    with pytest.raises(TransportError) as caught, counter.session(pin=None) as session:
        session.apply_order(order)
    assert caught.value.sent
    counter.rack.remove("first")
    counter.rack.insert("first")
    with counter.session(pin=None) as session:
        last = session.last_order()
    assert last is not None
    assert last.token_digest == order.digest


@pytest.mark.one_exchange
def test_a_forged_refusal_does_not_hide_an_order(counter: Counter) -> None:
    class Lying:
        """A carrier that lets the disk act and then says it refused."""

        def __init__(self, channel: object) -> None:
            self._channel = channel

        def transmit(self, apdu: bytes) -> bytes:
            answer = self._channel.transmit(apdu)
            return b"\x9c\x60" if apdu[1] == 0x5A else answer

    order = draft(counter)
    with counter.rack.transport.open(counter.rack.readers["first"]) as channel:
        session = counter.open(Lying(channel))
        session.identity(AUTHORITY.anchor)
        with pytest.raises(BadAnswerError, match="counter moved"):
            session.apply_order(order)


def test_the_log_tells_what_was_done(counter: Counter) -> None:
    order = draft(counter)
    with counter.session() as session:
        session.issue(make_order(counter.first.clock))
        session.apply_order(order)
        log = session.log()
    assert [entry.event for entry in log.entries] == ["invoice_issued", "order_applied"]
    assert log.end_digest == log.head_digest


@pytest.mark.read_back
def test_orders_and_the_log_run_by_name_with_json_in_and_out(counter: Counter) -> None:
    order = draft(counter)
    with counter.session() as session:
        assert operations.run_step(session, {"op": "last_order"}) is None
        done = operations.run_step(session, {"op": "apply_order", "order": order.to_json()})
        assert operations.run_step(session, {"op": "last_order"}) == done
        log = operations.run_step(session, {"op": "log", "first": 1, "last": 1})
        assert [entry["event"] for entry in log["entries"]] == ["order_applied"]
        with pytest.raises(ValueError, match="change_pin"):
            operations.run_step(session, {"op": "change_pin", "old": PIN, "new": "13579135"})
