"""The papers that are given out: what they say, that equal content gives equal files, and that nothing is fetched."""

from __future__ import annotations

import io
from collections.abc import Callable

import pypdfium2
import pytest
from pypdf import PdfReader

from clearcard import documents, selectors, services
from taxhall.common.pdf import render_pdf
from tests.clearcard.scene import Scene

pytestmark = pytest.mark.django_db
RARE = "西安𠮷堃商贸有限公司"
VERIFY = "https://hall.example/verify/token/"


def text_of(content: bytes) -> str:
    """Return the text of a document as a reader would search it."""
    pdf = pypdfium2.PdfDocument(content)
    return "\n".join(page.get_textpage().get_text_bounded() for page in pdf)


def test_the_application_says_what_was_handed_in(make_scene: Callable[..., Scene]) -> None:
    scene = make_scene(name=RARE)
    scene.month()
    case = scene.submit(scene.prepare(explanation="<b>说明</b>"))
    content = documents.application_pdf(case)
    text = text_of(content)
    for words in (case.number, RARE, scene.taxpayer.number, "3,000.00 元（叁仟圆整）", "证件.png", "<b>说明</b>"):
        assert words in text
    assert documents.application_pdf(scene.fresh(case)) == content


def test_the_certificate_carries_its_facts_and_its_check(make_scene: Callable[..., Scene]) -> None:
    scene = make_scene(name=RARE)
    case = scene.approved()
    services.execute_clear(case_id=case.pk)
    certificate = selectors.find_certificate(case)
    assert certificate is not None
    content = documents.certificate_pdf(certificate, verify_url=VERIFY)
    text = text_of(content)
    for words in (certificate.number, RARE, "2026-11-16 → 2026-12-15", certificate.verify_token, VERIFY):
        assert words in text
    assert len(PdfReader(io.BytesIO(content)).pages) == 1
    assert documents.certificate_pdf(certificate, verify_url=VERIFY) == content


def test_every_character_of_a_name_has_a_shape(make_scene: Callable[..., Scene]) -> None:
    # Where the font lacks a glyph, another font comes in; with none, the box of the last resort.
    scene = make_scene(name=RARE)
    case = scene.submit(_prepared(scene))
    reader = PdfReader(io.BytesIO(documents.application_pdf(case)))
    fonts = {font["/BaseFont"] for page in reader.pages for font in map(_object, page["/Resources"]["/Font"].values())}
    assert fonts
    assert all("NotoSansCJK" in name.replace("-", "") for name in fonts if "Mono" not in name), fonts


def _prepared(scene: Scene):
    scene.month()
    return scene.prepare()


def _object(reference):
    return reference.get_object()


def test_a_document_fetches_nothing(settings, tmp_path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "page.html").write_text('<p>words</p><img src="http://127.0.0.1:9/secret.png">')
    settings.TEMPLATES = [settings.TEMPLATES[0] | {"DIRS": [tmp_path]}]
    assert "words" in text_of(render_pdf("page.html", {}))
    assert "Failed to load image at 'http://127.0.0.1:9/secret.png'" in caplog.text
    assert "disallowed protocol" in caplog.text
