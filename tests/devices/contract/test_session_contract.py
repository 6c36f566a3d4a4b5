"""What a session promises over every carrier: the same operations, the same refusals, the same doubt."""

from __future__ import annotations

import uuid

import pytest

from devices.gateway import operations
from devices.gateway.base import (
    BadAnswerError,
    CardGoneError,
    CardRefusedError,
    NotTheEnrolledDiskError,
    TransportError,
)
from devices.protocol.certificates import TrustAnchor
from devices.protocol.profiles import PublicKey
from tests.devices.contract.conftest import Counter
from tests.devices.disks import (
    AUTHORITY,
    CLEAR_KEY,
    NOVEMBER,
    OCTOBER,
    PIN,
    Bench,
    draft_token,
    make_ack,
    make_order,
)
from tests.devices.keys import OTHER


def reported(counter: Counter) -> Bench:
    """The first disk with one invoice, its October reported."""
    with counter.session() as session:
        session.issue(make_order(counter.first.clock))
    counter.first.to_filing_season()
    with counter.session() as session:
        session.report("A", OCTOBER)
    return counter.first


def test_readers_are_named(counter: Counter) -> None:
    assert set(counter.rack.readers.values()) <= set(counter.rack.transport.readers())


def test_a_disk_proves_its_identity_by_its_certificate(counter: Counter) -> None:
    with counter.rack.transport.open(counter.rack.readers["first"]) as channel:
        session = counter.open(channel)
        version = session.select()
        identity = session.identity(AUTHORITY.anchor)
    assert (version.applet, version.algorithm) == ("taxhall-disk", counter.profile)
    assert identity.algorithm == counter.profile
    assert (identity.serial, identity.taxpayer_number) == ("661000000001", "91610113MA6TEKT0XE")
    assert (identity.sign_counter, identity.report_counter, identity.clear_counter) == (0, 0, 0)


def test_each_reader_reaches_its_own_disk(counter: Counter) -> None:
    with counter.session("first", pin=None) as first, counter.session("second", pin=None) as second:
        serials = first.status().serial, second.status().serial
    assert serials == ("661000000001", "911000000002")


def test_an_enrolled_key_is_enough_and_another_one_is_refused(counter: Counter) -> None:
    with counter.rack.transport.open(counter.rack.readers["first"]) as channel:
        session = counter.open(channel)
        key = session.certificate().public_key
        assert session.identity(key).serial == "661000000001"
        with pytest.raises(NotTheEnrolledDiskError) as caught:
            session.identity(CLEAR_KEY.public_key)
    assert not caught.value.sent


def test_a_disk_of_an_unknown_ca_is_refused(counter: Counter) -> None:
    with counter.rack.transport.open(counter.rack.readers["first"]) as channel:
        session = counter.open(channel)
        with pytest.raises(NotTheEnrolledDiskError):
            session.identity(TrustAnchor(()))


def test_nothing_signed_is_believed_before_identity_is_proved(counter: Counter) -> None:
    with counter.rack.transport.open(counter.rack.readers["first"]) as channel:
        session = counter.open(channel)
        with pytest.raises(RuntimeError, match="identity"):
            session.status()


@pytest.mark.read_back
def test_the_public_state_needs_no_pin(counter: Counter) -> None:
    with counter.session(pin=None) as session:
        status = session.status()
        assert (status.pin_tries, session.pin_tries()) == (8, 8)
        assert status.group("A").period_start == OCTOBER.start
        assert session.last_clear() is None
        assert session.last_signed() is None
        assert session.log().entries == ()


def test_an_invoice_is_signed_and_read_back(counter: Counter) -> None:
    order = make_order(counter.first.clock)
    with counter.session() as session:
        invoice = session.issue(order)
    with counter.session(pin=None) as session:
        assert session.find_signed(order.request_id) == invoice
        assert session.last_signed() == invoice
        assert session.signed(invoice.counter) == invoice


def test_issuing_again_with_the_same_request_signs_nothing_new(counter: Counter) -> None:
    order = make_order(counter.first.clock)
    with counter.session() as session:
        assert session.issue(order) == session.issue(order)
        assert session.status().sign_counter == 1


def test_an_invoice_is_voided_and_read_back(counter: Counter) -> None:
    request_id = uuid.uuid4().hex
    with counter.session() as session:
        invoice = session.issue(make_order(counter.first.clock))
        voided = session.void(invoice.kind, invoice.code, invoice.number, request_id)
        assert session.find_void(request_id) == voided


def test_a_refusal_names_code_and_word(counter: Counter) -> None:
    with counter.session() as session, pytest.raises(CardRefusedError) as caught:
        session.issue(make_order(counter.first.clock, ("13", "10.00", "1.30")))
    assert (caught.value.code, caught.value.status_word) == ("disk.rate_not_authorised", 0x9C04)


def test_a_wrong_pin_tells_the_tries_left(counter: Counter) -> None:
    with counter.session(pin=None) as session, pytest.raises(CardRefusedError) as caught:
        session.verify_pin("000000")
    assert (caught.value.code, caught.value.tries_left) == ("disk.pin_wrong", 7)


def test_the_pin_does_not_outlive_the_conversation(counter: Counter) -> None:
    with counter.session():
        pass
    with counter.session(pin=None) as session, pytest.raises(CardRefusedError) as caught:
        session.issue(make_order(counter.first.clock))
    assert caught.value.code == "disk.pin_required"


def test_the_pin_of_one_disk_opens_no_other(counter: Counter) -> None:
    order = make_order(counter.second.clock)
    with (
        counter.session("first"),
        counter.session("second", pin=None) as other,
        pytest.raises(CardRefusedError) as caught,
    ):
        other.issue(order)
    assert caught.value.code == "disk.pin_required"


def test_a_new_pin_is_taken(counter: Counter) -> None:
    with counter.session(pin=None) as session:
        session.change_pin(PIN, "13579135")
    with counter.session(pin="13579135") as session:
        assert session.pin_tries() == 8


def test_a_report_longer_than_a_chunk_arrives_whole(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devices.gateway.session.CHUNK", 17)
    with counter.session() as session:
        for rate in ("1", "3", "exempt"):
            session.issue(make_order(counter.first.clock, (rate, "10.00", "0.00")))
    counter.first.to_filing_season()
    with counter.session() as session:
        report = session.report("A", OCTOBER)
        assert [row.rate for row in report.rows] == ["3", "1", "exempt"]
        assert session.report("A", OCTOBER) == report


@pytest.mark.read_back
def test_a_disk_is_cleared_once_and_the_receipt_stays(counter: Counter) -> None:
    bench = reported(counter)
    with counter.session(pin=None) as session:
        request = session.begin_clear("A", OCTOBER)
    token = draft_token(request, bench.clock).seal(CLEAR_KEY)
    with counter.session(pin=None) as session:
        receipt = session.apply_clear(token)
        assert session.apply_clear(token) == receipt
    with counter.session(pin=None) as session:
        assert session.last_clear() == receipt
        assert session.status().group("A").period_start == NOVEMBER.start


@pytest.mark.pcsc
@pytest.mark.parametrize("counter", [("pcsc", "sm")], indirect=True, ids="-".join)
def test_a_disk_of_the_profile_sm_is_cleared_over_the_card_service(counter: Counter) -> None:
    bench = reported(counter)
    with counter.session(pin=None) as session:
        receipt = session.apply_clear(draft_token(session.begin_clear("A", OCTOBER), bench.clock).seal(CLEAR_KEY))
    assert (receipt.algorithm, receipt.clear_counter_after) == ("sm", 1)


@pytest.mark.parametrize("counter", [("memory", "intl"), ("memory", "sm")], indirect=True, ids="-".join)
def test_an_enrolled_key_of_the_other_profile_is_refused(counter: Counter) -> None:
    with counter.rack.transport.open(counter.rack.readers["first"]) as channel:
        session = counter.open(channel)
        key = session.certificate().public_key
        with pytest.raises(NotTheEnrolledDiskError):
            session.identity(PublicKey(OTHER[counter.profile], key.spki))


def test_a_token_that_is_refused_after_the_clear_is_a_plain_refusal(counter: Counter) -> None:
    bench = reported(counter)
    with counter.session(pin=None) as session:
        request = session.begin_clear("A", OCTOBER)
        session.apply_clear(draft_token(request, bench.clock).seal(CLEAR_KEY))
        with pytest.raises(CardRefusedError) as caught:
            session.apply_clear(draft_token(request, bench.clock).seal(CLEAR_KEY))
    assert caught.value.code == "disk.token_stale"


def test_a_withdrawn_request_is_dead(counter: Counter) -> None:
    bench = reported(counter)
    with counter.session(pin=None) as session:
        request = session.begin_clear("A", OCTOBER)
        session.abort_clear()
        with pytest.raises(CardRefusedError) as caught:
            session.apply_clear(draft_token(request, bench.clock).seal(CLEAR_KEY))
    assert caught.value.code == "disk.token_stale"


def test_an_acknowledgement_frees_the_ceilings(counter: Counter) -> None:
    with counter.session() as session:
        invoice = session.issue(make_order(counter.first.clock))
        assert session.status().group("A").offline.count == 1
        session.acknowledge(make_ack(1, invoice, counter.first.clock))
        session.acknowledge(make_ack(1, invoice, counter.first.clock))
        offline = session.status().group("A").offline
    assert (offline.count, offline.oldest_at) == (0, None)


@pytest.mark.read_back
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_disk_that_leaves_in_a_clear_is_in_doubt_and_its_counter_tells(counter: Counter, moment: str) -> None:
    bench = reported(counter)
    with counter.session(pin=None) as session:
        token = draft_token(session.begin_clear("A", OCTOBER), bench.clock).seal(CLEAR_KEY)
    bench.disk.faults.arm({f"vanish_{moment}": True, "on": "APPLY_CLEAR"})
    with pytest.raises(TransportError) as caught, counter.session(pin=None) as session:
        session.apply_clear(token)
    assert caught.value.sent
    counter.rack.remove("first")
    counter.rack.insert("first")
    with counter.session(pin=None) as session:
        last, status = session.last_clear(), session.status()
        assert (status.clear_counter, last is not None) == ((0, False) if moment == "before" else (1, True))
        receipt = session.apply_clear(token)
        assert session.status().clear_counter == 1
    assert receipt.token_digest == token.digest


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_a_power_cut_in_a_clear_changes_nothing(counter: Counter, share: float) -> None:
    bench = reported(counter)
    with counter.session(pin=None) as session:
        token = draft_token(session.begin_clear("A", OCTOBER), bench.clock).seal(CLEAR_KEY)
    bench.disk.faults.arm({"tear_before_write": 1, "tear_share": share, "on": "APPLY_CLEAR"})
    with pytest.raises(TransportError) as caught, counter.session(pin=None) as session:
        session.apply_clear(token)
    assert caught.value.sent
    counter.rack.remove("first")
    counter.rack.insert("first")
    with counter.session(pin=None) as session:
        assert session.status().clear_counter == 0
        assert session.apply_clear(token).clear_counter_after == 1


@pytest.mark.read_back
@pytest.mark.parametrize("answer", ["torn", "one_byte", "random"])
def test_a_wrong_answer_to_a_clear_is_in_doubt_never_done_or_refused(counter: Counter, answer: str) -> None:
    bench = reported(counter)
    with counter.session(pin=None) as session:
        token = draft_token(session.begin_clear("A", OCTOBER), bench.clock).seal(CLEAR_KEY)
    bench.disk.faults.arm({"answer": answer, "on": "APPLY_CLEAR"})
    with pytest.raises(TransportError) as caught, counter.session(pin=None) as session:
        session.apply_clear(token)
    assert caught.value.sent
    counter.rack.remove("first")
    counter.rack.insert("first")
    with counter.session(pin=None) as session:
        receipt = session.last_clear()
    assert receipt is not None
    assert receipt.token_digest == token.digest


def test_an_empty_reader_says_so_before_anything_is_sent(counter: Counter) -> None:
    counter.rack.remove("first")
    with pytest.raises(CardGoneError) as caught, counter.session():
        pass
    assert not caught.value.sent
    counter.rack.insert("first")
    with counter.session() as session:
        assert session.pin_tries() == 8


def test_steps_run_by_name_with_json_in_and_out(counter: Counter) -> None:
    order = make_order(counter.first.clock)
    with counter.session() as session:
        done = operations.run_step(session, {"op": "issue", "order": order.to_json()})
        found = operations.run_step(session, {"op": "find_signed", "request_id": order.request_id})
        assert done == found
        assert operations.run_step(session, {"op": "last_clear"}) is None
        assert operations.run_step(session, {"op": "pin_tries"}) == 8
        with pytest.raises(ValueError, match="verify_pin"):
            operations.run_step(session, {"op": "verify_pin", "pin": PIN})


@pytest.mark.one_exchange
def test_an_answer_made_for_another_question_is_not_believed(counter: Counter) -> None:
    class Replaying:
        """A carrier that answers every status with the first one it saw."""

        def __init__(self, channel: object) -> None:
            self._channel, self._first = channel, b""

        def transmit(self, apdu: bytes) -> bytes:
            answer = self._channel.transmit(apdu)
            if apdu[1] == 0x14:
                self._first = self._first or answer
                return self._first
            return answer

    with counter.rack.transport.open(counter.rack.readers["first"]) as channel:
        session = counter.open(Replaying(channel))
        session.identity(AUTHORITY.anchor)
        session.status()
        with pytest.raises(BadAnswerError, match="question"):
            session.status()


@pytest.mark.one_exchange
def test_a_forged_refusal_does_not_hide_a_clear(counter: Counter) -> None:
    class Lying:
        """A carrier that lets the disk clear and then says it refused."""

        def __init__(self, channel: object) -> None:
            self._channel = channel

        def transmit(self, apdu: bytes) -> bytes:
            answer = self._channel.transmit(apdu)
            return b"\x9c\x4d" if apdu[1] == 0x52 else answer

    bench = reported(counter)
    with counter.rack.transport.open(counter.rack.readers["first"]) as channel:
        session = counter.open(Lying(channel))
        session.identity(AUTHORITY.anchor)
        token = draft_token(session.begin_clear("A", OCTOBER), bench.clock).seal(CLEAR_KEY)
        with pytest.raises(BadAnswerError, match="counter moved"):
            session.apply_clear(token)
