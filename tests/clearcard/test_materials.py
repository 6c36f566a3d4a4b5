"""Papers: what is taken in, what is refused and why, and who may."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject
from pytest_django.fixtures import Settings

from clearcard import papers, selectors, services
from clearcard.choices import CaseStatus, MaterialKind, MaterialState
from clearcard.errors import MaterialRefusedError, TransitionNotAllowedError
from clearcard.models import ClearCardCase, Material
from taxhall.common.errors import NotFoundError, NotPermittedError
from tests.clearcard.scene import picture
from tests.factories.accounts import MembershipFactory
from tests.factories.clearcard import ClearCardCaseFactory


def pdf(build: Callable[[PdfWriter], None] = lambda _: None, pages: int = 1) -> bytes:
    """Return a PDF, changed by `build`."""
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(200, 200)
    build(writer)
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def action(kind: str) -> Callable[[PdfWriter], None]:
    """Return a builder that puts an open action of a kind into the PDF."""

    def build(writer: PdfWriter) -> None:
        entry = DictionaryObject({NameObject("/S"): NameObject(kind), NameObject("/F"): TextStringObject("x")})
        writer.root_object[NameObject("/OpenAction")] = writer._add_object(entry)

    return build


def refused(name: str, content: bytes) -> str:
    """Return why a file is refused."""
    with pytest.raises(MaterialRefusedError) as caught:
        papers.examine(name=name, content=content)
    assert list(caught.value.fields) == ["file"]
    return str(caught.value.message)


def test_a_plain_pdf_is_kept_as_it_is() -> None:
    content = pdf(pages=3)
    paper = papers.examine(name="执照.PDF", content=content)
    assert (paper.content, paper.pages, paper.media_type) == (content, 3, "application/pdf")


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda writer: writer.add_attachment("a.txt", b"hidden"), "附件"),
        (lambda writer: writer.encrypt("secret"), "密码"),
        (action("/Launch"), "外部程序"),
        (action("/SubmitForm"), "提交数据"),
        (action("/JavaScript"), "JavaScript"),
    ],
)
def test_a_pdf_that_does_things_is_refused_by_its_real_cause(build: Callable[[PdfWriter], None], words: str) -> None:
    assert words in refused("a.pdf", pdf(build))


def test_a_pdf_that_is_not_one() -> None:
    assert "损坏" in refused("a.pdf", b"%PDF-1.7 and then nothing")
    assert "网页" in refused("a.pdf", b"<html><script>1</script></html>")
    assert "Office" in refused("a.pdf", b"PK\x03\x04rest")
    assert "PNG" in refused("a.pdf", picture())
    assert "21 页" in refused("a.pdf", pdf(pages=21))
    assert "没有页面" in refused("a.pdf", pdf(pages=0))


def test_other_types_empty_and_large_files() -> None:
    assert ".svg" in refused("a.svg", b"<svg/>")
    assert ".exe" in refused("a.pdf.exe", b"MZ")
    assert "0 字节" in refused("a.pdf", b"")
    assert "10 MB" in refused("a.pdf", b"%PDF-" + bytes(10 * 1024 * 1024))


def test_images_are_written_anew_without_metadata() -> None:
    target = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "secret place"
    exif[0x0112] = 6
    Image.new("RGB", (40, 20), "red").save(target, "JPEG", exif=exif)
    original = target.getvalue() + b"<script>appended</script>"
    paper = papers.examine(name="a.jpeg", content=original)
    assert b"secret" not in paper.content
    assert b"script" not in paper.content
    with Image.open(io.BytesIO(paper.content)) as clean:
        assert (clean.size, len(clean.getexif())) == ((20, 40), 0)


def test_broken_and_huge_images() -> None:
    assert "损坏" in refused("a.png", picture()[:40])
    target = io.BytesIO()
    Image.new("1", (8000, 5001)).save(target, "PNG")
    assert "4000 万" in refused("a.png", target.getvalue())


@pytest.fixture
def case(db: None, freeze: Callable[[str], object]) -> ClearCardCase:
    """Return a draft."""
    freeze("2026-11-05 10:00")
    made: ClearCardCase = ClearCardCaseFactory()
    return made


def add(actor: Any, case: ClearCardCase, kind: str = MaterialKind.AGENT_ID, name: str = "身份证.png") -> Material:
    """Upload a paper."""
    return services.add_material(actor=actor, case=case, kind=kind, upload=SimpleUploadedFile(name, picture()))


def test_a_second_paper_replaces_the_first(case: ClearCardCase, settings: Settings) -> None:
    clerk = MembershipFactory(taxpayer=case.taxpayer).user
    first = add(clerk, case)
    second = add(clerk, case)
    first.refresh_from_db()
    assert (first.state, second.state) == (MaterialState.REMOVED, MaterialState.READY)
    assert "身份证" not in second.file.name
    assert second.expires_on == date(2027, 11, 5)
    assert selectors.get_material(case=case, pk=second.pk) == second
    with pytest.raises(NotFoundError):
        selectors.get_material(case=case, pk=first.pk)
    services.remove_material(actor=clerk, case=case, kind=MaterialKind.AGENT_ID)
    services.remove_material(actor=clerk, case=case, kind=MaterialKind.AGENT_ID)
    assert not case.materials.filter(state=MaterialState.READY).exists()


def test_who_may_upload_and_when(case: ClearCardCase, settings: Settings) -> None:
    clerk = MembershipFactory(taxpayer=case.taxpayer).user
    for actor in (MembershipFactory().user, MembershipFactory(taxpayer=case.taxpayer, issuer=True).user):
        with pytest.raises(NotPermittedError):
            add(actor, case)
    with pytest.raises(MaterialRefusedError):
        add(clerk, case, kind="passport")
    handed_in = ClearCardCaseFactory(status=CaseStatus.REVIEWING, device__taxpayer=case.taxpayer)
    with pytest.raises(TransitionNotAllowedError):
        add(clerk, handed_in)
    root = Path(settings.MEDIA_ROOT)
    assert not [each for each in root.rglob("*") if each.is_file()], "a refused upload leaves no file"


def test_papers_of_another_company_or_too_old_are_not_reused(case: ClearCardCase, freeze: Callable[[str], Any]) -> None:
    clerk = MembershipFactory(taxpayer=case.taxpayer).user
    foreign_case = ClearCardCaseFactory()
    foreign = add(MembershipFactory(taxpayer=foreign_case.taxpayer).user, foreign_case)
    ClearCardCase.objects.filter(pk=foreign_case.pk).update(submitted_at="2026-11-05T10:00+08:00")
    with pytest.raises(MaterialRefusedError):
        services.reuse_material(actor=clerk, case=case, material=foreign)
    earlier = ClearCardCaseFactory(device__taxpayer=case.taxpayer)
    own = add(clerk, earlier)
    ClearCardCase.objects.filter(pk=earlier.pk).update(submitted_at="2026-11-05T10:00+08:00")
    assert services.reuse_material(actor=clerk, case=case, material=own).reused_from == own
    freeze("2027-11-06 10:00")
    with pytest.raises(MaterialRefusedError):
        services.reuse_material(actor=clerk, case=case, material=own)
