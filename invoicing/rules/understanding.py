"""What a file says, understood as an invoice: numbers, rates and kinds read, nothing guessed, losses told."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import TypeVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from devices.choices import DIGITAL_KINDS, InvoiceKind
from invoicing.choices import SPECIAL_KINDS, RateReason
from invoicing.drafts import InvoiceDraft, LineDraft
from invoicing.files.shapes import ReadInvoice, ReadLine, Values
from invoicing.rules.amounts import entered_amount
from taxhall.common.rates import TaxRate

Words = str | Promise
# A number that a spreadsheet turned into powers of ten: its digits are gone.
LOST = re.compile(r"^-?\d(\.\d+)?[eE]\+?\d{2,}$")
_NOISE = re.compile(r"[\s,，￥¥元]")
# Signs that hide or turn text around; they have no place on an invoice.
_HIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]")
_YES = frozenset({"1", "是", "y", "Y", "yes", "含税", "TRUE", "true"})
_NO = frozenset({"", "0", "否", "n", "N", "no", "不含税", "FALSE", "false"})
_REASONS = {str(each.value): each.value for each in RateReason} | {"前期": "earlier", "放弃": "waived", "其他": "other"}
_TEXTS = ("buyer_name", "buyer_number", "buyer_address", "buyer_bank", "remark", "payee", "reviewer")
# The zero-rate marks (零税率标识) that a rate may carry; the others carry none.
_MARKS = {"exempt": ("", "1"), "untaxed": ("", "2"), "0": ("", "0", "3")}
LARGEST = Decimal(10) ** 12
_DIGITS_LOST = "lost"
# The same names, units and prices stand in a file over and over, and are read once. Long texts are not remembered, so
# that this stays small whatever a file holds.
_REMEMBERED, _SHORT = 4096, 64
_Found = TypeVar("_Found")
_How = TypeVar("_How", bound=int)


@dataclass(frozen=True)
class RowProblem:
    """Where it stands, what is there, what is wrong with it, how to mend it."""

    code: str
    row: int
    field: str
    value: str
    message: Words
    mend: Words
    is_blocking: bool = True


@dataclass
class Understood:
    """An invoice of a file as a draft, with what keeps it from being one and where its lines stand."""

    read: ReadInvoice
    draft: InvoiceDraft = field(init=False)
    line_rows: list[int] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)

    def tell(self, code: str, place: tuple[int, str, str], message: Words, mend: Words) -> None:
        """Note a problem that keeps the invoice out; the place is row, field and what stands there."""
        row, name, value = place
        self.problems.append(RowProblem(code, row, name, value[:200], message, mend))


@lru_cache(maxsize=1)
def _kinds() -> Mapping[str, str]:
    found = {str(kind.label): kind.value for kind in InvoiceKind} | {kind.value: kind.value for kind in InvoiceKind}
    return found | {"电子专票": "028", "电子普票": "026", "卷票": "025"}


def understand(read: ReadInvoice, *, kind: str, draft_key: uuid.UUID) -> Understood:
    """Read one invoice; `kind` is the one chosen for those that do not name theirs."""
    found = Understood(read)
    values = read.values
    _structure(found)
    texts = {name: _text(found, read.row, name, values.get(name, "")) for name in _TEXTS}
    texts["buyer_address"] = texts["buyer_address"] or _joined(found, values, "buyer_street", "buyer_phone")
    texts["buyer_bank"] = texts["buyer_bank"] or _joined(found, values, "buyer_bank_name", "buyer_account")
    texts["buyer_number"] = texts["buyer_number"].upper()
    reason = values.get("rate_reason", "")
    lines: list[LineDraft] = []
    for line in read.lines:
        _add_line(found, lines, line, reason)
    _refuse_red(found, lines)
    found.draft = InvoiceDraft(
        kind=_kind(found, values.get("kind", ""), kind),
        lines=tuple(lines),
        is_tax_inclusive=_yes_no(found, values.get("is_tax_inclusive", "")),
        deduction=_deduction(found),
        draft_key=draft_key,
        buyer_name=texts["buyer_name"],
        buyer_number=texts["buyer_number"],
        buyer_address=texts["buyer_address"],
        buyer_bank=texts["buyer_bank"],
        remark=texts["remark"],
        payee=texts["payee"],
        reviewer=texts["reviewer"],
    )
    return found


def _remembered(read: Callable[[str, _How], _Found]) -> Callable[[str, _How], _Found]:
    """Read a short text once, however often it comes."""
    known = lru_cache(maxsize=_REMEMBERED)(read)
    return lambda text, how: (known if len(text) <= _SHORT else read)(text, how)


def _joined(found: Understood, values: Values, *names: str) -> str:
    told = [name for name in names if name in values]
    return " ".join(text for name in told if (text := _text(found, found.read.row, name, values[name])))


def _text(found: Understood, row: int, name: str, value: str) -> str:
    if not value:
        return ""
    text, problem = read_text(row, name, value, has_lines=name == "remark")
    if problem is not None:
        found.problems.append(problem)
    return text


def read_text(row: int, name: str, value: str, *, has_lines: bool = False) -> tuple[str, RowProblem | None]:
    """Return the text of a cell without needless blanks, and what is wrong with it: digits lost, or a hidden sign."""
    text, fault = _plain_text(value, has_lines)
    if fault == _DIGITS_LOST:
        words: Words = _("数字被表格软件改成了科学计数法（%(value)s），后面的位数已经丢失。") % {"value": value[:30]}
        mend = _("请把这一列设为“文本”格式，重新填写完整的号码。")
        return text, RowProblem("cell.digits_lost", row, name, value[:200], words, mend)
    if fault:
        words = _("内容里有看不见的控制字符（U+%(sign)04X）。") % {"sign": ord(fault)}
        return text, RowProblem("cell.hidden_sign", row, name, value[:200], words, _("请删除这个单元格，重新输入。"))
    return text, None


@_remembered
def _plain_text(value: str, has_lines: bool) -> tuple[str, str]:
    """Return a text as it is kept, and what is wrong with it: digits lost, or the first hidden sign."""
    text = value.strip() if has_lines else " ".join(value.split())
    if LOST.match(value):
        return text, _DIGITS_LOST
    hidden = _HIDDEN.search(value.replace("\r", " ").replace("\n", " ") if has_lines else value)
    return text, hidden[0] if hidden else ""


def _number(found: Understood, line: ReadLine, name: str, places: int) -> Decimal | None:
    text = line.values.get(name)
    if not text:
        return None
    number, fault = _plain_number(text, places)
    if not fault:
        return number
    if fault == "cell.not_a_number":
        found.tell(fault, (line.row, name, text), _("应当是数字。"), _("请只填数字，不要带单位或文字。"))
    elif fault == "cell.number_too_large":
        found.tell(
            fault,
            (line.row, name, text),
            _("数字过大，或写成了科学计数法。"),
            _("请核对；数字应小于一万亿，按普通小数填写。"),
        )
    else:
        found.tell(
            fault,
            (line.row, name, text),
            _("最多 %(places)d 位小数。") % {"places": places},
            _("请四舍五入后再填写。"),
        )
    return None


@_remembered
def _plain_number(text: str, places: int) -> tuple[Decimal | None, str]:
    """Return a number, or the code of what is wrong with it."""
    try:
        number = Decimal(_NOISE.sub("", text))
    except InvalidOperation:
        return None, "cell.not_a_number"
    if LOST.match(text) or not number.is_finite() or abs(number) >= LARGEST:
        return None, "cell.number_too_large"
    if number.as_tuple().exponent < -places and number != round(number, places):  # type: ignore[operator]  # finite
        return None, "cell.too_many_places"
    return number, ""


def _add_line(found: Understood, lines: list[LineDraft], line: ReadLine, reason: str) -> None:
    """A negative line without a quantity after a line of the same name is that line's discount (折扣行)."""
    amount = _number(found, line, "amount", 2)
    values, row = line.values, line.row
    name = _text(found, row, "name", values.get("name", ""))
    is_discount = values.get("line_kind") == "1" or (amount is not None and amount < 0)
    if is_discount and amount is not None and lines and lines[-1].name == name and not lines[-1].discount:
        lines[-1] = _replace_discount(lines[-1], -amount)
        return
    lines.append(
        LineDraft(
            name=name,
            spec=_text(found, row, "spec", values.get("spec", "")),
            unit=_text(found, row, "unit", values.get("unit", "")),
            tax_code=_text(found, row, "tax_code", values.get("tax_code", "")).replace(" ", ""),
            quantity=_number(found, line, "quantity", 8),
            price=_number(found, line, "price", 8),
            amount=amount,
            rate=(rate := _rate(found, line)),
            rate_reason=_reason(reason) if rate == TaxRate.RATE_3 else "",
            discount=_discount(found, line),
            is_export=_is_export(found, line, rate),
        )
    )
    found.line_rows.append(row)


def _replace_discount(line: LineDraft, discount: Decimal) -> LineDraft:
    values = vars(line) | {"discount": discount}
    return LineDraft(**values)


def _discount(found: Understood, line: ReadLine) -> Decimal | None:
    given = _number(found, line, "discount", 2)
    return abs(given) if given else None


def _deduction(found: Understood) -> Decimal | None:
    """Return what is taken off before the tax (扣除额), which the forms tell on the line."""
    told = [line for line in found.read.lines if "deduction" in line.values]
    given = [number for line in told if (number := _number(found, line, "deduction", 2))]
    return sum(given, Decimal(0)) or None


def _is_export(found: Understood, line: ReadLine, rate: str) -> bool:
    """Say whether a plain zero is one of exports (出口零税), by its mark or its reason; a mark must fit its rate."""
    mark, relief = line.values.get("zero_mark", ""), line.values.get("relief", "")
    if rate and mark not in _MARKS.get(rate, ("",)):
        found.tell(
            "line.zero_mark_differs",
            (line.row, "zero_mark", mark),
            _("零税率标识与税率不一致。"),
            _("请核对：出口零税填 0，免税填 1，不征税填 2，普通零税率填 3，有税率的留空。"),
        )
    return rate == TaxRate.ZERO and (mark == "0" or (not mark and relief == "出口零税"))


def _rate(found: Understood, line: ReadLine) -> str:
    text = line.values.get("rate", "")
    code = rate_code(text, line.values.get("zero_mark", ""), line.values.get("relief", ""))
    if not code:
        found.tell(
            "cell.rate_unknown",
            (line.row, "rate", text),
            _("没有税率，或不认识这个税率。") if text else _("没有填写税率。"),
            _("请填写 13%、9%、6%、5%、3%、1%、0%、免税 或 不征税。"),
        )
    return code


@lru_cache(maxsize=512)
def rate_code(text: str, zero_mark: str, relief: str) -> str:
    """Return the code of a rate written as 13%, 0.13, 13 or 免税; empty when there is no such rate.

    A zero is exempt, untaxed or plain by its mark (零税率标识) or its reason.
    """
    if "免税" in text or "不征税" in text:
        return "untaxed" if "不征税" in text else "exempt"
    try:
        number = Decimal(text.strip().rstrip("%％"))
    except InvalidOperation:
        return ""
    if not number.is_finite() or not 0 <= number <= 100:
        return ""
    if not text.strip().endswith(("%", "％")) and number < 1:
        number *= 100
    if number == 0:
        marks = {"1": "exempt", "2": "untaxed"}
        return marks.get(zero_mark) or {"免税": "exempt", "不征税": "untaxed"}.get(relief, "0")
    code = format(number.normalize(), "f")
    return code if code in TaxRate.values else ""


def _reason(text: str) -> str:
    return next((code for words, code in _REASONS.items() if text and (words == text or words in text)), "")


def yes_or_no(text: str) -> bool | None:
    """Read a yes or a no, as programs write them; None for anything else."""
    return text in _YES if text in _YES or text in _NO else None


def _yes_no(found: Understood, text: str) -> bool:
    if (answer := yes_or_no(text)) is not None:
        return answer
    found.tell(
        "cell.not_yes_or_no",
        (found.read.row, "is_tax_inclusive", text),
        _("是否含税只能填“是”或“否”。"),
        _("请改为“是”或“否”；差额征税请填“是”，并填写扣除额。"),
    )
    return False


def told_kind(text: str, chosen: str) -> str | None:
    """Return the kind that a file names, the chosen one where it names none; None for words that are no kind."""
    if not text:
        return chosen
    # The platform writes only whether it is special; the chosen kind tells paper, electronic and digital apart.
    if text in ("增值税专用发票", "专用发票", "专票"):
        if chosen in DIGITAL_KINDS:
            return InvoiceKind.DIGITAL_SPECIAL.value
        return chosen if chosen in SPECIAL_KINDS else "004"
    if text in ("普通发票", "普票"):
        if chosen in DIGITAL_KINDS:
            return InvoiceKind.DIGITAL_ORDINARY.value
        return "007" if chosen in SPECIAL_KINDS else chosen
    return _kinds().get(text)


def _kind(found: Understood, text: str, chosen: str) -> str:
    code = told_kind(text, chosen)
    if code is None:
        found.tell(
            "cell.kind_unknown",
            (found.read.row, "kind", text),
            _("不认识这个票种。"),
            _("请填写票种的全称，例如“增值税普通发票”，或留空使用上传时选择的票种。"),
        )
    return code or chosen


def _refuse_red(found: Understood, lines: Sequence[LineDraft]) -> None:
    """A red invoice says so, or takes back on every line."""
    row, told = found.read.row, found.read.values.get("red", "0")
    if told in ("", "0"):
        if not lines or any(entered_amount(line) >= 0 for line in lines):
            return
        place = (row, "amount", str(entered_amount(lines[0])))
    else:
        place = (row, "red", told)
    found.tell("file.red", place, _("红字发票不能批量导入。"), _("请在原蓝字发票的页面开具红字发票。"))


_STRUCTURE: dict[str, tuple[Words, Words]] = {
    "miscounted": (
        _("文件头写的单据数与实际不符，文件可能不完整。"),
        _("请从原软件重新导出。"),
    ),
    "repeated": (_("流水号为空或重复。"), _("请给每张发票一个不同的流水号。")),
    "orphan": (_("明细的流水号在基本信息中找不到。"), _("请核对两个表的流水号。")),
    "mixed": (_("同一张发票的明细有的含税、有的不含税。"), _("请统一后再导出。")),
    "differs": (_("同一张发票的几行写得不一样（购买方、备注等）。"), _("请核对单据号，或让这几行一致。")),
}


def _differing(told: str) -> tuple[int, str, str]:
    """Return row, field and content of the cell that is not as the first of its invoice (files.sheets)."""
    at, name, value = told.split(":", 2)
    return int(at), name, value


def _structure(found: Understood) -> None:
    values, row = found.read.values, found.read.row
    for name, (message, mend) in _STRUCTURE.items():
        if name in values:
            place = _differing(values[name]) if name == "differs" else (row, "ref", values[name])
            found.tell(f"file.{name}", place, message, mend)
    if special := values.get("special_business"):
        found.tell(
            "file.special_business",
            (row, "special_business", special),
            _("特定业务的发票不能批量导入。"),
            _("请在发票填开页面逐张开具。"),
        )
