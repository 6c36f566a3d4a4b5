"""The certificate and its public check."""

from __future__ import annotations

import pytest
from django.db import connection

from clearcard import selectors, services
from clearcard.models import Certificate
from tests.clearcard.scene import Scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def certificate(scene: Scene) -> Certificate:
    """Return the certificate of a cleared case."""
    case = scene.approved()
    services.execute_clear(case_id=case.pk)
    return Certificate.objects.get(case=case)


def test_anyone_with_the_code_sees_masked_facts(certificate: Certificate, scene: Scene) -> None:
    found = selectors.verify_certificate(certificate.verify_token)
    assert (found.is_valid, found.word) == (True, "有效")
    shown = " ".join(value for _, value in found.facts)
    assert scene.taxpayer.number not in shown
    assert scene.taxpayer.name not in shown
    assert scene.device.serial not in shown
    assert found.data["digest"] == certificate.digest
    assert len(certificate.verify_token) * 6 >= 128
    assert ("纳税人识别号", scene.taxpayer.number) in selectors.certificate_facts(certificate)


def test_an_unknown_code_says_so(certificate: Certificate) -> None:
    assert selectors.verify_certificate(certificate.verify_token[:-1] + "!").word == "不存在"


def test_a_changed_certificate_is_noticed(certificate: Certificate) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE clearcard_certificate DISABLE TRIGGER USER")
        cursor.execute("""UPDATE clearcard_certificate SET payload = jsonb_set(payload, '{period}', '"2026-12"')""")
        cursor.execute("ALTER TABLE clearcard_certificate ENABLE TRIGGER USER")
    assert not selectors.verify_certificate(certificate.verify_token).is_valid
