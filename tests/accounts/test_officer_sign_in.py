"""Officers enter with password and code; who has no authenticator binds one first."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.urls import NoReverseMatch, reverse
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import admin_views
from accounts.models import AuditEvent
from tests.factories.accounts import PASSWORD, MembershipFactory, OfficerFactory, TotpDeviceFactory

pytestmark = pytest.mark.django_db
LOGIN = "/admin/login/"


@pytest.fixture(autouse=True)
def console() -> None:
    """The console's addresses belong to the project."""
    try:
        reverse("admin:otp-enrol")
    except NoReverseMatch:
        pytest.fail(f"the console does not mount {admin_views.enrol}")


def code_of(device: TOTPDevice, steps: int = 0) -> str:
    """Return the code of now."""
    clock = TOTP(device.bin_key, device.step, device.t0, device.digits)
    clock.time = time.time() + steps * device.step
    return f"{clock.token():06d}"


def enter(client: Any, username: str, code: str, password: str = PASSWORD) -> Any:
    """Send the form."""
    return client.post(LOGIN, {"username": username, "password": password, "code": code})


def test_password_and_code_open_the_console(client: Any) -> None:
    device = TotpDeviceFactory()
    answer = enter(client, device.user.username, code_of(device))
    assert (answer.status_code, answer["Location"]) == (302, reverse("admin:index"))
    assert client.get(reverse("admin:index")).status_code == 200


@pytest.mark.parametrize("code", ["", "000000", "abcdef"])
def test_the_password_alone_opens_nothing(client: Any, code: str) -> None:
    device = TotpDeviceFactory()
    answer = enter(client, device.user.username, code)
    assert answer.status_code == 422
    assert "动态口令不正确或已经用过" in answer.content.decode()
    assert client.get(reverse("admin:index")).status_code == 302


def test_a_code_is_taken_once(client: Any) -> None:
    device = TotpDeviceFactory()
    code = code_of(device)
    assert enter(client, device.user.username, code).status_code == 302
    client.post(reverse("admin:logout"))
    assert enter(client, device.user.username, code).status_code == 422


def test_a_taxpayer_does_not_get_in(client: Any) -> None:
    answer = enter(client, MembershipFactory().user.username, "000000")
    assert answer.status_code == 422
    assert "密码不符" in answer.content.decode()


def test_an_officer_without_authenticator_binds_one_after_the_password(client: Any) -> None:
    officer = OfficerFactory()
    assert client.get(reverse("admin:otp-enrol")).status_code == 302
    answer = enter(client, officer.username, "")
    assert answer["Location"] == reverse("admin:otp-enrol")
    page = client.get(answer["Location"]).content.decode()
    assert "<svg" in page
    device = TOTPDevice.objects.get(user=officer)
    assert client.post(answer["Location"], {"code": "12"}).status_code == 422
    done = client.post(answer["Location"], {"code": code_of(device)})
    assert done["Location"] == reverse("admin:index")
    device.refresh_from_db()
    assert device.confirmed
    assert client.get(reverse("admin:otp-enrol")).status_code == 302


def test_the_demo_prints_a_code_that_is_taken(client: Any, capsys: pytest.CaptureFixture[str]) -> None:
    device = TotpDeviceFactory()
    call_command("demo_code", device.user.username)
    code = capsys.readouterr().out.strip()
    assert enter(client, device.user.username, code).status_code == 302


def test_codes_are_not_printed_outside_the_demo(settings: Any) -> None:
    settings.HALL_DEMO = False
    with pytest.raises(CommandError, match="demo settings only"):
        call_command("demo_code", "officer1")
    settings.HALL_DEMO = True
    with pytest.raises(CommandError, match="no officer"):
        call_command("demo_code", "nobody")


def test_a_lost_authenticator_is_taken_off_and_a_new_one_bound(client: Any, officer_client: Any) -> None:
    officer = officer_client.user
    assert officer_client.get(reverse("admin:index")).status_code == 200
    call_command("unbind_authenticator", officer.username, reason="手机遗失")
    assert officer_client.get(reverse("admin:index")).status_code == 302
    assert AuditEvent.objects.get(action="accounts.authenticator_unbound").data == {"reason": "手机遗失"}
    assert enter(client, officer.username, "")["Location"] == reverse("admin:otp-enrol")


@pytest.mark.parametrize(
    ("username", "reason"), [("nobody", "手机遗失"), ("officer-x", "手机遗失"), ("officer-y", " ")]
)
def test_unbinding_needs_an_officer_an_authenticator_and_a_reason(username: str, reason: str) -> None:
    OfficerFactory(username="officer-x")
    TotpDeviceFactory(user=OfficerFactory(username="officer-y"))
    with pytest.raises(CommandError):
        call_command("unbind_authenticator", username, reason=reason)
    assert TOTPDevice.objects.filter(user__username="officer-y").exists()
