"""Accounts: bureaus, people, taxpayers, roles and posts."""

from __future__ import annotations

import hashlib
from typing import Any

import factory
from django.contrib.auth.hashers import make_password
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice
from stdnum.cn import uscc

from accounts import models
from accounts.choices import CreditGrade, EntityKind, PeriodKind, Post, Role, ScanState, TaxpayerKind, TaxpayerStatus

PASSWORD = "correct horse battery 9"
YANTA = "16101130000"
XINCHENG = "16101020000"
XIAN = "16101000000"
BUREAU_NAMES = {
    YANTA: "国家税务总局西安市雁塔区税务局",
    XINCHENG: "国家税务总局西安市新城区税务局",
    XIAN: "国家税务总局西安市税务局",
}


def taxpayer_number(sequence: int, district: str = "610113") -> str:
    """Return a made-up 统一社会信用代码 with a right check digit."""
    stem = f"91{district}MA{sequence:07d}"
    return stem + uscc.calc_check_digit(stem)


class BureauFactory(factory.django.DjangoModelFactory):
    """雁塔区 unless told otherwise; traits xincheng and city."""

    class Meta:
        model = models.Bureau
        django_get_or_create = ("code",)

    code = YANTA
    name = factory.LazyAttribute(lambda bureau: BUREAU_NAMES.get(bureau.code, f"税务局 {bureau.code}"))
    district_code = factory.LazyAttribute(lambda bureau: bureau.code[1:7])

    class Params:
        xincheng = factory.Trait(code=XINCHENG)
        city = factory.Trait(code=XIAN)


class PersonFactory(factory.django.DjangoModelFactory):
    """A natural person of their own."""

    class Meta:
        model = models.Person

    name = factory.Sequence(lambda number: f"王{number:03d}")
    identity_digest = factory.Sequence(lambda number: hashlib.sha256(f"person {number}".encode()).hexdigest())


class UserFactory(factory.django.DjangoModelFactory):
    """An account whose password is PASSWORD; traits disabled, officer."""

    class Meta:
        model = models.User

    username = factory.Sequence(lambda number: f"user{number}")
    display_name = factory.SelfAttribute("person.name")
    person = factory.SubFactory(PersonFactory)
    password = factory.LazyFunction(lambda: make_password(PASSWORD))

    class Params:
        disabled = factory.Trait(is_active=False)
        officer = factory.Trait(is_staff=True, username=factory.Sequence(lambda number: f"officer{number}"))


class TaxpayerFactory(factory.django.DjangoModelFactory):
    """A small-scale enterprise filing monthly; traits quarterly, general, individual, abnormal, cancelled, grade_*."""

    class Meta:
        model = models.Taxpayer

    number = factory.Sequence(taxpayer_number)
    name = factory.Sequence(lambda number: f"西安试验{number}号商贸有限公司")
    kind = TaxpayerKind.SMALL_SCALE
    period_kind = PeriodKind.MONTHLY
    entity_kind = EntityKind.ENTERPRISE
    bureau = factory.SubFactory(BureauFactory)
    credit_grade = CreditGrade.A
    address = "西安市雁塔区试验路 1 号"
    phone = "029-00000000"
    bank = "试验银行西安分行 000000000000"

    class Params:
        quarterly = factory.Trait(period_kind=PeriodKind.QUARTERLY)
        general = factory.Trait(kind=TaxpayerKind.GENERAL)
        individual = factory.Trait(entity_kind=EntityKind.INDIVIDUAL_BUSINESS)
        abnormal = factory.Trait(status=TaxpayerStatus.ABNORMAL)
        cancelled = factory.Trait(status=TaxpayerStatus.CANCELLED)
        grade_c = factory.Trait(credit_grade=CreditGrade.C)
        grade_d = factory.Trait(credit_grade=CreditGrade.D)
        in_xincheng = factory.Trait(bureau=factory.SubFactory(BureauFactory, xincheng=True))


class MembershipFactory(factory.django.DjangoModelFactory):
    """A 办税员 of a company of their own; traits for the other roles and ended."""

    class Meta:
        model = models.Membership

    user = factory.SubFactory(UserFactory)
    taxpayer = factory.SubFactory(TaxpayerFactory)
    role = Role.TAX_CLERK

    class Params:
        legal = factory.Trait(role=Role.LEGAL)
        finance = factory.Trait(role=Role.FINANCE)
        manager = factory.Trait(role=Role.ADMIN)
        issuer = factory.Trait(role=Role.ISSUER)
        ended = factory.Trait(is_active=False)


class OfficerPostFactory(factory.django.DjangoModelFactory):
    """A reviewer in 雁塔区; traits approver, exception, auditor, ended."""

    class Meta:
        model = models.OfficerPost

    user = factory.SubFactory(UserFactory, officer=True)
    post = Post.REVIEWER
    bureau = factory.SubFactory(BureauFactory)

    class Params:
        approver = factory.Trait(post=Post.APPROVER)
        exception = factory.Trait(post=Post.EXCEPTION)
        auditor = factory.Trait(post=Post.AUDITOR)
        ended = factory.Trait(is_active=False)


class OfficerFactory(UserFactory):
    """An officer's account with one post: reviewer in 雁塔区 unless `post=` and `bureau=` say otherwise."""

    is_staff = True
    username = factory.Sequence(lambda number: f"officer{number}")
    post: Any = Post.REVIEWER
    bureau: Any = factory.SubFactory(BureauFactory)

    @classmethod
    def _create(cls, model_class: type[models.User], *args: Any, **kwargs: Any) -> models.User:
        post, bureau = kwargs.pop("post"), kwargs.pop("bureau")
        user: models.User = super()._create(model_class, *args, **kwargs)
        if post is not None:
            OfficerPostFactory(user=user, post=post, bureau=bureau)
        return user


class TotpDeviceFactory(factory.django.DjangoModelFactory):
    """A confirmed authenticator; trait unconfirmed."""

    class Meta:
        model = TOTPDevice

    user = factory.SubFactory(OfficerFactory)
    name = "default"
    confirmed = True

    class Params:
        unconfirmed = factory.Trait(confirmed=False)


class NoticeFactory(factory.django.DjangoModelFactory):
    """An unread message."""

    class Meta:
        model = models.Notice

    recipient = factory.SubFactory(TaxpayerFactory)
    kind = "clear"
    title = factory.Sequence(lambda number: f"消息 {number}")
    body = "您的清卡申请已受理。"
    link = "/desk/"
    dedupe_key = factory.Sequence(lambda number: f"notice-{number}")


class FileScanFactory(factory.django.DjangoModelFactory):
    """A stored file that the demo scanner called clean; traits waiting, infected and too_large."""

    class Meta:
        model = models.FileScan

    file = factory.Sequence(lambda number: f"trial/{number}.bin")
    sha256 = "0" * 64
    taxpayer = factory.SubFactory(TaxpayerFactory)
    state: Any = ScanState.CLEAN
    engine = "演示扫描"
    signatures = "1"
    is_demo = True
    verdict_at: Any = factory.LazyFunction(timezone.now)

    class Params:
        waiting = factory.Trait(
            state=ScanState.SCANNING, engine="", verdict_at=None, due_at=factory.LazyFunction(timezone.now)
        )
        infected = factory.Trait(state=ScanState.INFECTED, finding="Eicar-Test-Signature")
        too_large = factory.Trait(state=ScanState.TOO_LARGE, limit="size")
