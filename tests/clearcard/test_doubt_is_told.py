"""A clear in doubt (待核实): one message per command in the inbox, and a to-do on the desk while it lasts."""

from __future__ import annotations

import pytest

from accounts.models import Notice
from clearcard import services
from clearcard.choices import CaseStatus
from clearcard.models import ClearCardCase
from clearcard.selectors.board import disk_board
from clearcard.services import doubt
from taxhall.common import clock
from taxhall.desk import list_todos
from tests.clearcard.scene import Scene
from tests.clearcard.test_execute_clear import replug, require_one_clear

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(scene: Scene) -> ClearCardCase:
    """Return a case the green lane approved."""
    return scene.approved()


def test_a_doubt_is_told_once_and_stands_on_the_desk(scene: Scene, case: ClearCardCase) -> None:
    for _ in range(2):
        scene.rack.faults(scene.device).arm({"tear_before_write": 1, "on": "APPLY_CLEAR"})
        services.execute_clear(case_id=case.pk)
        replug(scene)
        (told,) = Notice.objects.filter(recipient=scene.taxpayer, kind="clear_doubt")
        assert "的清卡结果待核实：2026 年 10 月" in told.title
        assert "设备是否已经清卡还不知道" in told.body
        (line,) = disk_board(visible_to=scene.user, taxpayer=scene.taxpayer)
        (todo,) = list_todos(board=[line], due_returns=[], imports=[], today=clock.today())
        assert todo.title == f"待核实：清卡申请 {case.number}"
        assert "盘上是否已清卡还不知道" in todo.why
        services.reconcile_case(case_id=case.pk)
        assert scene.fresh(case).status == CaseStatus.COMMANDED
    services.execute_clear(case_id=case.pk)
    require_one_clear(scene, case)


def test_a_doubt_that_goes_to_a_person_is_told_once_more(scene: Scene, case: ClearCardCase) -> None:
    scene.rack.faults(scene.device).arm({"tear_before_write": 1, "on": "APPLY_CLEAR"})
    services.execute_clear(case_id=case.pk)
    for _ in range(2):
        doubt.escalate(case_id=case.pk)
    told = Notice.objects.filter(recipient=scene.taxpayer, kind="clear_doubt")
    assert told.count() == 2
    assert "转人工核实" in told.latest("pk").title
    assert "等候税务人员联系" in told.latest("pk").body
    (line,) = disk_board(visible_to=scene.user, taxpayer=scene.taxpayer)
    (todo,) = list_todos(board=[line], due_returns=[], imports=[], today=clock.today())
    assert todo.verb == "去查看"
