"""Changing a company's credit: works, wrong post, repeat, outsider, what is refused, the console."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from accounts.choices import Post
from accounts.models import AuditEvent, Membership, Notice, User
from invoicing import services
from invoicing.choices import CreditChangeKind
from invoicing.errors import CreditChangeError, RequestReusedError
from invoicing.models import CreditChange, CreditMonth, Invoice, InvoiceCredit
from taxhall.common.errors import NotPermittedError
from tests.factories.accounts import BureauFactory, MembershipFactory, OfficerFactory, OfficerPostFactory
from tests.harness.clients import HallClient
from tests.invoicing.pages import text_of

Grant = Callable[..., CreditChange]


def month(seller: Membership) -> CreditMonth:
    return CreditMonth.objects.get(taxpayer=seller.taxpayer)


def test_a_periodic_change_is_the_amount_of_every_month(grant: Grant, seller: Membership) -> None:
    grant("5000.00")
    grant("8000.00", reason="经营扩大")

    assert (month(seller).amount, month(seller).used) == (Decimal("8000.00"), Decimal(0))
    assert InvoiceCredit.objects.get().amount == Decimal("8000.00")
    event = AuditEvent.objects.filter(action="invoicing.credit_changed").latest("pk")
    assert (event.data["reason"], event.data["credit"]) == ("经营扩大", "8000.00")
    told = Notice.objects.filter(recipient=seller.taxpayer).latest("pk")
    assert "8,000.00" in told.body
    assert "经营扩大" in told.body


def test_a_temporary_change_is_for_one_month(
    grant: Grant, seller: Membership, save: Callable[..., Invoice], freeze: Callable[[str], object]
) -> None:
    grant("5000.00")
    grant("2000.00", kind=CreditChangeKind.TEMPORARY)
    grant("6000.00")
    assert month(seller).amount == Decimal("8000.00"), "both"
    freeze("2026-12-01 09:00")
    services.issue_invoice(actor=seller.user, invoice=save("1.00"), key="k")
    assert CreditMonth.objects.get(month="2026-12-01").amount == Decimal("6000.00")


def test_it_never_falls_below_what_is_used(
    grant: Grant, credit: CreditChange, seller: Membership, save: Callable[..., Invoice]
) -> None:
    services.issue_invoice(actor=seller.user, invoice=save("4000.00"), key="k")
    for kind, amount in ((CreditChangeKind.PERIODIC, "3999.99"), (CreditChangeKind.TEMPORARY, "-1000.01")):
        with pytest.raises(CreditChangeError) as refused:
            grant(amount, kind=kind)
        assert "4,000.00" in refused.value.fields["amount"][0]
    grant("-1000.00", kind=CreditChangeKind.TEMPORARY)
    assert month(seller).left == 0
    with pytest.raises(IntegrityError), transaction.atomic():
        CreditMonth.objects.update(used=Decimal("4000.01"))


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"amount": "-1.00"}, "amount"),
        ({"amount": "0.00", "kind": CreditChangeKind.TEMPORARY}, "amount"),
        ({"amount": "1.00", "reason": "  "}, "reason"),
        ({"amount": "1.00", "kind": "forever"}, "kind"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(grant: Grant, given: dict[str, str], field: str) -> None:
    with pytest.raises(CreditChangeError) as refused:
        grant(given.pop("amount"), **given)
    assert refused.value.fields[field]
    assert not CreditChange.objects.exists()


def test_the_same_key_is_one_change(grant: Grant, seller: Membership) -> None:
    key = uuid.uuid4()
    first = grant("1000.00", key=key, kind=CreditChangeKind.TEMPORARY)
    again = grant("1000.00", key=key, kind=CreditChangeKind.TEMPORARY)

    assert first == again
    assert month(seller).amount == Decimal("1000.00")


def test_only_deciding_posts_of_the_district_may(grant: Grant, seller: Membership) -> None:
    elsewhere = OfficerFactory(bureau=BureauFactory(xincheng=True))
    auditor = OfficerFactory(post=Post.AUDITOR)
    of_the_company = MembershipFactory(user__person=OfficerFactory().person, taxpayer=seller.taxpayer).user
    own = OfficerPostFactory(user__person=of_the_company.person).user
    for actor in (elsewhere, auditor, seller.user, own):
        with pytest.raises(NotPermittedError):
            grant("1.00", actor=actor)
    assert not InvoiceCredit.objects.exists()


def test_what_was_changed_is_never_rewritten(credit: CreditChange) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE invoicing_creditchange SET amount = 1")


def test_the_officer_changes_it_in_the_console(officer: User, seller: Membership, frozen_day: object) -> None:
    client = HallClient().enter_as_officer(officer)
    url = reverse("admin:credit-detail", args=[seller.taxpayer.number])
    assert "没有核定总额度" in text_of(client.get(url))
    data = {"key": str(uuid.uuid4()), "kind": "periodic", "amount": "75,000.00", "reason": "首次核定"}
    assert client.post(url, {**data, "reason": ""}).status_code == 422
    for _click in range(2):
        page = client.post(url, data, follow=True)
    assert "75,000.00" in text_of(page)
    assert CreditChange.objects.count() == 1
    listed = text_of(client.get(reverse("admin:credit-list"), {"q": seller.taxpayer.name[:5]}))
    assert seller.taxpayer.name in listed
    assert "75,000.00" in listed
    assert client.get(reverse("admin:credit-list") + "?q=%00").status_code == 404


def test_a_key_of_another_companys_change_is_this_companys_own(grant: Grant, officer: User, seller: Membership) -> None:
    key, other = uuid.uuid4(), MembershipFactory(finance=True)
    grant("75000.00", key=key)
    services.change_credit(
        actor=officer, taxpayer=other.taxpayer, kind="periodic", amount=Decimal("5.00"), reason="首次核定", key=key
    )
    assert {(each.taxpayer, each.amount) for each in CreditChange.objects.all()} == {
        (seller.taxpayer, Decimal("75000.00")), (other.taxpayer, Decimal("5.00")),
    }  # fmt: skip


def test_another_districts_officer_finds_nothing(seller: Membership) -> None:
    client = HallClient().enter_as_officer(OfficerFactory(bureau=BureauFactory(xincheng=True)))
    assert client.get(reverse("admin:credit-detail", args=[seller.taxpayer.number])).status_code == 404
    assert seller.taxpayer.name not in text_of(client.get(reverse("admin:credit-list")))


def test_the_company_has_no_way_in(seller: Membership, seller_client: HallClient) -> None:
    page = seller_client.post(reverse("admin:credit-detail", args=[seller.taxpayer.number]), {"amount": "1"})
    assert page.status_code == 302
    assert not CreditChange.objects.exists()


def test_the_same_key_with_other_content_is_refused_in_words(grant: Callable[..., CreditChange]) -> None:
    key = uuid.uuid4()
    first = grant("5000.00", key=key)
    assert grant("5000.00", key=key) == first
    for other in ({"amount": "9000.00"}, {"amount": "5000.00", "reason": "另一个原因"}):
        with pytest.raises(RequestReusedError):
            grant(key=key, **other)
    assert CreditMonth.objects.get().amount == Decimal("5000.00")
