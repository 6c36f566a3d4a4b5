"""Fixtures of the officers' pages: an application that waits, and the people who may and may not decide."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from accounts.choices import Post
from clearcard import services
from clearcard.models import ClearCardCase
from tests.clearcard.conftest import make_scene, media, scene
from tests.console_pages.cases import differing_case
from tests.console_pages.people import enter
from tests.factories.accounts import BureauFactory, MembershipFactory, OfficerFactory, UserFactory
from tests.factories.clearcard import reviewing_case
from tests.harness.clients import HallClient

__all__ = ["make_scene", "media", "scene"]


@pytest.fixture
def november(freeze: Callable[[str], datetime]) -> datetime:
    """Stop the clock on a working Thursday in the filing season."""
    return freeze("2026-11-05 10:00")


@pytest.fixture
def later(freeze: Callable[[str], datetime]) -> Callable[..., None]:
    """Return a function that moves the clock on and lets officers sign in anew: later("2026-11-06 10:00", officer)."""

    def moved(moment: str, *officers: HallClient) -> None:
        freeze(moment)
        for client in officers:
            client.enter_as_officer(client.user)

    return moved


@pytest.fixture
def case(db: None, november: datetime) -> ClearCardCase:
    """Return an application that waits for an officer of 雁塔区."""
    return reviewing_case()


@pytest.fixture
def differing(db: None, november: datetime) -> ClearCardCase:
    """Return an application whose figures differ."""
    return differing_case()


@pytest.fixture
def officer(db: None, november: datetime) -> HallClient:
    """Return a reviewer of 雁塔区."""
    return enter()


@pytest.fixture
def holder(officer: HallClient, case: ClearCardCase) -> HallClient:
    """Return the reviewer who holds the claim on the application."""
    services.claim_case(actor=officer.user, case=case)
    return officer


@pytest.fixture
def outsider(db: None, november: datetime) -> HallClient:
    """Return a reviewer of another district."""
    return enter(bureau=BureauFactory(xincheng=True))


@pytest.fixture
def refused(case: ClearCardCase) -> dict[str, tuple[HallClient, str]]:
    """Return the officers of the district who may not decide, each with a word of the reason they read."""
    own = OfficerFactory()
    MembershipFactory(user=UserFactory(person=own.person), taxpayer=case.taxpayer)
    twin = OfficerFactory(person=case.submitted_by.person)
    return {
        "an auditor": (enter(post=Post.AUDITOR), "您的岗位没有清卡审核权限"),
        "one who serves the company under another account": (HallClient().enter_as_officer(own), "按回避规定不能审核"),
        "the submitter's second account": (HallClient().enter_as_officer(twin), "提交人不能审核"),
    }
