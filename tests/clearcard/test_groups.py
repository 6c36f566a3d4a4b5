"""Disks with other groups of kinds than 专票 and 普票: one group is cleared, and no other is passed over in silence."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.urls import reverse

from clearcard import selectors, services
from clearcard.choices import CaseStatus
from clearcard.models import ClearCardCase
from devices import selectors as device_selectors
from tests.clearcard.scene import OCTOBER, Scene
from tests.factories.devices import DeviceAuthorisationFactory
from tests.harness.clients import HallClient
from tests.invoicing.pages import text_of

pytestmark = pytest.mark.django_db
Make = Callable[..., Scene]


def through(scene: Scene) -> ClearCardCase:
    """Report, file and clear what was issued."""
    scene.report()
    scene.file()
    case = scene.submit(scene.prepare())
    services.review_case(case_id=case.pk)
    services.execute_clear(case_id=case.pk)
    return scene.fresh(case)


def test_a_disk_of_electronic_kinds_alone_is_cleared_as_any_other(make_scene: Make) -> None:
    scene = make_scene(kinds=("026", "028"))
    scene.issue(kind="026")
    scene.issue("2000.00", kind="028")
    case = through(scene)
    assert (case.group, case.status) == ("C", CaseStatus.CLEARED)
    assert scene.counter() == 1
    scene.device.refresh_from_db()
    assert scene.device.period == OCTOBER.next()


def test_the_table_sets_every_group_of_the_disk_beside_every_kind_of_the_ledger(make_scene: Make) -> None:
    scene = make_scene(kinds=("007", "025"))
    scene.issue()
    scene.issue("300.00", kind="025")
    scene.report()
    case = scene.prepare(papers=False)
    table = selectors.three_way(case)
    assert {row.kind: row.device == row.ledger for row in table.rows} == {"007": True, "025": True}
    page = HallClient().enter_as(scene.membership).get(reverse("devices:device-report", args=[scene.device.serial]))
    assert "300.00" in text_of(page)


def test_a_report_that_lacks_a_group_of_the_month_is_no_report(
    make_scene: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = make_scene(kinds=("007", "025"))
    scene.issue("300.00", kind="025")
    scene.report()
    case = services.start_case(actor=scene.user, device=scene.device)
    assert selectors.three_way(case).has_report
    of_main = [device_selectors.latest_report(device=scene.device, period=OCTOBER)]
    monkeypatch.setattr(device_selectors, "latest_reports", lambda **_: of_main)
    table = selectors.three_way(case)
    assert (table.has_report, table.device_total) == (False, None)


def test_a_group_that_the_disk_got_later_is_not_waited_for(make_scene: Make) -> None:
    scene = make_scene(kinds=("007",))
    scene.issue()
    scene.report()
    DeviceAuthorisationFactory(device=scene.device, invoice_kind="025", segment_code="061002299999")
    case = services.start_case(actor=scene.user, device=scene.device)
    assert selectors.three_way(case).has_report


def test_a_group_that_was_not_cleared_is_told_on_the_page_of_the_clear_and_of_the_disk(make_scene: Make) -> None:
    scene = make_scene(kinds=("007", "025"))
    scene.issue()
    case = through(scene)
    assert (case.group, case.status) == ("A", CaseStatus.CLEARED)
    client = HallClient().enter_as(scene.membership)
    words = text_of(client.get(reverse("clearcard:case-detail", args=[case.number])))
    assert "这次没有清增值税普通发票（卷票）：最近一次读卡时它们仍在2026 年 10 月，锁死日期 2026-11-16" in words
    words = text_of(client.get(reverse("devices:device-detail", args=[scene.device.serial])))
    assert "增值税普通发票（卷票）的所属期 2026 年 10 月，锁死日期 2026-11-16" in words


def test_most_disks_have_nothing_more_to_tell(make_scene: Make) -> None:
    scene = make_scene()
    scene.issue()
    case = through(scene)
    words = text_of(HallClient().enter_as(scene.membership).get(reverse("clearcard:case-detail", args=[case.number])))
    assert "这次没有清" not in words
