"""What is chosen on the pages of import and export: shape only."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from devices.choices import DIGITAL_KINDS, InvoiceKind
from invoicing.choices import IMPORTED_KINDS
from invoicing.choices_files import LIST_FORMATS, ImportMode
from taxhall.common.forms import HallForm, KeptFileField, KeptFileInput


class _AskedOfTheFile(forms.ChoiceField):
    """Shown as needed where the chosen kind needs it; the kinds that the file itself names decide."""

    def validate(self, value: Any) -> None:
        """Let none be chosen; the service looks whether all of the file is digital."""
        if value not in self.empty_values:
            super().validate(value)


class ImportForm(HallForm):
    """The file and what it is for."""

    device = _AskedOfTheFile(label=_("税控设备"))
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
        field = cast(forms.ChoiceField, self.fields["device"])
        # Shown as needed: only what no disk issues goes without one.
        field.required = self.data.get("kind", InvoiceKind.ORDINARY) not in DIGITAL_KINDS
        field.help_text = _HINTS[min(len(devices), 2)]
        if len(devices) > 1:
            # Which of several is meant nobody can guess: none is chosen beforehand.
            field.choices = [("", _("请选择")), *devices]
        else:
            field.choices = [*devices, ("", _("不使用（数电票）"))]
            field.initial = next((serial for serial, _label in devices), "")

    def clean(self) -> dict[str, Any]:
        """Ask for a disk at once where there is no file yet that could do without."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not data.get("device") and data.get("kind") not in DIGITAL_KINDS and "file" not in data:
            self.add_error("device", _("请选择税控设备；只有数电票不需要。"))
        return data


_UNLESS_DIGITAL = _(
    "用设备开具的票种必须选择；文件里全是数电票的可以不选，不选时要用设备开具的发票会逐行提示，不能导入。"
)
# By how many disks there are: none, one, several.
_HINTS = (
    _("本企业没有可用的税控设备，只能导入全是数电票的文件；文件里没有写票种的，票种请选数电票。"),
    _UNLESS_DIGITAL,
    format_lazy("{}{}", _("本企业有几块设备，请选择由哪一块开具。"), _UNLESS_DIGITAL),
)


class BasicsForm(HallForm):
    """A file of customers or goods."""

    file = KeptFileField(
        label=_("文件"),
        help_text=_("支持 .xlsx、.xls 和 .csv，5 MB 以内，最多 3000 行。"),
        widget=KeptFileInput(attrs={"accept": ".xlsx,.xls,.csv,.txt"}),
    )


class ModeForm(HallForm):
    """How a checked file is imported."""

    mode = forms.ChoiceField(label=_("导入方式"), choices=ImportMode.choices, widget=forms.RadioSelect)


class ExportForm(HallForm):
    """What a list is written as."""

    format = forms.ChoiceField(label=_("导出格式"), choices=LIST_FORMATS, widget=forms.RadioSelect)
