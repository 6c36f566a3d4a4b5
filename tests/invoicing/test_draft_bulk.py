"""Many drafts at once: ticked in the list, thrown away or moved to another disk, each told for itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import AuditEvent, Membership, User
from devices.errors import DeviceUnusableError
from devices.models import Device
from invoicing import services
from invoicing.choices_files import ImportState
from invoicing.errors import InvoiceNotDraftError
from invoicing.models import ImportedInvoice, ImportJob, Invoice
from invoicing.services import draft_bulk
from taxhall.common.errors import InvalidInputError, NotFoundError, NotPermittedError
from tests.factories.accounts import FileScanFactory, MembershipFactory
from tests.factories.devices import DeviceFactory
from tests.factories.invoicing import InvoiceFactory, IssuedInvoiceFactory
from tests.harness.clients import HallClient
from tests.invoicing.pages import text_of

LIST = reverse("invoicing:invoice-list")
DISCARD = reverse("invoicing:drafts-discard")
MOVE = reverse("invoicing:drafts-move")
Save = Callable[..., Invoice]


@pytest.fixture
def other(enrolled: Device) -> Device:
    """Return a second disk of the seller, authorised for 专票 and 普票."""
    return DeviceFactory(taxpayer=enrolled.taxpayer)


@pytest.fixture
def discard(seller: Membership) -> Callable[..., list[services.DraftResult]]:
    """Return a function that throws drafts away as the 开票员."""

    def done(*drafts: Invoice) -> list[services.DraftResult]:
        pks = [each.pk for each in drafts]
        return services.discard_drafts(actor=seller.user, taxpayer=seller.taxpayer, pks=pks)

    return done


@pytest.fixture
def move(seller: Membership, other: Device) -> Callable[..., list[services.DraftResult]]:
    """Return a function that moves drafts to the second disk as the 开票员."""

    def done(*drafts: Invoice, to: Device = other) -> list[services.DraftResult]:
        pks = [each.pk for each in drafts]
        return services.move_drafts(actor=seller.user, taxpayer=seller.taxpayer, pks=pks, device=to)

    return done


def whys(results: list[services.DraftResult]) -> list[str]:
    return [str(each.why) for each in results]


def of_import(draft: Invoice, state: str) -> None:
    job = ImportJob.objects.create(
        taxpayer=draft.taxpayer,
        device=draft.device,
        kind="007",
        state=state,
        scan=FileScanFactory(),
        size=1,
        uploaded_by=draft.drawer,
    )
    ImportedInvoice.objects.create(job=job, ordinal=0, invoice=draft)


def test_ticked_drafts_are_asked_about_and_then_removed(seller_client: HallClient, save: Save) -> None:
    drafts = [save(), save(buyer_name="另一家买方")]
    page = seller_client.get(LIST, {"state": "draft"}).content.decode()
    assert f'formaction="{DISCARD}"' in page
    assert f'formaction="{MOVE}"' in page

    # A row and a card of the same draft are ticked together.
    asked = seller_client.get(DISCARD, {"pk": [drafts[0].pk, drafts[0].pk, drafts[1].pk]})
    assert "删除这 2 份草稿？" in text_of(asked)
    assert "另一家买方" in text_of(asked)
    assert Invoice.objects.count() == 2
    done = seller_client.post(DISCARD, {"pk": [each.pk for each in drafts]}, follow=True)

    assert "已删除 2 份草稿。" in text_of(done)
    assert not Invoice.objects.exists()
    assert AuditEvent.objects.filter(action="invoicing.draft_discarded").count() == 2


def test_what_is_no_draft_stays_and_is_told(
    seller_client: HallClient, save: Save, issued: Callable[..., Invoice]
) -> None:
    draft, signed = save(), issued()
    assert "选中的另外 1 张不是草稿" in text_of(seller_client.get(DISCARD, {"pk": [draft.pk, signed.pk]}))
    done = seller_client.post(DISCARD, {"pk": [draft.pk, signed.pk]})

    assert "已删除 1 份草稿。" in text_of(done)
    assert "1 份没有办理" in text_of(done)
    assert "已经提交开具" in text_of(done)
    assert list(Invoice.objects.all()) == [signed]


def test_a_repeat_removes_nothing_more(discard: Callable[..., Any], save: Save) -> None:
    draft = save()
    first, again = discard(draft), discard(draft)

    assert (whys(first), whys(again)) == ([""], ["没有找到这份草稿，可能已经删除。"])
    assert AuditEvent.objects.filter(action="invoicing.draft_discarded").count() == 1


def test_red_and_digital_drafts_are_removed_too(
    discard: Callable[..., Any], issued: Callable[..., Invoice], red: Callable[..., Invoice], save: Save
) -> None:
    blue = issued()
    results = discard(red(blue), save(kind="32"))

    assert whys(results) == ["", ""]
    assert list(Invoice.objects.all()) == [blue]


@pytest.mark.parametrize("act", ["discard", "move"])
def test_a_draft_whose_import_is_being_undone_is_left_to_the_undo(
    act: str, save: Save, request: pytest.FixtureRequest
) -> None:
    draft = save()
    of_import(draft, ImportState.UNDOING)
    [result] = request.getfixturevalue(act)(draft)

    assert "正在撤销" in str(result.why)
    assert Invoice.objects.get().device_id == draft.device_id


def test_drafts_are_moved_to_the_disk_that_is_chosen(seller_client: HallClient, save: Save, other: Device) -> None:
    draft = save()
    lost = DeviceFactory(taxpayer=other.taxpayer, lost=True)
    Invoice.objects.filter(pk=draft.pk).update(error_code="disk.lost", error_text="设备已挂失")
    asked = seller_client.get(MOVE, {"pk": draft.pk})
    offered = [code for code, _label in asked.context["form"].fields["device"].choices]
    assert offered == ["", *sorted([draft.device.serial, other.serial])]
    none = seller_client.post(MOVE, {"pk": draft.pk, "device": ""})
    assert (none.status_code, "请选择税控设备" in text_of(none)) == (422, True)
    assert seller_client.post(MOVE, {"pk": draft.pk, "device": lost.serial}).status_code == 422
    done = seller_client.post(MOVE, {"pk": draft.pk, "device": other.serial}, follow=True)

    assert f"1 份草稿现在使用 {other}。" in text_of(done)
    moved = Invoice.objects.get()
    assert (moved.device, moved.error_code, moved.error_text) == (other, "", "")
    event = AuditEvent.objects.get(action="invoicing.draft_moved")
    assert event.data == {"from": draft.device.serial, "to": other.serial}


def test_a_second_move_to_the_same_disk_changes_nothing(move: Callable[..., Any], save: Save) -> None:
    draft = save()

    assert whys(move(draft)) == whys(move(draft)) == [""]
    assert AuditEvent.objects.filter(action="invoicing.draft_moved").count() == 1


def test_what_another_disk_cannot_issue_stays_and_says_why(
    move: Callable[..., Any], issued: Callable[..., Invoice], red: Callable[..., Invoice], save: Save
) -> None:
    sold = issued()
    drafts = [save(kind="32"), save(kind="025"), red(sold), save()]
    of_import(drafts[3], ImportState.ISSUING)
    before = {each.pk: each.device_id for each in drafts}
    told = whys(move(*drafts))

    assert "不使用税控设备" in told[0]
    assert "没有核定增值税普通发票（卷票）" in told[1]
    assert "由原发票决定" in told[2]
    assert "请先停止开具" in told[3]
    assert {each.pk: each.device_id for each in Invoice.objects.filter(pk__in=before)} == before


def test_a_moved_draft_is_issued_by_its_new_disk_only_if_the_page_saw_it(
    move: Callable[..., Any], save: Save, seller: Membership
) -> None:
    draft = save()
    shown = services.draft_mark(draft)
    move(draft)

    assert services.draft_mark(Invoice.objects.get()) != shown


def test_disks_that_are_lost_or_of_another_company_take_no_drafts(
    move: Callable[..., Any], save: Save, enrolled: Device
) -> None:
    draft = save()
    with pytest.raises(DeviceUnusableError):
        move(draft, to=DeviceFactory(taxpayer=enrolled.taxpayer, lost=True))
    with pytest.raises(NotFoundError):
        move(draft, to=DeviceFactory())
    assert Invoice.objects.get().device == enrolled


def test_another_companys_drafts_are_not_found(discard: Callable[..., Any], move: Callable[..., Any]) -> None:
    theirs = InvoiceFactory()

    assert whys(discard(theirs)) == whys(move(theirs)) == ["没有找到这份草稿，可能已经删除。"]
    assert Invoice.objects.get() == theirs


@pytest.mark.parametrize("whose", ["another company's", "who left"])
def test_who_does_not_issue_for_the_company_is_refused(
    whose: str, save: Save, seller: Membership, other: Device
) -> None:
    draft = save()
    left = MembershipFactory(taxpayer=seller.taxpayer, issuer=True, ended=True)
    outsider = (left if whose == "who left" else MembershipFactory(legal=True)).user

    with pytest.raises(NotPermittedError):
        services.discard_drafts(actor=outsider, taxpayer=seller.taxpayer, pks=[draft.pk])
    with pytest.raises(NotPermittedError):
        services.move_drafts(actor=outsider, taxpayer=seller.taxpayer, pks=[draft.pk], device=other)
    assert Invoice.objects.get().device_id == draft.device_id


def test_a_list_without_drafts_offers_nothing_for_them(seller_client: HallClient, seller: Membership) -> None:
    IssuedInvoiceFactory(taxpayer=seller.taxpayer)

    assert DISCARD not in seller_client.get(LIST, {"period": ""}).content.decode()
    assert "没有选中草稿" in text_of(seller_client.get(DISCARD))
    assert "没有选中草稿" in text_of(seller_client.get(MOVE))


def test_more_than_a_page_could_hold_is_refused_as_a_whole(seller: Membership) -> None:
    with pytest.raises(InvalidInputError):
        services.discard_drafts(actor=seller.user, taxpayer=seller.taxpayer, pks=range(1, 202))


def test_one_that_is_refused_in_the_act_stops_no_other(
    save: Save, discard: Callable[..., list[services.DraftResult]], monkeypatch: pytest.MonkeyPatch
) -> None:
    drafts = [save(buyer_name=f"买方{n}") for n in range(3)]
    real = draft_bulk.discard_draft

    def refuse_second(*, actor: User, invoice: Invoice) -> None:
        real(actor=actor, invoice=invoice)
        if invoice.pk == drafts[1].pk:
            raise InvoiceNotDraftError(invoice)

    monkeypatch.setattr(draft_bulk, "discard_draft", refuse_second)
    assert [each.is_done for each in discard(*drafts)] == [True, False, True]
    assert Invoice.objects.get().pk == drafts[1].pk
