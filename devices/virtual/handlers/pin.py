"""The PIN (设备口令): a try is taken away in memory before the PIN is compared, so that no tear gives one back."""

from __future__ import annotations

import hmac
from dataclasses import replace

from devices.protocol.apdu import AnswerApdu, CommandApdu
from devices.protocol.commands import PIN_REFERENCE
from devices.protocol.constants import PIN_LENGTHS, PIN_TRIES
from devices.protocol.status_words import SW
from devices.virtual.card import Card, RefusedError, ok, require
from devices.virtual.spec import make_pin, stretch
from devices.virtual.state import Pin


def pin_tries(card: Card, _: CommandApdu) -> AnswerApdu:
    """Return the tries left; asking costs none."""
    return ok(bytes((card.state.get(Pin).tries,)))


def verify_pin(card: Card, apdu: CommandApdu) -> AnswerApdu:
    """Open the disk for the rest of this power session."""
    require(apdu.p2 == PIN_REFERENCE, SW.WRONG_PARAMETERS)
    _compare(card, apdu.data)
    return ok()


def change_pin(card: Card, apdu: CommandApdu) -> AnswerApdu:
    """Set a new PIN: one byte of the old one's length, the old one, the new one."""
    require(apdu.p2 == PIN_REFERENCE, SW.WRONG_PARAMETERS)
    require(bool(apdu.data), SW.WRONG_LENGTH)
    old, new = apdu.data[1 : 1 + apdu.data[0]], apdu.data[1 + apdu.data[0] :]
    require(len(new) in PIN_LENGTHS, SW.WRONG_LENGTH)
    try:
        text = new.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RefusedError(SW.WRONG_DATA) from error
    _compare(card, old)
    now = card.now()
    card.state.commit(make_pin(text), card.entry(now, "pin_changed"))
    return ok()


def _compare(card: Card, given: bytes) -> None:
    require(len(given) in PIN_LENGTHS, SW.WRONG_LENGTH)
    card.power.is_pin_verified = False
    before = card.state.get(Pin)
    require(before.tries > 0, SW.PIN_BLOCKED)
    taken = replace(before, tries=before.tries - 1)
    card.state.commit(taken)
    if not hmac.compare_digest(stretch(given, before.salt), before.digest):
        _refuse(card, taken)
    card.state.commit(replace(taken, tries=PIN_TRIES))
    card.power.is_pin_verified = True


def _refuse(card: Card, taken: Pin) -> None:
    if not taken.tries:
        card.state.commit(card.entry(card.now(), "pin_blocked"))
        raise RefusedError(SW.PIN_BLOCKED)
    raise RefusedError(SW.PIN_WRONG | taken.tries)
