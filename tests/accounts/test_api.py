"""The API of accounts: a token by password, and only one's own companies and messages."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from tests.factories.accounts import PASSWORD, MembershipFactory, NoticeFactory, OfficerFactory

pytestmark = pytest.mark.django_db
TOKENS = "/api/v1/auth/tokens/"


def token_for(client: APIClient, name: str, password: str = PASSWORD) -> Any:
    """Ask for a token."""
    return client.post(TOKENS, {"identifier": name, "password": password}, format="json")


def test_a_password_gives_a_token_that_opens_the_callers_companies(api_client: APIClient) -> None:
    membership = MembershipFactory(finance=True)
    answer = token_for(api_client, membership.user.username)
    assert answer.status_code == 201
    api_client.credentials(HTTP_AUTHORIZATION=f"Bearer {answer.data['token']}")
    assert [each["taxpayer_number"] for each in api_client.get("/api/v1/identities/").data] == [
        membership.taxpayer.number
    ]
    assert api_client.delete("/api/v1/auth/tokens/current/").status_code == 204
    assert api_client.get("/api/v1/identities/").status_code == 401


@pytest.mark.parametrize("who", ["wrong", "unknown", "officer"])
def test_what_is_wrong_is_not_told_apart(api_client: APIClient, who: str) -> None:
    names = {"wrong": MembershipFactory().user.username, "unknown": "nobody", "officer": OfficerFactory().username}
    answer = token_for(api_client, names[who], "guess" if who == "wrong" else PASSWORD)
    assert answer.status_code == 422
    assert answer.json()["code"] == "accounts.sign_in_refused"


def test_a_field_that_does_not_exist_is_named(api_client: APIClient) -> None:
    answer = api_client.post(TOKENS, {"identifier": "a", "password": "b", "role": "legal"}, format="json")
    assert answer.status_code in (400, 422)
    assert "role" in str(answer.json())


def test_messages_of_others_are_as_absent(api_client: APIClient, taxpayer_client: Any) -> None:
    mine = NoticeFactory(recipient=taxpayer_client.taxpayer)
    NoticeFactory()
    api_client.force_authenticate(taxpayer_client.user)
    assert [each["id"] for each in api_client.get("/api/v1/notices/").data["results"]] == [mine.pk]


@pytest.mark.parametrize("path", ["/api/v1/identities/", "/api/v1/notices/", "/api/v1/schema/", "/api/v1/docs/"])
def test_nobody_gets_in_without_a_token(api_client: APIClient, path: str) -> None:
    assert api_client.get(path).status_code == 401


def test_the_description_is_for_officers_with_a_second_factor(officer_client: Any, taxpayer_client: Any) -> None:
    assert officer_client.get(reverse("api-schema")).status_code == 200
    page = officer_client.get(reverse("api-docs"))
    assert page.status_code == 200
    assert taxpayer_client.get(reverse("api-docs")).status_code == 403
