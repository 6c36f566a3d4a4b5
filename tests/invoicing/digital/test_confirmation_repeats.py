"""Confirmations asked for or answered again, too late, or by somebody else."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import Membership
from invoicing import services
from invoicing.choices import ConfirmationState
from invoicing.errors import ConfirmationStateError, RequestReusedError
from invoicing.models import Invoice, RedConfirmation
from invoicing.services import confirmations
from taxhall.common.errors import NotFoundError
from tests.factories.accounts import MembershipFactory
from tests.harness.clients import HallClient
from tests.invoicing.digital.test_confirmation import Ask, answer, ask, blue, buyer
from tests.invoicing.pages import text_of
from tests.invoicing.test_red_invoice import first_line

__all__ = ["ask", "blue", "buyer"]

pytestmark = pytest.mark.usefixtures("credit")


@pytest.mark.parametrize("agrees", [True, False])
def test_a_third_company_neither_answers_nor_learns_what_was_answered(
    blue: Invoice, ask: Ask, buyer: Membership, agrees: bool
) -> None:
    confirmation, third = ask(blue, says_used=True), MembershipFactory(finance=True)
    with pytest.raises(NotFoundError):
        answer(third, confirmation, agrees=agrees, note="不同意")
    assert RedConfirmation.objects.get().state == ConfirmationState.WAITING
    answer(buyer, confirmation, agrees=agrees, note="不同意")
    with pytest.raises(NotFoundError):
        answer(third, confirmation, agrees=agrees, note="不同意")


def test_an_answer_that_waited_past_the_72_hours_is_too_late(
    blue: Invoice, ask: Ask, buyer: Membership, freeze: Callable[[str], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    confirmation = ask(blue, says_used=True)
    freeze("2026-11-19 09:59:59")
    plain = confirmations.lock_blue

    def slow(pk: int) -> Invoice:
        locked = plain(pk)
        freeze("2026-11-19 10:00:00")
        return locked

    monkeypatch.setattr(confirmations, "lock_blue", slow)
    with pytest.raises(ConfirmationStateError):
        answer(buyer, confirmation)
    assert RedConfirmation.objects.get().answered_at is None


@pytest.mark.parametrize("other", [{"reason": "allowance"}, {"part": "100.00"}, {}])
def test_a_key_stands_for_what_was_asked_for_under_it(blue: Invoice, ask: Ask, other: dict[str, Any]) -> None:
    def given(reason: str = "return", part: str = "") -> dict[str, Any]:
        chosen = {first_line(blue): Decimal(part)} if part else None
        return {"key": key, "says_used": True, "reason": reason, "chosen": chosen}

    key = uuid.uuid4()
    first = ask(blue, **given(part="900.00"))
    assert ask(blue, **given(part="900.00")) == first
    with pytest.raises(RequestReusedError):
        ask(blue, **given(**other))
    assert RedConfirmation.objects.count() == 1


def test_the_old_form_sent_again_after_a_withdrawal_says_so(
    blue: Invoice, seller: Membership, buyer: Membership
) -> None:
    client = HallClient().enter_as(seller)
    url = reverse("invoicing:invoice-red", args=[blue.pk])
    form = {"key": str(uuid.uuid4()), "reason": "return", "extent": "whole", "says_used": "on"}
    assert "已发起，等待对方确认" in text_of(client.post(url, form, follow=True))
    made = RedConfirmation.objects.get()
    services.withdraw_confirmation(actor=seller.user, taxpayer=seller.taxpayer, confirmation=made)

    page = text_of(client.post(url, form, follow=True))
    assert "已发起，等待对方确认" not in page
    assert "目前是“已撤销”，没有再次发起" in page
    assert RedConfirmation.objects.count() == 1
