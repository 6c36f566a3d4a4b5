"""The certificate (U-37): page and file say the same, and the code on them leads to the public check."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import pytest
from django.urls import reverse
from pypdf import PdfReader

from clearcard import selectors, services
from clearcard.models import Certificate, ClearCardCase
from tests.clearcard.scene import Scene
from tests.clearcard.test_documents import text_of
from tests.clearcard_pages.pages import address, main_of, require_learns_nothing
from tests.harness.clients import HallClient

pytestmark = pytest.mark.django_db
Enter = Callable[..., HallClient]
RARE = "西安𠮷堃商贸有限公司"


def clear(scene: Scene) -> ClearCardCase:
    """Bring a company's month to its end."""
    case = scene.approved()
    services.execute_clear(case_id=case.pk)
    return scene.fresh(case)


@pytest.fixture
def cleared(scene: Scene) -> ClearCardCase:
    """Return a cleared case."""
    return clear(scene)


def test_the_page_states_what_changed_and_how_to_check_it(cleared: ClearCardCase, scene: Scene, enter: Enter) -> None:
    page = enter().get(address("certificate", cleared))
    certificate, words = Certificate.objects.get(), main_of(page)
    assert "锁死日期由 2026-11-16（周一） 更新为 2026-12-15（周二）" in words
    for fact in (certificate.number, cleared.number, scene.taxpayer.number, "0 → 1", certificate.digest):
        assert fact in words
    assert "设备更新方式 大厅读卡器" in words
    assert certificate.verify_token in words
    source = page.content.decode()
    assert "<svg" in source
    assert f'href="{reverse("verify-result", args=[certificate.verify_token])}"' in source
    assert f'href="{address("certificate-pdf", cleared)}"' in source


def test_a_certificate_of_before_the_way_was_kept_does_not_guess_it(cleared: ClearCardCase) -> None:
    certificate = Certificate.objects.get()
    old = Certificate(case=cleared, number=certificate.number, payload={**certificate.payload})
    del old.payload["way"]
    assert "设备更新方式" not in dict(selectors.certificate_facts(old))
    assert dict(selectors.certificate_facts(certificate))["设备更新方式"] == "大厅读卡器"


def test_the_file_says_the_same_as_the_page(make_scene: Callable[..., Scene]) -> None:
    scene = make_scene(name=RARE)
    case = clear(scene)
    client = HallClient().enter_as(scene.membership)
    page, answer = client.get(address("certificate", case)), client.get(address("certificate-pdf", case))
    assert answer["Content-Type"] == "application/pdf"
    assert f"{Certificate.objects.get().number}.pdf" in answer["Content-Disposition"]
    assert len(PdfReader(io.BytesIO(answer.content)).pages) == 1
    text = text_of(answer.content)
    for row in page.context["rows"]:
        assert str(row["key"]) in text
        # A digest is longer than a line; what a reader copies may be broken by it.
        assert re.sub(r"\s", "", str(row["value"])) in re.sub(r"\s", "", text), row["key"]
    assert RARE in text
    assert reverse("verify-result", args=[Certificate.objects.get().verify_token]) in text


def test_asking_twice_gives_the_same_file(cleared: ClearCardCase, enter: Enter) -> None:
    client = enter()
    first, second = (client.get(address("certificate-pdf", cleared)).content for _ in range(2))
    assert first == second
    assert Certificate.objects.count() == 1


def test_before_the_clear_there_is_none_and_the_progress_says_so(case: ClearCardCase, enter: Enter) -> None:
    client = enter()
    for name in ("certificate", "certificate-pdf"):
        early = client.get(address(name, case), follow=True)
        assert early.redirect_chain == [(address("detail", case), 302)]
        assert "这份申请还没有清卡凭证；清卡完成后可以在这里查看和下载" in main_of(early)


def test_an_issuer_may_read_it(cleared: ClearCardCase, enter: Enter) -> None:
    issuer = enter("issuer")
    assert issuer.get(address("certificate", cleared)).status_code == 200
    assert issuer.get(address("certificate-pdf", cleared)).status_code == 200


def test_an_outsider_learns_nothing(cleared: ClearCardCase, stranger: HallClient) -> None:
    for name in ("certificate", "certificate-pdf"):
        require_learns_nothing(stranger, name, cleared, {})
