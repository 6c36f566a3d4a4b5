"""Bound: a token for anything else than this request is refused with its own status word, and nothing moves."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, timedelta
from decimal import Decimal

import pytest

from devices.gateway.base import CardRefusedError
from devices.protocol.apdu import EXTENDED_LE, CommandApdu
from devices.protocol.commands import Ins
from devices.protocol.messages import ClearToken, KindLimit
from devices.protocol.status_words import SW
from tests.devices.disks import CLEAR_KEY, FILING_SEASON, OLD_CLEAR_KEY, Bench, draft_token, make_ack
from tests.devices.keys import ProfileKey
from tests.devices.virtual.refusals import memory_of, refused

NOON = FILING_SEASON
# Every field but the command id, which the receipt repeats, with a value that must not be accepted.
WRONG = [
    ("serial", {"serial": "661000000002"}, "disk.wrong_disk", SW.TOKEN_WRONG_DISK),
    ("taxpayer_number", {"taxpayer_number": "91610131000000019Y"}, "disk.other_company", SW.TOKEN_OTHER_COMPANY),
    ("group", {"group": "B"}, "disk.group_unknown", SW.GROUP_UNKNOWN),
    ("period_start", {"period_start": date(2026, 9, 1)}, "disk.token_stale", SW.TOKEN_PERIOD),
    ("period_end", {"period_end": date(2026, 11, 30)}, "disk.token_stale", SW.TOKEN_PERIOD),
    ("nonce", {"nonce": bytes(32)}, "disk.token_stale", SW.TOKEN_NONCE),
    ("request_number", {"request_number": 9}, "disk.token_stale", SW.TOKEN_REQUEST_NUMBER),
    ("expected_clear_counter", {"expected_clear_counter": 1}, "disk.token_stale", SW.TOKEN_COUNTER),
    ("report_digest", {"report_digest": "00" * 32}, "disk.token_stale", SW.TOKEN_REPORT),
    ("new_period_start", {"new_period_start": date(2026, 11, 2)}, "disk.token_invalid", SW.TOKEN_NEW_PERIOD),
    ("new_period_end", {"new_period_end": date(2026, 11, 1)}, "disk.token_invalid", SW.TOKEN_NEW_PERIOD),
    ("new_cut_off", {"new_cut_off": date(2026, 11, 16)}, "disk.token_invalid", SW.TOKEN_CUT_OFF),
    ("new_cut_off", {"new_cut_off": date(2026, 11, 30)}, "disk.token_invalid", SW.TOKEN_CUT_OFF),
    ("new_cut_off", {"new_cut_off": date(2025, 12, 15)}, "disk.token_invalid", SW.TOKEN_CUT_OFF),
    ("issued_at", {"issued_at": NOON + timedelta(minutes=6)}, "disk.token_expired", SW.TOKEN_NOT_YET_VALID),
    ("expires_at", {"issued_at": NOON - timedelta(days=1), "expires_at": NOON - timedelta(seconds=1)},
     "disk.token_expired", SW.TOKEN_EXPIRED),
    ("expires_at", {"expires_at": NOON}, "disk.token_invalid", SW.TOKEN_WINDOW),
    ("limits", {"limits": (KindLimit(kind="026", limit=Decimal(1)),)}, "disk.token_invalid", SW.TOKEN_LIMITS),
    ("limits", {"limits": (KindLimit(kind="007", limit=Decimal(0)),)}, "disk.token_invalid", SW.TOKEN_LIMITS),
    ("limits", {"limits": (KindLimit(kind="007", limit=Decimal(1)),) * 2}, "disk.token_invalid", SW.TOKEN_LIMITS),
]  # fmt: skip
FREE = {"command_id", "clock"}  # the clock is advice, taken only forward of what was accepted


@pytest.fixture
def waiting(bench: Bench) -> Bench:
    """A disk that has asked to be cleared."""
    bench.issue()
    bench.report_october()
    return bench


@pytest.mark.parametrize(("name", "changes", "code", "word"), WRONG, ids=lambda value: str(value)[:40])
def test_each_wrong_field_is_refused_by_its_own_word(
    waiting: Bench, name: str, changes: dict[str, object], code: str, word: int
) -> None:
    token = waiting.token(**changes)
    session = waiting.session(pin=None)
    with refused(waiting, code, word):
        session.apply_clear(token)
    good = draft_token(waiting.begin(), waiting.clock).seal(CLEAR_KEY)
    assert waiting.session(pin=None).apply_clear(good).clear_counter_after == 1


def test_the_list_of_wrong_fields_is_whole() -> None:
    body = {item.name for item in fields(ClearToken)} - {"raw", "signature", "algorithm", "key_id"}
    assert {name for name, *_ in WRONG} | FREE == body


@pytest.mark.parametrize(
    ("key", "code", "word"),
    [
        (OLD_CLEAR_KEY, "disk.token_key_revoked", SW.TOKEN_KEY_REVOKED),
        (ProfileKey(), "disk.token_key_unknown", SW.TOKEN_KEY_UNKNOWN),
    ],
    ids=["withdrawn", "unknown"],
)
def test_a_token_of_another_key_is_refused(waiting: Bench, key: ProfileKey, code: str, word: int) -> None:
    token = draft_token(waiting.begin(), waiting.clock).seal(key)
    session = waiting.session(pin=None)
    with refused(waiting, code, word):
        session.apply_clear(token)


def test_a_token_signed_by_another_key_under_the_right_key_id_is_refused(waiting: Bench) -> None:
    token = draft_token(waiting.begin(), waiting.clock).seal(CLEAR_KEY)
    forged = ClearToken.unseal(token.raw, OLD_CLEAR_KEY.sign(token.raw))
    session = waiting.session(pin=None)
    with refused(waiting, "disk.token_invalid", SW.TOKEN_SIGNATURE):
        session.apply_clear(forged)


def test_every_changed_byte_of_the_travelling_token_is_refused(waiting: Bench) -> None:
    token = waiting.token(limits=(KindLimit(kind="007", limit=Decimal("100000.00")),))
    envelope = token.to_envelope()
    waiting.session(pin=None)
    before = memory_of(waiting)
    words = set()
    for position in range(len(envelope)):
        for bit in (0, 3, 7):
            changed = bytearray(envelope)
            changed[position] ^= 1 << bit
            words.add(apply_raw(waiting, bytes(changed)))
    assert memory_of(waiting) == before
    assert SW.OK not in words
    assert {SW.TOKEN_MALFORMED, SW.TOKEN_SIGNATURE, SW.TOKEN_KEY_UNKNOWN, SW.TOKEN_ALGORITHM} <= words
    assert waiting.session(pin=None).apply_clear(token).clear_counter_after == 1


def apply_raw(bench: Bench, envelope: bytes) -> int:
    command = CommandApdu(0x80, Ins.APPLY_CLEAR, 0, 0, envelope, EXTENDED_LE)
    return int.from_bytes(bench.disk.process(command.to_bytes())[-2:], "big")


def test_a_changed_token_after_the_clear_does_not_get_the_receipt(waiting: Bench) -> None:
    token = waiting.token()
    session = waiting.session(pin=None)
    session.apply_clear(token)
    forged = ClearToken.unseal(token.raw, bytes(64))
    with refused(waiting, "disk.token_invalid", SW.TOKEN_SIGNATURE):
        session.apply_clear(forged)


def test_another_token_for_the_same_clear_is_refused_afterwards(waiting: Bench) -> None:
    request = waiting.begin()
    first = draft_token(request, waiting.clock).seal(CLEAR_KEY)
    second = draft_token(request, waiting.clock).seal(CLEAR_KEY)
    session = waiting.session(pin=None)
    session.apply_clear(first)
    with refused(waiting, "disk.token_stale", SW.NO_REQUEST):
        session.apply_clear(second)


def test_the_acknowledgement_is_bound_too(waiting: Bench) -> None:
    last = waiting.session(pin=None).last_signed()
    session = waiting.session(pin=None)
    cases = [
        ({"serial": "661000000002"}, SW.TOKEN_WRONG_DISK),
        ({"taxpayer_number": "91610131000000019Y"}, SW.TOKEN_OTHER_COMPANY),
        ({"last_counter": 2}, SW.ACK_RANGE),
        ({"first_counter": 0}, SW.ACK_RANGE),
        ({"last_digest": "00" * 32}, SW.ACK_DIGEST),
    ]
    for changes, word in cases:
        before = memory_of(waiting)
        with pytest.raises(CardRefusedError) as caught:
            session.acknowledge(make_ack(1, last, waiting.clock, **changes))
        assert caught.value.status_word == word
        assert memory_of(waiting) == before
