"""The menus: drawn once for everybody at the same place, marked for that place alone."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

HERE = re.compile(r'<a href="([^"]+)" aria-current="page"')


def marked(client: Client, name: str) -> tuple[set[str], int]:
    """Return the menu links that say they are this page, and how many menus say they hold it."""
    page = client.get(reverse(name)).content.decode()
    menus = page.split('<nav class="menus"')[1].split("</nav>")[0]
    return set(HERE.findall(menus)), menus.count("menu-head is-current")


@pytest.mark.django_db
def test_each_page_marks_itself_however_often_the_others_were_drawn(taxpayer_client: Client) -> None:
    for _ in range(2):
        for name in ("invoicing:invoice-list", "invoicing:invoice-create", "accounts:inbox"):
            assert marked(taxpayer_client, name) == ({reverse(name)}, 1)


@pytest.mark.django_db
def test_a_page_outside_the_menus_marks_nothing(taxpayer_client: Client) -> None:
    assert marked(taxpayer_client, "help") == (set(), 0)


@pytest.mark.django_db
def test_menus_name_nobody(taxpayer_client: Client, outsider_client: Client) -> None:
    def menus(client: Client) -> str:
        return client.get(reverse("invoicing:invoice-list")).content.decode().split("menus")[1].split("</nav>")[0]

    assert menus(taxpayer_client) == menus(outsider_client)
