"""Reminders of deadlines: what is undone is told at each step, once, and never again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command

from accounts import services as account_services
from accounts.models import Notice, Taxpayer
from devices.choices import CommandState
from devices.models import Device, DeviceCommand
from filing import selectors, services
from filing.models import PolicyRule, Reminder, ReminderRun, TaxReturn
from filing.services import reminders
from tests.factories.accounts import TaxpayerFactory
from tests.factories.devices import DeviceCommandFactory, DeviceFactory
from tests.factories.filing import OutageFactory, PaymentFactory, TaxReturnFactory
from tests.filing.conftest import OCTOBER

pytestmark = pytest.mark.django_db
Freeze = Callable[[str], datetime]
FIVE_DAYS, TWO_DAYS, ONE_DAY, LAST_DAY = (f"2026-11-{day} 10:00" for day in (11, 14, 15, 16))


@pytest.fixture
def disk(taxpayer: Taxpayer) -> Device:
    """Return the company's disk, which waits for the clear of October and locks on the last day of its season."""
    return DeviceFactory(
        taxpayer=taxpayer, period_start=OCTOBER.start, period_end=OCTOBER.end, issue_allowed_until=date(2026, 11, 16)
    )


def told(taxpayer: Taxpayer) -> list[str]:
    return list(
        Notice.objects.filter(recipient=taxpayer, kind="reminder").order_by("pk").values_list("title", flat=True)
    )


def steps(kind: str = "file") -> list[int]:
    return list(Reminder.objects.filter(kind=kind).order_by("pk").values_list("step", flat=True))


def test_each_step_tells_what_is_undone_until_when_and_what_follows(taxpayer: Taxpayer, freeze: Freeze) -> None:
    for moment in ("2026-11-10 10:00", FIVE_DAYS, ONE_DAY, LAST_DAY, "2026-11-17 10:00"):
        freeze(moment)
        services.send_reminders()
    what = "申报增值税 2026 年 10 月"
    assert told(taxpayer) == [f"{what}：还有 5 天到期", f"{what}：明天到期", f"{what}：今天到期"]
    notice = Notice.objects.filter(recipient=taxpayer).earliest("pk")
    assert "申报期限为北京时间 2026-11-16（周一）" in notice.body
    assert "逾期申报会注明逾期" in notice.body
    assert notice.link == "/filing/"


def test_a_repeat_sends_nothing(taxpayer: Taxpayer, freeze: Freeze) -> None:
    freeze(FIVE_DAYS)
    assert services.send_reminders() == 1
    assert services.send_reminders() == 0
    ReminderRun.objects.all().delete()
    assert services.send_reminders() == 0
    assert len(told(taxpayer)) == 1


def test_nobody_is_reminded_before_the_morning(taxpayer: Taxpayer, freeze: Freeze) -> None:
    freeze("2026-11-11 08:59")
    assert services.send_reminders() == 0
    assert told(taxpayer) == []
    freeze("2026-11-11 09:00")
    assert services.send_reminders() == 1


def test_a_missed_step_is_caught_up_by_itself_or_by_the_next_one_alone(taxpayer: Taxpayer, freeze: Freeze) -> None:
    freeze(TWO_DAYS)
    services.send_reminders()
    assert steps() == [5]
    freeze(LAST_DAY)
    services.send_reminders()
    assert steps() == [5, 0]
    assert len(told(taxpayer)) == 2


def test_done_work_gets_no_reminder(taxpayer: Taxpayer, freeze: Freeze) -> None:
    TaxReturnFactory(taxpayer=taxpayer, submitted=True)
    DeviceFactory(taxpayer=taxpayer, period_start=date(2026, 11, 1), period_end=date(2026, 11, 30))
    freeze(ONE_DAY)
    assert services.send_reminders() == 0


def test_a_filed_return_that_is_not_paid_is_told_as_that(taxpayer: Taxpayer, freeze: Freeze) -> None:
    owing: TaxReturn = TaxReturnFactory(taxpayer=taxpayer, owing=True)
    freeze(FIVE_DAYS)
    services.send_reminders()
    assert told(taxpayer) == ["缴纳税款 2026 年 10 月：还有 5 天到期"]
    assert Notice.objects.get(recipient=taxpayer).link == f"/filing/{owing.pk}/pay/"
    PaymentFactory(tax_return=owing)
    freeze(ONE_DAY)
    assert services.send_reminders() == 0, "who waits for the treasury must not pay twice"


def test_disks_of_one_lock_date_are_one_reminder(taxpayer: Taxpayer, disk: Device, freeze: Freeze) -> None:
    TaxReturnFactory(taxpayer=taxpayer, paid=True)
    DeviceFactory(
        taxpayer=taxpayer, period_start=OCTOBER.start, period_end=OCTOBER.end, issue_allowed_until=date(2026, 11, 16)
    )
    DeviceFactory(
        taxpayer=taxpayer, period_start=OCTOBER.start, period_end=OCTOBER.end, issue_allowed_until=date(2026, 11, 16),
        status="lost", barred_at=disk.created_at,
    )  # fmt: skip
    freeze(ONE_DAY)
    services.send_reminders()
    assert told(taxpayer) == ["抄报清卡 2026 年 10 月：明天到期"]
    body = Notice.objects.get(recipient=taxpayer).body
    assert " 等 2 台设备，锁死日期为北京时间 2026-11-16（周一）" in body
    assert "设备停止开票" in body


def test_a_foreseen_ceiling_is_told_and_counts_anew_after_an_upload(taxpayer: Taxpayer, freeze: Freeze) -> None:
    moment = datetime(2026, 11, 4, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
    disk = DeviceFactory(
        taxpayer=taxpayer, period_start=date(2026, 11, 1), period_end=date(2026, 11, 30), offline_count=1,
        offline_hours_limit=72, offline_since=moment,
    )  # fmt: skip
    TaxReturnFactory(taxpayer=taxpayer, submitted=True)
    freeze("2026-11-05 10:00")
    services.send_reminders()
    assert told(taxpayer) == [f"上传离线票 {disk}：还有 2 天到期"]
    freeze("2026-11-06 10:00")
    services.send_reminders()
    assert steps("upload") == [5, 1]
    Device.objects.filter(pk=disk.pk).update(offline_since=datetime(2026, 11, 6, 12, 0, tzinfo=moment.tzinfo))
    freeze("2026-11-07 10:00")
    services.send_reminders()
    assert steps("upload") == [5, 1, 5]


def test_a_moved_deadline_counts_anew_and_in_its_district_alone(taxpayer: Taxpayer, freeze: Freeze) -> None:
    neighbour = TaxpayerFactory(in_xincheng=True)
    freeze(LAST_DAY)
    OutageFactory(bureau=neighbour.bureau)
    services.send_reminders()
    assert told(taxpayer) == ["申报增值税 2026 年 10 月：今天到期"]
    assert told(neighbour) == ["申报增值税 2026 年 10 月：还有 2 天到期"]
    freeze("2026-11-17 10:00")
    services.send_reminders()
    assert told(neighbour)[1:] == ["申报增值税 2026 年 10 月：明天到期"]
    assert len(told(taxpayer)) == 1


def test_quarterly_filers_are_reminded_of_their_quarter_alone(freeze: Freeze) -> None:
    shop = TaxpayerFactory(quarterly=True)
    freeze(FIVE_DAYS)
    assert services.send_reminders() == 0
    freeze("2026-10-21 10:00")
    services.send_reminders()
    assert told(shop) == ["申报增值税 2026 年第 3 季度：还有 5 天到期"]


def test_the_cancelled_and_the_newly_registered_have_nothing_to_do(freeze: Freeze) -> None:
    TaxpayerFactory(cancelled=True)
    TaxpayerFactory(registered_on=date(2026, 11, 2))
    freeze(FIVE_DAYS)
    assert services.send_reminders() == 0


def test_a_crash_between_row_and_message_leaves_neither(
    taxpayer: Taxpayer, freeze: Freeze, monkeypatch: pytest.MonkeyPatch
) -> None:
    freeze(FIVE_DAYS)

    def die(_drafts: object) -> None:
        raise ConnectionError("the worker is gone")

    with monkeypatch.context() as patch:
        patch.setattr(account_services, "send_drafted_notices", die)
        with pytest.raises(ConnectionError):
            services.send_reminders()
    assert (steps(), told(taxpayer)) == ([], [])
    assert services.send_reminders() == 1
    assert (steps(), len(told(taxpayer))) == ([5], 1)


def test_a_stopped_run_goes_on_behind_the_last_batch(freeze: Freeze, monkeypatch: pytest.MonkeyPatch) -> None:
    companies = TaxpayerFactory.create_batch(5)
    monkeypatch.setattr(reminders, "BATCH", 2)
    freeze(FIVE_DAYS)
    run = ReminderRun.objects.create(day=date(2026, 11, 11))
    window = reminders._window(date(2026, 11, 11))
    assert reminders._remind_companies(run.pk, window) == 2
    assert services.send_reminders() == 3
    assert [len(told(each)) for each in companies] == [1] * 5
    run.refresh_from_db()
    assert (run.reminded, run.company_position) == (5, companies[-1].pk)


def test_a_company_that_cannot_be_read_keeps_no_other_waiting(
    taxpayer: Taxpayer, freeze: Freeze, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = TaxpayerFactory()
    honest = selectors.due_reminders

    def due(taxpayers: Sequence[Taxpayer], window: selectors.Window) -> list[selectors.DueReminder]:
        if broken in taxpayers:
            raise ValueError("a value that no rule can read")
        return honest(taxpayers, window)

    monkeypatch.setattr(selectors, "due_reminders", due)
    freeze(FIVE_DAYS)
    assert services.send_reminders() == 1
    assert (len(told(taxpayer)), told(broken)) == (1, [])


def test_statements_do_not_grow_with_the_companies(freeze: Freeze, django_assert_max_num_queries: object) -> None:
    for company in TaxpayerFactory.create_batch(30):
        DeviceFactory(
            taxpayer=company, period_start=OCTOBER.start, period_end=OCTOBER.end, issue_allowed_until=date(2026, 11, 16)
        )
    freeze(FIVE_DAYS)
    with django_assert_max_num_queries(40):  # type: ignore[operator]
        assert services.send_reminders() == 60


def test_the_steps_are_rows(taxpayer: Taxpayer, freeze: Freeze) -> None:
    PolicyRule.objects.filter(code="reminder.days").exclude(key="first").delete()
    PolicyRule.objects.filter(code="reminder.days").update(value=3)
    freeze(FIVE_DAYS)
    assert services.send_reminders() == 0
    freeze(TWO_DAYS)
    services.send_reminders()
    assert told(taxpayer) == ["申报增值税 2026 年 10 月：还有 2 天到期"]
    PolicyRule.objects.filter(code="reminder.days").delete()
    freeze(LAST_DAY)
    assert services.send_reminders() == 0


def test_old_rows_go_with_the_end_of_a_run(taxpayer: Taxpayer, freeze: Freeze) -> None:
    freeze(FIVE_DAYS)
    services.send_reminders()
    freeze("2028-01-03 10:00")
    services.send_reminders()
    assert not Reminder.objects.filter(day__year=2026).exists()


def run_command(*arguments: str) -> str:
    out = StringIO()
    call_command("send_reminders", *arguments, stdout=out)
    return out.getvalue()


def test_an_operator_looks_before_and_sends_once(taxpayer: Taxpayer, freeze: Freeze) -> None:
    freeze(FIVE_DAYS)
    shown = run_command("--date", "2026-11-15", "--dry-run")
    assert f"{taxpayer.number} 申报 2026-10@2026-11-16 2026-11-16" in shown
    assert "申报，提前 1 天：1 条" in shown
    assert told(taxpayer) == []
    assert "本次发送 1 条，当日共 1 条" in run_command()
    assert "本次发送 0 条，当日共 1 条" in run_command()
    with pytest.raises(CommandError, match="only today's"):
        run_command("--date", "2026-11-15")


def test_nothing_is_said_of_a_disk_to_which_a_clear_was_sent(taxpayer: Taxpayer, disk: Device, freeze: Freeze) -> None:
    freeze(FIVE_DAYS)
    command = DeviceCommandFactory(device=disk)
    for state in (CommandState.CLAIMED, CommandState.SENDING, CommandState.IN_DOUBT, CommandState.MANUAL):
        DeviceCommand.objects.filter(pk=command.pk).update(state=state, sent_at=disk.created_at, token={"signed": True})
        if state == CommandState.CLAIMED:
            continue  # the way to the others
        services.send_reminders()
        assert steps("clear") == [], state
        ReminderRun.objects.all().delete()
    DeviceCommand.objects.filter(pk=command.pk).update(state=CommandState.CANCELLED)
    services.send_reminders()
    assert steps("clear") == [5]
    body = Notice.objects.filter(recipient=taxpayer, title__startswith="抄报清卡").get().body
    assert body.startswith("按系统记录，2026 年 10 月还没有清卡")
    assert "已批准" not in body


@pytest.mark.parametrize("state", [CommandState.QUEUED, CommandState.CLAIMED])
def test_who_must_plug_the_disk_in_is_reminded_before_it_locks(
    taxpayer: Taxpayer, disk: Device, freeze: Freeze, state: str
) -> None:
    other = DeviceFactory(
        taxpayer=taxpayer, period_start=OCTOBER.start, period_end=OCTOBER.end, issue_allowed_until=date(2026, 11, 16)
    )
    freeze(LAST_DAY)
    command = DeviceCommandFactory(device=disk)
    DeviceCommand.objects.filter(pk=command.pk).update(state=state, error_code="disk.absent", attempts=7)
    services.send_reminders()
    assert steps("clear") == [0]
    body = Notice.objects.filter(recipient=taxpayer, title__startswith="抄报清卡").get().body
    assert " 等 2 台设备，锁死日期为北京时间 2026-11-16" in body
    assert body.endswith(f"{disk}的清卡已批准，还没有写盘，请插好设备。")
    assert str(other) not in body.partition("清卡后恢复。")[2]
