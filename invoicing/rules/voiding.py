"""When an issued invoice may be voided (作废)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from devices.choices import InvoiceKind
from invoicing.choices import PAPER_KINDS, InvoiceState
from taxhall.common.periods import TaxPeriod


@dataclass(frozen=True)
class VoidFacts:
    """What must be known about the invoice and its disk."""

    state: str
    kind: str
    dated_on: date
    today: date
    is_period_reported: bool
    has_red: bool = False
    # A red one of a vehicle that was sold anew: voiding it would bring the first invoice back.
    is_sold_again: bool = False


@dataclass(frozen=True)
class VoidCondition:
    """One condition with what was found, shown on the test page before the confirmation."""

    code: str
    title: str | Promise
    is_met: bool
    found: str | Promise


def void_conditions(facts: VoidFacts) -> tuple[VoidCondition, ...]:
    """Return every condition of voiding, met or not.

    Rule: 国税发〔2006〕156号 art. 13 and 20: the issuing month, not reported (抄税), not booked; electronic invoices
    are never voided, only reversed by a red one.
    """
    same_month = TaxPeriod.of_month(facts.dated_on) == TaxPeriod.of_month(facts.today)
    return (
        VoidCondition(
            "void.not_issued",
            _("发票状态为正常"),
            facts.state == InvoiceState.ISSUED,
            _("目前状态：%(state)s") % {"state": InvoiceState(facts.state).label},
        ),
        VoidCondition(
            "void.electronic",
            _("票种允许作废（纸质发票）"),
            facts.kind in PAPER_KINDS,
            _("纸质发票") if facts.kind in PAPER_KINDS else _("电子发票不能作废，只能开具红字发票冲销"),
        ),
        VoidCondition(
            "void.other_month",
            _("在开票当月"),
            same_month,
            _("开票日期 %(dated)s，今天 %(today)s") % {"dated": facts.dated_on, "today": facts.today},
        ),
        VoidCondition(
            "void.reported",
            _("所属期尚未抄报"),
            not facts.is_period_reported,
            _("设备已抄报该所属期，抄报后的发票不能作废") if facts.is_period_reported else _("设备尚未抄报该所属期"),
        ),
        VoidCondition(
            "void.has_red",
            _("没有对应的红字发票"),
            not facts.has_red,
            _("这张发票已有红字发票或有效的红字信息表，不能再作废") if facts.has_red else _("没有红字发票"),
        ),
        *_of_vehicles(facts),
    )


def _of_vehicles(facts: VoidFacts) -> Iterable[VoidCondition]:
    # Told of nothing else: whoever sells no vehicles would wonder what it means.
    if facts.kind == InvoiceKind.VEHICLE:
        yield VoidCondition(
            "void.sold_again",
            _("作废后同一辆车不会有两张有效发票"),
            not facts.is_sold_again,
            _("原车已重新开具发票，红字发票不能再作废") if facts.is_sold_again else _("没有重新开具"),
        )
