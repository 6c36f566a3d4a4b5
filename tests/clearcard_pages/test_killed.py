"""Whoever dies in the middle of a clear: the page says what is so, and it ends in one clear without a person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from clearcard import services, tasks
from clearcard.choices import CaseStatus
from clearcard.models import Certificate, ClearCardCase
from clearcard.services import review
from clearcard.services.hands import Hands
from devices import services as device_services
from devices.gateway.client import HostUnavailableError
from devices.gateway.wire import CardAnswer, CardRequest
from tests.clearcard.scene import Scene
from tests.clearcard.test_execute_clear import KilledError, killed
from tests.clearcard_pages.pages import address, handed_in, main_of
from tests.harness.clients import HallClient

pytestmark = pytest.mark.django_db
Enter = Callable[..., HallClient]
NOT_YET = "系统正在自动核对；没有改动设备"
QUEUED = "审核已通过，系统正在排队联系设备，还没有改动设备"
SENT = "清卡指令已发给设备，正在等设备的回执"
UNKNOWN = "指令发出后与设备的联系中断，盘上是否已清卡还不知道，系统会读卡核实"
# Where the worker dies, what the page says then, and how often the disk was cleared by then.
WORKER_DIES: tuple[tuple[Any, str, str, int], ...] = (
    (review, "approve_locked_case", NOT_YET, 0),
    (Hands, "read_disk", QUEUED, 0),
    (Hands, "mark_sending", QUEUED, 0),
    (device_services, "apply_clear_on_card", SENT, 0),
    (Hands, "complete", SENT, 1),
    (Hands, "withdraw_and_read", UNKNOWN, 1),
)


def work(case: ClearCardCase) -> None:
    """Do what the rung task of the case's state does."""
    status = ClearCardCase.objects.get(pk=case.pk).status
    if status in (CaseStatus.SUBMITTED, CaseStatus.REVIEWING):
        tasks.review_case(str(case.pk))
    elif status in (CaseStatus.APPROVED, CaseStatus.COMMANDED):
        tasks.execute_clear(str(case.pk))
    else:
        tasks.reconcile_case(str(case.pk))


def work_until_dead(case: ClearCardCase) -> None:
    """Work on, task after task, as far as it goes; the last of them is where the worker dies."""
    for _ in range(3):
        work(case)


def go_on(scene: Scene, case: ClearCardCase, client: HallClient) -> None:
    """Let time pass and the sweeper ring; expect one clear, one certificate, and a page that says so."""
    for minute in range(2, 20, 2):
        scene.freeze(f"2026-11-05 10:{minute:02d}")
        if case.pk in services.sweep_cases():
            work(case)
    words = main_of(client.get(address("detail", case)))
    assert "2026 年 10 月已清卡，设备的回执已验签，新的锁死日期是 2026-12-15" in words
    assert scene.counter() == Certificate.objects.filter(case=case).count() == 1


@pytest.mark.parametrize(
    ("module", "place", "words", "cleared"), WORKER_DIES, ids=[place for _, place, _, _ in WORKER_DIES]
)
def test_a_killed_worker(
    *,
    case: ClearCardCase,
    month: Scene,
    enter: Enter,
    monkeypatch: pytest.MonkeyPatch,
    module: Any,
    place: str,
    words: str,
    cleared: int,
) -> None:
    month.submit(case)
    if place == "withdraw_and_read":
        month.rack.faults(month.device).arm({"answer": "torn", "on": "APPLY_CLEAR"})
    with monkeypatch.context() as patched:
        patched.setattr(module, place, killed)
        with pytest.raises(KilledError):
            work_until_dead(case)
    client = enter()
    assert words in main_of(client.get(address("detail", case)))
    month.rack.faults(month.device).clear()
    assert month.counter() == cleared
    go_on(month, case, client)


def dying_host(scene: Scene, *, op: str, acts: bool, sent: bool) -> Callable[[CardRequest], CardAnswer]:
    """Return an exchange of a card owner that dies at one kind of request, before or after the disk acted."""
    exchange, deaths = scene.rack.exchange, iter([True])

    def carried(request: CardRequest) -> CardAnswer:
        if request.steps[0]["op"] == op and next(deaths, False):
            if acts:
                exchange(request)
            raise HostUnavailableError("killed", sent=sent)
        return exchange(request)

    return carried


@pytest.mark.parametrize(
    ("op", "acts", "sent", "words"),
    [
        ("status", False, False, "正在等设备：读卡服务没有响应，什么也没有发送，这次没有改动盘上数据"),
        ("begin_clear", False, True, "正在等设备：读卡服务没有响应，什么也没有发送，这次没有改动盘上数据"),
        ("apply_clear", False, True, UNKNOWN),
        ("apply_clear", True, True, UNKNOWN),
    ],
    ids=["before reading", "before sending", "sending", "after the disk acted"],
)
def test_a_killed_card_owner(
    *,
    case: ClearCardCase,
    month: Scene,
    enter: Enter,
    monkeypatch: pytest.MonkeyPatch,
    op: str,
    acts: bool,
    sent: bool,
    words: str,
) -> None:
    month.submit(case)
    services.review_case(case_id=case.pk)
    monkeypatch.setattr(month.rack, "exchange", dying_host(month, op=op, acts=acts, sent=sent))
    services.execute_clear(case_id=case.pk)
    client = enter()
    shown = main_of(client.get(address("detail", case)))
    assert words in shown
    assert "已清卡 " not in shown
    assert month.counter() == int(acts)
    go_on(month, case, client)


@pytest.mark.parametrize(
    ("fault", "words", "cleared"),
    [
        ({"vanish_before": True}, UNKNOWN, 0),
        ({"tear_before_write": 1}, UNKNOWN, 0),
        ({"vanish_after": True}, UNKNOWN, 1),
    ],
    ids=["before acting", "while writing", "after acting"],
)
def test_a_disk_pulled_while_it_is_cleared(
    *, case: ClearCardCase, month: Scene, enter: Enter, fault: dict[str, Any], words: str, cleared: int
) -> None:
    month.submit(case)
    services.review_case(case_id=case.pk)
    month.rack.faults(month.device).arm(fault | {"on": "APPLY_CLEAR"})
    services.execute_clear(case_id=case.pk)
    client = enter()
    assert words in main_of(client.get(address("detail", case)))
    month.rack.faults(month.device).clear()
    month.rack.pull(month.device)
    month.rack.insert(month.device)
    assert month.counter() == cleared
    go_on(month, case, client)


@pytest.mark.parametrize("rings", [False, True], ids=["dead", "emptied"])
def test_a_dead_or_emptied_broker_only_delays(
    *,
    case: ClearCardCase,
    month: Scene,
    enter: Enter,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
    rings: bool,
) -> None:
    def lost(*_: Any, **__: Any) -> None:
        if not rings:
            raise OSError("broker is down")

    for task in (tasks.review_case, tasks.execute_clear, tasks.reconcile_case):
        monkeypatch.setattr(task, "apply_async", lost)
    client = enter()
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(address("check", case), handed_in(case))["Location"] == address("submitted", case)
    assert NOT_YET in main_of(client.get(address("submitted", case)))
    go_on(month, case, client)
