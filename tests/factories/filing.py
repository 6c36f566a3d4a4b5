"""Filing: returns in the states that matter, payments, comparisons."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import factory

from accounts.choices import ChangeState
from filing import models
from filing.choices import DeadlineBasis, PaymentState, ReturnStatus, RunOutcome
from tests.factories.accounts import BureauFactory, TaxpayerFactory, UserFactory

ZONE = ZoneInfo("Asia/Shanghai")


class TaxReturnFactory(factory.django.DjangoModelFactory):
    """A draft for October 2026; traits submitted (zero tax), owing, paid, quarterly."""

    class Meta:
        model = models.TaxReturn

    taxpayer = factory.SubFactory(TaxpayerFactory)
    form_code = "vat_small_scale"
    form_version = "2021-20"
    period_start = date(2026, 10, 1)
    period_end = date(2026, 10, 31)

    class Params:
        submitted = factory.Trait(
            status=ReturnStatus.SUBMITTED,
            receipt_number=factory.Sequence(lambda number: f"SB20261105{number:08d}"),
            submitted_at=datetime(2026, 11, 5, 10, 0, tzinfo=ZONE),
            submitted_by=factory.SubFactory(UserFactory),
            due_on=date(2026, 11, 16),
        )
        owing = factory.Trait(submitted=True, tax_due=Decimal("500.00"))
        paid = factory.Trait(submitted=True, status=ReturnStatus.PAID, tax_due=Decimal("500.00"))
        quarterly = factory.Trait(period_start=date(2026, 7, 1), period_end=date(2026, 9, 30))


class PaymentFactory(factory.django.DjangoModelFactory):
    """A payment order that the treasury has not answered; trait received."""

    class Meta:
        model = models.Payment

    tax_return = factory.SubFactory(TaxReturnFactory, owing=True)
    key = factory.LazyFunction(lambda: uuid.uuid4().hex)
    amount = factory.SelfAttribute("tax_return.tax_due")
    requested_by = factory.SubFactory(UserFactory)

    class Params:
        received = factory.Trait(
            tax_return=factory.SubFactory(TaxReturnFactory, paid=True),
            state=PaymentState.RECEIVED,
            received_amount=factory.SelfAttribute("amount"),
            received_tax=factory.SelfAttribute("amount"),
            treasury_reference=factory.Sequence(lambda number: f"TR{number:012d}"),
            signature="00",
            received_at=datetime(2026, 11, 5, 11, 0, tzinfo=ZONE),
        )


class ComparisonRunFactory(factory.django.DjangoModelFactory):
    """A comparison of October 2026 that agreed; trait differs (blocking)."""

    class Meta:
        model = models.ComparisonRun

    tax_return = factory.SubFactory(TaxReturnFactory, paid=True)
    taxpayer = factory.SelfAttribute("tax_return.taxpayer")
    period_start = date(2026, 10, 1)
    period_end = date(2026, 10, 31)
    compared_start = factory.SelfAttribute("period_start")
    compared_end = factory.SelfAttribute("period_end")
    outcome = RunOutcome.AGREED
    is_blocking = False

    class Params:
        differs = factory.Trait(outcome=RunOutcome.DIFFERS, is_blocking=True)


class TaxDeadlineFactory(factory.django.DjangoModelFactory):
    """An official deadline row."""

    class Meta:
        model = models.TaxDeadline
        django_get_or_create = ("year", "month")

    year = 2026
    month = 11
    deadline = date(2026, 11, 16)
    source = "税总办征科函〔2025〕64号"
    basis = DeadlineBasis.OFFICIAL


class OutageFactory(factory.django.DjangoModelFactory):
    """A declared outage of 雁塔区 on the last two days of the season of October 2026; `bureau=` for another."""

    class Meta:
        model = models.Outage

    bureau = factory.SubFactory(BureauFactory)
    starts_at = datetime(2026, 11, 16, 9, 0, tzinfo=ZONE)
    ends_at = datetime(2026, 11, 17, 18, 0, tzinfo=ZONE)
    source = "雁税公告2026年第3号"
    reason = "机房断电"
    state = ChangeState.AGREED
    asked_by = factory.SubFactory(UserFactory, officer=True)
    decided_by = factory.SubFactory(UserFactory, officer=True)
    decided_at = datetime(2026, 11, 16, 12, 0, tzinfo=ZONE)
