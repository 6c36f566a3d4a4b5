"""Papers: pictures made on the server page by page, the original by download only."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from clearcard.choices import MaterialKind
from clearcard.models import ClearCardCase, Material
from tests.console_pages.cases import address, hand_in_paper, pdf, png, words_of
from tests.console_pages.people import assert_closed
from tests.harness.clients import HallClient


@pytest.fixture
def licence(case: ClearCardCase) -> Material:
    """Return a scanned licence of three pages that was handed in."""
    return hand_in_paper(case, MaterialKind.BUSINESS_LICENCE, pdf(3), pages=3)


@pytest.fixture
def photo(case: ClearCardCase, licence: Material) -> Material:
    """Return a photo that was handed in after the licence."""
    return hand_in_paper(case, MaterialKind.LEGAL_PERSON_ID, png(400, 300))


def size_of(answer: Any) -> tuple[int, int]:
    """Return width and height of the picture in an answer."""
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/jpeg")
    return Image.open(io.BytesIO(answer.content)).size


def downloaded(answer: Any) -> bytes:
    """Return the file of an answer, read to its end."""
    assert answer.status_code == 200
    content = b"".join(answer.streaming_content)
    answer.close()
    return content


def test_the_review_page_shows_each_paper_with_its_pages(
    officer: HallClient, case: ClearCardCase, licence: Material, photo: Material
) -> None:
    answer = officer.get(address("review", case))
    words, links = words_of(answer), answer.content.decode()
    assert "营业执照 3 页" in words
    assert "法人身份证复印件 1 页" in words
    assert f"{address('page', case, licence.pk, 1)}?zoom=small" in links
    assert address("paper", case, photo.pk) in links
    assert address("material", case, photo.pk) in links


def test_a_page_comes_as_a_picture_that_nobody_keeps(
    officer: HallClient, case: ClearCardCase, licence: Material
) -> None:
    answer = officer.get(address("page", case, licence.pk, 3))
    assert size_of(answer) == (900, 1200)
    assert "no-store" in answer["Cache-Control"]
    assert size_of(officer.get(address("page", case, licence.pk, 1), {"zoom": "near"})) == (1400, 1867)
    assert size_of(officer.get(address("page", case, licence.pk, 1), {"turn": "90", "zoom": "small"})) == (480, 360)


def test_a_photo_is_turned_and_never_blown_up(officer: HallClient, case: ClearCardCase, photo: Material) -> None:
    assert size_of(officer.get(address("page", case, photo.pk, 1), {"zoom": "close"})) == (400, 300)
    assert size_of(officer.get(address("page", case, photo.pk, 1), {"turn": "270"})) == (300, 400)


@pytest.mark.parametrize("query", [{"zoom": "x"}, {"turn": "45"}, {"turn": "-1"}])
def test_an_address_that_makes_no_sense_shows_the_page(
    officer: HallClient, case: ClearCardCase, photo: Material, query: dict[str, str]
) -> None:
    assert size_of(officer.get(address("page", case, photo.pk, 1), query)) == (400, 300)


def test_a_page_that_is_not_there_is_absent(officer: HallClient, case: ClearCardCase, licence: Material) -> None:
    for page in (0, 4):
        assert officer.get(address("page", case, licence.pk, page)).status_code == 404


def test_reading_goes_on_from_page_to_page_and_paper_to_paper(
    officer: HallClient, case: ClearCardCase, licence: Material, photo: Material
) -> None:
    answer = officer.get(address("paper", case, licence.pk), {"page": "2", "zoom": "near", "turn": "90"})
    words, links = words_of(answer), answer.content.decode()
    assert "第 2 页，共 3 页" in words
    assert "第 1 份，共 2 份" in words
    for link in (
        "?page=1&amp;zoom=near&amp;turn=90",
        "?page=3&amp;zoom=near&amp;turn=90",
        "?page=2&amp;zoom=close&amp;turn=90",
        "?page=2&amp;zoom=read&amp;turn=90",
        "?page=2&amp;zoom=near&amp;turn=180",
        address("paper", case, photo.pk),
        f"{address('page', case, licence.pk, 2)}?zoom=near&amp;turn=90",
    ):
        assert link in links


@pytest.mark.parametrize(("asked", "shown"), [("0", "第 1 页"), ("99", "第 3 页"), ("x", "第 1 页")])
def test_a_page_number_beyond_the_paper_shows_the_nearest(
    officer: HallClient, case: ClearCardCase, licence: Material, asked: str, shown: str
) -> None:
    assert f"{shown}，共 3 页" in words_of(officer.get(address("paper", case, licence.pk), {"page": asked}))


def test_the_original_is_a_download_with_its_own_name(
    officer: HallClient, case: ClearCardCase, licence: Material
) -> None:
    answer = officer.get(address("material", case, licence.pk))
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert downloaded(answer).startswith(b"%PDF")


def test_an_auditor_may_read_papers(
    refused: dict[str, tuple[HallClient, str]], case: ClearCardCase, photo: Material
) -> None:
    auditor, _reason = refused["an auditor"]
    assert size_of(auditor.get(address("page", case, photo.pk, 1))) == (400, 300)


def test_others_are_sent_to_the_sign_in(case: ClearCardCase, photo: Material) -> None:
    for name, args in (("material", ()), ("paper", ()), ("page", (1,))):
        assert_closed(address(name, case, photo.pk, *args), company=case.taxpayer)


def test_another_district_and_another_case_find_nothing(
    officer: HallClient, outsider: HallClient, case: ClearCardCase, differing: ClearCardCase, photo: Material
) -> None:
    for name, args in (("material", ()), ("paper", ()), ("page", (1,))):
        assert outsider.get(address(name, case, photo.pk, *args)).status_code == 404
        assert officer.get(address(name, differing, photo.pk, *args)).status_code == 404


def test_a_paper_that_cannot_be_drawn_can_still_be_downloaded(officer: HallClient, case: ClearCardCase) -> None:
    broken = hand_in_paper(case, MaterialKind.AGENT_ID, b"%PDF-1.7 and then nothing")
    answer = officer.get(address("page", case, broken.pk, 1))
    assert answer.status_code == 503
    assert "这一页的图片没有生成" in words_of(answer)
    assert "图片没有显示时请下载原件" in officer.get(address("paper", case, broken.pk)).content.decode()
    assert downloaded(officer.get(address("material", case, broken.pk))).startswith(b"%PDF")


def test_a_file_that_is_gone_is_told_in_words(officer: HallClient, case: ClearCardCase, photo: Material) -> None:
    photo.file.storage.delete(photo.file.name)
    for name, args in (("material", ()), ("page", (1,))):
        answer = officer.get(address(name, case, photo.pk, *args))
        assert answer.status_code == 503
        assert "这份材料的文件暂时读不到，申请没有受影响" in words_of(answer)
    assert officer.get(address("review", case)).status_code == 200
