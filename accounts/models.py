"""Who uses the hall: people, taxpayers, officers, and what they did."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.choices import (
    CreditGrade,
    EntityKind,
    PeriodKind,
    Post,
    Role,
    SurchargeArea,
    TaxpayerKind,
    TaxpayerStatus,
)
from taxhall.common import clock
from taxhall.common.models import AppendOnlyModel, TimestampedModel


class Bureau(models.Model):
    """A tax bureau; its 11-digit code is 1 + administrative code + sub-unit."""

    code = models.CharField(_("机关代码"), max_length=11, unique=True)
    name = models.CharField(_("机关名称"), max_length=100)
    district_code = models.CharField(_("行政区划"), max_length=6)

    def __str__(self) -> str:
        return self.name


class Person(models.Model):
    """A natural person; four eyes compares persons, not accounts."""

    name = models.CharField(_("姓名"), max_length=100)
    identity_digest = models.CharField(_("证件号摘要"), max_length=64, unique=True)

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    """Makes accounts with a hashed password."""

    def create_user(self, username: str, password: str | None = None, **fields: Any) -> User:
        """Create an account; without a password it cannot sign in by password."""
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> User:
        """Create an operator's account."""
        return self.create_user(username, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """An account; the person behind it may hold several."""

    username = models.CharField(_("用户名"), max_length=60, unique=True)
    display_name = models.CharField(_("姓名"), max_length=100)
    phone = models.CharField(_("手机号"), max_length=20, blank=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("自然人"))
    is_staff = models.BooleanField(_("税务人员"), default=False)
    is_active = models.BooleanField(_("启用"), default=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"

    def __str__(self) -> str:
        return self.display_name or self.username


class Taxpayer(TimestampedModel):
    """A registered taxpayer."""

    number = models.CharField(_("纳税人识别号"), max_length=20, unique=True)
    name = models.CharField(_("纳税人名称"), max_length=100)
    kind = models.CharField(_("纳税人类型"), max_length=20, choices=TaxpayerKind)
    period_kind = models.CharField(_("申报周期"), max_length=20, choices=PeriodKind)
    entity_kind = models.CharField(_("主体类型"), max_length=20, choices=EntityKind, default=EntityKind.ENTERPRISE)
    bureau = models.ForeignKey(Bureau, on_delete=models.PROTECT, verbose_name=_("主管税务机关"))
    credit_grade = models.CharField(_("信用等级"), max_length=1, choices=CreditGrade, default=CreditGrade.M)
    surcharge_area = models.CharField(_("所在地"), max_length=10, choices=SurchargeArea, default=SurchargeArea.CITY)
    status = models.CharField(_("状态"), max_length=10, choices=TaxpayerStatus, default=TaxpayerStatus.NORMAL)
    address = models.CharField(_("地址"), max_length=100, blank=True)
    phone = models.CharField(_("电话"), max_length=20, blank=True)
    bank = models.CharField(_("开户行及账号"), max_length=100, blank=True)

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person's role in an enterprise."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships", verbose_name=_("用户"))
    taxpayer = models.ForeignKey(
        Taxpayer, on_delete=models.CASCADE, related_name="memberships", verbose_name=_("纳税人")
    )
    role = models.CharField(_("身份"), max_length=20, choices=Role)
    is_active = models.BooleanField(_("有效"), default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "taxpayer", "role"], name="accounts_membership_once"),
        ]


class OfficerPost(models.Model):
    """An officer's post in a bureau."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="posts", verbose_name=_("用户"))
    post = models.CharField(_("岗位"), max_length=20, choices=Post)
    bureau = models.ForeignKey(Bureau, on_delete=models.PROTECT, verbose_name=_("税务机关"))
    is_active = models.BooleanField(_("有效"), default=True)


class AuditEvent(AppendOnlyModel):
    """One act, written in the same transaction as what it did."""

    at = models.DateTimeField(_("时间"), default=clock.now)
    actor = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("操作人"))
    actor_label = models.CharField(_("操作人"), max_length=200)
    action = models.CharField(_("动作"), max_length=80)
    object_type = models.CharField(_("对象类型"), max_length=80)
    object_id = models.CharField(_("对象"), max_length=80)
    taxpayer = models.ForeignKey(
        Taxpayer, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("纳税人")
    )
    data = models.JSONField(_("内容"), default=dict)
    request_id = models.CharField(_("请求号"), max_length=64, blank=True)


class Notice(models.Model):
    """A message in a taxpayer's inbox; made once per event by its dedupe key."""

    recipient = models.ForeignKey(Taxpayer, on_delete=models.CASCADE, related_name="notices", verbose_name=_("纳税人"))
    kind = models.CharField(_("类别"), max_length=40)
    title = models.CharField(_("标题"), max_length=200)
    body = models.TextField(_("内容"))
    link = models.CharField(_("链接"), max_length=300, blank=True)
    at = models.DateTimeField(_("时间"), default=clock.now)
    read_at = models.DateTimeField(_("阅读时间"), null=True, blank=True)
    dedupe_key = models.CharField(_("去重键"), max_length=120, unique=True)
