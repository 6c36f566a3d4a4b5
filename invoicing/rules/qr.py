"""What the QR code of a face says."""

from __future__ import annotations

import binascii
from datetime import date
from decimal import Decimal

from devices.choices import DIGITAL_KINDS, InvoiceKind

# The number of a kind when invoices are inspected (查验), which the code repeats.
_INSPECTED_AS = {
    InvoiceKind.SPECIAL: "01",
    InvoiceKind.ORDINARY: "04",
    InvoiceKind.VEHICLE: "03",
    InvoiceKind.E_SPECIAL: "08",
    InvoiceKind.E_ORDINARY: "10",
    InvoiceKind.ROLL: "11",
    InvoiceKind.DIGITAL_SPECIAL: "31",
    InvoiceKind.DIGITAL_ORDINARY: "32",
}
_VERSION = "01"


def qr_payload(
    *, kind: str, code: str, number: str, amount: Decimal, total: Decimal, dated_on: date, check_code: str
) -> str:
    """Return the content of the QR code: version, kind, code, number, sum of money, day, check code, sum.

    Rule: an invoice of the tax-control system tells its tax-exclusive amount; a digital one (数电票) has no code and
    no check code (校验码) and tells what is to be paid. Special and vehicle invoices carry no check code either. The
    official sum is not published; ours is the CRC-16 of what stands before it, so that a misread is noticed, and
    proves nothing else.
    """
    is_digital = kind in DIGITAL_KINDS
    head = ",".join(
        (
            _VERSION,
            _INSPECTED_AS[InvoiceKind(kind)],
            code,
            number,
            f"{total if is_digital else amount:.2f}",
            f"{dated_on:%Y%m%d}",
            check_code,
        )
    )
    return f"{head},{binascii.crc_hqx(head.encode(), 0xFFFF):04X}{'' if is_digital else ','}"
