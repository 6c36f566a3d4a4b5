"""The rows of each format, made of frozen invoices one at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from devices.choices import InvoiceKind
from invoicing import rules
from invoicing.choices import RateReason
from invoicing.drafts import InvoiceDraft, LineDraft
from invoicing.face import full_remark
from invoicing.files import headers
from invoicing.files.workbooks import Cell
from invoicing.models import Invoice, InvoiceVehicle
from invoicing.services.drafts import draft_of
from invoicing.state_words import listed_state
from taxhall.common.rates import TaxRate

# Told beside what can be imported again; the import passes over them.
ABOUT = (
    "发票代码", "发票号码", "开票日期", "状态", "价税合计（元）", "车架号码", "厂牌型号", "发动机号码", "合格证号",
)  # fmt: skip
LEDGER_HEAD = (
    "序号", "发票代码", "发票号码", "数电发票号码", "销方识别号", "销方名称", "购方识别号", "购买方名称", "开票日期",
    "税收分类编码", "特定业务类型", "货物或应税劳务名称", "规格型号", "单位", "数量", "单价", "金额", "税率", "税额",
    "价税合计", "发票来源", "发票票种", "发票状态", "是否正数发票", "发票风险等级", "开票人", "备注",
)  # fmt: skip
# A spreadsheet keeps fifteen digits of a number; what has more is written as text.
_EXACT_DIGITS = 15


def detail_head() -> list[str]:
    """Return the head of the format that can be imported again."""
    return [*(headers.label(field) for field in headers.OWN_COLUMNS), *ABOUT]


def detail_rows(invoices: Iterable[Invoice]) -> Iterator[list[Cell]]:
    """Yield a row for each line as it was entered, with everything of its invoice."""
    for invoice in invoices:
        draft = draft_of(invoice)
        around = _around(invoice, draft)
        about: list[Cell] = [
            invoice.code,
            invoice.number,
            f"{invoice.dated_on:%Y-%m-%d}",
            listed_state(invoice),
            invoice.total,
            *_vehicle(invoice),
        ]
        for line in draft.lines:
            values = around | _entered(line)
            yield [*(values[field] for field in headers.OWN_COLUMNS), *about]


def _vehicle(invoice: Invoice) -> list[Cell]:
    found: InvoiceVehicle | None = getattr(invoice, "vehicle", None)
    if found is None:
        return [""] * 4
    return [found.vin, found.brand_model, found.engine_number, found.certificate_number]


def _around(invoice: Invoice, draft: InvoiceDraft) -> dict[str, Cell]:
    return {
        "ref": f"F{invoice.pk}",
        "kind": str(InvoiceKind(invoice.kind).label),
        "buyer_name": draft.buyer_name,
        "buyer_number": draft.buyer_number,
        "buyer_address": draft.buyer_address,
        "buyer_bank": draft.buyer_bank,
        "is_tax_inclusive": "是" if draft.is_tax_inclusive else "否",
        "remark": draft.remark,
        "payee": draft.payee,
        "reviewer": draft.reviewer,
        # One line is all that an invoice with a deduction has.
        "deduction": draft.deduction,
    }


def _entered(line: LineDraft) -> dict[str, Cell]:
    return {
        "name": line.name,
        "tax_code": line.tax_code,
        "spec": line.spec,
        "unit": line.unit,
        "quantity": _exact(line.quantity),
        "price": _exact(line.price),
        "amount": line.amount,
        "rate": str(TaxRate(line.rate).label),
        "discount": line.discount,
        "rate_reason": str(RateReason(line.rate_reason).label) if line.rate_reason else "",
        "zero_mark": rules.zero_mark(rate=line.rate, is_export=line.is_export),
    }


def _exact(value: Decimal | None) -> Cell:
    if value is None:
        return None
    value = value.normalize()
    return format(value, "f") if len(value.as_tuple().digits) > _EXACT_DIGITS else Decimal(format(value, "f"))


def ledger_rows(invoices: Iterable[Invoice]) -> Iterator[Sequence[Cell]]:
    """Yield the 27 columns of 全量发票查询导出 for each line of the face."""
    at = 0
    for invoice in invoices:
        is_digital = len(invoice.number) == 20
        kind, state = str(InvoiceKind(invoice.kind).label), listed_state(invoice)
        sign, remark = "否" if invoice.is_red else "是", full_remark(invoice)
        business = "机动车" if invoice.kind == InvoiceKind.VEHICLE else ""
        for line in invoice.lines.all():
            at += 1
            yield (
                at, invoice.code, "" if is_digital else invoice.number, invoice.number if is_digital else "",
                invoice.seller_number, invoice.seller_name, invoice.buyer_number, invoice.buyer_name,
                f"{invoice.dated_on:%Y-%m-%d}", line.tax_code, business, line.name, line.spec, line.unit,
                _exact(line.quantity), _exact(line.price), line.amount, str(TaxRate(line.rate).label), line.tax,
                line.amount + line.tax, "电子发票服务平台" if is_digital else "增值税发票管理系统", kind, state, sign,
                "正常", invoice.drawer_name, remark,
            )  # fmt: skip
