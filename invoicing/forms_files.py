"""What is chosen on the pages of import and export: shape only."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from devices.choices import DIGITAL_KINDS, InvoiceKind
from invoicing.choices import IMPORTED_KINDS
from invoicing.choices_files import LIST_FORMATS, ImportMode
from taxhall.common.forms import HallForm, KeptFileField, KeptFileInput


class ImportForm(HallForm):
    """The file and what it is for."""

    device = forms.ChoiceField(label=_("税控设备"), required=False, help_text=_("全是数电票的文件可以不选。"))
    kind = forms.ChoiceField(
        label=_("票种"),
        choices=[(code, InvoiceKind(code).label) for code in IMPORTED_KINDS],
        initial=InvoiceKind.ORDINARY,
        help_text=_("文件里没有写票种的发票用这一种；写了的按文件。"),
    )
    file = KeptFileField(
        label=_("文件"),
        help_text=_("支持 .xlsx、.xls（20 MB 以内）和 .csv、.xml（100 MB 以内），最多 50 万行。"),
        widget=KeptFileInput(attrs={"accept": ".xlsx,.xls,.csv,.txt,.xml"}),
    )

    def __init__(self, *args: Any, devices: list[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["device"]).choices = [*devices, ("", _("不使用（数电票）"))]
        self.fields["device"].initial = next((serial for serial, _label in devices), "")

    def clean_device(self) -> str:
        """Ask for a disk unless the file is of digital invoices."""
        serial = str(self.cleaned_data["device"])
        if not serial and self.data.get("kind") not in DIGITAL_KINDS:
            raise forms.ValidationError(_("请选择税控设备；只有数电票不需要。"))
        return serial


class ModeForm(HallForm):
    """How a checked file is imported."""

    mode = forms.ChoiceField(label=_("导入方式"), choices=ImportMode.choices, widget=forms.RadioSelect)


class ExportForm(HallForm):
    """What a list is written as."""

    format = forms.ChoiceField(label=_("导出格式"), choices=LIST_FORMATS, widget=forms.RadioSelect)
