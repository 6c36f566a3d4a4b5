"""Voiding a filed return (申报作废)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest

from accounts.models import User
from devices.models import Device
from filing import selectors, services
from filing.choices import ReturnStatus
from filing.models import TaxReturn
from taxhall.common.errors import ConflictError, InvalidInputError, NotPermittedError
from tests.factories.accounts import MembershipFactory
from tests.filing.conftest import OCTOBER

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


def test_a_voided_return_makes_room_for_a_new_one(clerk: User, file_return: Callable[[], TaxReturn]) -> None:
    filed = file_return()
    voided = services.void_return(actor=clerk, tax_return=filed, reason="少报一张发票")
    assert voided.status == ReturnStatus.VOIDED
    assert selectors.find_return(taxpayer=filed.taxpayer, period=OCTOBER) is None
    again = services.start_return(actor=clerk, taxpayer=filed.taxpayer, period=OCTOBER)
    assert again != filed
    assert again.is_draft


def test_voiding_twice_changes_nothing(clerk: User, file_return: Callable[[], TaxReturn]) -> None:
    filed = file_return()
    services.void_return(actor=clerk, tax_return=filed, reason="甲")
    assert services.void_return(actor=clerk, tax_return=filed, reason="乙").void_reason == "甲"


def test_a_reason_is_wanted(clerk: User, file_return: Callable[[], TaxReturn]) -> None:
    with pytest.raises(InvalidInputError):
        services.void_return(actor=clerk, tax_return=file_return(), reason=" ")


def test_after_the_season_it_is_too_late(
    clerk: User, file_return: Callable[[], TaxReturn], freeze: Callable[[str], datetime]
) -> None:
    filed = file_return()
    freeze("2026-11-17")
    with pytest.raises(ConflictError, match="征期已过"):
        services.void_return(actor=clerk, tax_return=filed, reason="少报")


def test_a_return_being_paid_cannot_be_voided(
    clerk: User, sell: Callable[..., object], file_return: Callable[[], TaxReturn]
) -> None:
    sell("1000.00", special=True)
    filed = file_return()
    services.pay_return(actor=clerk, tax_return=filed, key="pay-1")
    with pytest.raises(ConflictError, match="已发起缴款"):
        services.void_return(actor=clerk, tax_return=filed, reason="少报")


def test_a_return_that_a_disk_was_cleared_on_cannot_be_voided(
    clerk: User, sell: Callable[..., object], file_return: Callable[[], TaxReturn]
) -> None:
    sell("0.01")
    filed = file_return()
    Device.objects.filter(taxpayer=filed.taxpayer).update(
        enabled_on=date(2026, 1, 1), period_start=date(2026, 11, 1), period_end=date(2026, 11, 30)
    )
    with pytest.raises(ConflictError, match="清卡"):
        services.void_return(actor=clerk, tax_return=filed, reason="少报")


def test_an_issuer_may_not_void(file_return: Callable[[], TaxReturn]) -> None:
    filed = file_return()
    actor = MembershipFactory(taxpayer=filed.taxpayer, role="issuer").user
    with pytest.raises(NotPermittedError):
        services.void_return(actor=actor, tax_return=filed, reason="少报")
