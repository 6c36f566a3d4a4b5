"""Status words of the disk, and the stable code that each means to programs above.

Two levels on purpose: the raw word goes to logs and support, the code to rules, pages and help. Several
words may share a code when the user's next step is the same. The table in docs/device-protocol.md is
generated from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Remedy(StrEnum):
    """What helps: the same again, a person at this desk, the bureau, or another disk."""

    RETRY = "retry"
    TAXPAYER = "taxpayer"
    BUREAU = "bureau"
    REPLACE_DISK = "replace_disk"
    PROGRAM = "program"


class SW(IntEnum):
    """Every status word a disk of this protocol may give."""

    OK = 0x9000
    ALREADY_DONE = 0x9101

    PIN_WRONG = 0x63C0
    MEMORY_FAILURE = 0x6581
    WRONG_LENGTH = 0x6700
    PIN_REQUIRED = 0x6982
    PIN_BLOCKED = 0x6983
    PIN_MUST_CHANGE = 0x6984
    NOT_SELECTED = 0x6985
    WRONG_DATA = 0x6A80
    NOT_FOUND = 0x6A88
    WRONG_PARAMETERS = 0x6A86
    INS_UNKNOWN = 0x6D00
    CLA_UNKNOWN = 0x6E00
    INTERNAL = 0x6F00

    # 9C0x issuing and voiding
    LOCKED = 0x9C01
    OVER_LIMIT = 0x9C02
    KIND_NOT_AUTHORISED = 0x9C03
    RATE_NOT_AUTHORISED = 0x9C04
    STOCK_EMPTY = 0x9C05
    OFFLINE_HOURS = 0x9C06
    OFFLINE_COUNT = 0x9C07
    OFFLINE_AMOUNT = 0x9C08
    CLOCK_BACK = 0x9C09
    CLOCK_SKEW = 0x9C0A
    NOT_ENABLED = 0x9C0B
    TOTALS_WRONG = 0x9C0C
    RED_NOT_ALLOWED = 0x9C0D
    REQUEST_REUSED = 0x9C0E
    INVOICE_UNKNOWN = 0x9C10
    ALREADY_VOIDED = 0x9C11
    NOT_SAME_PERIOD = 0x9C12
    ALREADY_REPORTED = 0x9C13
    KIND_NOT_VOIDABLE = 0x9C14
    RECORD_DROPPED = 0x9C15
    CERTIFICATE_EXPIRED = 0x9C16
    OUTSIDE_WINDOW = 0x9C17
    DISABLED = 0x9C18
    PIN_UNCHANGED = 0x9C19

    # 9C2x reporting and asking to be cleared
    PERIOD_OPEN = 0x9C20
    WRONG_PERIOD = 0x9C21
    NOT_REPORTED = 0x9C22
    NOTHING_TO_CLEAR = 0x9C23
    ALREADY_CLEARED = 0x9C24
    GROUP_UNKNOWN = 0x9C25
    NO_REQUEST = 0x9C26

    # 9C4x what the authority signed
    TOKEN_MALFORMED = 0x9C40
    TOKEN_ALGORITHM = 0x9C41
    TOKEN_KEY_UNKNOWN = 0x9C42
    TOKEN_KEY_REVOKED = 0x9C43
    TOKEN_SIGNATURE = 0x9C44
    TOKEN_WRONG_DISK = 0x9C45
    TOKEN_OTHER_COMPANY = 0x9C46
    TOKEN_GROUP = 0x9C47
    TOKEN_PERIOD = 0x9C48
    TOKEN_NONCE = 0x9C49
    TOKEN_REQUEST_NUMBER = 0x9C4A
    TOKEN_COUNTER = 0x9C4B
    TOKEN_REPORT = 0x9C4C
    TOKEN_EXPIRED = 0x9C4D
    TOKEN_NOT_YET_VALID = 0x9C4E
    TOKEN_WINDOW = 0x9C4F
    TOKEN_NEW_PERIOD = 0x9C50
    TOKEN_CUT_OFF = 0x9C51
    TOKEN_LIMITS = 0x9C52
    ACK_RANGE = 0x9C58
    ACK_DIGEST = 0x9C59

    # 9C6x orders of the authority
    ORDER_COUNTER = 0x9C60
    ORDER_NUMBER = 0x9C61
    ORDER_REUSED = 0x9C62
    ORDER_CONTENT = 0x9C63
    ORDER_ACTION = 0x9C64
    ORDER_RANGE = 0x9C65
    ORDER_OVERLAP = 0x9C66
    ORDER_NOT_HELD = 0x9C67
    ORDER_STOCK_FULL = 0x9C68
    ORDER_STOCK_LEFT = 0x9C69
    ORDER_NOT_UPLOADED = 0x9C6A
    ORDER_NOT_REPORTED = 0x9C6B
    ORDER_LIMITS = 0x9C6C
    ORDER_WINDOW = 0x9C6D
    ORDER_KIND = 0x9C6E


@dataclass(frozen=True)
class Meaning:
    """The stable code of a status word, what it means, who can help, and the F-number of domain rules."""

    code: str
    text: str
    remedy: Remedy
    reason: str = ""


_TAXPAYER, _BUREAU, _PROGRAM = Remedy.TAXPAYER, Remedy.BUREAU, Remedy.PROGRAM

MEANINGS: dict[int, Meaning] = {
    SW.PIN_WRONG: Meaning("disk.pin_wrong", "wrong PIN; the last digit is the tries left", _TAXPAYER, "F14"),
    SW.MEMORY_FAILURE: Meaning("disk.memory_failure", "the disk could not store; nothing changed", Remedy.REPLACE_DISK),
    SW.WRONG_LENGTH: Meaning("disk.wrong_length", "command of the wrong length", _PROGRAM),
    SW.PIN_REQUIRED: Meaning("disk.pin_required", "the PIN was not given in this session", _TAXPAYER, "F14"),
    SW.PIN_BLOCKED: Meaning("disk.pin_blocked", "no PIN tries left", _BUREAU, "F14"),
    SW.PIN_MUST_CHANGE: Meaning("disk.pin_must_change", "the transport PIN only serves to set a PIN", _TAXPAYER, "F14"),
    SW.NOT_SELECTED: Meaning("disk.not_selected", "the applet was not selected in this session", _PROGRAM),
    SW.WRONG_DATA: Meaning("disk.wrong_data", "command data that do not follow the protocol", _PROGRAM),
    SW.NOT_FOUND: Meaning("disk.not_found", "the disk holds no such record", _PROGRAM),
    SW.WRONG_PARAMETERS: Meaning("disk.wrong_parameters", "P1 or P2 is wrong", _PROGRAM),
    SW.INS_UNKNOWN: Meaning("disk.unsupported", "the disk does not know this command", _PROGRAM),
    SW.CLA_UNKNOWN: Meaning("disk.unsupported", "the disk does not know this class", _PROGRAM),
    SW.INTERNAL: Meaning("disk.internal", "the disk failed inside; nothing changed", Remedy.REPLACE_DISK),
    SW.LOCKED: Meaning("disk.locked", "the cut-off date has passed", _TAXPAYER, "F10"),
    SW.OVER_LIMIT: Meaning("disk.over_limit", "the amount reaches the limit per invoice", _TAXPAYER),
    SW.KIND_NOT_AUTHORISED: Meaning("disk.kind_not_authorised", "the invoice kind is not authorised", _BUREAU, "F18"),
    SW.RATE_NOT_AUTHORISED: Meaning("disk.rate_not_authorised", "a rate is not authorised for the kind", _BUREAU),
    SW.STOCK_EMPTY: Meaning("disk.stock_empty", "no invoice number is left", _TAXPAYER),
    SW.OFFLINE_HOURS: Meaning("disk.offline_hours", "the oldest invoice was not uploaded in time", _TAXPAYER, "F08"),
    SW.OFFLINE_COUNT: Meaning("disk.offline_count", "too many invoices were not uploaded", _TAXPAYER, "F08"),
    SW.OFFLINE_AMOUNT: Meaning("disk.offline_amount", "invoices of too much were not uploaded", _TAXPAYER, "F08"),
    SW.CLOCK_BACK: Meaning("disk.clock_back", "the clock is before a time already accepted", _BUREAU, "F15"),
    SW.CLOCK_SKEW: Meaning("disk.clock_skew", "the order's time does not fit the disk's clock", _TAXPAYER, "F15"),
    SW.NOT_ENABLED: Meaning("disk.not_enabled", "the day is before the disk's enabling date", _TAXPAYER, "F19"),
    SW.TOTALS_WRONG: Meaning("disk.totals_wrong", "totals do not add up or have the wrong sign", _PROGRAM),
    SW.RED_NOT_ALLOWED: Meaning("disk.red_not_allowed", "red invoices are not allowed for the kind", _BUREAU),
    SW.REQUEST_REUSED: Meaning("disk.request_reused", "the request id was used for another order", _PROGRAM),
    SW.INVOICE_UNKNOWN: Meaning("disk.invoice_unknown", "the disk holds no such invoice", _TAXPAYER),
    SW.ALREADY_VOIDED: Meaning("disk.already_voided", "the invoice is voided already", _TAXPAYER),
    SW.NOT_SAME_PERIOD: Meaning("disk.not_same_period", "the invoice is of another month", _TAXPAYER),
    SW.ALREADY_REPORTED: Meaning("disk.already_reported", "the invoice's period is reported", _TAXPAYER),
    SW.KIND_NOT_VOIDABLE: Meaning("disk.kind_not_voidable", "electronic invoices are not voided", _TAXPAYER),
    SW.RECORD_DROPPED: Meaning("disk.record_dropped", "the record's period is cleared and uploaded", _PROGRAM),
    SW.CERTIFICATE_EXPIRED: Meaning("disk.certificate_expired", "the disk's certificate has expired", _BUREAU, "F16"),
    SW.OUTSIDE_WINDOW: Meaning("disk.months_missed", "the day lies past the month after the period", _BUREAU, "F11"),
    SW.DISABLED: Meaning("disk.cancelled", "the disk is cancelled and issues no more", Remedy.REPLACE_DISK),
    SW.PIN_UNCHANGED: Meaning("disk.pin_unchanged", "the new PIN is the old one", _TAXPAYER, "F14"),
    SW.PERIOD_OPEN: Meaning("disk.period_open", "the period has not ended", _TAXPAYER, "F02"),
    SW.WRONG_PERIOD: Meaning("disk.wrong_period", "the disk is at another period", _TAXPAYER, "F02"),
    SW.NOT_REPORTED: Meaning("disk.not_reported", "the period is not reported", _TAXPAYER, "F01"),
    SW.NOTHING_TO_CLEAR: Meaning("disk.nothing_to_clear", "no period waits to be cleared", _TAXPAYER, "F02"),
    SW.ALREADY_CLEARED: Meaning("disk.already_cleared", "the period is cleared", _TAXPAYER, "F03"),
    SW.GROUP_UNKNOWN: Meaning("disk.group_unknown", "the disk holds no such group of kinds", _PROGRAM, "F18"),
    SW.NO_REQUEST: Meaning("disk.token_stale", "no clear request is waiting", Remedy.RETRY),
    SW.TOKEN_MALFORMED: Meaning("disk.token_invalid", "not a well-formed message of the authority", _PROGRAM),
    SW.TOKEN_ALGORITHM: Meaning("disk.token_invalid", "the algorithm is not the disk's", _PROGRAM),
    SW.TOKEN_KEY_UNKNOWN: Meaning("disk.token_key_unknown", "the authority key is not on the disk", _BUREAU),
    SW.TOKEN_KEY_REVOKED: Meaning("disk.token_key_revoked", "the authority key is withdrawn", Remedy.RETRY),
    SW.TOKEN_SIGNATURE: Meaning("disk.token_invalid", "the authority's signature does not match", _PROGRAM),
    SW.TOKEN_WRONG_DISK: Meaning("disk.wrong_disk", "made for another disk", _TAXPAYER),
    SW.TOKEN_OTHER_COMPANY: Meaning("disk.other_company", "made for another taxpayer", _TAXPAYER, "F17"),
    SW.TOKEN_GROUP: Meaning("disk.token_stale", "made for another group of kinds", Remedy.RETRY),
    SW.TOKEN_PERIOD: Meaning("disk.token_stale", "made for another period", Remedy.RETRY),
    SW.TOKEN_NONCE: Meaning("disk.token_stale", "made for another request", Remedy.RETRY),
    SW.TOKEN_REQUEST_NUMBER: Meaning("disk.token_stale", "made for an older request", Remedy.RETRY),
    SW.TOKEN_COUNTER: Meaning("disk.token_stale", "the disk has been cleared since", Remedy.RETRY),
    SW.TOKEN_REPORT: Meaning("disk.token_stale", "the report reviewed is not the disk's", Remedy.RETRY),
    SW.TOKEN_EXPIRED: Meaning("disk.token_expired", "past its time", Remedy.RETRY),
    SW.TOKEN_NOT_YET_VALID: Meaning("disk.token_expired", "from the future by the disk's clock", _BUREAU),
    SW.TOKEN_WINDOW: Meaning("disk.token_invalid", "it expires before it begins", _PROGRAM),
    SW.TOKEN_NEW_PERIOD: Meaning("disk.token_invalid", "the new period does not follow the old", _PROGRAM),
    SW.TOKEN_CUT_OFF: Meaning("disk.token_invalid", "the new cut-off is not later, or within the period", _PROGRAM),
    SW.TOKEN_LIMITS: Meaning("disk.token_invalid", "a new limit is for a kind not authorised", _PROGRAM),
    SW.ACK_RANGE: Meaning("disk.ack_range", "the range leaves a gap or goes beyond the records", _PROGRAM),
    SW.ACK_DIGEST: Meaning("disk.ack_digest", "the last record is not the disk's", _BUREAU, "F09"),
    SW.ORDER_COUNTER: Meaning("disk.order_stale", "the disk has carried out another number of orders", Remedy.RETRY),
    SW.ORDER_NUMBER: Meaning("disk.order_stale", "numbered no higher than an order already done", Remedy.RETRY),
    SW.ORDER_REUSED: Meaning("disk.order_reused", "the order id was used for another order", _PROGRAM),
    SW.ORDER_CONTENT: Meaning("disk.order_invalid", "the order's parts do not fit its action", _PROGRAM),
    SW.ORDER_ACTION: Meaning("disk.order_invalid", "UNBLOCK_PIN takes an order to unblock the PIN only", _PROGRAM),
    SW.ORDER_RANGE: Meaning("disk.order_invalid", "a stock segment is not a range of numbers", _PROGRAM),
    SW.ORDER_OVERLAP: Meaning("disk.stock_overlap", "the disk holds or used some of these numbers", _BUREAU),
    SW.ORDER_NOT_HELD: Meaning("disk.stock_not_held", "not the blank end of a segment on the disk", _BUREAU),
    SW.ORDER_STOCK_FULL: Meaning("disk.stock_full", "the disk keeps no more segments of the kind", _TAXPAYER),
    SW.ORDER_STOCK_LEFT: Meaning("disk.stock_left", "blank invoices must be returned first", _TAXPAYER),
    SW.ORDER_NOT_UPLOADED: Meaning("disk.not_uploaded", "records must be uploaded first", _TAXPAYER, "F08"),
    SW.ORDER_NOT_REPORTED: Meaning("disk.not_reported", "the period that is over must be reported", _TAXPAYER, "F01"),
    SW.ORDER_LIMITS: Meaning("disk.order_invalid", "a limit, a ceiling or the rates cannot be", _PROGRAM),
    SW.ORDER_WINDOW: Meaning("disk.order_invalid", "a window is missing, impossible or held already", _PROGRAM),
    SW.ORDER_KIND: Meaning("disk.kind_not_authorised", "stock for a kind that is not authorised", _BUREAU, "F18"),
}


def is_success(status_word: int) -> bool:
    """Say whether the command was done, now or before."""
    return status_word in (SW.OK, SW.ALREADY_DONE)


def meaning_of(status_word: int) -> Meaning | None:
    """Return what a refusal means, or None for a word that no disk of this protocol gives."""
    if status_word & 0xFFF0 == SW.PIN_WRONG:
        return MEANINGS[SW.PIN_WRONG]
    return MEANINGS.get(status_word)


def tries_left(status_word: int) -> int | None:
    """Return the PIN tries that a wrong-PIN word carries, 0 for a blocked PIN, else None."""
    if status_word == SW.PIN_BLOCKED:
        return 0
    return status_word & 0x0F if status_word & 0xFFF0 == SW.PIN_WRONG else None
