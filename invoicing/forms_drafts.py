"""What is chosen for many drafts at once: shape only."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from taxhall.common.forms import HallForm


class MoveForm(HallForm):
    """The disk that drafts are to be issued on."""

    device = forms.ChoiceField(label=_("改用哪块设备"), error_messages={"required": _("请选择税控设备。")})

    def __init__(self, *args: Any, devices: list[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # None is chosen beforehand: which one is meant nobody can guess.
        cast(forms.ChoiceField, self.fields["device"]).choices = [("", _("请选择")), *devices]
