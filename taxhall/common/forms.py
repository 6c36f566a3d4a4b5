"""The base of every form in the hall: messages that say what to do, one way to render."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Protocol, cast

from django import forms
from django.core.exceptions import ValidationError
from django.forms.renderers import TemplatesSetting
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from taxhall.common.errors import TaxhallError
from taxhall.common.periods import TaxPeriod

_MONEY_NOISE = re.compile(r"[\s,，￥¥元]")
_PERIOD_SHAPE = re.compile(r"^(\d{4})\s*[-./年]?\s*(\d{1,2})\s*月?$")


class HallFormRenderer(TemplatesSetting):
    """Renders each field as label, hint, error and control."""

    field_template_name = "components/field.html"


class HallForm(forms.Form):
    """A form of the hall; parses input and knows no rules of the domain."""

    # The browser's own bubbles speak the browser's language and hide our messages.
    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.error_messages.update(_helpful_messages(field))

    def add_domain_error(self, error: TaxhallError) -> None:
        """Put what a service refused beside the fields it names, or above the form."""
        for name, messages in error.fields.items():
            target = name if name in self.fields else None
            self.add_error(target, [ValidationError(str(message)) for message in messages])
        if not error.fields:
            text = f"{error.message}{error.next_step}"
            self.add_error(None, ValidationError(text, code=error.code))


def _helpful_messages(field: forms.Field) -> dict[str, str]:
    """Return messages that say what to do, in place of those the form left at Django's wording."""
    ask = _("请填写%(label)s")
    if isinstance(field, forms.BooleanField):
        ask = _("请先勾选：%(label)s")
    elif isinstance(field, forms.FileField):
        ask = _("请选择要上传的%(label)s")
    elif isinstance(field, forms.ChoiceField):
        ask = _("请选择%(label)s")
    label = {"label": field.label or ""}
    found = {
        "required": ask % label,
        "invalid_choice": _("请从列出的选项中选择%(label)s") % label,
        "max_length": _("%(label)s最多 %%(limit_value)d 个字，请缩短后再试") % label,
    }
    return {key: text for key, text in found.items() if _is_stock(field, key)}


def _is_stock(field: forms.Field, key: str) -> bool:
    for cls in type(field).__mro__:
        stock = getattr(cls, "default_error_messages", {}).get(key)
        if stock is not None:
            return bool(field.error_messages.get(key) == stock)
    return key not in field.error_messages


class KeptFile(Protocol):
    """What a page shows of a file that was kept."""

    token: Any
    original_name: str
    size: int


class KeptFileInput(forms.FileInput):
    """The control, and beside it the file that need not be chosen again."""

    template_name = "components/kept_file.html"
    kept: KeptFile | None = None
    is_lost = False

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Add what was kept."""
        context = super().get_context(name, value, attrs)
        context["widget"] |= {"kept": self.kept, "is_lost": self.is_lost, "token_name": kept_name(name)}
        return context


class KeptFileField(forms.FileField):
    """A file that is chosen once: while other fields are put right, the one kept stands in for it."""

    widget = KeptFileInput

    @property
    def kept(self) -> KeptFile | None:
        """What was kept, as the page shows it."""
        return cast(KeptFileInput, self.widget).kept

    def show(self, kept: KeptFile | None) -> None:
        """Show what was kept, or that the file was not."""
        control = cast(KeptFileInput, self.widget)
        control.kept, control.is_lost = kept, kept is None

    def forget(self) -> None:
        """Show nothing as kept."""
        control = cast(KeptFileInput, self.widget)
        control.kept, control.is_lost = None, False


def kept_name(name: str) -> str:
    """Return the name under which a form sends what its file is known by."""
    return f"{name}-kept"


class MoneyFormField(forms.DecimalField):
    """An amount typed by a person: commas, spaces and currency signs are forgiven, a third decimal is not."""

    default_error_messages = {
        "invalid": gettext_lazy("请填写金额，例如 1,234.56"),
        "max_decimal_places": gettext_lazy("金额最多两位小数，请改为元、角、分"),
        "max_digits": gettext_lazy("金额过大，请检查是否多输入了数字"),
        "max_whole_digits": gettext_lazy("金额过大，请检查是否多输入了数字"),
        "min_value": gettext_lazy("金额不能小于 %(limit_value)s 元"),
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 18)
        kwargs.setdefault("decimal_places", 2)
        kwargs.setdefault(
            "widget", forms.TextInput(attrs={"inputmode": "decimal", "class": "money", "autocomplete": "off"})
        )
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]  # the stubs derive it from IntegerField
        """Read the amount. Raises: ValidationError."""
        if isinstance(value, str):
            value = _MONEY_NOISE.sub("", value)
        return super().to_python(value)


class PeriodFormField(forms.CharField):
    """A month typed as 2026-10, 2026年10月 or 202610; gives a TaxPeriod."""

    default_error_messages = {"invalid": gettext_lazy("请填写所属期，例如 2026-10")}

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}))
        super().__init__(**kwargs)

    def clean(self, value: Any) -> TaxPeriod | None:
        """Read the month. Raises: ValidationError."""
        text = super().clean(value)
        if not text:
            return None
        match = _PERIOD_SHAPE.match(text)
        try:
            if match is None:
                raise ValueError(text)
            return TaxPeriod.month(int(match[1]), int(match[2]))
        except ValueError:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None
