"""Putting right what an officer sent back (补正): only that is open, everything else stays."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from PIL import Image

from clearcard import services
from clearcard.choices import CaseStatus
from clearcard.models import ClearCardCase
from clearcard.shapes import ReturnedItem
from tests.clearcard.scene import Scene
from tests.clearcard_pages.pages import address, filled, handed_in, main_of, paper, require_learns_nothing
from tests.factories.accounts import OfficerFactory
from tests.harness.clients import HallClient

pytestmark = pytest.mark.django_db
Enter = Callable[..., HallClient]
PHOTO = ReturnedItem("material:agent_id", "照片不清楚，请重新上传")
AMOUNT = ReturnedItem("declared_amount", "请核对申报表第 1 栏")


def send_back(scene: Scene, *items: ReturnedItem) -> ClearCardCase:
    """Hand an application in that an officer sends back."""
    scene.month()
    case = scene.submit(scene.prepare(explanation="本月新开业务"))
    services.review_case(case_id=case.pk)
    case = scene.fresh(case)
    services.return_case(
        actor=OfficerFactory(), case=case, version=case.version, items=list(items), note="其余内容没有问题"
    )
    return scene.fresh(case)


@pytest.fixture
def returned(scene: Scene) -> ClearCardCase:
    """Return an application that came back for a paper and an amount."""
    return send_back(scene, PHOTO, AMOUNT)


def test_the_progress_lists_what_is_wanted_with_its_place(returned: ClearCardCase, enter: Enter) -> None:
    page = enter().get(address("detail", returned))
    words, source = main_of(page), page.content.decode()
    assert "待补正" in words
    assert "税务人员退回了 2 项内容，没有改动设备，其余内容都保留着" in words
    assert "经办人身份证复印件 ：照片不清楚，请重新上传" in words
    assert "其余内容没有问题" in words
    assert f'href="{address("fill", returned)}#paper-agent_id"' in source
    assert f'href="{address("fill", returned)}#id_declared_amount"' in source


def test_only_what_was_sent_back_is_open_and_the_officers_words_stand_beside_it(
    returned: ClearCardCase, enter: Enter
) -> None:
    page = enter().get(address("fill", returned))
    words, source = main_of(page), page.content.decode()
    assert "只有税务人员退回的事项和情况说明可以修改，其余内容都按原样保留" in words
    assert "税务人员要求： 请核对申报表第 1 栏" in words
    fields = page.context["form"].fields
    closed = {name for name, field in fields.items() if field.disabled}
    assert closed == {"invoiced_amount", "clear_on"}
    assert words.count("保留原件，不用重新提交") == 4
    assert 'name="paper_agent_id"' in source
    assert 'name="paper_business_licence"' not in source


def test_it_is_put_right_and_handed_in_again_and_the_rest_is_as_it_was(returned: ClearCardCase, enter: Enter) -> None:
    client = enter()
    kept = dict(returned.materials.values_list("kind", "sha256"))
    client.post(address("fill", returned), {"paper_agent_id": paper("清楚的.jpg", _photo())})
    sent = filled(returned, declared_amount="2,900.00", invoiced_amount="1.00", clear_on="2026-12-31")
    assert client.post(address("fill", returned), sent)["Location"] == address("check", returned)
    assert client.post(address("check", returned), handed_in(returned))["Location"] == address("submitted", returned)
    returned.refresh_from_db()
    assert (returned.status, returned.round, returned.returned_items) == (CaseStatus.SUBMITTED, 2, [])
    assert (str(returned.declared_amount), str(returned.invoiced_amount)) == ("2900.00", "3000.00")
    assert returned.clear_on.isoformat() == "2026-11-05"
    assert returned.explanation == "本月新开业务"
    now = dict(returned.materials.filter(state="ready").values_list("kind", "sha256"))
    assert {kind for kind in kept if kept[kind] != now[kind]} == {"agent_id"}


def _photo() -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (20, 20), "blue").save(target, "JPEG")
    return target.getvalue()


def test_a_sending_made_up_by_hand_changes_nothing_else(returned: ClearCardCase, enter: Enter) -> None:
    client = enter()
    for sent in ({"paper_business_licence": paper("新的.png")}, {"remove": "business_licence"}):
        answer = client.post(address("fill", returned), sent)
        assert answer.status_code == 422
        assert "税务人员没有退回这一项，内容保持原样，刚才的修改没有保存" in main_of(answer)
    other = client.post(address("type", returned), {"kind": "special", "special_reason": "overdue"})
    assert other.status_code == 422
    returned.refresh_from_db()
    assert returned.kind == "monthly"
    assert returned.materials.filter(state="ready").count() == 5
    assert not returned.materials.filter(original_name="新的.png").exists()


def test_figures_sent_back_open_the_amounts_too(scene: Scene, enter: Enter) -> None:
    case = send_back(scene, ReturnedItem("invoices", "请重新核对"))
    fields = enter().get(address("fill", case)).context["form"].fields
    assert {name for name, field in fields.items() if field.disabled} == {"clear_on"}
    assert f'href="{address("verify", case)}"' in enter().get(address("detail", case)).content.decode()


def test_the_old_receipt_key_does_not_hand_in_the_new_round(returned: ClearCardCase, enter: Enter) -> None:
    client = enter()
    old = {"key": str(returned.submit_key), "declaration": "on"}
    answer = client.post(address("check", returned), old, follow=True)
    assert answer.redirect_chain == [(address("submitted", returned), 302)]
    assert "待补正" in main_of(answer)
    for _ in range(2):
        client.post(address("check", returned), handed_in(returned))
    returned.refresh_from_db()
    assert (returned.round, returned.submissions.count()) == (2, 2)


def test_an_issuer_reads_but_may_not_put_right(returned: ClearCardCase, enter: Enter) -> None:
    issuer = enter("issuer")
    words = main_of(issuer.get(address("detail", returned)))
    assert "待补正" in words
    assert "去补正" not in words
    assert issuer.post(address("fill", returned), {"paper_agent_id": paper()}).status_code == 403


def test_an_outsider_learns_nothing(returned: ClearCardCase, stranger: HallClient) -> None:
    for name in ("detail", "fill"):
        require_learns_nothing(stranger, name, returned, {"paper_agent_id": paper()})
