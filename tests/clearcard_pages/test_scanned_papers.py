"""Papers and the scanner (trust S-23): told on every page, opened by nobody before a clean verdict."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts import services as account_services
from accounts.models import FileScan
from accounts.scanning.demo import TRIAL
from clearcard import selectors, services
from clearcard.errors import CaseNotReadyError, MaterialRefusedError
from clearcard.models import ClearCardCase
from tests.accounts.scanning.daemon import running
from tests.clearcard.scene import Scene
from tests.clearcard.test_materials import pdf
from tests.clearcard_pages.pages import address, main_of, paper
from tests.harness.clients import HallClient

pytestmark = pytest.mark.django_db
Enter = Callable[..., HallClient]
KIND = "agent_id"


@pytest.fixture
def empty(month: Scene) -> ClearCardCase:
    """Return an application that is verified, without papers."""
    return month.prepare(papers=False)


@pytest.fixture
def no_scanner(settings: Any) -> None:
    """Name a clamd that is not there."""
    settings.FILE_SCANNER = "accounts.scanning.clamd.ClamdScanner"
    settings.CLAMD_ADDRESS = "tcp:127.0.0.1:1"


def infect(case: ClearCardCase) -> None:
    """Have new signatures find something in every paper of a case."""
    scans = FileScan.objects.filter(pk__in=case.materials.values("scan"))
    scans.update(state="infected", finding="Eicar-Test-Signature")


def download(case: ClearCardCase) -> str:
    """Return the address of the first paper."""
    return reverse("clearcard:material-download", args=[case.number, case.materials.first().pk])


def test_without_a_scanner_a_paper_is_kept_and_closed_and_the_page_says_so(
    empty: ClearCardCase, enter: Enter, no_scanner: None, settings: Any
) -> None:
    client = enter()
    words = main_of(client.post(address("fill", empty), {f"paper_{KIND}": paper(), "upload": "yes"}))
    assert "病毒检查中" in words
    assert "病毒检查程序暂时没有给出结果（已试 1 次），文件已保存" in words
    assert download(empty) not in client.get(address("fill", empty)).content.decode()
    refused = client.get(download(empty))
    assert refused.status_code == 409
    assert "文件还在做病毒检查，暂时不能打开" in main_of(refused)
    FileScan.objects.update(due_at=timezone.now())
    with running(settings):
        account_services.scan_file(scan_id=FileScan.objects.get().pk)
    assert "已就绪" in main_of(client.get(address("fill", empty)))
    assert b"".join(client.get(download(empty)).streaming_content).startswith(b"\x89PNG")


def test_an_application_is_not_handed_in_before_its_papers_are_clean(
    empty: ClearCardCase, month: Scene, enter: Enter, no_scanner: None
) -> None:
    month.papers(empty)
    with pytest.raises(CaseNotReadyError, match="还在做病毒检查，通过后才能提交"):
        month.submit(empty)
    assert "经办人身份证复印件还在做病毒检查" in main_of(enter().get(address("check", empty)))
    empty.refresh_from_db()
    assert empty.status == "draft"


def test_an_infected_paper_is_told_closed_and_counts_as_lacking(empty: ClearCardCase, enter: Enter) -> None:
    client = enter()
    sent = {f"paper_{KIND}": paper("身份证.pdf", pdf() + TRIAL), "upload": "yes"}
    words = main_of(client.post(address("fill", empty), sent))
    assert "文件里发现病毒（Eicar-Test-Signature），已隔离" in words
    assert client.get(download(empty)).status_code == 409
    assert KIND in selectors.missing_materials(empty)
    clean = main_of(client.post(address("fill", empty), {f"paper_{KIND}": paper(), "upload": "yes"}))
    assert "发现病毒" not in clean
    assert "已就绪" in clean


def test_a_paper_too_large_for_the_scanner_is_told_closed_and_counts_as_lacking(
    empty: ClearCardCase, month: Scene, enter: Enter
) -> None:
    month.papers(empty)
    FileScan.objects.filter(pk__in=empty.materials.values("scan")).update(state="too_large", limit="time")
    client = enter()
    assert "没有查完这个文件，里面有没有病毒不能确定，任何人都不能打开。请简化内容或拆分" in main_of(
        client.get(address("fill", empty))
    )
    assert client.get(download(empty)).status_code == 409
    assert KIND in selectors.missing_materials(empty)
    assert "没有做完病毒检查：病毒检查程序在规定时间内没有查完这个文件" in main_of(client.get(address("check", empty)))


def test_what_new_signatures_find_after_the_hand_in_is_closed_to_the_company_and_replaced(
    empty: ClearCardCase, month: Scene, enter: Enter
) -> None:
    month.papers(empty)
    services.withdraw_case(actor=month.user, case=month.submit(empty))
    infect(empty)
    again = month.prepare(papers=False)
    assert not selectors.reusable_materials(again).exists()
    with pytest.raises(MaterialRefusedError):
        services.reuse_material(actor=month.user, case=again, material=empty.materials.first())
    assert "发现病毒" in main_of(enter().get(address("detail", empty)))


def test_a_paper_that_is_taken_over_shares_the_verdict_on_its_file(empty: ClearCardCase, month: Scene) -> None:
    month.papers(empty)
    services.withdraw_case(actor=month.user, case=month.submit(empty))
    again = month.prepare(papers=False)
    reused = services.reuse_material(actor=month.user, case=again, material=empty.materials.first())
    assert reused.scan == reused.reused_from.scan


def test_an_outsider_learns_nothing_of_a_verdict(
    empty: ClearCardCase, month: Scene, stranger: HallClient, no_scanner: None
) -> None:
    month.papers(empty)
    assert stranger.get(download(empty)).status_code == 404
