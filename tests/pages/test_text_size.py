"""大字版: a switch that every page remembers."""

from __future__ import annotations

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_large_text_is_remembered(client: Client) -> None:
    answer = client.post("/preferences/text-size/", {"size": "large", "next": "/help/"})
    assert answer["Location"] == "/help/"
    assert 'data-text="large"' in client.get("/help/").content.decode()


def test_it_can_be_switched_back(client: Client) -> None:
    client.post("/preferences/text-size/", {"size": "large", "next": "/help/"})
    client.post("/preferences/text-size/", {"size": "normal", "next": "/help/"})
    assert "data-text" not in client.get("/help/").content.decode()


@pytest.mark.parametrize("place", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:1", ""])
def test_it_leads_to_no_other_site(client: Client, place: str) -> None:
    assert client.post("/preferences/text-size/", {"size": "large", "next": place})["Location"] == "/desk/"


def test_it_is_not_switched_by_a_link(client: Client) -> None:
    assert client.get("/preferences/text-size/").status_code == 405
