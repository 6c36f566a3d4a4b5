"""Reminders by short message: for who wants them, one a day, and never instead of the inbox."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest

from accounts import services as account_services
from accounts.choices import TextState
from accounts.models import AuditEvent, Membership, Notice, TextMessage, User
from accounts.sms.demo import DemoSms
from filing import services
from filing.models import Reminder, ReminderRun
from taxhall.common.errors import ConflictError, NotPermittedError
from tests.factories.accounts import MembershipFactory, OfficerFactory, TaxpayerFactory, UserFactory

pytestmark = pytest.mark.django_db
Freeze = Callable[[str], datetime]
FIVE_DAYS, ONE_DAY = "2026-11-11 10:00", "2026-11-15 10:00"


def person(phone: str = "13800001234", *, wants: bool = True, **fields: object) -> User:
    member: Membership = MembershipFactory(user=UserFactory(phone=phone, wants_texts=wants), **fields)
    return member.user


def states() -> list[str]:
    return list(TextMessage.objects.order_by("pk").values_list("state", flat=True))


def test_who_wants_it_is_told_once_by_telephone_as_well(freeze: Freeze) -> None:
    freeze(FIVE_DAYS)
    clerk = person(taxpayer=TaxpayerFactory(name="西安某某商贸有限公司"))
    assert services.send_reminders() == 1
    assert services.send_reminders() == 0
    message = TextMessage.objects.get()
    assert (message.recipient, message.phone) == (clerk, "13800001234")
    assert "西安某某商贸有限公司：申报，最早于北京时间 2026-11-16（周一）到期" in message.text
    assert "停止开票" in message.text
    assert account_services.deliver_texts() == 1
    assert account_services.deliver_texts() == 0
    assert states() == [TextState.SENT]


def test_who_refuses_texts_has_the_inbox_alone(freeze: Freeze) -> None:
    freeze(FIVE_DAYS)
    refusing = person(wants=False)
    issuer = person(role="issuer")
    nobody = person(phone="029-12345678")
    assert services.send_reminders() == 3
    assert not TextMessage.objects.filter(recipient__in=[refusing, issuer, nobody]).exists()
    assert Notice.objects.filter(kind="reminder").count() == 3


def test_an_accountant_of_many_companies_gets_one_message_a_day(freeze: Freeze) -> None:
    accountant = person()
    for _number in range(2):
        MembershipFactory(user=accountant, taxpayer=TaxpayerFactory())
    for moment in (FIVE_DAYS, ONE_DAY):
        freeze(moment)
        services.send_reminders()
    assert Reminder.objects.count() == 6
    assert TextMessage.objects.filter(recipient=accountant).count() == 2
    assert all("您办理的 3 户企业有 3 项：申报" in each.text for each in TextMessage.objects.all())


def test_who_changes_their_mind_or_leaves_is_not_called(freeze: Freeze) -> None:
    freeze(FIVE_DAYS)
    changed, gone, moved = person("13800001111"), person("13800002222"), person("13800003333")
    services.send_reminders()
    account_services.choose_texts(actor=changed, wants=False)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    User.objects.filter(pk=moved.pk).update(phone="13900000000")
    account_services.deliver_texts()
    assert states() == [TextState.UNWANTED] * 3


def test_a_refusal_ends_it_and_silence_is_tried_again_with_the_same_key(
    freeze: Freeze, monkeypatch: pytest.MonkeyPatch
) -> None:
    freeze(FIVE_DAYS)
    person("13800000001")
    silent = person("13800000002")
    services.send_reminders()
    account_services.deliver_texts()
    message = TextMessage.objects.get(recipient=silent)
    assert states() == [TextState.REFUSED, TextState.WAITING]
    assert account_services.deliver_texts() == 0, "it waits before the next try"
    keys: list[str] = []
    monkeypatch.setattr(DemoSms, "send", lambda _self, sms: keys.append(sms.key) or "R1")
    freeze("2026-11-11 10:05")
    assert account_services.deliver_texts() == 1
    assert keys == [message.uid.hex]


def test_a_gateway_that_is_down_is_left_alone_and_nothing_is_sent_late(freeze: Freeze) -> None:
    freeze(FIVE_DAYS)
    for number in range(5):
        person(f"1380{number}000002")
    services.send_reminders()
    account_services.deliver_texts()
    assert TextMessage.objects.filter(attempts=1).count() == 3
    freeze("2026-11-17 10:00")
    account_services.deliver_texts()
    assert states() == [TextState.LATE] * 5


def test_nobody_is_woken_up_and_a_site_may_have_no_gateway(freeze: Freeze, settings: object) -> None:
    freeze(FIVE_DAYS)
    person()
    services.send_reminders()
    freeze("2026-11-11 22:00")
    assert account_services.deliver_texts() == 0
    freeze("2026-11-12 08:30")
    settings.SMS_GATEWAY = ""  # type: ignore[attr-defined]
    assert account_services.deliver_texts() == 0
    assert states() == [TextState.WAITING]


def test_a_crash_among_the_people_goes_on_where_it_was(freeze: Freeze, monkeypatch: pytest.MonkeyPatch) -> None:
    freeze(FIVE_DAYS)
    person()

    def die(_drafts: object) -> int:
        raise ConnectionError("the worker is gone")

    with monkeypatch.context() as patch:
        patch.setattr(account_services, "send_texts", die)
        with pytest.raises(ConnectionError):
            services.send_reminders()
    run = ReminderRun.objects.get(day=date(2026, 11, 11))
    assert (run.companies_done_at is not None, run.person_position) == (True, 0)
    services.send_reminders()
    assert TextMessage.objects.count() == 1


def test_a_companys_name_steers_no_telephone(freeze: Freeze) -> None:
    freeze(FIVE_DAYS)
    person(taxpayer=TaxpayerFactory(name="西安\u202e假冒\n公司"))
    services.send_reminders()
    assert "西安假冒 公司" in TextMessage.objects.get().text


def test_choosing_is_the_persons_own_and_is_written_down() -> None:
    clerk = person(wants=False)
    for _repeat in range(2):
        account_services.choose_texts(actor=clerk, wants=True)
    clerk.refresh_from_db()
    assert clerk.wants_texts
    assert AuditEvent.objects.filter(action="accounts.texts_chosen", actor=clerk).count() == 1
    with pytest.raises(ConflictError, match="没有登记手机号码"):
        account_services.choose_texts(actor=person(phone="", wants=False), wants=True)
    with pytest.raises(NotPermittedError):
        account_services.choose_texts(actor=OfficerFactory(), wants=True)


def test_old_messages_and_the_numbers_in_them_are_removed(freeze: Freeze) -> None:
    freeze(FIVE_DAYS)
    person()
    services.send_reminders()
    account_services.deliver_texts()
    freeze("2027-05-01 10:00")
    assert account_services.purge_expired()["texts"] == 0
    freeze("2027-06-01 10:00")
    assert account_services.purge_expired()["texts"] == 1
    assert not TextMessage.objects.exists()
