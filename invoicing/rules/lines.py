"""What each line of an invoice must hold."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.choices import TaxpayerKind
from invoicing.choices import SPECIAL_KINDS
from invoicing.drafts import InvoiceDraft, LineDraft
from invoicing.rules import amounts, marks
from invoicing.rules.buyer import length_problems
from invoicing.rules.lengths import LINE_LIMITS
from invoicing.rules.problems import Problem
from taxhall.common.money import ZERO
from taxhall.common.rates import RATE_CODES, TaxRate

# 财政部 税务总局公告2026年第10号: 3% levied at 1% until this day.
ONE_PERCENT_UNTIL = date(2027, 12, 31)
# 增值税法 art. 10 and the levy rates of the simple method; 1.5% has a formula of its own and is not issued here.
RATES_BY_KIND: dict[str, frozenset[str]] = {
    TaxpayerKind.GENERAL: frozenset({"13", "9", "6", "5", "3", "0", "exempt", "untaxed"}),
    TaxpayerKind.SMALL_SCALE: frozenset({"5", "3", "1", "0", "exempt", "untaxed"}),
}
# 汽油 and 柴油; their invoices carry the volume or the weight, by which the bureau follows the oil.
_REFINED_OIL = ("107010101", "107010103")
_OIL_UNITS = frozenset({"升", "吨"})
LINE_LABELS = {"name": _("项目名称"), "spec": _("规格型号"), "unit": _("单位")}


def line_field(position: int, name: str) -> str:
    """Return how a field of a line is named in forms and problems; positions count from zero."""
    return f"lines-{position}-{name}"


def line_problems(
    draft: InvoiceDraft, position: int, *, taxpayer_kind: str, device_rates: frozenset[str], today: date
) -> Iterator[Problem]:
    """Yield what is wrong with one line."""
    line = draft.lines[position]
    yield from _description_problems(line, position)
    yield from _amount_problems(line, position)
    yield from _rate_problems(draft, position, taxpayer_kind, device_rates)
    yield from _levy_problems(line, position, taxpayer_kind, today)


def _description_problems(line: LineDraft, position: int) -> Iterator[Problem]:
    label = {"row": position + 1}
    if not line.name:
        yield Problem(
            "line.name_missing",
            line_field(position, "name"),
            _("第 %(row)d 行没有项目名称。") % label,
            _("请填写货物或服务名称，或删除这一行。"),
        )
    if not marks.is_leaf_shaped(line.tax_code):
        yield Problem(
            "line.tax_code_shape",
            line_field(position, "tax_code"),
            _("第 %(row)d 行的商品和服务税收分类编码不是可用的末级编码。") % label,
            _("请填写 19 位数字的末级编码，首位为 1 至 6。"),
        )
    elif line.tax_code.startswith(_REFINED_OIL) and line.unit not in _OIL_UNITS:
        yield Problem(
            "line.oil_unit",
            line_field(position, "unit"),
            _("第 %(row)d 行是成品油，单位只能是升或吨。") % label,
            _("请改填升或吨，并按这个单位填写数量。"),
        )
    for field, limit in LINE_LIMITS.items():
        if text := getattr(line, field):
            yield from length_problems(line_field(position, field), text, limit, LINE_LABELS[field])


def _amount_problems(line: LineDraft, position: int) -> Iterator[Problem]:
    label: dict[str, Any] = {"row": position + 1}
    entered = amounts.entered_amount(line)
    if entered <= 0:
        yield Problem(
            "line.amount_missing",
            line_field(position, "amount"),
            _("第 %(row)d 行没有金额，或金额不大于零。") % label,
            _("请填写数量和单价，或直接填写金额；退货请开具红字发票。"),
        )
    if entered >= amounts.LARGEST_AMOUNT:
        yield Problem(
            "line.amount_too_large",
            line_field(position, "amount"),
            _("第 %(row)d 行的金额 %(amount)s 元达到或超过一万亿元。") % (label | {"amount": f"{entered:,.2f}"}),
            _("请核对数量、单价和金额。"),
        )
    if (line.quantity is None) != (line.price is None):
        yield Problem(
            "line.quantity_or_price_missing",
            line_field(position, "price" if line.price is None else "quantity"),
            _("第 %(row)d 行的数量和单价只填了一个。") % label,
            _("请两项都填写，或都留空只填金额。"),
        )
    if not amounts.product_within_tolerance(line):
        yield Problem(
            "line.product_differs",
            line_field(position, "amount"),
            _("第 %(row)d 行的数量乘以单价与金额相差超过 0.01 元。") % label,
            _("请清空金额由系统计算，或改正数量、单价。"),
        )
    if line.discount is not None and not 0 <= line.discount <= max(entered, ZERO):
        yield Problem(
            "line.discount_too_large",
            line_field(position, "discount"),
            _("第 %(row)d 行的折扣额应在零和该行金额之间。") % label,
            _("请填写正数，且不大于该行金额（国税函〔2010〕56号：折扣额须开在同一张发票上）。"),
        )


def _rate_problems(
    draft: InvoiceDraft, position: int, taxpayer_kind: str, device_rates: frozenset[str]
) -> Iterator[Problem]:
    line, label = draft.lines[position], {"row": position + 1}
    field = line_field(position, "rate")
    if line.rate not in RATE_CODES:
        yield Problem("line.rate_missing", field, _("第 %(row)d 行没有选择税率。") % label, _("请选择税率或征收率。"))
        return
    if line.rate not in RATES_BY_KIND[taxpayer_kind]:
        yield Problem(
            "line.rate_not_for_taxpayer",
            field,
            _("第 %(row)d 行的 %(rate)s 不适用于%(kind)s。")
            % {**_rate_label(line, position), "kind": TaxpayerKind(taxpayer_kind).label},
            _("请选择适用的税率或征收率。"),
        )
    elif line.rate not in device_rates:
        yield Problem(
            "line.rate_not_authorised",
            field,
            _("第 %(row)d 行的 %(rate)s 没有授权给这块税控设备。") % _rate_label(line, position),
            _("请改选设备已授权的税率；确需使用的，请到办税服务厅变更发行。"),
        )
    if draft.kind in SPECIAL_KINDS and TaxRate(line.rate).fraction == 0:
        yield Problem(
            "line.special_not_for_exempt",
            field,
            _("第 %(row)d 行为%(rate)s，不能开具专用发票。") % _rate_label(line, position),
            _("请改开普通发票，或放弃免税并按适用征收率开具。"),
        )
    if line.tax_code and not marks.code_fits_rate(tax_code=line.tax_code, rate=line.rate):
        yield Problem(
            "line.code_and_rate_differ",
            line_field(position, "tax_code"),
            _("第 %(row)d 行的编码与税率不一致：6 开头的编码只用于不征税项目，不征税项目也只用 6 开头的编码。") % label,
            _("请核对编码或改选税率。"),
        )


def _rate_label(line: LineDraft, position: int) -> dict[str, Any]:
    return {"row": position + 1, "rate": str(TaxRate(line.rate).label)}


def _levy_problems(line: LineDraft, position: int, taxpayer_kind: str, today: date) -> Iterator[Problem]:
    label, is_over = {"row": position + 1}, today > ONE_PERCENT_UNTIL
    if line.rate == TaxRate.RATE_1 and is_over:
        yield Problem(
            "line.one_percent_over",
            line_field(position, "rate"),
            _("第 %(row)d 行的 1%% 征收率政策执行至 2027 年 12 月 31 日。") % label,
            _("请改选 3%。"),
        )
    is_declined = taxpayer_kind == TaxpayerKind.SMALL_SCALE and line.rate == TaxRate.RATE_3 and not is_over
    if is_declined and not line.rate_reason:
        yield Problem(
            "line.rate_reason_missing",
            line_field(position, "rate_reason"),
            _("第 %(row)d 行按 3%% 开具，需要说明不适用 1%% 的原因。") % label,
            _("请选择原因，或改选 1%。"),
        )
