"""Orders and records of invoices.

A voided invoice counts in its void total only: `positive` and `negative` hold valid invoices alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from devices.protocol import profiles
from devices.protocol import vocabulary as v
from devices.protocol.message import Message, SignedMessage
from devices.protocol.wire import Inner, Many


@dataclass(frozen=True, kw_only=True)
class RateTotal(Message):
    """The tax-exclusive amount and the tax of one rate on one invoice."""

    rate: v.Rate
    amount: v.Amount
    tax: v.Tax


@dataclass(frozen=True, kw_only=True)
class TotalRow(Message):
    """A running total of one period. An invoice with two rates counts once in the row of each."""

    kind: v.Kind
    rate: v.Rate
    total_kind: v.TotalKind
    count: v.Count
    amount: v.Amount
    tax: v.Tax


@dataclass(frozen=True, kw_only=True)
class InvoiceOrder(Message):
    """What the host asks the disk to sign. `issued_at` is the host's clock; the disk dates by its own."""

    request_id: v.RequestId
    kind: v.Kind
    issued_at: v.IssuedAt
    buyer_number: v.BuyerNumber
    buyer_name: v.BuyerName
    amount: v.Amount
    tax: v.Tax
    is_red: v.IsRed = False
    totals: Annotated[tuple[RateTotal, ...], v.structure(0x74, Many(Inner(RateTotal), 10))]

    def digest_under(self, algorithm: str) -> str:
        """Return the digest of the canonical bytes, in hex; the invoice signed under that profile repeats it."""
        return profiles.get(algorithm).digest(self.to_bytes()).hex()


@dataclass(frozen=True, kw_only=True)
class SignedInvoice(SignedMessage):
    """The disk's record of one invoice. Records of a disk form one chain by `previous_digest`."""

    LABEL: ClassVar[str] = "taxhall/invoice/1"

    serial: v.Serial
    taxpayer_number: v.TaxpayerNumber
    request_id: v.RequestId
    kind: v.Kind
    code: v.Code
    number: v.InvoiceNumber
    issued_at: v.IssuedAt
    counter: v.Counter
    amount: v.Amount
    tax: v.Tax
    is_red: v.IsRed = False
    order_digest: v.OrderDigest
    totals_digest: v.TotalsDigest
    previous_digest: v.PreviousDigest

    @property
    def check_code(self) -> str:
        """The 20-digit 校验码: only the holder of the signed record can make or check it."""
        digest = profiles.get(self.algorithm).digest(b"check-code" + self.raw + self.signature)
        value = int.from_bytes(digest, "big")
        return f"{value % 10**20:020d}"

    @property
    def cipher_text(self) -> str:
        """The printed 密文: 112 symbols, four rows of 28, made from the signed record."""
        data = profiles.get(self.algorithm).long_digest(b"cipher-text" + self.raw + self.signature)[:56]
        return "".join(_CIPHER_SYMBOLS[byte >> 4] + _CIPHER_SYMBOLS[byte & 15] for byte in data)

    def to_json(self) -> dict[str, object]:
        """Return the fields and, once it is signed, the signed bytes and the two printed codes."""
        codes = {"check_code": self.check_code, "cipher_text": self.cipher_text} if self.raw else {}
        return {**super().to_json(), **codes}


_CIPHER_SYMBOLS = "0123456789+-*/<>"


@dataclass(frozen=True, kw_only=True)
class VoidOrder(Message):
    """Which invoice to void (作废)."""

    request_id: v.RequestId
    kind: v.Kind
    code: v.Code
    number: v.InvoiceNumber


@dataclass(frozen=True, kw_only=True)
class SignedVoid(SignedMessage):
    """The disk's record of one voiding; `invoice_counter` is the record it voids."""

    LABEL: ClassVar[str] = "taxhall/void/1"

    serial: v.Serial
    taxpayer_number: v.TaxpayerNumber
    request_id: v.RequestId
    kind: v.Kind
    code: v.Code
    number: v.InvoiceNumber
    voided_at: v.VoidedAt
    counter: v.Counter
    invoice_counter: v.InvoiceCounter
    amount: v.Amount
    tax: v.Tax
    totals_digest: v.TotalsDigest
    previous_digest: v.PreviousDigest

    def is_of(self, *, request_id: str, kind: str, code: str, number: str) -> bool:
        """Say whether this voids that invoice for that request: the disk also signs for whoever else asks it."""
        return (self.request_id, self.kind, self.code, self.number) == (request_id, kind, code, number)


@dataclass(frozen=True, kw_only=True)
class UploadAck(SignedMessage):
    """The authority holds every record from first to last counter; `last_digest` proves it saw the last."""

    LABEL: ClassVar[str] = "taxhall/upload-ack/1"

    serial: v.Serial
    taxpayer_number: v.TaxpayerNumber
    first_counter: v.FirstCounter
    last_counter: v.LastCounter
    last_digest: v.LastDigest
    issued_at: v.TokenIssuedAt
