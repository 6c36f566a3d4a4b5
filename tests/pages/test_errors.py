"""What goes wrong is told in words, with one next step, in the hall's own frame."""

from __future__ import annotations

import pytest
from django.template.loader import render_to_string
from django.test import Client, RequestFactory

from taxhall.common import web
from taxhall.common.errors import ConflictError, InvalidInputError, NotFoundError, NotPermittedError, TaxhallError

pytestmark = pytest.mark.django_db


def show(error: TaxhallError) -> tuple[int, str]:
    request = RequestFactory().get("/")
    request.user = type("Nobody", (), {"is_authenticated": False, "is_staff": False})()  # type: ignore[assignment]
    answer = web.render_error(request, error)
    return answer.status_code, answer.content.decode()


@pytest.mark.parametrize(
    ("error", "status", "heading"),
    [
        (ConflictError("申请已经提交。", next_step="请刷新页面。"), 409, "这一步没有办成"),
        (NotPermittedError("您不能办理清卡。", next_step="请联系管理员。"), 403, "没有办理权限"),
        (InvalidInputError("金额不对。", next_step="请改正。"), 422, "填写的内容需要修改"),
        (TaxhallError("稍等。", status=429, next_step="一分钟后再试。"), 429, "操作太频繁"),
        (TaxhallError("太大。", status=413, next_step="请压缩。"), 413, "文件太大"),
        (TaxhallError("维护中。", status=503, next_step="十分钟后再试。"), 503, "暂时不能办理"),
    ],
    ids=lambda value: str(value)[:12],
)
def test_a_refusal_says_what_happened_and_what_to_do(error: TaxhallError, status: int, heading: str) -> None:
    got, text = show(error)
    assert got == status
    assert f"<h1>{heading}</h1>" in text
    assert str(error.message) in text
    assert str(error.next_step) in text
    assert error.code in text


def test_absent_and_hidden_look_the_same() -> None:
    status, text = show(NotFoundError("没有找到 91610113 的申请"))
    assert status == 404
    assert "91610113" not in text


def test_an_unknown_address_is_answered_in_the_frame(client: Client) -> None:
    answer = client.get("/no/such/place/")
    assert answer.status_code == 404
    assert "找不到这个页面" in answer.content.decode()
    assert "帮助" in answer.content.decode()


def test_the_page_of_a_crash_needs_nothing_but_itself() -> None:
    text = render_to_string("500.html", {})
    assert "系统出现错误" in text
    assert "不会重复清卡" in text
