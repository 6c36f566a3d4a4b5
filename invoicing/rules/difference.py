"""What must hold where only a difference is taxed (差额征税)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from invoicing.drafts import InvoiceDraft
from invoicing.rules import amounts
from invoicing.rules.problems import Problem
from taxhall.common.money import round_money
from taxhall.common.rates import TaxRate

_REMARK = re.compile(r"^差额征税:扣除额-?[\d.]+。?")


def difference_remark(remark: str, deduction: Decimal | None) -> str:
    """Return the remark with what the law wants at its beginning, once, or without it for an ordinary invoice."""
    rest = _REMARK.sub("", remark)
    return rest if deduction is None else f"差额征税:扣除额{round_money(deduction)}。{rest}"


def difference_problems(draft: InvoiceDraft) -> Iterator[Problem]:
    """Yield what is wrong with a deduction: one line, taxed, priced with tax, no discount, less than the price."""
    if draft.deduction is None:
        return
    gross = sum((amounts.entered_amount(line) for line in draft.lines), Decimal(0))
    if len(draft.lines) != 1 or any(line.discount for line in draft.lines):
        yield Problem(
            "difference.one_line",
            "deduction",
            _("差额征税的发票只能有一行，且不能有折扣。"),
            _("请删除其他行和折扣额，或清空扣除额。"),
        )
    if not draft.is_tax_inclusive:
        yield Problem(
            "difference.not_inclusive",
            "is_tax_inclusive",
            _("差额征税须按含税价录入。"),
            _("请勾选“单价和金额按含税价录入”。"),
        )
    if not 0 < draft.deduction < gross:
        yield Problem(
            "difference.deduction_range",
            "deduction",
            _("扣除额应大于零、小于含税销售额 %(gross)s 元。") % {"gross": f"{gross:,.2f}"},
            _("请核对扣除额。"),
        )
    if any(line.rate in TaxRate.values and not TaxRate(line.rate).fraction for line in draft.lines):
        yield Problem(
            "difference.not_taxed",
            "deduction",
            _("零税率、免税和不征税项目不能差额征税。"),
            _("请改选税率，或清空扣除额。"),
        )
