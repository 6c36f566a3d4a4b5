"""Input of accounts."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.choices import ChangeKind, Post
from accounts.models import Bureau, Membership
from accounts.selectors import Identity
from accounts.services.emergency import MINUTES
from taxhall.common.forms import HallForm


def _plain(text: str) -> str:
    """Return full-width digits and signs as the plain ones."""
    return unicodedata.normalize("NFKC", text)


def _password(autocomplete: str) -> forms.PasswordInput:
    # Never sent back: after an error the field is empty, and nothing else is.
    return forms.PasswordInput(render_value=False, attrs={"autocomplete": autocomplete})


class SignInForm(HallForm):
    """Name and password of a taxpayer's account."""

    identifier = forms.CharField(
        label=_("统一社会信用代码或用户名"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )
    password = forms.CharField(label=_("密码"), strip=False, widget=_password("current-password"))


class OfficerSignInForm(HallForm):
    """Name, password and one-time code of an officer; the code stays empty until an authenticator is bound."""

    username = forms.CharField(
        label=_("用户名"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )
    password = forms.CharField(label=_("密码"), strip=False, widget=_password("current-password"))
    code = forms.CharField(
        label=_("动态口令"),
        max_length=6,
        required=False,
        help_text=_("验证器上的 6 位数字；首次登录尚未绑定验证器的，请留空。"),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )


class CodeForm(HallForm):
    """The first code of a new authenticator."""

    code = forms.CharField(
        label=_("动态口令"),
        max_length=6,
        help_text=_("添加后，验证器上显示的 6 位数字。"),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )


class PhoneForm(HallForm):
    """The new mobile number, and the password that proves who is at the keyboard."""

    phone = forms.CharField(
        label=_("新手机号码"),
        max_length=20,
        help_text=_("11 位手机号码；验证码发到这个号码。"),
        widget=forms.TextInput(attrs={"autocomplete": "tel-national", "inputmode": "tel", "class": "short"}),
    )
    password = forms.CharField(
        label=_("登录密码"), strip=False, help_text=_("核对是您本人操作。"), widget=_password("current-password")
    )

    def clean_phone(self) -> str:
        """Leave out how people group the digits, and what an input method makes of them."""
        return re.sub(r"[\s-]", "", _plain(self.cleaned_data["phone"])).removeprefix("+86")


class PhoneCodeForm(HallForm):
    """The code that came to the new number."""

    code = forms.CharField(
        label=_("短信验证码"),
        max_length=10,
        help_text=_("新号码收到的 6 位数字，5 分钟内有效。"),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "class": "short"}),
    )

    def clean_code(self) -> str:
        """Take six digits; what cannot be a code costs none of the few tries."""
        code = re.sub(r"\s", "", _plain(self.cleaned_data["code"]))
        if not re.fullmatch(r"[0-9]{6}", code):
            raise forms.ValidationError(_("请填写短信里的 6 位数字，手机号码没有改动。"))
        return code


class IdentityForm(HallForm):
    """Which company to act for, and in which role."""

    membership = forms.TypedChoiceField(label=_("企业与身份"), coerce=int, widget=forms.RadioSelect)

    def __init__(self, *args: Any, identities: list[Identity], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.memberships = {each.membership.pk: each.membership for each in identities}
        field = self.fields["membership"]
        assert isinstance(field, forms.TypedChoiceField)  # noqa: S101  (declared above)
        field.choices = [(each.membership.pk, _words(each)) for each in identities]

    @property
    def chosen(self) -> Membership:
        """The role that was chosen; valid after is_valid()."""
        return self.memberships[self.cleaned_data["membership"]]


def _code_field() -> forms.CharField:
    return forms.CharField(
        label=_("动态口令"),
        max_length=6,
        help_text=_("需要再次验证身份：请填写验证器上的 6 位数字。"),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "class": "short"}),
    )


class EmergencyForm(HallForm):
    """For which company, why and how long an officer acts outside the own post."""

    number = forms.CharField(label=_("纳税人识别号"), max_length=20)
    reason = forms.CharField(label=_("事由"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))
    minutes = forms.TypedChoiceField(
        label=_("时长"), coerce=int, choices=[(each, format_lazy("{} {}", each, _("分钟"))) for each in MINUTES]
    )
    code = _code_field()

    def __init__(self, *args: Any, asks_code: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not asks_code:
            del self.fields["code"]


class PostChangeForm(HallForm):
    """Which post is to be given to, or taken from, which officer."""

    kind = forms.ChoiceField(label=_("事项"), choices=ChangeKind.choices)
    officer = forms.CharField(
        label=_("税务人员的用户名"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}),
    )
    post = forms.ChoiceField(label=_("岗位"), choices=[("", _("请选择")), *Post.choices])
    bureau = forms.ModelChoiceField(label=_("税务机关"), queryset=Bureau.objects.none(), empty_label=None)
    reason = forms.CharField(label=_("事由"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))
    code = _code_field()

    def __init__(self, *args: Any, bureaus: QuerySet[Bureau], asks_code: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["bureau"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  (declared above)
        field.queryset = bureaus
        if not asks_code:
            del self.fields["code"]


def _words(identity: Identity) -> str:
    membership = identity.membership
    waiting = _("，%(count)d 件待办") % {"count": identity.pending_count} if identity.pending_count else ""
    return f"{membership.taxpayer.name}（{membership.taxpayer.number}） · {membership.get_role_display()}{waiting}"
