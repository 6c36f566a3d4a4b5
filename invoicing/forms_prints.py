"""What is chosen on the page of printing: shape only."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from invoicing.choices_files import PrintMode, PrintPaper
from invoicing.models import MOST_NUDGE, PrinterNudge
from invoicing.printing import PrintOptions
from taxhall.common.forms import HallForm

_MOST = Decimal(MOST_NUDGE) / 10


class NudgeField(forms.DecimalField):
    """Millimetres in steps of a tenth."""

    default_error_messages = {
        "invalid": _("请填写毫米数，例如 1.5 或 -0.3"),
        "max_decimal_places": _("以 0.1 毫米为一步，请只填一位小数"),
        "max_value": _("最多 20 毫米；偏得更多时请先把纸放正"),
        "min_value": _("最多 20 毫米；偏得更多时请先把纸放正"),
    }

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.NumberInput(attrs={"step": "0.1", "inputmode": "decimal"})
        super().__init__(
            min_value=-_MOST, max_value=_MOST, decimal_places=1, max_digits=4, required=False, widget=widget, **kwargs
        )

    def clean(self, value: Any) -> int:
        """Return tenths of a millimetre; nothing typed is none."""
        return int((super().clean(value) or Decimal(0)) * 10)


class PrintForm(HallForm):
    """How invoices are printed."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    # Which invoices stood on the page.
    seen = forms.CharField(widget=forms.HiddenInput, max_length=64, required=False)
    mode = forms.ChoiceField(label=_("打印方式"), choices=PrintMode.choices, widget=forms.RadioSelect)
    paper = forms.ChoiceField(
        label=_("纸张"),
        choices=PrintPaper.choices,
        help_text=_(
            "纸质发票 241 × 140 毫米，机动车发票 241 × 177 毫米，电子发票 210 × 140 毫米，卷票 57 或 76 毫米宽。"
            "套打总用原尺寸。"
        ),
    )
    copies = forms.MultipleChoiceField(
        label=_("联次"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("打印整张票面时每联一页；不选只打发票联。套打一次打穿各联。"),
    )
    confirm = forms.BooleanField(label=_("确认再次打印"), required=False)

    def __init__(
        self,
        *args: Any,
        copies: Sequence[tuple[str, str]],
        has_forms: bool,
        is_again: bool,
        seen: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.initial["seen"] = seen
        if copies:
            cast(forms.MultipleChoiceField, self.fields["copies"]).choices = list(copies)
        else:
            del self.fields["copies"]
        if not has_forms:
            cast(forms.ChoiceField, self.fields["mode"]).choices = PrintMode.choices[:1]
        if not is_again:
            del self.fields["confirm"]

    @classmethod
    def first(cls, **kwargs: Any) -> PrintForm:
        """Return the form as it is first shown."""
        initial = {
            "key": uuid.uuid4(),
            "mode": PrintMode.OVERPRINT if kwargs["has_forms"] else PrintMode.WHOLE,
            "paper": PrintPaper.OWN,
            "copies": ["buyer"],
        }
        return cls(initial=initial, **kwargs)

    @classmethod
    def again(cls, sent: PrintForm, **kwargs: Any) -> PrintForm:
        """Return the form for what the list holds now, with what was chosen and why it was not printed."""
        data = cast(QueryDict, sent.data).copy()
        data["seen"] = kwargs["seen"]
        form = cls(data, **kwargs)
        form.full_clean()
        for error in sent.non_field_errors():
            form.add_error(None, error)
        return form

    def options(self, nudge: PrinterNudge) -> PrintOptions:
        """Return what was chosen, for the printer that this person has."""
        data = self.cleaned_data
        return PrintOptions(
            mode=data["mode"],
            paper=data["paper"],
            copies=tuple(data.get("copies", ())),
            right=nudge.right,
            down=nudge.down,
        )


class NudgeForm(HallForm):
    """How far a printer is off."""

    right = NudgeField(label=_("向右（毫米）"), help_text=_("偏右了填负数，0.1 毫米一步。"))
    down = NudgeField(label=_("向下（毫米）"), help_text=_("偏下了填负数，0.1 毫米一步。"))

    @classmethod
    def of(cls, nudge: PrinterNudge) -> NudgeForm:
        """Return the form with what is remembered."""
        return cls(initial={"right": Decimal(nudge.right) / 10, "down": Decimal(nudge.down) / 10})


class PreviewForm(forms.Form):
    """The choices of a preview, as its address gives them."""

    mode = forms.ChoiceField(choices=PrintMode.choices, required=False)
    paper = forms.ChoiceField(choices=PrintPaper.choices, required=False)

    def options(self, nudge: PrinterNudge) -> PrintOptions:
        """Return the choices; what cannot be read is the usual one."""
        data = self.cleaned_data if self.is_valid() else {}
        return PrintOptions(
            mode=data.get("mode") or PrintMode.WHOLE,
            paper=data.get("paper") or PrintPaper.OWN,
            right=nudge.right,
            down=nudge.down,
            is_preview=True,
        )
