"""The base of every form in the hall: messages that say what to do, one way to render."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.renderers import TemplatesSetting
from django.utils.translation import gettext_lazy as _


class HallFormRenderer(TemplatesSetting):
    """Renders each field as label, hint, error and control."""

    field_template_name = "components/field.html"


class HallForm(forms.Form):
    """A form of the hall; parses input and knows no rules of the domain."""

    required_css_class = "required"
    error_css_class = "has-error"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if field.error_messages.get("required") in (None, _("This field is required.")):
                verb = _("请选择%(label)s") if isinstance(field, forms.ChoiceField) else _("请填写%(label)s")
                field.error_messages["required"] = verb % {"label": field.label or ""}
