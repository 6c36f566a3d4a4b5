"""Orders of the authority besides the clear: issue data, stock, PIN, and the end of a disk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from devices.protocol import vocabulary as v
from devices.protocol.constants import ADD_STOCK, CHANGE_ISSUE_DATA, DISABLE, RETURN_STOCK, UNBLOCK_PIN
from devices.protocol.disk_messages import StockSegment
from devices.protocol.message import Message, SignedMessage
from devices.protocol.wire import Inner, Many, Maybe

# Which part an order of each kind carries; every other part is empty.
PART_OF: dict[str, str] = {
    CHANGE_ISSUE_DATA: "change",
    ADD_STOCK: "segments",
    RETURN_STOCK: "segments",
    UNBLOCK_PIN: "pin",
    DISABLE: "",
}


@dataclass(frozen=True, kw_only=True)
class KindChange(Message):
    """What a kind may do from now on (票种核定): it replaces what was there, or authorises a new kind."""

    kind: v.Kind
    limit: v.Limit
    is_red_allowed: v.IsRedAllowed = True
    rates: v.Rates


@dataclass(frozen=True, kw_only=True)
class GroupCeilings(Message):
    """What a group may issue from now on before the next upload (离线限额)."""

    group: v.Group
    hours_limit: v.HoursLimit
    count_limit: v.CountLimit
    amount_limit: v.AmountLimit


@dataclass(frozen=True, kw_only=True)
class GroupWindow(Message):
    """The first window of a group that the disk did not hold before."""

    group: v.Group
    period_start: v.PeriodStart
    period_end: v.PeriodEnd
    cut_off: v.CutOff


@dataclass(frozen=True, kw_only=True)
class IssueDataChange(Message):
    """A change of issue data (变更发行); what is not named stays as it is."""

    taxpayer_name: v.NewTaxpayerName = None
    bureau_code: v.NewBureauCode = None
    kinds: Annotated[tuple[KindChange, ...], v.structure(0x7B, Many(Inner(KindChange), 16))] = ()
    ceilings: Annotated[tuple[GroupCeilings, ...], v.structure(0x7C, Many(Inner(GroupCeilings), 8))] = ()
    windows: Annotated[tuple[GroupWindow, ...], v.structure(0x7D, Many(Inner(GroupWindow), 8))] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing would change."""
        return not any((self.taxpayer_name, self.bureau_code, self.kinds, self.ceilings, self.windows))


@dataclass(frozen=True, kw_only=True)
class TransportPin(Message):
    """What a disk needs to know a transport PIN by; the PIN itself is told to the company alone."""

    salt: v.PinSalt
    digest: v.PinDigest


@dataclass(frozen=True, kw_only=True)
class AuthorityOrder(SignedMessage):
    """One order of the authority, bound to one disk and to how many orders it has carried out."""

    LABEL: ClassVar[str] = "taxhall/order/1"

    order_id: v.CommandId
    order_number: v.OrderNumber
    serial: v.Serial
    taxpayer_number: v.TaxpayerNumber
    action: v.Action
    expected_order_counter: v.ExpectedOrderCounter
    issued_at: v.TokenIssuedAt
    expires_at: v.ExpiresAt
    change: Annotated[IssueDataChange | None, v.structure(0x78, Maybe(Inner(IssueDataChange)))] = None
    segments: Annotated[tuple[StockSegment, ...], v.structure(0x79, Many(Inner(StockSegment), 8))] = ()
    pin: Annotated[TransportPin | None, v.structure(0x7A, Maybe(Inner(TransportPin)))] = None

    @property
    def is_well_made(self) -> bool:
        """Whether it carries the part that its action needs, and no other."""
        parts = {"change": self.change is not None, "segments": bool(self.segments), "pin": self.pin is not None}
        is_idle = self.change is not None and self.change.is_empty
        return not is_idle and {name for name, is_there in parts.items() if is_there} == {PART_OF[self.action]} - {""}


@dataclass(frozen=True, kw_only=True)
class OrderReceipt(SignedMessage):
    """The disk's proof of one order. Receipts of orders form a chain of their own."""

    LABEL: ClassVar[str] = "taxhall/order-receipt/1"

    order_id: v.CommandId
    order_number: v.OrderNumber
    serial: v.Serial
    taxpayer_number: v.TaxpayerNumber
    action: v.Action
    order_counter_before: v.OrderCounterBefore
    order_counter_after: v.OrderCounterAfter
    token_digest: v.TokenDigest
    sign_counter: v.SignCounter
    previous_receipt_digest: v.PreviousReceiptDigest
    applied_at: v.AppliedAt
