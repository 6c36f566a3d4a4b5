"""What the pages of the input side take in; shape only, with the reader of the import file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import RegexValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from filing.choices import TransferLine, VoucherKind
from filing.services.inputs import VoucherDraft
from taxhall.common.forms import HallForm, MoneyFormField

HEADER = ("凭证种类", "代码", "号码", "开具日期", "销方税号", "销方名称", "金额", "税额")
MOST_ROWS = 2000
MOST_BYTES = 1024 * 1024
TEMPLATE_NAME = "进项凭证导入模板.csv"
_KINDS = {str(each.label): each.value for each in VoucherKind}
_PLAIN = RegexValidator(r"^[0-9A-Za-z]*$", gettext_lazy("只能填写数字和字母"))


class VoucherForm(HallForm):
    """One deduction voucher."""

    kind = forms.ChoiceField(label=gettext_lazy("凭证种类"), choices=VoucherKind.choices)
    code = forms.CharField(
        label=gettext_lazy("代码"), max_length=12, required=False, validators=[_PLAIN],
        help_text=gettext_lazy("数电发票和缴款书没有代码，可不填"),
    )  # fmt: skip
    number = forms.CharField(label=gettext_lazy("号码"), max_length=30, validators=[_PLAIN])
    dated_on = forms.DateField(
        label=gettext_lazy("开具日期"), widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"invalid": gettext_lazy("请填写日期，例如 2026-10-20")},
    )  # fmt: skip
    seller_number = forms.CharField(label=gettext_lazy("销方税号"), max_length=20, required=False, validators=[_PLAIN])
    seller_name = forms.CharField(label=gettext_lazy("销方名称"), max_length=100)
    amount = MoneyFormField(label=gettext_lazy("金额"), max_digits=16, min_value=Decimal(0))
    tax = MoneyFormField(
        label=gettext_lazy("可抵扣税额"), max_digits=16, min_value=Decimal(0),
        help_text=gettext_lazy("专用发票按票面税额；农产品、旅客运输按政策计算"),
    )  # fmt: skip
    is_real_estate = forms.BooleanField(label=gettext_lazy("用于购建不动产"), required=False)

    def draft(self) -> VoucherDraft:
        """Return what was entered."""
        return VoucherDraft(**self.cleaned_data)


class TransferForm(HallForm):
    """Input tax that is transferred out."""

    line = forms.ChoiceField(label=gettext_lazy("转出原因类别"), choices=TransferLine.choices)
    tax = MoneyFormField(label=gettext_lazy("转出税额"), max_digits=16, min_value=Decimal("0.01"))
    notice_number = forms.CharField(
        label=gettext_lazy("红字信息表编号"), max_length=30, required=False, validators=[_PLAIN],
        help_text=gettext_lazy("只有“红字专用发票信息表”的转出需要填写"),
    )  # fmt: skip
    reason = forms.CharField(label=gettext_lazy("转出原因"), max_length=200)


class ImportForm(HallForm):
    """A CSV file of vouchers; after validation `drafts` holds its rows, and `lines` where each stands in the file."""

    file = forms.FileField(label=gettext_lazy("CSV 文件"))

    def clean(self) -> dict[str, Any]:
        """Read the file and name every row that is no voucher."""
        cleaned = super().clean() or {}
        if "file" in cleaned:
            rows = _read(cleaned["file"])
            cleaned["lines"], cleaned["drafts"] = [line for line, _row in rows], _drafts(rows)
        return cleaned


def template() -> bytes:
    """Return a file to begin with: the header that the reader asks for, in the encoding that spreadsheets open."""
    out = io.StringIO(newline="")
    csv.writer(out).writerow(HEADER)
    return out.getvalue().encode("utf-8-sig")


def _read(file: UploadedFile[Any]) -> list[tuple[int, list[str]]]:
    if (file.size or 0) > MOST_BYTES:
        raise ValidationError(_("文件超过 1 MB，没有导入。请分几次导入。"))
    lines = enumerate(csv.reader(io.StringIO(_text(file.read()))), start=1)
    rows = [(position, row) for position, row in lines if any(cell.strip() for cell in row)]
    if not rows or tuple(cell.strip() for cell in rows[0][1][: len(HEADER)]) != HEADER:
        raise ValidationError(_("第一行应是：%(header)s。没有导入。") % {"header": "，".join(HEADER)})
    if len(rows) - 1 > MOST_ROWS:
        raise ValidationError(_("超过 %(most)s 行，没有导入。请分几次导入。") % {"most": MOST_ROWS})
    if len(rows) == 1:
        raise ValidationError(_("文件里没有凭证，没有导入。"))
    return rows[1:]


def _text(raw: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ValidationError(_("文件的编码无法识别，没有导入。请另存为 UTF-8 的 CSV。"))


def _drafts(rows: Iterable[tuple[int, list[str]]]) -> list[VoucherDraft]:
    """Read the rows; each is called by its number in the file, which is what a spreadsheet shows beside it."""
    drafts, problems = [], []
    for position, row in rows:
        try:
            drafts.append(_draft([cell.strip() for cell in row]))
        except _RowError as error:
            problems.append(_("文件第 %(row)s 行：%(text)s") % {"row": position, "text": error})
    if problems:
        raise ValidationError(problems)
    return drafts


class _RowError(ValueError):
    """A row that cannot be a voucher, in words."""


def _draft(cells: list[str]) -> VoucherDraft:
    if len(cells) < len(HEADER):
        raise _RowError(_("缺少列，应有 %(count)s 列") % {"count": len(HEADER)})
    kind, code, number, day, seller_number, seller_name, amount, tax = cells[: len(HEADER)]
    if kind not in _KINDS:
        raise _RowError(_("没有“%(kind)s”这种凭证") % {"kind": kind[:20]})
    # Spreadsheets keep long numbers as text by a leading apostrophe or tab.
    code, number = code.strip("'\t="), number.strip("'\t=")
    if not number.isalnum() or not (not code or code.isalnum()) or len(number) > 30 or len(code) > 12:
        raise _RowError(_("代码或号码不对"))
    if not seller_name or len(seller_name) > 100 or len(seller_number) > 20:
        raise _RowError(_("销方税号或名称不对"))
    return VoucherDraft(
        kind=_KINDS[kind], code=code, number=number, dated_on=_day(day),
        seller_number=seller_number, seller_name=seller_name, amount=_money(amount), tax=_money(tax),
    )  # fmt: skip


def _day(text: str) -> date:
    """Read a day as people and spreadsheets write it: 2026-11-03, 2026/11/3, 2026.11.3, 20261103."""
    found = re.fullmatch(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})", text) or re.fullmatch(r"(\d{4})()(\d\d)(\d\d)", text)
    try:
        return date(int(found[1]), int(found[3]), int(found[4])) if found else date.fromisoformat(text)
    except ValueError as error:
        raise _RowError(_("开具日期“%(text)s”不对，例如 2026-10-20") % {"text": text[:20]}) from error


def _money(text: str) -> Decimal:
    try:
        value = Decimal(text.replace(",", ""))
    except InvalidOperation as error:
        raise _RowError(_("“%(text)s”不是金额，例如 1000.00") % {"text": text[:20]}) from error
    if not value.is_finite() or value != value.quantize(Decimal("0.01")):
        raise _RowError(_("金额最多两位小数"))
    if value < 0 or value >= Decimal("1e14"):
        raise _RowError(_("金额不能为负数；红字发票请登记进项税额转出"))
    return value.quantize(Decimal("0.01"))
