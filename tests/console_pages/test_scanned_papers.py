"""What officers see of a paper that no scanner has called clean."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import FileScan
from clearcard.choices import MaterialKind
from clearcard.models import ClearCardCase
from tests.console_pages.cases import address, hand_in_paper, png, words_of
from tests.factories.accounts import FileScanFactory
from tests.harness.clients import HallClient

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("trait", "told"),
    [
        ("waiting", "病毒检查中"),
        ("infected", "文件里发现病毒（Eicar-Test-Signature），已隔离"),
        ("too_large", "不能确定，任何人都不能打开"),
    ],
)
def test_a_paper_that_is_not_clean_is_told_and_not_opened(
    officer: HallClient, case: ClearCardCase, trait: str, told: str
) -> None:
    scan: Any = FileScanFactory(taxpayer=case.taxpayer, **{trait: True})
    paper = hand_in_paper(case, MaterialKind.AGENT_ID, png())
    paper.scan = scan
    paper.save(update_fields=["scan"])
    review = officer.get(address("review", case))
    assert told in words_of(review)
    assert address("page", case, paper.pk, 1) not in review.content.decode()
    assert told in words_of(officer.get(address("paper", case, paper.pk)))
    for name, extra in (("material", ()), ("page", (1,))):
        assert officer.get(address(name, case, paper.pk, *extra)).status_code == 409


def test_a_clean_paper_says_which_engine_looked(officer: HallClient, case: ClearCardCase) -> None:
    paper = hand_in_paper(case, MaterialKind.AGENT_ID, png())
    FileScan.objects.filter(pk=paper.scan_id).update(engine="ClamAV 1.0.7", signatures="27482", is_demo=False)
    assert "未发现病毒 · ClamAV 1.0.7 27482" in words_of(officer.get(address("review", case)))
