"""Filling in and bringing papers (U-33): prefilled, kept whatever fails, each refusal with its real cause."""

from __future__ import annotations

import io
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.urls import reverse
from PIL import Image

from clearcard import services
from clearcard.choices import ClearKind, MaterialKind, MaterialState, SpecialReason
from clearcard.models import ClearCardCase
from tests.clearcard.scene import Scene
from tests.clearcard.test_materials import pdf
from tests.clearcard_pages.pages import ABSENT, address, filled, main_of, paper, require_learns_nothing
from tests.factories.accounts import PASSWORD
from tests.harness.clients import HallClient

pytestmark = pytest.mark.django_db
Enter = Callable[..., HallClient]
MEGABYTE = 1024 * 1024


@pytest.fixture
def empty(month: Scene) -> ClearCardCase:
    """Return an application that is verified, without papers."""
    return month.prepare(papers=False)


def ready(case: ClearCardCase) -> list[str]:
    """Return which papers the application has."""
    return list(case.materials.filter(state=MaterialState.READY).values_list("kind", flat=True))


def test_what_the_hall_knows_is_there_with_its_source(empty: ClearCardCase, enter: Enter) -> None:
    client = enter()
    page = client.get(address("fill", empty))
    words = main_of(page)
    assert 'value="3000.00"' in page.content.decode()
    assert "来自设备抄报" in words
    assert "来自申报表 SB" in words
    assert words.count("未提供") == len(MaterialKind)
    assert client.post(address("fill", empty), filled(empty))["Location"] == address("check", empty)


def test_papers_are_taken_in_beside_what_was_typed(empty: ClearCardCase, enter: Enter) -> None:
    sent: dict[str, Any] = filled(empty, explanation="本月新开业务", upload="yes")
    del sent["continue"]
    sent |= {"paper_tax_registration": paper("登记证.png"), "paper_agent_id": paper("身份证.pdf", pdf())}
    page = enter().post(address("fill", empty), sent)
    assert page.status_code == 200
    assert main_of(page).count("已就绪") == 2
    assert "本月新开业务" in page.content.decode()
    assert sorted(ready(empty)) == ["agent_id", "tax_registration"]
    empty.refresh_from_db()
    assert empty.explanation == "", "only 保存并继续 saves the form"


def test_another_amount_needs_a_reason_and_then_is_kept(empty: ClearCardCase, enter: Enter) -> None:
    client = enter()
    refused = client.post(address("fill", empty), filled(empty, invoiced_amount="3,000.50"))
    assert refused.status_code == 422
    assert "您填写的金额与系统记录不同，请写明原因，或改回系统给出的金额" in main_of(refused)
    assert 'value="3,000.50"' in refused.content.decode()
    accepted = client.post(address("fill", empty), filled(empty, invoiced_amount="3,000.50", explanation="含押金"))
    assert accepted.status_code == 302
    empty.refresh_from_db()
    assert (empty.invoiced_amount, empty.explanation) == (Decimal("3000.50"), "含押金")


MISTAKES: tuple[tuple[dict[str, str], str], ...] = (
    ({"invoiced_amount": "十万"}, "请填写金额，例如 1,234.56"),
    ({"declared_amount": ""}, "请填写已申报金额"),
    ({"invoiced_amount": "1.234"}, "金额最多两位小数"),
    ({"clear_on": "明天"}, "请填写日期，例如 2026-11-16"),
    ({"explanation": "说" * 1001}, "情况说明最多 1000 个字"),
)


def test_what_does_not_fit_is_named_and_everything_typed_stays(empty: ClearCardCase, enter: Enter) -> None:
    client = enter()
    for changes, words in MISTAKES:
        sent = filled(empty, **({"explanation": "写了很久的内容"} | changes))
        answer = client.post(address("fill", empty), sent)
        assert answer.status_code == 422, changes
        assert words in main_of(answer)
        typed = {value for name, value in sent.items() if name != "continue" and value}
        assert {value for value in typed if value not in answer.content.decode()} == set()
        empty.refresh_from_db()
        assert empty.explanation == ""


BAD_PAPERS = (
    ("执照.pdf", b"<html><script>1</script></html>", "文件名以“.pdf”结尾，内容却是网页，没有保存"),
    ("执照.pdf", b"%PDF-1.7 and then nothing", "PDF 文件不完整或已损坏，无法打开，没有保存"),
    ("执照.exe", b"MZ", "只接受 PDF、JPG 和 PNG，您选的是“.exe”，没有保存"),
    ("执照.pdf", b"", "文件是空的（0 字节），没有保存"),
    ("执照.jpg", b"\x89PNG\r\n\x1a\n", "内容却是 PNG，没有保存"),
)


def test_a_paper_that_is_not_what_it_says_is_refused_by_its_real_cause(empty: ClearCardCase, enter: Enter) -> None:
    client = enter()
    for name, content, words in BAD_PAPERS:
        sent = filled(empty, paper_business_licence=paper(name, content), paper_agent_id=paper())
        answer = client.post(address("fill", empty), sent)
        assert answer.status_code == 422, name
        assert words in main_of(answer)
        assert "未通过" in main_of(answer)
        assert ready(empty) == ["agent_id"], "a good paper of the same sending is kept"


def test_twenty_megabytes_are_refused_with_their_size_and_leave_nothing(empty: ClearCardCase, enter: Enter) -> None:
    large = b"%PDF-1.7\n" + bytes(20 * MEGABYTE)
    sent = filled(empty, explanation="写了很久的内容", paper_business_licence=paper("执照.pdf", large))
    answer = enter().post(address("fill", empty), sent)
    assert answer.status_code == 422
    assert "文件有 20.0 MB，超过 10 MB 的上限，没有保存。请压缩或降低扫描分辨率后再传" in main_of(answer)
    assert "写了很久的内容" in answer.content.decode()
    assert not [each for each in Path(settings.MEDIA_ROOT).rglob("*") if each.is_file()]


def test_the_same_paper_twice_is_one_paper_and_can_be_taken_out(empty: ClearCardCase, enter: Enter) -> None:
    client = enter()
    for _ in range(2):
        client.post(address("fill", empty), {"paper_agent_id": paper()})
    assert ready(empty) == ["agent_id"]
    for _ in range(2):
        assert client.post(address("fill", empty), {"remove": "agent_id"}).status_code == 200
    assert ready(empty) == []


def test_a_paper_on_file_is_taken_over(empty: ClearCardCase, month: Scene, enter: Enter) -> None:
    month.papers(empty)
    services.withdraw_case(actor=month.user, case=month.submit(empty))
    again, client = month.prepare(papers=False), enter()
    assert main_of(client.get(address("fill", again))).count("沿用已有材料") == len(MaterialKind)
    client.post(address("fill", again), {"reuse": "agent_id"})
    client.post(address("fill", again), {"reuse": "passport"})
    assert ready(again) == ["agent_id"]


def test_a_paper_is_given_back_to_its_company_only(
    empty: ClearCardCase, month: Scene, enter: Enter, stranger: HallClient
) -> None:
    month.papers(empty)
    pk = empty.materials.first().pk
    url = reverse("clearcard:material-download", args=[empty.number, pk])
    answer = enter("issuer").get(url)
    assert answer["Content-Type"] == "image/png"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert b"".join(answer.streaming_content).startswith(b"\x89PNG")
    absent = reverse("clearcard:material-download", args=[ABSENT, pk])
    assert stranger.get(url).status_code == stranger.get(absent).status_code == 404
    assert enter().get(reverse("clearcard:material-download", args=[empty.number, 999_999])).status_code == 404


def test_a_paper_whose_file_is_gone_is_told(empty: ClearCardCase, month: Scene, enter: Enter) -> None:
    month.papers(empty)
    material = empty.materials.first()
    Path(material.file.path).unlink()
    answer = enter().get(reverse("clearcard:material-download", args=[empty.number, material.pk]))
    assert answer.status_code == 503
    assert "这份材料的文件暂时读不到，申请和设备不受影响" in main_of(answer)


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["form", "picked file"])
def test_a_session_that_ended_meanwhile_keeps_what_was_typed(
    empty: ClearCardCase, month: Scene, enter: Enter, headers: dict[str, str]
) -> None:
    client = enter()
    month.freeze("2026-11-05 10:40")
    sent = filled(empty, explanation="写了很久的内容", paper_agent_id=paper())
    headers |= {"Referer": f"http://testserver{address('fill', empty)}"}
    ended = client.post(address("fill", empty), sent, headers=headers)
    if "HX-Request" in headers:
        assert "/account/login/" in ended["HX-Redirect"]
    else:
        assert ended.status_code == 401
        assert "会话已结束，刚才的操作没有提交" in main_of(ended)
        assert "您填写的内容已保留两小时" in main_of(ended)
        assert "选好的文件无法保留，请登录后重新选择" in main_of(ended)
    assert ready(empty) == []
    client.post("/account/login/", {"identifier": month.user.username, "password": PASSWORD})
    kept = client.get(reverse("accounts:parked-form"))
    assert "写了很久的内容" in kept.content.decode()
    fields = dict(kept.context["parked"].fields)
    assert client.post(kept.context["parked"].action, fields)["Location"] == address("check", empty)
    empty.refresh_from_db()
    assert empty.explanation == "写了很久的内容"


def test_an_issuer_may_not_fill_in(empty: ClearCardCase, enter: Enter) -> None:
    issuer = enter("issuer")
    assert issuer.get(address("fill", empty)).status_code == 403
    assert issuer.post(address("fill", empty), {"paper_agent_id": paper()}).status_code == 403
    assert ready(empty) == []


def test_an_outsider_learns_nothing(empty: ClearCardCase, stranger: HallClient) -> None:
    require_learns_nothing(stranger, "fill", empty, filled(empty))
    assert stranger.post(address("fill", empty), {"paper_agent_id": paper()}).status_code == 404
    assert ready(empty) == []


def test_a_save_that_comes_after_the_hand_in_says_that_it_was_not_kept(
    case: ClearCardCase, month: Scene, enter: Enter
) -> None:
    late = filled(case, explanation="迟到的内容", paper_agent_id=paper("新的.png"))
    month.submit(case)
    answer = enter().post(address("fill", case), late, follow=True)
    assert answer.redirect_chain == [(address("detail", case), 302)]
    assert "申请现在是“待审核”，不能再修改；刚才填写的内容没有保存" in main_of(answer)
    case.refresh_from_db()
    assert case.explanation == ""
    assert not case.materials.filter(original_name="新的.png").exists()


def test_a_picture_is_written_anew(empty: ClearCardCase, enter: Enter) -> None:
    target, exif = io.BytesIO(), Image.Exif()
    exif[0x010E] = "secret place"
    Image.new("RGB", (40, 20), "red").save(target, "JPEG", exif=exif)
    enter().post(address("fill", empty), {"paper_agent_id": paper("照片.jpg", target.getvalue())})
    assert b"secret" not in Path(empty.materials.get().file.path).read_bytes()


def test_a_special_clear_is_not_handed_in_without_its_explanation(empty: ClearCardCase, enter: Enter) -> None:
    empty.kind, empty.special_reason = ClearKind.SPECIAL, SpecialReason.OVERDUE
    empty.save(update_fields=["kind", "special_reason"])
    client, words = enter(), "特殊清卡由税务人员审核，请在情况说明里写明"
    # It was filled in before its type was changed: the last page names it and leads to the field.
    check = client.get(address("check", empty))
    assert words in main_of(check)
    assert f"{address('fill', empty)}#id_explanation" in check.content.decode()
    answer = client.post(address("fill", empty), filled(empty, explanation=" ", clear_on="2026-11-06"))
    assert answer.status_code == 422
    assert words in answer.context["form"].errors["explanation"][0]
    assert 'value="2026-11-06"' in answer.content.decode()
    answer = client.post(address("fill", empty), filled(empty, explanation="经办人住院，没有按期清卡"))
    assert answer["Location"] == address("check", empty)
    assert words not in main_of(client.get(address("check", empty)))
