"""The inbox: messages of the company in sight, and of no other."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from tests.factories.accounts import NoticeFactory

pytestmark = pytest.mark.django_db


def test_opening_a_message_marks_it_and_leads_to_its_place(taxpayer_client: Any) -> None:
    notice = NoticeFactory(recipient=taxpayer_client.taxpayer, link="/help/")
    page = taxpayer_client.get(reverse("accounts:inbox")).content.decode()
    assert notice.title in page
    assert "未读" in page
    answer = taxpayer_client.post(reverse("accounts:notice-open", args=[notice.pk]))
    assert answer["Location"] == "/help/"
    notice.refresh_from_db()
    assert notice.read_at is not None


def test_another_companys_message_is_as_absent(taxpayer_client: Any) -> None:
    notice = NoticeFactory()
    assert notice.title not in taxpayer_client.get(reverse("accounts:inbox")).content.decode()
    for pk in (notice.pk, 999_999):
        assert taxpayer_client.post(reverse("accounts:notice-open", args=[pk])).status_code == 404
    notice.refresh_from_db()
    assert notice.read_at is None


def test_all_can_be_marked_as_read(taxpayer_client: Any) -> None:
    NoticeFactory.create_batch(3, recipient=taxpayer_client.taxpayer)
    taxpayer_client.post(reverse("accounts:notices-read"))
    assert "未读" not in taxpayer_client.get(reverse("accounts:inbox")).content.decode()


def test_an_empty_inbox_says_what_will_come(taxpayer_client: Any) -> None:
    assert "还没有消息" in taxpayer_client.get(reverse("accounts:inbox")).content.decode()
