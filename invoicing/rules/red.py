"""Red invoices (红字): what may be taken back of a blue one, line by line, and how tax follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from invoicing.choices import RED_FORM_KINDS, InvoiceState, RedFormState
from invoicing.rules import amounts
from invoicing.rules.issuing import IssuingTerms, ceiling_problems, stock_problems
from invoicing.rules.problems import Problem
from invoicing.rules.voiding import VoidCondition
from taxhall.common.money import ZERO, round_money
from taxhall.common.rates import TaxRate


@dataclass(frozen=True)
class RedUnit:
    """A blue line together with its discount: its whole, and what is left of it; all positive."""

    line: int
    name: str
    rate: str
    amount: Decimal
    tax: Decimal
    left_amount: Decimal
    left_tax: Decimal
    # Where only a difference was taxed, a part has no tax of its own.
    is_whole_only: bool = False


@dataclass(frozen=True)
class RedShare:
    """What a red invoice takes back of one line; positive."""

    line: int
    amount: Decimal
    tax: Decimal


@dataclass(frozen=True)
class RedFacts:
    """What is known of a red invoice and its blue one when it is about to be issued."""

    kind: str
    blue_state: str
    shares: Mapping[int, tuple[Decimal, Decimal]]
    rates: frozenset[str]
    units: Sequence[RedUnit]
    form_state: str = ""


def red_shares(units: Sequence[RedUnit], chosen: Mapping[int, Decimal]) -> tuple[RedShare, ...]:
    """Return amount and tax of what is taken back.

    Rule: the rest of a line takes the rest of its tax, so that several parts add up to the line to the cent; any
    other part is taxed at the line's own rate and never takes more tax than is left.
    """
    found = []
    for unit in units:
        amount = round_money(chosen.get(unit.line, ZERO))
        if amount == unit.left_amount:
            tax = unit.left_tax
        else:
            tax = min(round_money(amount * TaxRate(unit.rate).fraction), unit.left_tax)
        if amount:
            found.append(RedShare(unit.line, amount, tax))
    return tuple(found)


def whole_of(units: Sequence[RedUnit]) -> dict[int, Decimal]:
    """Return everything that is left, line by line."""
    return {unit.line: unit.left_amount for unit in units if unit.left_amount}


def choice_problems(units: Sequence[RedUnit], chosen: Mapping[int, Decimal]) -> Iterator[Problem]:
    """Yield what is wrong with the chosen amounts: nothing chosen, or more than is left of a line."""
    if not any(chosen.values()):
        yield Problem("red.nothing_chosen", "part", _("没有填写红冲金额。"), _("请至少填写一行，或选择全部红冲。"))
    for position, unit in enumerate(units, start=1):
        if unit.is_whole_only and chosen.get(unit.line, ZERO) not in (ZERO, unit.left_amount):
            yield Problem(
                "red.whole_only",
                f"amount-{unit.line}",
                _("差额征税的发票只能全部红冲。"),
                _("请选择全部红冲，再按正确的金额重新开具。"),
            )
        if not 0 <= chosen.get(unit.line, ZERO) <= unit.left_amount:
            yield Problem(
                "red.over_remaining",
                f"amount-{unit.line}",
                _("第 %(row)d 行最多还可红冲 %(left)s 元（不含税）。")
                % {"row": position, "left": f"{unit.left_amount:,.2f}"},
                _("请填写不大于剩余金额的正数。"),
            )


def red_conditions(*, state: str, is_red: bool, left_amount: Decimal) -> tuple[VoidCondition, ...]:
    """Return every condition of taking an invoice back, met or not."""
    return (
        VoidCondition(
            "red.not_issued",
            _("发票状态为正常"),
            state == InvoiceState.ISSUED,
            _("目前状态：%(state)s") % {"state": InvoiceState(state).label},
        ),
        VoidCondition(
            "red.is_red",
            _("是蓝字发票"),
            not is_red,
            _("红字发票不能再红冲；开错的纸质红字发票可在当月作废") if is_red else _("蓝字发票"),
        ),
        VoidCondition(
            "red.nothing_left",
            _("还有可红冲的金额"),
            left_amount > 0,
            _("剩余 %(left)s 元（不含税）") % {"left": f"{left_amount:,.2f}"},
        ),
    )


def check_red(facts: RedFacts, terms: IssuingTerms) -> list[Problem]:
    """Return everything that keeps a red invoice from being issued, the disk's conditions first.

    Rule: total of the reds never over the blue; a special one needs its form, once (国家税务总局公告2016年第47号).
    """
    amount = sum((share[0] for share in facts.shares.values()), ZERO)
    tax = sum((share[1] for share in facts.shares.values()), ZERO)
    return [
        *terms.device_problems,
        *stock_problems(terms, facts.kind),
        *_rate_problems(facts, terms),
        *_blue_problems(facts),
        *ceiling_problems(amounts.Totals(amount, tax), terms),
    ]


def _rate_problems(facts: RedFacts, terms: IssuingTerms) -> Iterator[Problem]:
    if terms.is_authorised and not facts.rates <= terms.rates:
        yield Problem(
            "line.rate_not_authorised",
            "lines",
            _("原发票的税率没有授权给这块税控设备，红字发票须按原税率开具。"),
            _("请到办税服务厅变更发行。"),
        )


def _blue_problems(facts: RedFacts) -> Iterator[Problem]:
    if facts.blue_state != InvoiceState.ISSUED:
        yield Problem(
            "red.blue_not_valid",
            "lines",
            _("对应的蓝字发票目前状态是“%(state)s”，不能红冲。") % {"state": InvoiceState(facts.blue_state).label},
            _("请删除这份草稿。"),
        )
    left = {unit.line: (unit.left_amount, unit.left_tax) for unit in facts.units}
    if any(share[0] > left[line][0] or share[1] > left[line][1] for line, share in facts.shares.items()):
        yield Problem(
            "red.over_remaining",
            "lines",
            _("红冲金额超过了蓝字发票的剩余金额，可能有另一张红字发票刚刚开具。"),
            _("请删除这份草稿，按新的剩余金额重新填开。"),
        )
    if facts.kind in RED_FORM_KINDS and facts.form_state != RedFormState.APPROVED:
        yield Problem(
            "red.form_missing",
            "lines",
            _("专用发票红冲须先取得红字信息表编号，一个编号只能开具一张红字发票。"),
            _("请先申请红字信息表。"),
        )
