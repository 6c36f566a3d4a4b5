"""What the pages of the input side take in; shape only, with the reader of the import file."""

from __future__ import annotations

import csv
import io
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
    """A CSV file of vouchers; after validation `drafts` holds its rows."""

    file = forms.FileField(label=gettext_lazy("CSV 文件"))

    def clean(self) -> dict[str, Any]:
        """Read the file and name every row that is no voucher."""
        cleaned = super().clean() or {}
        if "file" in cleaned:
            cleaned["drafts"] = _read(cleaned["file"])
        return cleaned


def _read(file: UploadedFile[Any]) -> list[VoucherDraft]:
    if (file.size or 0) > MOST_BYTES:
        raise ValidationError(_("文件超过 1 MB，没有导入。请分几次导入。"))
    rows = list(csv.reader(io.StringIO(_text(file.read()))))
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    if not rows or tuple(cell.strip() for cell in rows[0][: len(HEADER)]) != HEADER:
        raise ValidationError(_("第一行应是：%(header)s。没有导入。") % {"header": "，".join(HEADER)})
    if len(rows) - 1 > MOST_ROWS:
        raise ValidationError(_("超过 %(most)s 行，没有导入。请分几次导入。") % {"most": MOST_ROWS})
    if len(rows) == 1:
        raise ValidationError(_("文件里没有凭证，没有导入。"))
    return _drafts(rows[1:])


def _text(raw: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ValidationError(_("文件的编码无法识别，没有导入。请另存为 UTF-8 的 CSV。"))


def _drafts(rows: Iterable[list[str]]) -> list[VoucherDraft]:
    drafts, problems = [], []
    for position, row in enumerate(rows, start=1):
        try:
            drafts.append(_draft([cell.strip() for cell in row]))
        except (ValueError, InvalidOperation) as error:
            text = str(error) if isinstance(error, _RowError) else _("日期或金额写法不对")
            problems.append(_("第 %(row)s 行：%(text)s") % {"row": position, "text": text})
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
        kind=_KINDS[kind], code=code, number=number, dated_on=date.fromisoformat(day.replace("/", "-")),
        seller_number=seller_number, seller_name=seller_name, amount=_money(amount), tax=_money(tax),
    )  # fmt: skip


def _money(text: str) -> Decimal:
    value = Decimal(text.replace(",", ""))
    if not value.is_finite() or value != value.quantize(Decimal("0.01")):
        raise _RowError(_("金额最多两位小数"))
    if value < 0 or value >= Decimal("1e14"):
        raise _RowError(_("金额不能为负数；红字发票请登记进项税额转出"))
    return value.quantize(Decimal("0.01"))
