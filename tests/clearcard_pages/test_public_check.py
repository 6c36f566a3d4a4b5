"""The public check (U-38): anybody with the code learns that a certificate is genuine, and nothing more."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from clearcard import services
from clearcard.models import Certificate
from tests.clearcard.scene import Scene
from tests.clearcard_pages.pages import main_of

pytestmark = pytest.mark.django_db
CHECK = reverse("verify")


@pytest.fixture
def certificate(scene: Scene) -> Certificate:
    """Return the certificate of a cleared case."""
    case = scene.approved()
    services.execute_clear(case_id=case.pk)
    return Certificate.objects.get(case=case)


def result(token: str) -> str:
    """Return the address that the QR code carries."""
    return reverse("verify-result", args=[token])


def test_a_genuine_certificate_is_told_with_masked_facts(
    client: Client, certificate: Certificate, scene: Scene
) -> None:
    for answer in (client.get(result(certificate.verify_token)), client.get(result(certificate.verify_token))):
        words = main_of(answer)
        assert answer.status_code == 200
        assert "有效 这张清卡凭证由本大厅出具，内容未被改动" in words
        assert certificate.number in words
        assert "2026-12-15" in words
        for secret in (scene.taxpayer.name, scene.taxpayer.number, scene.device.serial, scene.user.display_name):
            assert secret not in answer.content.decode()


def test_the_typed_code_leads_to_the_same_answer(client: Client, certificate: Certificate) -> None:
    answer = client.get(CHECK, {"code": f"  {certificate.verify_token} "})
    assert answer["Location"] == result(certificate.verify_token)


def test_nothing_typed_is_told_beside_the_field(client: Client) -> None:
    assert client.get(CHECK).status_code == 200
    empty = client.get(CHECK, {"code": "  "})
    assert empty.status_code == 422
    assert "请填写核验码，它印在清卡凭证的二维码旁边" in main_of(empty)


@pytest.mark.parametrize("code", ["nonsense", "../admin/", "a/b", "<script>1</script>", "吉" * 60, "x" * 5000])
def test_whatever_is_typed_that_is_no_code_does_not_exist(client: Client, code: str) -> None:
    answer = client.get(CHECK, {"code": code}, follow=True)
    assert answer.status_code == 404
    assert "不存在 没有这张清卡凭证。请核对核验码，或重新扫描二维码" in main_of(answer)
    assert "<script>1" not in answer.content.decode()


def test_a_character_that_no_address_may_hold_leads_nowhere(client: Client) -> None:
    assert client.get(CHECK, {"code": "\x00"}, follow=True).status_code == 404


def test_one_letter_in_the_other_case_is_another_code(client: Client, certificate: Certificate) -> None:
    assert client.get(result(certificate.verify_token.swapcase())).status_code == 404


def test_a_changed_certificate_is_not_believed(client: Client, certificate: Certificate) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE clearcard_certificate DISABLE TRIGGER USER")
        cursor.execute("""UPDATE clearcard_certificate SET payload = jsonb_set(payload, '{period}', '"2026-12"')""")
        cursor.execute("ALTER TABLE clearcard_certificate ENABLE TRIGGER USER")
    answer = client.get(result(certificate.verify_token))
    assert answer.status_code == 200
    words = main_of(answer)
    assert "未通过核验 凭证内容与登记的摘要不一致，请勿采信，并向主管税务机关反映" in words
    assert certificate.number not in words


def test_it_only_answers_questions(client: Client, certificate: Certificate) -> None:
    assert client.post(result(certificate.verify_token)).status_code == 405
    assert client.post(CHECK, {"code": certificate.verify_token}).status_code == 405
