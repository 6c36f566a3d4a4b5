"""The data dictionary: each data element has one tag and one encoding in every message that carries it.

Tags are two bytes, 9F01 to 9F7F for values and BF01 to BF7F for structures. The table in
docs/device-protocol.md is generated from this module.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from devices.protocol.constants import (
    DISK_KINDS,
    GROUP_OF_KIND,
    KIND_GROUPS,
    NONCE_LENGTH,
    ORDER_ACTIONS,
    PIN_DIGEST_LENGTH,
    PIN_SALT_LENGTH,
    RATES,
    TOTAL_KINDS,
)
from devices.protocol.wire import (
    Day,
    Digits,
    Flag,
    Hexadecimal,
    Many,
    Maybe,
    Moment,
    Money,
    Number,
    OneOf,
    Raw,
    Text,
    Token,
    Wire,
)


@dataclass(frozen=True)
class Element:
    """Where a value stands in a message, and in what form."""

    tag: int
    wire: Wire


def _value(number: int, wire: Wire) -> Element:
    return Element(0x9F00 | number, wire)


def structure(number: int, wire: Wire) -> Element:
    """Place a structured value at BF and the number."""
    return Element(0xBF00 | number, wire)


# Every signed message begins with these three.
LABEL_TAG, ALGORITHM_TAG, KEY_ID_TAG = 0x9F01, 0x9F02, 0x9F03

# Who
Serial = Annotated[str, _value(0x10, Token(20))]
TaxpayerNumber = Annotated[str, _value(0x11, Token(20, least=15))]
TaxpayerName = Annotated[str, _value(0x12, Text(240, least=1))]
MachineNumber = Annotated[int, _value(0x13, Number(2))]
BureauCode = Annotated[str, _value(0x14, Digits(11, 11))]
DiskKind = Annotated[str, _value(0x15, OneOf(DISK_KINDS))]
CertificateNotAfter = Annotated[datetime, _value(0x16, Moment())]
EnabledOn = Annotated[date, _value(0x17, Day())]
Clock = Annotated[datetime, _value(0x18, Moment())]
PinTriesLeft = Annotated[int, _value(0x19, Number(1))]
SignCounter = Annotated[int, _value(0x1A, Number())]
ReportCounter = Annotated[int, _value(0x1B, Number())]
ClearCounter = Annotated[int, _value(0x1C, Number())]
Nonce = Annotated[bytes, _value(0x1D, Raw(NONCE_LENGTH, NONCE_LENGTH))]
Applet = Annotated[str, _value(0x1E, Token(40))]
Version = Annotated[str, _value(0x1F, Token(20))]
IsVirtual = Annotated[bool, _value(0x20, Flag())]
Profile = Annotated[str, _value(0x21, Token(16))]

# Periods and groups
Group = Annotated[str, _value(0x22, OneOf(tuple(KIND_GROUPS)))]
PeriodStart = Annotated[date, _value(0x23, Day())]
PeriodEnd = Annotated[date, _value(0x24, Day())]
CutOff = Annotated[date, _value(0x25, Day())]
LastReportAt = Annotated[datetime | None, _value(0x26, Maybe(Moment()))]
IsReported = Annotated[bool, _value(0x27, Flag())]
OpenReportDigest = Annotated[str | None, _value(0x28, Maybe(Hexadecimal(32)))]
HoursLimit = Annotated[int, _value(0x29, Number(4))]
CountLimit = Annotated[int, _value(0x2A, Number(4))]
AmountLimit = Annotated[Decimal, _value(0x2B, Money())]
OldestAt = Annotated[datetime | None, _value(0x2C, Maybe(Moment()))]

# Invoices and totals
RequestId = Annotated[str, _value(0x30, Hexadecimal(16))]
Kind = Annotated[str, _value(0x31, OneOf(tuple(GROUP_OF_KIND)))]
Rate = Annotated[str, _value(0x32, OneOf(RATES))]
TotalKind = Annotated[str, _value(0x33, OneOf(TOTAL_KINDS))]
Count = Annotated[int, _value(0x34, Number(4))]
Amount = Annotated[Decimal, _value(0x35, Money())]
Tax = Annotated[Decimal, _value(0x36, Money())]
Limit = Annotated[Decimal, _value(0x37, Money())]
IsRedAllowed = Annotated[bool, _value(0x38, Flag())]
IsRed = Annotated[bool, _value(0x39, Flag())]
Code = Annotated[str, _value(0x3A, Digits(10, 12))]
InvoiceNumber = Annotated[str, _value(0x3B, Digits(8, 8))]
NextNumber = Annotated[int, _value(0x3C, Number(4))]
EndNumber = Annotated[int, _value(0x3D, Number(4))]
BuyerNumber = Annotated[str, _value(0x3E, Text(20))]
BuyerName = Annotated[str, _value(0x3F, Text(300))]
IssuedAt = Annotated[datetime, _value(0x40, Moment())]
VoidedAt = Annotated[datetime, _value(0x41, Moment())]
Counter = Annotated[int, _value(0x42, Number())]
InvoiceCounter = Annotated[int, _value(0x43, Number())]
OrderDigest = Annotated[str, _value(0x44, Hexadecimal(32))]
TotalsDigest = Annotated[str, _value(0x45, Hexadecimal(32))]
PreviousDigest = Annotated[str, _value(0x46, Hexadecimal(32))]
FirstCounter = Annotated[int, _value(0x47, Number())]
LastCounter = Annotated[int, _value(0x48, Number())]
LastDigest = Annotated[str, _value(0x49, Hexadecimal(32))]
InvoiceCount = Annotated[int, _value(0x4A, Number(4))]
ClosedAt = Annotated[datetime, _value(0x4B, Moment())]
TotalLength = Annotated[int, _value(0x4C, Number(4))]
ReportDigest = Annotated[str, _value(0x4D, Hexadecimal(32))]
Rates = Annotated[tuple[str, ...], structure(0x4E, Many(OneOf(RATES), len(RATES)))]

# Clearing
CommandId = Annotated[str, _value(0x50, Token(64))]
RequestNumber = Annotated[int, _value(0x51, Number())]
ExpectedClearCounter = Annotated[int, _value(0x52, Number())]
NewPeriodStart = Annotated[date, _value(0x53, Day())]
NewPeriodEnd = Annotated[date, _value(0x54, Day())]
NewCutOff = Annotated[date, _value(0x55, Day())]
TokenIssuedAt = Annotated[datetime, _value(0x56, Moment())]
ExpiresAt = Annotated[datetime, _value(0x57, Moment())]
ClearCounterBefore = Annotated[int, _value(0x58, Number())]
ClearCounterAfter = Annotated[int, _value(0x59, Number())]
TokenDigest = Annotated[str, _value(0x5A, Hexadecimal(32))]
PreviousReceiptDigest = Annotated[str, _value(0x5B, Hexadecimal(32))]
ClearedAt = Annotated[datetime, _value(0x5C, Moment())]

# The log
EntryNumber = Annotated[int, _value(0x60, Number())]
At = Annotated[datetime, _value(0x61, Moment())]
Event = Annotated[str, _value(0x62, Token(40))]
Detail = Annotated[str, _value(0x63, Text(240))]
HeadNumber = Annotated[int, _value(0x64, Number())]
HeadDigest = Annotated[str, _value(0x65, Hexadecimal(32))]
BeforeDigest = Annotated[str, _value(0x66, Hexadecimal(32))]

# Orders of the authority
OrderCounter = Annotated[int, _value(0x67, Number())]
OrderNumber = Annotated[int, _value(0x68, Number())]
Action = Annotated[str, _value(0x69, OneOf(ORDER_ACTIONS))]
ExpectedOrderCounter = Annotated[int, _value(0x6A, Number())]
OrderCounterBefore = Annotated[int, _value(0x6B, Number())]
OrderCounterAfter = Annotated[int, _value(0x6C, Number())]
AppliedAt = Annotated[datetime, _value(0x6D, Moment())]
IsDisabled = Annotated[bool, _value(0x6E, Flag())]
UploadedThrough = Annotated[int, _value(0x6F, Number())]
NewTaxpayerName = Annotated[str | None, _value(0x70, Maybe(Text(240, least=1)))]
NewBureauCode = Annotated[str | None, _value(0x71, Maybe(Digits(11, 11)))]
PinSalt = Annotated[bytes, _value(0x72, Raw(PIN_SALT_LENGTH, PIN_SALT_LENGTH))]
PinDigest = Annotated[bytes, _value(0x73, Raw(PIN_DIGEST_LENGTH, PIN_DIGEST_LENGTH))]
