"""Everything that must hold before the disk is asked to sign (domain: 税控 issuing checks, in their order)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from devices.choices import InvoiceKind
from invoicing.choices import PAPER_KINDS
from invoicing.drafts import InvoiceDraft
from invoicing.rules import amounts
from invoicing.rules.buyer import buyer_problems
from invoicing.rules.difference import difference_problems
from invoicing.rules.lines import line_problems
from invoicing.rules.problems import Problem
from taxhall.common.money import ZERO

__all__ = ["MAX_LINES", "IssuingTerms", "Problem", "ceiling_problems", "check_draft", "stock_problems"]

# What the editing page holds.
MAX_LINES = 100
# Paper goes on in a list of its own (销货清单); a roll has no list; electronic faces hold a hundred.
ANNEX_LINES, ROLL_LINES = 2000, 6


@dataclass(frozen=True)
class IssuingTerms:
    """What the seller and the disk allow on the day, for one kind of invoice."""

    taxpayer_kind: str
    today: date
    is_authorised: bool
    rates: frozenset[str]
    limit_amount: Decimal
    remaining: int
    next_code: str = ""
    next_number: str = ""
    offline_count: int = 0
    offline_count_limit: int = 0
    offline_amount: Decimal = ZERO
    offline_amount_limit: Decimal = ZERO
    device_problems: tuple[Problem, ...] = ()


def check_draft(draft: InvoiceDraft, terms: IssuingTerms) -> list[Problem]:
    """Return everything that keeps the draft from being issued, the disk's conditions first."""
    lines = amounts.face_lines(draft)
    found = [*terms.device_problems, *stock_problems(terms), *buyer_problems(draft), *difference_problems(draft)]
    for position in range(len(draft.lines)):
        found += line_problems(
            draft, position, taxpayer_kind=terms.taxpayer_kind, device_rates=terms.rates, today=terms.today
        )
    return [*found, *_sum_problems(draft, lines), *ceiling_problems(amounts.totals(lines), terms)]


def stock_problems(terms: IssuingTerms) -> Iterator[Problem]:
    """Yield what the disk lacks for this kind: authorisation or blank invoices."""
    if not terms.is_authorised:
        yield Problem(
            "disk.kind_not_authorised",
            "kind",
            _("这块税控设备没有这种发票的授权。"),
            _("请改选票种；确需使用的，请先办理票种核定和变更发行。"),
        )
    elif terms.remaining <= 0:
        yield Problem(
            "disk.stock_empty", "kind", _("设备上这种发票已经用完，剩余 0 份。"), _("请先领用发票并写入设备。")
        )


def _most_lines(kind: str) -> int:
    if kind == InvoiceKind.ROLL:
        return ROLL_LINES
    return ANNEX_LINES if kind in PAPER_KINDS else MAX_LINES


def _sum_problems(draft: InvoiceDraft, lines: Sequence[amounts.FaceLine]) -> Iterator[Problem]:
    if not draft.lines:
        yield Problem("lines.none", "lines", _("发票上还没有明细。"), _("请至少填写一行。"))
    limit = _most_lines(draft.kind)
    if len(lines) > limit:
        yield Problem(
            "lines.too_many",
            "lines",
            _("明细（含折扣行）共 %(count)d 行，一张发票最多 %(limit)d 行。") % {"count": len(lines), "limit": limit},
            _("请分成几张发票开具。"),
        )
    if draft.deduction is not None:
        # The tax is that of the difference, not of the amount.
        return
    rows = [(line.source.rate, line.amount, line.tax) for line in lines]
    if not all(amounts.line_within_tolerance(amount=amount, rate=rate, tax=tax) for rate, amount, tax in rows):
        yield Problem(
            "lines.tax_differs", "lines", _("有明细的税额与金额乘以税率相差超过 0.06 元。"), _("请核对金额和税率。")
        )
    if not amounts.invoice_within_tolerance(rows):
        yield Problem(
            "lines.sum_differs",
            "lines",
            _("整张发票的税额与金额乘以税率合计相差超过 1.27 元。"),
            _("请分成几张发票开具。"),
        )


def ceiling_problems(totals: amounts.Totals, terms: IssuingTerms) -> Iterator[Problem]:
    """Yield the limits that an invoice of these totals reaches; a red one is measured by its size."""
    if totals.amount <= 0:
        yield Problem("lines.sum_zero", "lines", _("发票合计金额必须大于零。"), _("请核对明细和折扣。"))
    if terms.is_authorised and totals.amount >= terms.limit_amount:
        yield Problem(
            "disk.over_limit",
            "lines",
            _("不含税金额 %(amount)s 元达到或超过单张开票限额 %(limit)s 元（限额本身也不能达到）。")
            % {"amount": f"{totals.amount:,.2f}", "limit": f"{terms.limit_amount:,.2f}"},
            _("请分成几张发票开具，或申请提高最高开票限额。"),
        )
    if terms.offline_count_limit and terms.offline_count + 1 > terms.offline_count_limit:
        yield Problem(
            "disk.offline_count",
            "lines",
            _("离线未上传发票已达 %(count)d 份的上限。") % {"count": terms.offline_count_limit},
            _("请先联网上传已开发票，再继续开具。"),
        )
    if terms.offline_amount_limit and terms.offline_amount + totals.amount > terms.offline_amount_limit:
        yield Problem(
            "disk.offline_amount",
            "lines",
            _("加上这张发票，离线未上传金额将超过 %(limit)s 元的上限。")
            % {"limit": f"{terms.offline_amount_limit:,.2f}"},
            _("请先联网上传已开发票，再继续开具。"),
        )
