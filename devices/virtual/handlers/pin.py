"""The PIN (设备口令): a try is taken away in memory before the PIN is compared, so that no tear gives one back."""

from __future__ import annotations

import hmac
from dataclasses import replace

from devices.protocol.apdu import AnswerApdu, CommandApdu
from devices.protocol.commands import PIN_REFERENCE
from devices.protocol.constants import PIN_LENGTHS, PIN_TRIES
from devices.protocol.pins import stretch
from devices.protocol.status_words import SW
from devices.virtual.card import Card, RefusedError, ok, require
from devices.virtual.spec import make_pin
from devices.virtual.values import Pin


def pin_tries(card: Card, _: CommandApdu) -> AnswerApdu:
    """Return the tries left; asking costs none."""
    return ok(bytes((card.state.get(Pin).tries,)))


def verify_pin(card: Card, apdu: CommandApdu) -> AnswerApdu:
    """Open the disk for the rest of this power session. A transport PIN opens nothing."""
    require(apdu.p2 == PIN_REFERENCE, SW.WRONG_PARAMETERS)
    require(len(apdu.data) in PIN_LENGTHS, SW.WRONG_LENGTH)
    before = card.state.get(Pin)
    require(before.tries == 0 or not before.is_transport, SW.PIN_MUST_CHANGE)
    _compare(card, apdu.data)
    card.state.commit(replace(before, tries=PIN_TRIES))
    card.power.is_pin_verified = True
    return ok()


def change_pin(card: Card, apdu: CommandApdu) -> AnswerApdu:
    """Set a new PIN: one byte of the old one's length, the old one, the new one. It opens the disk as well."""
    require(apdu.p2 == PIN_REFERENCE, SW.WRONG_PARAMETERS)
    require(bool(apdu.data), SW.WRONG_LENGTH)
    old, new = apdu.data[1 : 1 + apdu.data[0]], apdu.data[1 + apdu.data[0] :]
    require(len(old) in PIN_LENGTHS and len(new) in PIN_LENGTHS, SW.WRONG_LENGTH)
    require(old != new, SW.PIN_UNCHANGED)
    try:
        text = new.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RefusedError(SW.WRONG_DATA) from error
    _compare(card, old)
    card.state.commit(make_pin(text), card.entry(card.now(), "pin_changed"))
    card.power.is_pin_verified = True
    return ok()


def _compare(card: Card, given: bytes) -> None:
    """Take a try away, then compare; whoever goes on stores the tries anew. Raises: RefusedError."""
    card.power.is_pin_verified = False
    before = card.state.get(Pin)
    require(before.tries > 0, SW.PIN_BLOCKED)
    taken = replace(before, tries=before.tries - 1)
    card.state.commit(taken)
    if not hmac.compare_digest(stretch(given, before.salt), before.digest):
        _refuse(card, taken)


def _refuse(card: Card, taken: Pin) -> None:
    event, detail = ("pin_wrong", f"{taken.tries} left") if taken.tries else ("pin_blocked", "")
    card.state.commit(card.entry(card.now(), event, detail))
    raise RefusedError(SW.PIN_WRONG | taken.tries if taken.tries else SW.PIN_BLOCKED)
