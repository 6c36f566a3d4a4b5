"""Red forms (信息表): granted, reserved, used once, withdrawn; what the buyer brought; the pages."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.models import Membership
from invoicing import selectors, services
from invoicing.choices import InvoiceState, RedFormState
from invoicing.errors import InvoiceProblemsError, RedNotAllowedError
from invoicing.models import Invoice, RedForm
from taxhall.common.errors import InvalidInputError
from tests.factories.accounts import MembershipFactory
from tests.harness.clients import HallClient
from tests.invoicing.pages import text_of
from tests.invoicing.test_red_invoice import first_line

Issued = Callable[..., Invoice]
SPECIAL = {"kind": "004", "buyer_address": "西安市 029", "buyer_bank": "示例银行 61"}


@pytest.fixture
def apply(seller: Membership) -> Callable[..., RedForm]:
    """Return a function that applies for a red form."""

    def applied(blue: Invoice, **given: object) -> RedForm:
        given = {"applicant": "seller", "reason": "return", "key": uuid.uuid4(), **given}
        return services.apply_red_form(actor=seller.user, blue=blue, **given)

    return applied


def test_a_special_invoice_needs_a_form_which_is_used_once(
    issued: Issued,
    red: Callable[..., Invoice],
    apply: Callable[..., RedForm],
    sign: Callable[[Invoice], Invoice],
    seller: Membership,
) -> None:
    blue = issued(**SPECIAL)
    with pytest.raises(RedNotAllowedError) as refused:
        red(blue)
    assert refused.value.code == "red.form_missing"

    form = apply(blue, chosen={first_line(blue): Decimal("400.00")})
    assert form.number.startswith(f"{blue.taxpayer.bureau.code[1:7]}2611")
    assert len(form.number) == 16
    assert selectors.red_units(blue)[0].left_amount == Decimal("600.00"), "the form reserves"
    draft = red(blue, form=form)
    assert draft.amount == Decimal("-400.00")
    assert form.number in draft.remark
    with pytest.raises(IntegrityError), transaction.atomic():
        red(blue, form=form)
    done = sign(draft)
    form.refresh_from_db()
    blue.refresh_from_db()
    assert (done.state, form.state, blue.red_amount) == (InvoiceState.ISSUED, RedFormState.USED, Decimal("400.00"))
    assert selectors.red_units(blue)[0].left_amount == Decimal("600.00"), "counted once"
    with pytest.raises(RedNotAllowedError):
        services.withdraw_red_form(actor=seller.user, form=form)


def test_a_form_withdrawn_is_good_for_nothing(
    issued: Issued, apply: Callable[..., RedForm], red: Callable[..., Invoice], seller: Membership
) -> None:
    blue = issued(**SPECIAL)
    form = apply(blue)
    assert services.withdraw_red_form(actor=seller.user, form=form).state == RedFormState.WITHDRAWN
    assert services.withdraw_red_form(actor=seller.user, form=form).state == RedFormState.WITHDRAWN, "repeat"
    assert selectors.red_units(blue)[0].left_amount == blue.amount
    form.refresh_from_db()
    with pytest.raises(InvoiceProblemsError) as refused:
        services.issue_invoice(actor=seller.user, invoice=red(blue, form=form), key="k")
    assert "red.form_missing" in {each.code for each in refused.value.problems}


def test_numbers_of_forms_follow_one_another(issued: Issued, apply: Callable[..., RedForm]) -> None:
    numbers = [apply(issued(**SPECIAL)).number[:15] for _ in range(3)]

    assert [int(each) - int(numbers[0]) for each in numbers] == [0, 1, 2]


def test_the_number_that_the_buyer_was_given_is_kept_once(issued: Issued, apply: Callable[..., RedForm]) -> None:
    blue = issued(**SPECIAL)
    half = {first_line(blue): Decimal("500.00")}
    form = apply(blue, applicant="buyer", number="6101 1326 1100 0012", chosen=half)
    assert form.number == "6101132611000012"
    assert form.standing == "已录入，未经核验"
    assert "录入购买方的红字信息表编号，未经核验" in {str(each.title) for each in selectors.timeline(blue)}
    wrongs = {
        "6101132611000012": "已经录入过",
        "610113": "16 位数字",
        "61011326110000一二": "16 位数字",
        "1111111111111111": "早于这张发票开具的月份",
        "9901132611000012": "行政区划代码",
        "6101132613000012": "没有“13”月",
        "6101132612000012": "还没有到",
        "6101132610000012": "早于这张发票开具的月份",
    }
    for wrong, why in wrongs.items():
        with pytest.raises(InvalidInputError) as refused:
            apply(blue, applicant="buyer", number=wrong, chosen=half)
        assert why in refused.value.fields["number"][0]


def test_a_number_that_was_entered_is_not_called_approved(issued: Issued, seller_client: HallClient) -> None:
    data = {"key": str(uuid.uuid4()), "reason": "return", "extent": "whole", "applicant": "buyer"}
    url = reverse("invoicing:invoice-red", args=[issued(**SPECIAL).pk])
    page = seller_client.post(url, data | {"number": "6101132611000012"}, follow=True)
    listed = seller_client.get(reverse("invoicing:red-form-list"))
    for each in (page, listed):
        assert "未经核验" in text_of(each)
        assert "审核通过" not in text_of(each)
    form = RedForm.objects.get()
    check = seller_client.post(reverse("invoicing:red-form-issue", args=[form.pk]), follow=True)
    assert f"信息表编号 {form.number} 由销售方录入，未经核验" in text_of(check)


def test_an_ordinary_invoice_needs_no_form(issued: Issued, apply: Callable[..., RedForm]) -> None:
    with pytest.raises(RedNotAllowedError) as refused:
        apply(issued())
    assert refused.value.code == "red.form_not_needed"


def test_the_pages_of_a_special_invoice(issued: Issued, seller_client: HallClient) -> None:
    blue = issued(**SPECIAL)
    url = reverse("invoicing:invoice-red", args=[blue.pk])
    data = {"key": str(uuid.uuid4()), "reason": "error", "extent": "whole", "applicant": "seller"}
    seller_client.post(url, data)
    page = seller_client.post(url, data, follow=True)
    form = RedForm.objects.get()
    assert form.number in text_of(page)
    assert form.number in text_of(seller_client.get(reverse("invoicing:red-form-list")))

    issue = reverse("invoicing:red-form-issue", args=[form.pk])
    seller_client.post(issue)
    seller_client.post(issue)
    draft = Invoice.objects.get(blue=blue)
    withdraw = reverse("invoicing:red-form-withdraw", args=[form.pk])
    assert seller_client.post(withdraw).status_code == 409
    seller_client.post(reverse("invoicing:invoice-discard", args=[draft.pk]))
    seller_client.post(withdraw)
    form.refresh_from_db()
    assert form.state == RedFormState.WITHDRAWN


def test_an_outsider_sees_nothing_of_it(issued: Issued, apply: Callable[..., RedForm]) -> None:
    blue = issued(**SPECIAL)
    form = apply(blue)
    outsider = HallClient().enter_as(MembershipFactory(issuer=True))

    assert outsider.get(reverse("invoicing:invoice-red", args=[blue.pk])).status_code == 404
    assert outsider.get(reverse("invoicing:red-form-detail", args=[form.pk])).status_code == 404
    for name in ("issue", "withdraw"):
        assert outsider.post(reverse(f"invoicing:red-form-{name}", args=[form.pk])).status_code == 404
    assert outsider.post(reverse("invoicing:invoice-copy", args=[blue.pk])).status_code == 404
