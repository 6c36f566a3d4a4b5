"""A chosen file is kept while another field of its form is put right: by its own person, session, form and company."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from accounts import services as account_services
from accounts.models import AuditEvent, HeldFile, Membership
from accounts.scanning.demo import TRIAL
from accounts.services import held_files
from devices.models import Device
from invoicing.models import ImportJob
from tests.clearcard.conftest import media
from tests.factories.accounts import MembershipFactory
from tests.harness.clients import HallClient
from tests.invoicing.files import samples
from tests.invoicing.pages import text_of

__all__ = ["media"]
LIST = reverse("invoicing:import-list")
SHEET = samples.table(samples.ROW)
SERIAL = "661999000001"
pytestmark = pytest.mark.usefixtures("enrolled", "media")


def send(client: HallClient, content: str | bytes = SHEET, device: str = "", **more: Any) -> Any:
    raw = content.encode() if isinstance(content, str) else content
    return client.post(LIST, {"device": device, "kind": "007", "file": SimpleUploadedFile("三月.csv", raw), **more})


def token_of(answer: Any) -> str:
    found = re.search(r'name="file-kept" value="([0-9a-f-]{36})"', answer.content.decode())
    return found[1] if found else ""


def again(client: HallClient, token: str, **more: Any) -> Any:
    return client.post(LIST, {"device": SERIAL, "kind": "007", "file-kept": token, **more})


def content_of(job: ImportJob) -> bytes:
    with job.file.open("rb") as content:
        return bytes(content.read())


def test_a_file_is_chosen_once_although_the_disk_was_forgotten(seller_client: HallClient) -> None:
    answer = send(seller_client)
    assert answer.status_code == 422
    assert "请选择税控设备" in text_of(answer)
    assert "已收到 三月.csv" in text_of(answer)
    again(seller_client, token_of(answer))
    job = ImportJob.objects.get()
    assert (job.original_name, content_of(job)) == ("三月.csv", SHEET.encode())
    assert not HeldFile.objects.exists()
    assert default_storage.listdir("held")[1] == []


def test_it_stays_through_a_second_problem_and_a_new_file_takes_its_place(seller_client: HallClient) -> None:
    token = token_of(send(seller_client))
    assert token_of(again(seller_client, token, device="")) == token
    other = samples.table(["B7", *samples.ROW[1:]])
    second = token_of(send(seller_client, other, **{"file-kept": token}))
    assert second not in ("", token)
    assert [str(each.token) for each in HeldFile.objects.all()] == [second]
    again(seller_client, second)
    assert content_of(ImportJob.objects.get()) == other.encode()


def test_a_file_that_is_itself_the_problem_is_not_kept(seller_client: HallClient) -> None:
    answer = send(seller_client, "a,b\r\n1,2\r\n", SERIAL)
    assert (answer.status_code, token_of(answer)) == (422, "")
    assert not HeldFile.objects.exists()


def test_nobody_else_and_no_other_session_or_form_gets_it(seller: Membership, seller_client: HallClient) -> None:
    token = token_of(send(seller_client))
    colleague = HallClient().enter_as(MembershipFactory(taxpayer=seller.taxpayer, issuer=True))
    for stranger in (colleague, HallClient().enter_as(seller)):
        assert "请选择要上传的文件" in text_of(again(stranger, token))
    opened = seller_client.post(reverse("invoicing:backup-open"), {"passphrase": "x" * 12, "file-kept": token})
    assert "请选择要上传的备份文件" in text_of(opened)
    assert not ImportJob.objects.exists()
    again(seller_client, token)
    assert ImportJob.objects.exists()


@pytest.mark.parametrize("token", ["", "no token", "00000000-0000-4000-8000-000000000000"])
def test_a_made_up_token_finds_nothing(seller_client: HallClient, token: str) -> None:
    send(seller_client)
    assert "请选择要上传的文件" in text_of(again(seller_client, token))


def test_it_expires_and_is_removed(seller_client: HallClient) -> None:
    token = token_of(send(seller_client))
    HeldFile.objects.update(held_at=timezone.now() - held_files.HELD_FOR)
    stored = HeldFile.objects.get().file
    assert "请选择要上传的文件" in text_of(again(seller_client, token))
    assert account_services.purge_held_files() == 1
    assert not default_storage.exists(stored)
    assert account_services.purge_held_files() == 0


def test_one_person_has_a_bounded_number_of_them(seller: Membership) -> None:
    clients = [HallClient().enter_as(seller) for _ in range(held_files.MOST_HELD + 1)]
    tokens = [token_of(send(client)) for client in clients]
    assert HeldFile.objects.count() == held_files.MOST_HELD
    assert len(default_storage.listdir("held")[1]) == held_files.MOST_HELD
    assert "请选择要上传的文件" in text_of(again(clients[0], tokens[0]))


@pytest.mark.django_db(transaction=True)  # nothing but the service holds a transaction open for the audit row
def test_an_infected_file_is_not_kept_and_told(seller: Membership, seller_client: HallClient) -> None:
    answer = send(seller_client, SHEET.encode() + TRIAL)
    assert "文件里发现病毒" in text_of(answer)
    assert (token_of(answer), HeldFile.objects.count(), default_storage.listdir("held")[1]) == ("", 0, [])
    told = AuditEvent.objects.get(action="accounts.held_file_infected")
    assert (told.actor_id, told.taxpayer_id) == (seller.user.pk, seller.taxpayer.pk)


def test_without_a_verdict_it_is_not_kept_and_the_page_says_so(seller_client: HallClient, settings: Any) -> None:
    settings.FILE_SCANNER = "accounts.scanning.clamd.ClamdScanner"
    settings.CLAMD_ADDRESS = "tcp:127.0.0.1:1"
    answer = send(seller_client)
    assert "文件没有保留下来，请重新选择" in text_of(answer)
    assert (token_of(answer), HeldFile.objects.count(), default_storage.listdir("held")[1]) == ("", 0, [])


def test_a_file_that_changed_since_it_was_scanned_is_not_used(seller_client: HallClient) -> None:
    token = token_of(send(seller_client))
    with default_storage.open(HeldFile.objects.get().file, "ab") as content:
        content.write(b"more")
    assert "请选择要上传的文件" in text_of(again(seller_client, token))


def test_what_is_too_large_for_any_form_is_not_kept(seller_client: HallClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held_files, "LARGEST", 10)
    assert "文件没有保留下来，请重新选择" in text_of(send(seller_client))
    assert not HeldFile.objects.exists()


def test_the_device_is_still_chosen_by_its_company(seller_client: HallClient, enrolled: Device) -> None:
    token = token_of(send(seller_client))
    outsider = HallClient().enter_as(MembershipFactory(issuer=True))
    assert outsider.post(LIST, {"device": enrolled.serial, "kind": "007", "file-kept": token}).status_code == 422
    assert not ImportJob.objects.exists()
