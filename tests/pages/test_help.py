"""The help centre: a page for every topic and every failure code."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from taxhall.help import faults, topics

pytestmark = pytest.mark.django_db


def test_the_home_lists_everything(client: Client) -> None:
    text = client.get("/help/").content.decode()
    for topic in topics.TOPICS:
        assert str(topic.title) in text
    for fault in faults.FAULTS:
        assert fault.code in text


def test_the_codes_are_complete() -> None:
    assert [fault.code for fault in faults.FAULTS] == [f"F{number:02d}" for number in range(1, 24)]


@pytest.mark.parametrize("fault", faults.FAULTS, ids=lambda fault: fault.code)
def test_each_code_says_what_it_means_and_what_to_do(client: Client, fault: faults.Fault) -> None:
    text = client.get(reverse("help-topic", args=[fault.slug])).content.decode()
    assert str(fault.meaning) in text
    assert all(str(step) in text for step in fault.steps)


@pytest.mark.parametrize("fault", [fault for fault in faults.FAULTS if fault.page], ids=lambda fault: fault.code)
def test_whoever_is_signed_in_gets_a_way_to_mend_it(taxpayer_client: Client, fault: faults.Fault) -> None:
    text = taxpayer_client.get(reverse("help-topic", args=[fault.slug])).content.decode()
    assert f'href="{reverse(fault.page)}">{fault.page_label}' in text


@pytest.mark.parametrize("topic", topics.TOPICS, ids=lambda topic: topic.slug)
def test_each_topic_has_words(client: Client, topic: topics.Topic) -> None:
    answer = client.get(reverse("help-topic", args=[topic.slug]))
    assert answer.status_code == 200
    assert f"<h1>{topic.title}</h1>" in answer.content.decode()


def test_what_no_disk_can_tell_again_has_its_own_words(client: Client) -> None:
    text = client.get(reverse("help-topic", args=["no-read-back"])).content.decode()
    codes = {
        "clear.no_read_back",
        "disk.no_read_back",
        "invoice.no_read_back",
        "clear.counter_moved",
        "invoice.counter_moved",
    }
    assert all(f'<span class="code">{code}</span>' in text for code in codes)
    assert "没有重新发送" in text
    assert 'href="/help/no-read-back/"' in client.get(reverse("help-topic", args=["in-doubt"])).content.decode()


def test_a_doubt_is_explained_for_everything_that_is_sent_to_a_disk(client: Client) -> None:
    page = client.get(reverse("help-topic", args=["in-doubt"])).content.decode()
    for heading in ("清卡", "开具发票", "作废发票", "变更指令"):
        assert f"<h2>{heading}</h2>" in page


def test_an_unknown_topic_is_not_found(client: Client) -> None:
    answer = client.get("/help/no-such-thing/")
    assert answer.status_code == 404
    assert "找不到这个页面" in answer.content.decode()
