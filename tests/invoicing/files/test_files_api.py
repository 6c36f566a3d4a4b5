"""Imports and exports by API and command: the same services, the same people."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.models import Membership
from devices.models import Device
from invoicing import services
from invoicing.models import ImportJob, Invoice
from tests.factories.accounts import MembershipFactory
from tests.invoicing.files import samples
from tests.invoicing.files.test_import_job import BAD

GOOD = samples.table(samples.ROW)


@pytest.fixture
def caller(api_client: APIClient, seller: Membership) -> APIClient:
    api_client.force_authenticate(seller.user)
    return api_client


def post(client: APIClient, path: str, data: Any, **options: Any) -> Any:
    return client.post(path, data, HTTP_IDEMPOTENCY_KEY=uuid.uuid4().hex, **options)


def test_a_file_goes_the_whole_way_by_the_api(caller: APIClient, enrolled: Device) -> None:
    def send() -> Any:
        sent = {"device": enrolled.serial, "file": SimpleUploadedFile("a.csv", GOOD.encode())}
        return post(caller, reverse("api-import-list"), sent, format="multipart")

    first, again = send(), send()
    assert (first.status_code, again.status_code) == (201, 200)
    number = first.json()["number"]
    assert again.json()["number"] == number
    job = ImportJob.objects.get()
    services.perform_import(job_id=job.pk)
    enrolled.authorisations.filter(invoice_kind="007").update(next_number=11, end_number=10)
    told = caller.get(reverse("api-import-detail", args=[number])).json()
    lacks = [(each["kind"], each["needed"], each["remaining"]) for each in told["shortages"]]
    assert (told["good_count"], lacks) == (1, [("007", 1, 0)])
    post(caller, reverse("api-import-start", args=[number]), {"mode": "all"}, format="json")
    services.perform_import(job_id=job.pk)
    assert Invoice.objects.count() == 1
    assert post(caller, reverse("api-import-undo", args=[number]), {}, format="json").json()["state"] == "undone"
    assert caller.get(reverse("api-import-detail", args=[number])).json()["shortages"] == []


DIGITAL = samples.table([*samples.ROW, "数电票（普通发票）"], head=[*samples.HEAD, "票种"])


def test_a_file_of_digital_invoices_needs_no_disk(caller: APIClient, seller: Membership) -> None:
    sent = {"taxpayer": seller.taxpayer.number, "file": SimpleUploadedFile("a.csv", DIGITAL.encode())}
    answer = post(caller, reverse("api-import-list"), sent, format="multipart")
    job = ImportJob.objects.get()
    assert (answer.status_code, answer.json()["device"], job.device, job.taxpayer) == (201, "", None, seller.taxpayer)


def test_without_a_disk_the_rows_that_need_one_are_told(caller: APIClient, seller: Membership) -> None:
    mixed = samples.table(
        *[[f"A{each}", *samples.ROW[1:], "增值税普通发票"] for each in range(12)], head=[*samples.HEAD, "票种"]
    )
    sent = {"taxpayer": seller.taxpayer.number, "file": SimpleUploadedFile("a.csv", mixed.encode())}
    answer = post(caller, reverse("api-import-list"), sent, format="multipart")
    assert (answer.status_code, answer.json()["code"]) == (422, "import.needs_disk")
    assert "第 2、3、4、5、6、7、8、9、10、11 行等" in answer.json()["fields"]["device"][0]
    assert not ImportJob.objects.exists()
    sent |= {"kind": "32", "file": SimpleUploadedFile("a.csv", mixed.encode())}
    number = post(caller, reverse("api-import-list"), sent, format="multipart").json()["number"]
    services.perform_import(job_id=ImportJob.objects.get().pk)
    told = caller.get(reverse("api-import-detail", args=[number])).json()["problems"]
    assert [(row["row"], row["code"]) for row in told] == [(row, "file.needs_disk") for row in range(2, 14)]


def test_whose_file_it_is_is_told_by_the_disk_or_the_company(caller: APIClient, enrolled: Device) -> None:
    def send(**given: str) -> Any:
        sent = {"file": SimpleUploadedFile("a.csv", DIGITAL.encode()), **given}
        return post(caller, reverse("api-import-list"), sent, format="multipart")

    nobody, stranger = send(), MembershipFactory(issuer=True).taxpayer
    assert (nobody.status_code, list(nobody.json()["fields"])) == (422, ["taxpayer"])
    assert send(taxpayer=stranger.number).status_code == 404
    assert send(taxpayer=stranger.number, device=enrolled.serial).status_code == 404
    assert not ImportJob.objects.exists()


def test_problems_and_refusals_are_told_by_the_api(
    caller: APIClient, enrolled: Device, checked: Callable[..., ImportJob]
) -> None:
    job = checked(BAD)
    rows = caller.get(reverse("api-import-detail", args=[job.number])).json()["problems"]
    assert [(row["row"], row["code"]) for row in rows] == [(3, "cell.digits_lost"), (4, "buyer.name_missing")]
    start = reverse("api-import-start", args=[job.number])
    assert post(caller, start, {"mode": "all"}, format="json").json()["code"] == "import.has_errors"
    sent = {"device": enrolled.serial, "file": SimpleUploadedFile("a.xlsx", GOOD.encode())}
    answer = post(caller, reverse("api-import-list"), sent, format="multipart")
    assert (answer.status_code, answer.json()["code"]) == (422, "import.ending_differs")


def test_a_list_is_written_and_fetched_by_the_api(
    caller: APIClient, save: Callable[..., Invoice], seller: Membership
) -> None:
    save()
    asked = {"taxpayer": seller.taxpayer.number, "format": "csv"}
    number = post(caller, reverse("api-export-list"), asked, format="json").json()["number"]
    told = caller.get(reverse("api-export-detail", args=[number])).json()
    content = b"".join(caller.get(reverse("api-export-file", args=[number])).streaming_content)
    assert (told["state"], told["size"], told["row_count"]) == ("ready", len(content), 1)
    caller.force_authenticate(MembershipFactory(finance=True).user)
    for name in ("api-export-detail", "api-export-file"):
        assert caller.get(reverse(name, args=[number])).status_code == 404
    assert post(caller, reverse("api-export-list"), asked, format="json").status_code == 404


def run(*arguments: str) -> tuple[Any, int]:
    out = io.StringIO()
    try:
        call_command(*arguments, "--json", stdout=out)
    except SystemExit as error:
        return json.loads(out.getvalue()), int(error.code or 0)
    return json.loads(out.getvalue()), 0


@pytest.fixture
def command(seller: Membership, enrolled: Device, tmp_path: Path) -> Callable[..., tuple[Any, int]]:
    """Return a function that writes a file and imports it by the command."""

    def imported(text: str, *options: str, actor: str = seller.user.username) -> tuple[Any, int]:
        file = tmp_path / "a.csv"
        file.write_text(text)
        return run("import_invoices", str(file), f"--taxpayer={seller.taxpayer.number}", f"--actor={actor}", *options)

    return imported


def test_the_command_checks_only_when_asked_to_and_then_imports(command: Callable[..., tuple[Any, int]]) -> None:
    told, code = command(BAD, "--check")
    assert (told["bad"], len(told["problems"]), code) == (2, 2, 2)
    assert not Invoice.objects.exists()
    told, code = command(GOOD)
    assert (told["state"], told["imported"], code) == ("imported", 1, 0)
    assert command(GOOD)[0]["number"] == told["number"]


def test_the_command_warns_when_the_disk_holds_too_few(
    command: Callable[..., tuple[Any, int]], enrolled: Device
) -> None:
    enrolled.authorisations.filter(invoice_kind="007").update(next_number=11, end_number=10)
    told, code = command(GOOD, "--check")
    assert ([(each["kind"], each["needed"], each["remaining"]) for each in told["shortages"]], code) == (
        [("007", 1, 0)],
        0,
    )


def test_the_command_imports_the_correct_ones_when_asked_to(command: Callable[..., tuple[Any, int]]) -> None:
    assert command(BAD)[0]["imported"] == 0
    told, code = command(BAD, "--correct")
    assert (told["imported"], code) == (1, 2)


def test_the_command_refuses_whoever_has_no_role(command: Callable[..., tuple[Any, int]]) -> None:
    with pytest.raises(CommandError, match=r"hall\.not_permitted"):
        command(GOOD, actor=MembershipFactory(finance=True).user.username)
    with pytest.raises(CommandError, match="no such"):
        command(GOOD, actor="nobody")


def test_the_command_writes_a_file(save: Callable[..., Invoice], seller: Membership, tmp_path: Path) -> None:
    save()
    file = tmp_path / "out.csv"
    told, _code = run("export_invoices", str(file), f"--taxpayer={seller.taxpayer.number}", "--format=csv")
    assert told["rows"] == 1
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    with pytest.raises(CommandError, match="no such period"):
        call_command("export_invoices", str(file), f"--taxpayer={seller.taxpayer.number}", "--period=2026-13")
