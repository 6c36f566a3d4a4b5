"""The commands of the disk: class, instruction and parameters. Data and answers: docs/device-protocol.md."""

from __future__ import annotations

from enum import IntEnum

CLA_ISO, CLA_TAX = 0x00, 0x80
SELECT_BY_NAME = 0x04  # P1 of SELECT


class Ins(IntEnum):
    """Instruction bytes; SELECT and those of the PIN are those of ISO 7816-4 (UNBLOCK_PIN: RESET RETRY COUNTER)."""

    VERIFY_PIN = 0x20
    CHANGE_PIN = 0x24
    UNBLOCK_PIN = 0x2C
    SELECT = 0xA4

    GET_VERSION = 0x10
    GET_CERT = 0x12
    GET_STATUS = 0x14
    CHALLENGE = 0x16
    PIN_TRIES = 0x18
    GET_LOG = 0x1A

    ISSUE_INVOICE = 0x30
    VOID_INVOICE = 0x32
    GET_LAST_SIGNED = 0x34
    GET_SIGNED = 0x36
    MARK_UPLOADED = 0x38

    OPEN_REPORT = 0x40
    READ_REPORT = 0x42
    CLOSE_REPORT = 0x44

    BEGIN_CLEAR = 0x50
    APPLY_CLEAR = 0x52
    ABORT_CLEAR = 0x54
    GET_LAST_CLEAR = 0x56

    APPLY_ORDER = 0x5A
    GET_LAST_ORDER = 0x5C


ISO_COMMANDS = frozenset({Ins.SELECT, Ins.VERIFY_PIN, Ins.CHANGE_PIN, Ins.UNBLOCK_PIN})
# These change the disk and answer with data: they are refused before they act unless Le takes any answer.
CHANGING_WITH_ANSWER = frozenset(
    {
        Ins.ISSUE_INVOICE,
        Ins.VOID_INVOICE,
        Ins.OPEN_REPORT,
        Ins.BEGIN_CLEAR,
        Ins.APPLY_CLEAR,
        Ins.APPLY_ORDER,
        Ins.UNBLOCK_PIN,
    }
)
PIN_REFERENCE = 0x81  # P2 of VERIFY_PIN, CHANGE_PIN and UNBLOCK_PIN

# P1 of GET_SIGNED: how the record is named.
BY_COUNTER, BY_REQUEST_ID = 0x00, 0x01


def class_of(ins: Ins) -> int:
    """Return the class byte that goes with an instruction."""
    return CLA_ISO if ins in ISO_COMMANDS else CLA_TAX
