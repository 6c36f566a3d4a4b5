"""Taking a digital invoice back: who asks, who answers, 72 hours, one red invoice, the credit; both sides' pages."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, Membership, Notice
from filing import services as filing_services
from filing.choices import TickState
from filing.errors import VoucherRefusedError
from filing.models import InputVoucher
from invoicing import selectors, services
from invoicing.choices import ConfirmationState, InvoiceState
from invoicing.errors import ConfirmationStateError, InvoiceProblemsError, RedNotAllowedError, RedProblemsError
from invoicing.models import CreditMonth, Invoice, RedConfirmation
from taxhall.common.errors import InvalidInputError, NotFoundError, NotPermittedError
from taxhall.common.periods import TaxPeriod
from tests.clearcard.test_concurrency import at_once
from tests.factories.accounts import MembershipFactory
from tests.factories.invoicing import IssuedInvoiceFactory
from tests.harness.clients import HallClient
from tests.invoicing.pages import text_of
from tests.invoicing.test_red_invoice import first_line

Issue = Callable[[Invoice], Invoice]
Save = Callable[..., Invoice]
Ask = Callable[..., RedConfirmation]

pytestmark = pytest.mark.usefixtures("credit")


@pytest.fixture
def buyer(db: None) -> Membership:
    """Return a finance head of the buyer, a taxpayer of this hall."""
    return MembershipFactory(finance=True)


@pytest.fixture
def blue(save: Save, issue: Issue, buyer: Membership) -> Invoice:
    """Return a digital special invoice of 1,000.00 to that buyer."""
    return issue(save(kind="31", buyer_number=buyer.taxpayer.number, buyer_name=buyer.taxpayer.name))


@pytest.fixture
def ask(seller: Membership) -> Ask:
    """Return a function by which the seller, or `who`, asks for a confirmation."""

    def asked(blue: Invoice, who: Membership | None = None, **given: Any) -> RedConfirmation:
        member = who or seller
        wish = services.Asked(**{"reason": "return", "key": uuid.uuid4(), **given})
        return services.request_confirmation(actor=member.user, taxpayer=member.taxpayer, blue=blue, asked=wish)

    return asked


def answer(who: Membership, confirmation: RedConfirmation, **given: Any) -> RedConfirmation:
    given = {"agrees": True, **given}
    return services.answer_confirmation(actor=who.user, taxpayer=who.taxpayer, confirmation=confirmation, **given)


def red_of(seller: Membership, confirmation: RedConfirmation) -> Invoice:
    return services.draft_red(
        actor=seller.user, blue=confirmation.blue, reason="return", key=uuid.uuid4(), confirmation=confirmation
    )


def used() -> Decimal:
    return CreditMonth.objects.order_by("-month")[0].used


def test_unused_the_seller_alone_takes_all_of_it_back(
    blue: Invoice, ask: Ask, issue: Issue, seller: Membership, buyer: Membership
) -> None:
    confirmation = ask(blue)
    assert (confirmation.state, confirmation.expires_at) == (ConfirmationState.CONFIRMED, None)
    assert len(confirmation.number) == 16
    red = issue(red_of(seller, confirmation))
    confirmation.refresh_from_db()
    blue.refresh_from_db()

    assert red.state == InvoiceState.ISSUED
    assert (red.amount, red.device, red.kind) == (Decimal("-1000.00"), None, "31")
    assert blue.number in red.remark
    assert confirmation.number in red.remark
    assert (confirmation.state, confirmation.red) == (ConfirmationState.USED, red)
    assert blue.red_amount == Decimal("1000.00")
    assert used() == 0, "given back within the month"
    assert Notice.objects.filter(recipient=buyer.taxpayer).count() == 1


def test_a_red_of_a_later_month_gives_nothing_back(
    blue: Invoice, ask: Ask, issue: Issue, seller: Membership, freeze: Callable[[str], object]
) -> None:
    freeze("2026-12-02 10:00")
    issue(red_of(seller, ask(blue)))

    assert [row.used for row in CreditMonth.objects.all()] == [Decimal("1000.00")]


def test_without_a_confirmation_there_is_no_red(blue: Invoice, seller: Membership, save: Save, issue: Issue) -> None:
    with pytest.raises(RedNotAllowedError) as refused:
        services.draft_red(actor=seller.user, blue=blue, reason="return", key=uuid.uuid4())
    assert refused.value.code == "red.confirmation_missing"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"part": True}, "confirmation.whole_only"),
        ({"part": True, "says_used": True, "reason": "error"}, "confirmation.error_whole_only"),
    ],
)
def test_parts_are_for_used_invoices_that_were_right(blue: Invoice, ask: Ask, given: dict[str, Any], code: str) -> None:
    given.pop("part")
    with pytest.raises(RedProblemsError):
        ask(blue, chosen={first_line(blue): Decimal("400.00")}, **given)
    assert not RedConfirmation.objects.exists(), code


def test_used_the_buyer_confirms_a_part_and_the_seller_issues_it(
    blue: Invoice, ask: Ask, issue: Issue, seller: Membership, buyer: Membership
) -> None:
    confirmation = ask(blue, says_used=True, chosen={first_line(blue): Decimal("400.00")})
    assert confirmation.state == ConfirmationState.WAITING
    with pytest.raises(RedNotAllowedError):
        red_of(seller, confirmation)
    with pytest.raises(NotPermittedError):
        answer(seller, confirmation)
    assert answer(buyer, confirmation).state == ConfirmationState.CONFIRMED
    assert answer(buyer, confirmation).state == ConfirmationState.CONFIRMED, "repeat"
    red = issue(red_of(seller, confirmation))

    assert red.amount == Decimal("-400.00")
    assert used() == Decimal("600.00")
    assert selectors.red_units(blue)[0].left_amount == Decimal("600.00")
    events = AuditEvent.objects.filter(object_id=str(blue.pk), action__startswith="invoicing.confirmation")
    assert [event.action for event in events.order_by("pk")] == [
        "invoicing.confirmation_requested",
        "invoicing.confirmation_confirmed",
    ]


def enter_voucher(buyer: Membership, blue: Invoice) -> InputVoucher:
    face = (blue.dated_on, blue.seller_number, blue.seller_name, blue.amount, blue.tax)
    draft = filing_services.VoucherDraft("special", "", blue.number, *face)
    return filing_services.add_vouchers(actor=buyer.user, taxpayer=buyer.taxpayer, drafts=[draft])[0]


def tick_voucher(buyer: Membership, voucher: InputVoucher, state: str) -> None:
    filing_services.tick_vouchers(
        actor=buyer.user, taxpayer=buyer.taxpayer, period=TaxPeriod.month(2026, 11), pks=[voucher.pk], state=state
    )


def test_what_was_wholly_taken_back_is_not_deducted(
    blue: Invoice, ask: Ask, issue: Issue, seller: Membership, buyer: Membership
) -> None:
    voucher = enter_voucher(buyer, blue)
    issue(red_of(seller, ask(blue)))
    with pytest.raises(InvalidInputError, match="全额红冲"):
        tick_voucher(buyer, voucher, TickState.DEDUCTED)
    with pytest.raises(InvalidInputError, match="全额红冲"), transaction.atomic():
        services.note_buyer_use(buyer=buyer.taxpayer, numbers=[blue.number], is_used=True)
    assert not selectors.buyer_has_used(blue)
    voucher.delete()
    with pytest.raises(VoucherRefusedError):
        enter_voucher(buyer, blue)


@pytest.mark.django_db(transaction=True)
def test_asking_and_ticking_at_once_keep_each_other_waiting_and_nobody_for_good(
    blue: Invoice, ask: Ask, seller: Membership, buyer: Membership
) -> None:
    voucher = enter_voucher(buyer, blue)
    found = at_once(lambda: ask(blue), lambda: tick_voucher(buyer, voucher, TickState.DEDUCTED))
    assert not [each for each in found if isinstance(each, OperationalError)]
    confirmation = RedConfirmation.objects.get()
    assert selectors.buyer_has_used(blue)
    assert confirmation.is_used == (confirmation.state == ConfirmationState.WAITING)


def test_a_tick_of_the_buyer_is_use(blue: Invoice, ask: Ask, buyer: Membership, seller: Membership) -> None:
    early = ask(blue)
    draft = red_of(seller, early)
    voucher = enter_voucher(buyer, blue)

    def tick(state: str) -> None:
        tick_voucher(buyer, voucher, state)

    tick(TickState.DEDUCTED)
    assert selectors.buyer_has_used(blue)
    with pytest.raises(InvoiceProblemsError) as refused:
        services.issue_invoice(actor=seller.user, invoice=draft, key="k")
    assert [each.code for each in refused.value.problems] == ["red.buyer_has_used"]
    tick(TickState.OPEN)
    assert not selectors.buyer_has_used(blue)


def test_the_buyer_asks_only_when_it_has_used_it(
    blue: Invoice, ask: Ask, seller: Membership, buyer: Membership
) -> None:
    with pytest.raises(RedProblemsError):
        ask(blue, buyer)
    confirmation = ask(blue, buyer, says_used=True)
    with pytest.raises(NotPermittedError):
        answer(buyer, confirmation)
    refused = answer(seller, confirmation, agrees=False, note="货已收讫")
    assert (refused.state, refused.answer_note) == (ConfirmationState.REFUSED, "货已收讫")
    with pytest.raises(ConfirmationStateError):
        answer(seller, confirmation)


def test_a_refusal_has_its_reason(blue: Invoice, ask: Ask, buyer: Membership) -> None:
    confirmation = ask(blue, says_used=True)
    with pytest.raises(InvalidInputError) as refused:
        answer(buyer, confirmation, agrees=False)
    assert refused.value.fields["note"]


def test_after_72_hours_it_is_over_even_before_the_sweep(
    blue: Invoice, ask: Ask, buyer: Membership, freeze: Callable[[str], object]
) -> None:
    confirmation = ask(blue, says_used=True)
    freeze("2026-11-19 09:59")
    assert services.sweep_confirmations() == 0
    freeze("2026-11-19 10:00")
    with pytest.raises(ConfirmationStateError):
        answer(buyer, confirmation)
    confirmation.refresh_from_db()
    assert confirmation.state == ConfirmationState.LAPSED
    assert services.sweep_confirmations() == 0, "once"
    assert ask(blue, says_used=True).state == ConfirmationState.WAITING, "asked again"


def test_the_sweep_lets_it_lapse_and_says_so(
    blue: Invoice, ask: Ask, freeze: Callable[[str], object], seller: Membership
) -> None:
    confirmation = ask(blue, says_used=True)
    freeze("2026-11-20 10:00")
    client = HallClient().enter_as(seller)
    page = text_of(client.get(reverse("invoicing:confirmation-detail", args=[confirmation.number])))
    assert "72 小时内没有确认，已自动作废" in page
    assert services.sweep_confirmations() == 1
    assert "确认单超过 72 小时作废" in [str(each.title) for each in selectors.timeline(blue)]


def test_one_is_in_progress_per_invoice(blue: Invoice, ask: Ask) -> None:
    key = uuid.uuid4()
    first = ask(blue, key=key)
    assert ask(blue, key=key) == first, "the same click"
    with pytest.raises(RedNotAllowedError) as refused:
        ask(blue)
    assert first.number in str(refused.value.message)
    with pytest.raises(IntegrityError), transaction.atomic():
        RedConfirmation.objects.create(
            key=uuid.uuid4(), number="1" * 16, taxpayer=blue.taxpayer, blue=blue, side="seller", reason="return",
            shares={}, amount=1, tax=0, state="confirmed", requested_by=first.requested_by,
        )  # fmt: skip


def test_only_who_asked_takes_it_back_and_not_after_a_draft(
    blue: Invoice, ask: Ask, seller: Membership, buyer: Membership
) -> None:
    confirmation = ask(blue)
    with pytest.raises(NotPermittedError):
        services.withdraw_confirmation(actor=buyer.user, taxpayer=buyer.taxpayer, confirmation=confirmation)
    draft = red_of(seller, confirmation)
    with pytest.raises(ConfirmationStateError):
        services.withdraw_confirmation(actor=seller.user, taxpayer=seller.taxpayer, confirmation=confirmation)
    services.discard_draft(actor=seller.user, invoice=draft)
    for _again in range(2):
        done = services.withdraw_confirmation(actor=seller.user, taxpayer=seller.taxpayer, confirmation=confirmation)
    assert done.state == ConfirmationState.WITHDRAWN


def test_a_buyer_of_another_hall_is_recorded_with_its_number(
    save: Save, issue: Issue, ask: Ask, seller: Membership
) -> None:
    outside = issue(save(kind="31"))
    confirmation = ask(outside, says_used=True)
    assert confirmation.buyer is None
    with pytest.raises(InvalidInputError):
        answer(seller, confirmation, outside_number="12")
    done = answer(seller, confirmation, outside_number="4401 0626 1100 0012")
    assert (done.state, done.outside_number) == (ConfirmationState.CONFIRMED, "4401062611000012")


def test_what_was_agreed_never_changes(blue: Invoice, ask: Ask) -> None:
    confirmation = ask(blue, says_used=True)
    for change in ({"amount": Decimal("1.00")}, {"is_used": False}, {"state": "used"}, {"expires_at": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            RedConfirmation.objects.filter(pk=confirmation.pk).update(**change)


def test_paper_invoices_have_none(seller: Membership, ask: Ask) -> None:
    with pytest.raises(NotFoundError):
        ask(IssuedInvoiceFactory(taxpayer=seller.taxpayer))


def test_both_sides_pages_from_asking_to_the_red_invoice(
    blue: Invoice, seller_client: HallClient, buyer: Membership
) -> None:
    url = reverse("invoicing:invoice-red", args=[blue.pk])
    assert "红字发票信息确认单" in text_of(seller_client.get(url))
    data = {"key": str(uuid.uuid4()), "reason": "return", "extent": "whole", "says_used": "on"}
    seller_client.post(url, data)
    page = seller_client.post(url, data, follow=True)
    confirmation = RedConfirmation.objects.get()
    assert "等待对方确认" in text_of(page)
    assert seller_client.get(url).status_code == 302, "the one in progress is shown instead"

    other = HallClient().enter_as(buyer)
    detail = reverse("invoicing:confirmation-detail", args=[confirmation.number])
    asked = text_of(other.get(detail))
    assert "您的答复" in asked
    assert "待您确认" in asked
    assert confirmation.number in text_of(other.get(reverse("invoicing:confirmation-list")))
    reply = reverse("invoicing:confirmation-answer", args=[confirmation.number])
    assert other.post(reply, {"answer": "refuse"}).status_code == 422
    for _click in range(2):
        other.post(reply, {"answer": "agree", "note": ""})
    issue_url = reverse("invoicing:confirmation-issue", args=[confirmation.number])
    assert other.post(issue_url).status_code == 404, "only the seller issues"
    # A double click: the second one began before the first had written the draft.
    assert seller_client.post(issue_url).status_code == 302
    assert seller_client.post(issue_url).status_code == 302
    red = Invoice.objects.get(blue=blue)
    seller_client.post(reverse("invoicing:invoice-issue", args=[red.pk]), {"key": "k"})
    assert "已按这份确认单开具红字发票" in text_of(seller_client.get(detail))
    assert "红字" in text_of(seller_client.get(reverse("invoicing:invoice-detail", args=[red.pk])))


def test_the_buyer_asks_on_its_own_pages(blue: Invoice, buyer: Membership) -> None:
    client = HallClient().enter_as(buyer)
    find = reverse("invoicing:received-find")
    assert client.post(find, {"number": "1" * 20}).status_code == 422
    page = client.post(find, {"number": blue.number}, follow=True)
    assert blue.seller_name in text_of(page)
    url = reverse("invoicing:received-red", args=[blue.number])
    data = {"key": str(uuid.uuid4()), "reason": "return", "extent": "whole"}
    assert client.post(url, data).status_code == 422, "not used"
    client.post(url, {**data, "says_used": "on"})
    assert RedConfirmation.objects.get().side == "buyer"


def test_an_outsider_sees_nothing_of_it(blue: Invoice, ask: Ask) -> None:
    confirmation = ask(blue)
    outsider = HallClient().enter_as(MembershipFactory(issuer=True))
    assert outsider.get(reverse("invoicing:confirmation-detail", args=[confirmation.number])).status_code == 404
    for name in ("answer", "withdraw", "issue"):
        assert outsider.post(reverse(f"invoicing:confirmation-{name}", args=[confirmation.number])).status_code == 404
    assert outsider.get(reverse("invoicing:received-red", args=[blue.number])).status_code == 404
    assert confirmation.number not in text_of(outsider.get(reverse("invoicing:confirmation-list")))


def test_a_role_that_issues_nothing_changes_nothing(blue: Invoice, seller: Membership) -> None:
    wish = services.Asked(reason="return", key=uuid.uuid4())
    stranger = MembershipFactory(issuer=True, user__username="stranger")
    with pytest.raises(NotPermittedError):
        services.request_confirmation(actor=stranger.user, taxpayer=seller.taxpayer, blue=blue, asked=wish)
    assert not RedConfirmation.objects.exists()


def test_what_waits_for_an_answer_is_a_to_do_of_the_side_that_answers(
    blue: Invoice, ask: Ask, seller_client: HallClient, buyer: Membership, frozen_day: Any
) -> None:
    asked, buyer_client = ask(blue, says_used=True), HallClient().enter_as(buyer)
    desk, detail = reverse("desk"), reverse("invoicing:confirmation-detail", args=[asked.number])
    page = buyer_client.get(desk)
    assert f"答复红字确认单：发票 {blue.number}，{timezone.localtime(asked.expires_at):%Y-%m-%d %H:%M} 之前" in text_of(
        page
    )
    assert f'href="{detail}"' in page.content.decode()
    assert detail not in seller_client.get(desk).content.decode(), "who asked only waits"

    with CaptureQueriesContext(connection) as many:
        buyer_client.get(desk)
    answer(buyer, asked)
    with CaptureQueriesContext(connection) as few:
        assert "答复红字确认单" not in text_of(buyer_client.get(desk))
    assert len(many) == len(few)
