"""People, their accounts, and what each account may act for."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.choices import Post, Role
from accounts.models.organisations import Bureau, Taxpayer
from accounts.querysets import MembershipQuerySet, OfficerPostQuerySet
from taxhall.common import identifiers

MOBILE = re.compile(r"1[3-9][0-9]{9}")
USERNAME_PATTERN = r"^[^\s]{3,60}$"


def mask_phone(phone: str) -> str:
    """Return a telephone number without its middle; empty for none."""
    return f"{phone[:3]}****{phone[-4:]}" if phone else ""


class Person(models.Model):
    """A natural person (自然人); four eyes compares persons, not accounts.

    The identity number itself is not kept, only a keyed digest that finds the same person again.
    """

    name = models.CharField(_("姓名"), max_length=100)
    identity_digest = models.CharField(_("证件号摘要"), max_length=64, unique=True)

    class Meta:
        verbose_name = _("自然人")
        verbose_name_plural = _("自然人")

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    """Makes accounts with a hashed password."""

    def create_user(self, username: str, password: str | None = None, **fields: Any) -> User:
        """Create an account; without a password it cannot sign in by password."""
        user = self.model(username=self.model.normalize_username(username), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> User:
        """Create an operator's account."""
        return self.create_user(username, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """An account (账户); the person behind it may hold several."""

    username = models.CharField(
        _("用户名"),
        max_length=60,
        unique=True,
        validators=[RegexValidator(USERNAME_PATTERN, _("用户名为 3 至 60 个字符，不含空格，请重新填写。"))],
    )
    display_name = models.CharField(_("姓名"), max_length=100)
    phone = models.CharField(_("手机号"), max_length=20, blank=True)
    # Reminders come into the inbox in any case; to the telephone only if the person says so.
    wants_texts = models.BooleanField(_("接收短信提醒"), default=False)
    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="users", verbose_name=_("自然人")
    )
    is_staff = models.BooleanField(_("税务人员"), default=False)
    is_active = models.BooleanField(_("启用"), default=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"

    class Meta:
        verbose_name = _("用户")
        verbose_name_plural = _("用户")
        constraints = [
            # A username in the shape of a taxpayer number would make the sign-in field ambiguous.
            models.CheckConstraint(
                name="accounts_user_username_not_a_number",
                condition=~models.Q(username__regex=identifiers.TAXPAYER_NUMBER_PATTERN),
                violation_error_message=_("用户名不能与纳税人识别号同形，请换一个用户名。"),
            ),
            models.CheckConstraint(
                name="accounts_user_username_format",
                condition=models.Q(username__regex=USERNAME_PATTERN),
                violation_error_message=_("用户名为 3 至 60 个字符，不含空格，请重新填写。"),
            ),
        ]

    def __str__(self) -> str:
        return self.display_name or self.username

    @property
    def mobile(self) -> str:
        """The phone where it is a mobile number, which short messages reach; empty otherwise."""
        return self.phone if MOBILE.fullmatch(self.phone) else ""

    @property
    def masked_phone(self) -> str:
        """The phone as pages, notices and the audit trail show it."""
        return mask_phone(self.phone)

    def get_full_name(self) -> str:
        """Return the name shown in the console's header."""
        return str(self)

    def get_short_name(self) -> str:
        """Return the name shown in the console's greeting."""
        return str(self)


class Membership(models.Model):
    """A person's role (身份) in an enterprise; ended by is_active, never deleted while it has left traces."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships", verbose_name=_("用户"))
    taxpayer = models.ForeignKey(
        Taxpayer, on_delete=models.CASCADE, related_name="memberships", verbose_name=_("纳税人")
    )
    role = models.CharField(_("身份"), max_length=20, choices=Role)
    is_active = models.BooleanField(_("有效"), default=True)

    objects: ClassVar[MembershipQuerySet] = MembershipQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("办税身份")
        verbose_name_plural = _("办税身份")
        constraints = [
            models.UniqueConstraint(fields=["user", "taxpayer", "role"], name="accounts_membership_once"),
            models.CheckConstraint(name="accounts_membership_role_known", condition=models.Q(role__in=Role.values)),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.taxpayer} · {self.get_role_display()}"


class OfficerPost(models.Model):
    """An officer's post (岗位) in a bureau; the bureau is how far the officer sees."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="posts", verbose_name=_("用户"))
    post = models.CharField(_("岗位"), max_length=20, choices=Post)
    bureau = models.ForeignKey(Bureau, on_delete=models.PROTECT, related_name="posts", verbose_name=_("税务机关"))
    is_active = models.BooleanField(_("有效"), default=True)

    objects: ClassVar[OfficerPostQuerySet] = OfficerPostQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("税务岗位")
        verbose_name_plural = _("税务岗位")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "post", "bureau"],
                condition=models.Q(is_active=True),
                name="accounts_officerpost_one_active",
                violation_error_message=_("该人员在此机关已有这个岗位，不需要重复授予。"),
            ),
            models.CheckConstraint(name="accounts_officerpost_post_known", condition=models.Q(post__in=Post.values)),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.bureau} · {self.get_post_display()}"
