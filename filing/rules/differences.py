"""Disk, ledger and return by type and rate: what differs, the likely cause, and the one act that mends it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from taxhall.common.money import ZERO

FAMILIES = ("special", "ordinary")


@dataclass(frozen=True)
class Traces:
    """What the ledger remembers of the invoices of one type and rate."""

    in_doubt: int = 0
    not_uploaded: int = 0
    issued_after_filing: int = 0
    voided_after_filing: int = 0
    voided_after_report: int = 0
    red: int = 0
    other_month: int = 0
    is_overridden: bool = False


@dataclass(frozen=True)
class Cause:
    """A named cause with what to do; `act` is which of the hall's acts mends it."""

    code: str
    name: str
    act: str


@dataclass(frozen=True)
class DifferenceRow:
    """One type and rate on three sides; a side that has not spoken is None."""

    family: str
    rate: str
    disk: Decimal | None
    ledger: Decimal
    declared: Decimal | None
    traces: Traces
    tolerance: Decimal = ZERO

    @property
    def disk_gap(self) -> Decimal:
        """The ledger less the disk."""
        return ZERO if self.disk is None else self.ledger - self.disk

    @property
    def declared_gap(self) -> Decimal:
        """The ledger less the return; more declared than issued is no fault."""
        return ZERO if self.declared is None else self.ledger - self.declared

    @property
    def is_even(self) -> bool:
        """Whether the three sides agree, or the return declares more than was issued."""
        return self.disk_gap == ZERO and self.declared_gap <= ZERO

    @property
    def cause(self) -> Cause | None:
        """The likely cause of the difference; none where the sides agree."""
        return None if self.is_even else likely_cause(self)


def likely_cause(row: DifferenceRow) -> Cause:
    """Name the likely cause of a difference, the surest sign first."""
    gap = max(abs(row.disk_gap), row.declared_gap)
    if gap <= row.tolerance:
        return Cause("rounding", _("尾差：在容差以内，不影响比对"), "none")
    if row.disk_gap:
        return _disk_cause(row.traces)
    return _declared_cause(row.traces)


def _disk_cause(traces: Traces) -> Cause:
    if traces.in_doubt:
        return Cause("in_doubt", _("有 %(n)s 张发票的开具或作废还在核实") % {"n": traces.in_doubt}, "verify")
    if traces.not_uploaded:
        return Cause("offline", _("有 %(n)s 张离线票还没有上传") % {"n": traces.not_uploaded}, "upload")
    if traces.voided_after_report:
        return Cause("void", _("抄报后又作废了 %(n)s 张") % {"n": traces.voided_after_report}, "report")
    if traces.other_month:
        return Cause(
            "clock",
            _("有 %(n)s 张的开票时间不在本期，可能是设备时钟不准") % {"n": traces.other_month},
            "clock",
        )
    return Cause("period", _("抄报之后又有变动，或记在了别的所属期"), "report")


def _declared_cause(traces: Traces) -> Cause:
    if traces.issued_after_filing:
        return Cause("after_filing", _("申报之后又开具了 %(n)s 张") % {"n": traces.issued_after_filing}, "correct")
    if traces.voided_after_filing:
        return Cause("void", _("申报之后作废了 %(n)s 张") % {"n": traces.voided_after_filing}, "correct")
    if traces.is_overridden:
        return Cause("override", _("申报时改动了系统预填的数"), "correct")
    if traces.red:
        return Cause("red", _("有 %(n)s 张红字发票，可能冲减的是以前所属期") % {"n": traces.red}, "correct")
    if traces.in_doubt:
        return Cause("in_doubt", _("有 %(n)s 张发票的开具或作废还在核实") % {"n": traces.in_doubt}, "verify")
    return Cause("period", _("申报的数少于开票数，可能记在了别的栏次或所属期"), "correct")
