"""Messages: one encoding, signed as a whole, and JSON that cannot disagree with the signed bytes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.protocol import messages
from devices.protocol.errors import MessageError, SignatureInvalidError
from devices.protocol.message import Message, SignedMessage, layout
from devices.protocol.messages import ClearReceipt, ClearToken, InvoiceOrder, RateTotal
from devices.protocol.profiles import PrivateKey
from tests.devices import samples
from tests.devices.disks import CLEAR_KEY, OLD_CLEAR_KEY, TestClock, make_order
from tests.devices.keys import OTHER

SAMPLES = samples.every_message()
WIRE_SAMPLES = [item for item in SAMPLES if layout(type(item))]
SIGNED_SAMPLES = [item for item in SAMPLES if isinstance(item, SignedMessage)]


def by_name(item: Message) -> str:
    return type(item).__name__


def test_every_message_has_a_sample() -> None:
    assert {type(item).__name__ for item in SAMPLES} == set(messages.__all__)


@pytest.mark.parametrize("message", WIRE_SAMPLES, ids=by_name)
def test_bytes_read_back_as_the_same_message(message: Message) -> None:
    data = message.to_bytes()
    assert type(message).from_bytes(data) == message
    assert type(message).from_bytes(data).to_bytes() == data


@pytest.mark.parametrize("message", SAMPLES, ids=by_name)
def test_json_reads_back_as_the_same_message(message: Message) -> None:
    assert type(message).from_json(json.loads(json.dumps(message.to_json()))) == message


@pytest.mark.parametrize("message", WIRE_SAMPLES, ids=by_name)
def test_missing_repeated_and_trailing_elements_are_refused(message: Message) -> None:
    data = message.to_bytes()
    for bad in (data[:-1], data + b"\x9f\x7f\x00", data + data, b"", data + b"\x00"):
        with pytest.raises(MessageError):
            type(message).from_bytes(bad)


@pytest.mark.parametrize("message", SIGNED_SAMPLES, ids=by_name)
def test_a_sealed_message_survives_travel_and_json(profile: str, message: SignedMessage) -> None:
    sealed = message.seal(CLEAR_KEY)
    for again in (
        type(message).from_envelope(sealed.to_envelope()),
        type(message).from_json(json.loads(json.dumps(sealed.to_json()))),
    ):
        again.verify(CLEAR_KEY.public_key)
        assert again == type(message).unseal(sealed.raw, sealed.signature)
        assert again.digest == sealed.digest


@pytest.mark.parametrize("message", SIGNED_SAMPLES, ids=by_name)
def test_a_message_of_another_kind_is_refused_by_its_label(message: SignedMessage) -> None:
    sealed = message.seal(CLEAR_KEY)
    other = next(type(item) for item in SIGNED_SAMPLES if type(item) is not type(message))
    with pytest.raises(MessageError):
        other.unseal(sealed.raw, sealed.signature)


def test_json_fields_that_disagree_with_the_signed_bytes_are_ignored() -> None:
    sealed = samples.clear_receipt().seal(CLEAR_KEY)
    forged = {**sealed.to_json(), "new_cut_off": "2030-01-01", "command_id": "other"}
    read = ClearReceipt.from_json(forged)
    assert read.new_cut_off == sealed.new_cut_off
    assert read.command_id == sealed.command_id


def test_every_changed_bit_of_a_signed_message_is_noticed(profile: str) -> None:
    sealed = samples.clear_token().seal(CLEAR_KEY)
    for position in range(len(sealed.raw)):
        changed = bytearray(sealed.raw)
        changed[position] ^= 1
        with pytest.raises((MessageError, SignatureInvalidError)):
            ClearToken.unseal(bytes(changed), sealed.signature).verify(CLEAR_KEY.public_key)


def test_an_unsigned_or_otherwise_signed_message_does_not_verify(profile: str) -> None:
    draft = samples.clear_token()
    for message in (draft, draft.seal(OLD_CLEAR_KEY), replace(draft.seal(CLEAR_KEY), signature=b"")):
        with pytest.raises(SignatureInvalidError):
            message.verify(CLEAR_KEY.public_key)


@given(
    st.decimals("-99999999999999.99", "99999999999999.99", places=2, allow_nan=False),
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=60),
)
@settings(max_examples=60)
def test_values_keep_their_meaning(amount: Decimal, moment: datetime, name: str) -> None:
    moment = moment.replace(microsecond=0)
    order = make_order(TestClock(), amount=amount, issued_at=moment, buyer_name=name)
    again = InvoiceOrder.from_bytes(order.to_bytes())
    assert (again.amount, again.issued_at, again.buyer_name) == (amount, moment, name)


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": Decimal("1.005")},
        {"amount": Decimal("NaN")},
        {"amount": Decimal("1E+30")},
        {"amount": "12.00"},
        {"request_id": "not hexadecimal"},
        {"request_id": "AB" * 16},
        {"kind": "999"},
        {"issued_at": datetime(2026, 10, 1)},  # noqa: DTZ001
        {"buyer_name": "line\nbreak"},
        {"buyer_name": "长" * 200},
        {"totals": tuple(RateTotal(rate="1", amount=Decimal(1), tax=Decimal(0)) for _ in range(11))},
    ],
    ids=str,
)
def test_values_that_do_not_fit_are_refused_before_they_travel(changes: dict[str, object]) -> None:
    with pytest.raises(MessageError):
        make_order(TestClock(), **changes).to_bytes()


def test_the_order_digest_ignores_parts_of_a_second(profile: str) -> None:
    clock = TestClock()
    order = make_order(clock)
    later = replace(order, issued_at=order.issued_at.replace(microsecond=999_999))
    assert order.digest_under(profile) == later.digest_under(profile) != order.digest_under(OTHER[profile])


def test_the_printed_codes_follow_from_the_signed_record(profile: str) -> None:
    key = PrivateKey.generate(profile)
    one = samples.signed_invoice().seal(key)
    other = replace(samples.signed_invoice(), number="00000002").seal(key)
    assert len(one.check_code) == 20
    assert one.check_code.isdigit()
    assert len(one.cipher_text) == 112
    assert set(one.cipher_text) <= set("0123456789+-*/<>")
    assert one.check_code != other.check_code
    assert one.cipher_text != other.cipher_text
