"""Everything that must hold before the disk is asked to sign (domain: 税控 issuing checks, in their order)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from devices.choices import DIGITAL_KINDS, InvoiceKind
from invoicing.choices import PAPER_KINDS
from invoicing.drafts import InvoiceDraft
from invoicing.rules import amounts
from invoicing.rules.buyer import buyer_problems
from invoicing.rules.difference import difference_problems
from invoicing.rules.lines import line_problems
from invoicing.rules.problems import Problem
from invoicing.rules.vehicle import vehicle_problems
from taxhall.common.money import ZERO
from taxhall.common.rates import RATE_CODES

__all__ = ["MAX_LINES", "IssuingTerms", "Problem", "ceiling_problems", "check_draft", "stock_problems"]

# What the editing page holds; with all their fields they fit DATA_UPLOAD_MAX_NUMBER_FIELDS.
MAX_LINES = 100
# Paper goes on in a list of its own (销货清单), a digital invoice on its next pages; a roll has no list; electronic
# faces hold a hundred.
ANNEX_LINES, ROLL_LINES = 2000, 6


# The hall holds what was issued through it, and has the disk told so by itself as long as it reaches the disk.
_OFFLINE_MEND = _(
    "已开的发票大厅都已收到，系统会自动通知设备，一般一分钟内恢复，请稍后再开；一直没有恢复的，请检查设备是否连接。"
)


@dataclass(frozen=True)
class Credit:
    """The credit of a month (发票总额度) and what is used of it, tax-exclusive."""

    amount: Decimal
    used: Decimal

    @property
    def left(self) -> Decimal:
        """What may still be issued."""
        return self.amount - self.used


@dataclass(frozen=True)
class IssuingTerms:
    """What the seller and the disk, or for a digital invoice the bureau, allow on the day for one kind of invoice."""

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
    # Where blank invoices are asked for.
    device_serial: str = ""
    # 数电票: no disk, and instead of stock and ceilings one credit a month; None when the bureau granted none.
    is_digital: bool = False
    credit: Credit | None = None


def check_draft(draft: InvoiceDraft, terms: IssuingTerms) -> list[Problem]:
    """Return everything that keeps the draft from being issued, the disk's conditions first."""
    return check_face(draft, amounts.face_lines(draft), terms)


def check_face(draft: InvoiceDraft, lines: Sequence[amounts.FaceLine], terms: IssuingTerms) -> list[Problem]:
    """Do the same for a draft whose face is known: of a stored one its lines are measured, since those are issued."""
    found = [
        *terms.device_problems,
        *stock_problems(terms, draft.kind),
        *buyer_problems(draft),
        *difference_problems(draft),
    ]
    # A kind that is not authorised has no rates: the kind is told, not each line's rate.
    rates = terms.rates if terms.is_authorised else RATE_CODES
    for position in range(len(draft.lines)):
        found += line_problems(
            draft, position, taxpayer_kind=terms.taxpayer_kind, device_rates=rates, today=terms.today
        )
    sums = amounts.totals(lines)
    found += vehicle_problems(draft)
    return [*found, *_sum_problems(draft, lines), *ceiling_problems(sums, terms), *credit_problems(sums, terms)]


def stock_problems(terms: IssuingTerms, kind: str) -> Iterator[Problem]:
    """Yield what the disk lacks for this kind: authorisation or blank invoices."""
    if terms.is_digital:
        return
    if not terms.is_authorised:
        yield Problem(
            "disk.kind_not_authorised",
            "kind",
            _("这块税控设备没有%(kind)s的授权，不能开具。") % {"kind": InvoiceKind(kind).label},
            _("请改选票种；确需使用的，请先办理票种核定和变更发行。"),
        )
    elif terms.remaining <= 0:
        yield Problem(
            "disk.stock_empty", "kind", _("设备上这种发票已经用完，剩余 0 份。"), _("请先领用发票并写入设备。")
        )


def _most_lines(kind: str) -> int:
    if kind == InvoiceKind.ROLL:
        return ROLL_LINES
    return ANNEX_LINES if kind in PAPER_KINDS or kind in DIGITAL_KINDS else MAX_LINES


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
    if terms.is_digital:
        return
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
            _OFFLINE_MEND,
        )
    if terms.offline_amount_limit and terms.offline_amount + totals.amount > terms.offline_amount_limit:
        yield Problem(
            "disk.offline_amount",
            "lines",
            _("加上这张发票，离线未上传金额将超过 %(limit)s 元的上限。")
            % {"limit": f"{terms.offline_amount_limit:,.2f}"},
            _OFFLINE_MEND,
        )


def credit_none() -> Problem:
    """Return that no credit was granted to the company."""
    return Problem(
        "credit.none",
        "kind",
        _("税务机关还没有为这家企业核定数电票的发票总额度，不能开具数电票。"),
        _("请向主管税务机关申请核定发票总额度；急需开票的，可以用税控设备开具。"),
    )


def credit_problems(totals: amounts.Totals, terms: IssuingTerms) -> Iterator[Problem]:
    """Yield why the month's credit does not allow a digital invoice of these totals (发票总额度, tax-exclusive)."""
    if not terms.is_digital:
        return
    if terms.credit is None:
        yield credit_none()
    elif totals.amount > terms.credit.left:
        yield Problem(
            "credit.exceeded",
            "lines",
            _("不含税金额 %(amount)s 元超过本月还可开具的 %(left)s 元（总额度 %(all)s 元，已用 %(used)s 元）。")
            % {
                "amount": f"{totals.amount:,.2f}",
                "left": f"{terms.credit.left:,.2f}",
                "all": f"{terms.credit.amount:,.2f}",
                "used": f"{terms.credit.used:,.2f}",
            },
            _("请向主管税务机关申请调整发票总额度，或等下月再开；发票没有开具，额度没有变化。"),
        )
