"""The officers' console opens for officers with a second factor, and for nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db
PAGES = ["admin:index", "admin:clearcard-queue", "admin:records"]


@pytest.mark.parametrize("name", PAGES)
def test_an_officer_sees_it(officer_client: Any, name: str) -> None:
    assert officer_client.get(reverse(name)).status_code == 200


@pytest.mark.parametrize("name", PAGES)
def test_a_taxpayer_is_sent_to_the_officers_sign_in(taxpayer_client: Any, name: str) -> None:
    answer = taxpayer_client.get(reverse(name))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("name", PAGES)
def test_the_password_alone_is_not_enough(client: Any, name: str) -> None:
    from tests.factories.accounts import OfficerFactory

    client.force_login(OfficerFactory())
    assert client.get(reverse(name)).status_code == 302


def test_a_case_that_does_not_exist_is_absent(officer_client: Any) -> None:
    assert officer_client.get(reverse("admin:clearcard-review", args=["QK0"])).status_code == 404


def test_the_menus_of_taxpayers_are_not_the_officers(officer_client: Any, taxpayer_client: Any) -> None:
    assert "主菜单" not in officer_client.get(reverse("home")).content.decode()
    assert "主菜单" in taxpayer_client.get(reverse("home")).content.decode()
