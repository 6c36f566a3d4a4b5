"""Who comes to the officers' pages, and what those read who have no business there."""

from __future__ import annotations

import time
from typing import Any

from django.urls import reverse
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import User
from clearcard.models import ClearCardCase
from tests.console_pages.cases import address, words_of
from tests.factories.accounts import PASSWORD, MembershipFactory, OfficerFactory
from tests.harness.clients import HallClient


def enter(**officer: Any) -> HallClient:
    """Sign an officer in, a reviewer of 雁塔区 unless told otherwise."""
    return HallClient().enter_as_officer(OfficerFactory(**officer))


def assert_closed(url: str, data: dict[str, Any] | None = None, company: Any = None) -> None:
    """Fail unless a taxpayer, and an officer who has given the password only, are sent to the officers' sign-in."""
    own = {"taxpayer": company} if company else {}
    password_only = HallClient()
    password_only.force_login(OfficerFactory())
    for client in (HallClient().enter_as(MembershipFactory(finance=True, **own)), password_only):
        answer = client.get(url) if data is None else client.post(url, data)
        assert answer.status_code == 302, (url, answer.status_code)
        assert answer["Location"].startswith(reverse("admin:login"))


def assert_absent(client: HallClient, name: str, case: ClearCardCase, data: dict[str, Any], *args: Any) -> None:
    """Fail unless the application of another district answers word for word like one that does not exist."""
    nothing = ClearCardCase(number="QK19700101000001")
    theirs, absent = (client.post(address(name, each, *args), data) for each in (case, nothing))
    assert (theirs.status_code, absent.status_code) == (404, 404)
    assert words_of(theirs) == words_of(absent)
    assert "不在您的管辖范围" in words_of(theirs)


def assert_unchanged(case: ClearCardCase) -> None:
    """Fail when the application has moved or was touched since it was read."""
    fresh = ClearCardCase.objects.get(pk=case.pk)
    assert (fresh.status, fresh.version, fresh.claimed_by_id) == (case.status, case.version, case.claimed_by_id)


def code_of(user: User) -> str:
    """Return the current code of the officer's authenticator."""
    device = TOTPDevice.objects.filter(user=user).earliest("pk")
    clock = TOTP(device.bin_key, device.step, device.t0, device.digits)
    clock.time = time.time()
    return f"{clock.token():06d}"


def sign_in_data(user: User) -> dict[str, str]:
    """Return what an officer fills in to enter."""
    return {"username": user.username, "password": PASSWORD, "code": code_of(user)}
