"""Reporting a period (抄税) and clearing it (清卡)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from devices.protocol import vocabulary as v
from devices.protocol.invoice_messages import TotalRow
from devices.protocol.message import Message, SignedMessage
from devices.protocol.wire import Inner, Many


@dataclass(frozen=True, kw_only=True)
class PeriodChoice(Message):
    """Which group and period a command is about."""

    group: v.Group
    period_start: v.PeriodStart
    period_end: v.PeriodEnd


@dataclass(frozen=True, kw_only=True)
class ReportOpening(Message):
    """What OPEN_REPORT answers: how much there is to read."""

    report_counter: v.ReportCounter
    total_length: v.TotalLength
    report_digest: v.ReportDigest


@dataclass(frozen=True, kw_only=True)
class DiskReport(SignedMessage):
    """The totals of one closed period (抄税). The same bytes each time until the period is cleared."""

    LABEL: ClassVar[str] = "taxhall/report/1"

    serial: v.Serial
    taxpayer_number: v.TaxpayerNumber
    group: v.Group
    period_start: v.PeriodStart
    period_end: v.PeriodEnd
    report_counter: v.ReportCounter
    first_counter: v.FirstCounter
    last_counter: v.LastCounter
    invoice_count: v.InvoiceCount
    closed_at: v.ClosedAt
    rows: Annotated[tuple[TotalRow, ...], v.structure(0x75, Many(Inner(TotalRow), 256))]


@dataclass(frozen=True, kw_only=True)
class ClearRequest(SignedMessage):
    """A disk's own request to be cleared: the state before, and a fresh nonce. Only the newest is valid."""

    LABEL: ClassVar[str] = "taxhall/clear-request/1"

    serial: v.Serial
    taxpayer_number: v.TaxpayerNumber
    group: v.Group
    period_start: v.PeriodStart
    period_end: v.PeriodEnd
    sign_counter: v.SignCounter
    report_counter: v.ReportCounter
    clear_counter: v.ClearCounter
    report_digest: v.ReportDigest
    cut_off: v.CutOff
    clock: v.Clock
    nonce: v.Nonce
    request_number: v.RequestNumber


@dataclass(frozen=True, kw_only=True)
class KindLimit(Message):
    """A new per-invoice limit for one kind."""

    kind: v.Kind
    limit: v.Limit


@dataclass(frozen=True, kw_only=True)
class ClearToken(SignedMessage):
    """The authority's permission to clear, bound to one request of one disk."""

    LABEL: ClassVar[str] = "taxhall/clear-token/1"

    command_id: v.CommandId
    serial: v.Serial
    taxpayer_number: v.TaxpayerNumber
    group: v.Group
    period_start: v.PeriodStart
    period_end: v.PeriodEnd
    nonce: v.Nonce
    request_number: v.RequestNumber
    expected_clear_counter: v.ExpectedClearCounter
    report_digest: v.ReportDigest
    new_period_start: v.NewPeriodStart
    new_period_end: v.NewPeriodEnd
    new_cut_off: v.NewCutOff
    clock: v.Clock
    issued_at: v.TokenIssuedAt
    expires_at: v.ExpiresAt
    limits: Annotated[tuple[KindLimit, ...], v.structure(0x76, Many(Inner(KindLimit), 16))] = ()


@dataclass(frozen=True, kw_only=True)
class ClearReceipt(SignedMessage):
    """The disk's proof of one clear. Receipts of a disk form one chain by `previous_receipt_digest`."""

    LABEL: ClassVar[str] = "taxhall/clear-receipt/1"

    command_id: v.CommandId
    serial: v.Serial
    taxpayer_number: v.TaxpayerNumber
    group: v.Group
    period_start: v.PeriodStart
    period_end: v.PeriodEnd
    request_number: v.RequestNumber
    clear_counter_before: v.ClearCounterBefore
    clear_counter_after: v.ClearCounterAfter
    token_digest: v.TokenDigest
    report_digest: v.ReportDigest
    new_period_start: v.NewPeriodStart
    new_period_end: v.NewPeriodEnd
    new_cut_off: v.NewCutOff
    previous_receipt_digest: v.PreviousReceiptDigest
    cleared_at: v.ClearedAt
