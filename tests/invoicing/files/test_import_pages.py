"""Importing and exporting in the browser without script: choose, check, decide, undo, download."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.choices import TaxpayerKind
from accounts.models import Membership
from devices.models import Device
from invoicing import services
from invoicing.choices_files import ImportState
from invoicing.files.templates import TEMPLATES
from invoicing.models import ExportJob, ImportJob, Invoice
from tests.factories.devices import DeviceFactory
from tests.harness.clients import HallClient
from tests.invoicing.disk import SigningDisk
from tests.invoicing.files import samples
from tests.invoicing.files.test_import_job import BAD
from tests.invoicing.pages import text_of

LIST = reverse("invoicing:import-list")
Make = Callable[..., ImportJob]


def send(
    client: HallClient, content: str, name: str = "a.csv", device: str = "661999000001", *, follow: bool = False
) -> Any:
    file = SimpleUploadedFile(name, content.encode())
    return client.post(LIST, {"device": device, "kind": "007", "file": file}, follow=follow)


def page(job: ImportJob, name: str = "detail", *args: str) -> str:
    return reverse(f"invoicing:import-{name}", args=[job.number, *args])


def test_a_file_goes_the_whole_way(seller_client: HallClient, enrolled: Device) -> None:
    assert "先检查，再导入" in text_of(seller_client.get(LIST))
    answer = send(seller_client, samples.table(samples.ROW))
    job = ImportJob.objects.get()
    assert answer.url == page(job)
    assert "检查中" in text_of(seller_client.get(page(job)))

    services.perform_import(job_id=job.pk)
    assert "检查通过，可以导入" in text_of(seller_client.get(page(job)))
    seller_client.post(page(job, "start"), {"mode": "all"})
    assert "取消" in text_of(seller_client.get(page(job)))
    services.perform_import(job_id=job.pk)
    assert "撤销这次导入，删除 1 张草稿" in text_of(seller_client.get(page(job)))
    seller_client.post(page(job, "act", "undo"))
    assert not Invoice.objects.exists()
    assert "1 已撤销 已撤销" in text_of(seller_client.get(LIST)), "no draft is counted any more"
    assert "已撤销，1 张草稿已删除" in text_of(seller_client.get(page(job)))


def test_problems_stand_on_the_page_and_in_the_same_sheet(seller_client: HallClient, checked: Make) -> None:
    job = checked(BAD)
    words = text_of(seller_client.get(page(job)))
    assert "有 2 张发票有错误，还没有导入任何发票" in words
    assert "1.09E+18" in words
    book = openpyxl.load_workbook(io.BytesIO(b"".join(seller_client.get(page(job, "problems")).streaming_content)))
    head, good, lost, nameless = book.active.iter_rows(values_only=True)
    assert head == (*samples.HEAD, "问题")
    assert good == (*samples.ROW, None)
    assert "科学计数法" in lost[-1]
    assert "购买方名称" in nameless[-1]


def test_a_file_without_one_correct_invoice_offers_no_import(seller_client: HallClient, checked: Make) -> None:
    words = text_of(seller_client.get(page(checked(samples.table(["A3", "", *samples.ROW[2:]])))))
    assert "没有可以导入的发票；请下载标好问题的表格" in words
    assert "只导入正确的发票" not in words


def test_a_disk_with_too_few_blank_invoices_is_told_by_kind_and_stops_nothing(
    seller: Membership, seller_client: HallClient, checked: Make, enrolled: Device
) -> None:
    enrolled.authorisations.filter(invoice_kind="007").update(next_number=9, end_number=10)
    rows = [[f"A{each}", *samples.ROW[1:]] for each in range(4)]
    wrong = ["A9", "", *samples.ROW[2:]]
    job = checked(samples.table(*rows, wrong))
    told = "增值税普通发票：要开具 4 份，设备上还剩 2 份空白发票，差 2 份。"
    words = text_of(seller_client.get(page(job)))
    assert told in words
    assert "不影响导入草稿。请先领用发票并写入设备" in words
    job = services.start_import(actor=seller.user, job=job, mode="correct")
    services.perform_import(job_id=job.pk)
    assert told in text_of(seller_client.get(page(job)))
    enrolled.authorisations.update(end_number=12)
    assert "空白发票不够" not in text_of(seller_client.get(page(job))), "bought meanwhile"


def test_a_problem_is_told_by_the_row_of_the_file(seller_client: HallClient, checked: Make) -> None:
    job = checked(samples.table(samples.ROW, [*samples.ROW[:-1], "13%"]))
    problem = job.problems.get()
    assert (problem.row, str(problem.message)[:6]) == (3, "第 3 行的"), "it is the second line of the first invoice"


def test_a_checked_file_is_a_to_do_until_somebody_decides(
    seller: Membership, seller_client: HallClient, checked: Make
) -> None:
    desk = reverse("desk")
    job = checked(samples.table(samples.ROW), "march.csv")
    answer = seller_client.get(desk)
    assert "决定是否导入：march.csv" in text_of(answer)
    assert f'href="{page(job)}"' in answer.content.decode()
    second = checked(samples.table(samples.ROW, ["A9", *samples.ROW[1:]]), "april.csv")
    assert "决定是否导入：2 个检查完的文件" in text_of(seller_client.get(desk))
    for each in (job, second):
        services.cancel_import(actor=seller.user, job=each)
    assert "决定是否导入" not in text_of(seller_client.get(desk))


@pytest.mark.parametrize(("name", "content"), [("kp.xml", samples.KP), ("b.xml", samples.BAIWANG)])
def test_xml_comes_back_as_a_sheet(seller_client: HallClient, checked: Make, name: str, content: str) -> None:
    job = checked(content.encode("gbk"), name)
    answer = seller_client.get(page(job, "problems"))
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    assert next(book.active.iter_rows(values_only=True))[-1] == "问题"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_an_export_that_comes_back_is_told_to_be_of_invoices_already_issued(
    issued: Callable[..., Invoice], save: Callable[..., Invoice], checked: Make, seller_client: HallClient
) -> None:
    done = issued()
    save()
    out = io.BytesIO()
    services.write_export(out, format_name="csv", invoices=Invoice.objects.all())
    job = checked(out.getvalue())
    problem = job.problems.get(code="file.issued_before")
    assert (problem.column, problem.value, problem.is_blocking) == ("发票号码", done.number, False)
    assert job.bad_count == 0
    assert f"这张发票已经开具过（{done.code} {done.number}）" in text_of(seller_client.get(page(job)))


def test_the_same_file_again_shows_the_first_import(seller_client: HallClient, checked: Make) -> None:
    job = checked(samples.table(samples.ROW))
    answer = send(seller_client, samples.table(samples.ROW))
    assert answer.url == page(job)
    told = text_of(seller_client.get(answer.url))
    assert "这个文件已经上传过" in told
    assert "没有采用" not in told
    other = DeviceFactory(taxpayer=job.taxpayer)
    told = text_of(send(seller_client, samples.table(samples.ROW), device=other.serial, follow=True))
    assert f"第一次选择的是“{job.device} · 增值税普通发票”" in told
    assert f"这次选择的“{other} · 增值税普通发票”没有采用" in told


def test_the_disk_is_asked_for_when_it_is_needed_and_guessed_only_when_there_is_one(
    seller: Membership, seller_client: HallClient, enrolled: Device
) -> None:
    one = seller_client.get(LIST)
    assert f'value="{enrolled.serial}" selected' in one.content.decode()
    assert "税控设备（选填）" not in text_of(one).replace(" ", "")
    assert "不选时要用设备开具的发票会逐行提示" in text_of(one)
    DeviceFactory(taxpayer=seller.taxpayer)
    several = seller_client.get(LIST)
    assert f'value="{enrolled.serial}" selected' not in several.content.decode()
    assert "本企业有几块设备，请选择由哪一块开具" in text_of(several)
    asked = seller_client.post(LIST, {"device": "", "kind": "007"})
    assert "请选择税控设备；只有数电票不需要" in text_of(asked)
    assert "税控设备（选填）" in text_of(seller_client.post(LIST, {"device": "", "kind": "32"})).replace(" ", "")


def test_a_wrong_file_is_told_beside_the_field(seller_client: HallClient, enrolled: Device) -> None:
    answer = send(seller_client, "a,b\r\n1,2\r\n")
    assert answer.status_code == 422
    assert "没有找到认得的表头" in text_of(answer)
    assert seller_client.post(LIST, {"kind": "007"}).status_code == 422


def test_all_or_nothing_is_refused_in_words(seller_client: HallClient, checked: Make) -> None:
    job = checked(BAD)
    answer = seller_client.post(page(job, "start"), {"mode": "all"}, follow=True)
    assert "没有导入任何一张" in text_of(answer)


def test_the_poll_shows_the_bar_and_then_the_page(seller_client: HallClient, checked: Make, seller: Any) -> None:
    job = services.start_import(actor=seller.user, job=checked(samples.table(samples.ROW)), mode="all")
    poll = {"HTTP_HX_REQUEST": "true"}
    assert "<progress" in seller_client.get(page(job, "status"), **poll).content.decode()
    services.perform_import(job_id=job.pk)
    assert seller_client.get(page(job, "status"), **poll)["HX-Refresh"] == "true"
    assert seller_client.get(page(job, "status")).url == page(job)


def test_a_locked_disk_leads_to_the_pin_before_many_are_issued(
    seller_client: HallClient, imported: Make, disk: SigningDisk
) -> None:
    job = imported(samples.table(samples.ROW))
    disk.is_unlocked = False
    assert "next=" in seller_client.post(page(job, "act", "issue")).url
    disk.is_unlocked = True
    seller_client.post(page(job, "act", "issue"))
    job.refresh_from_db()
    assert job.state == ImportState.ISSUING
    seller_client.post(page(job, "act", "stop"))
    assert seller_client.post(page(job, "act", "nonsense")).status_code == 404


def test_an_outsider_learns_nothing(outsider_client: HallClient, checked: Make) -> None:
    job = checked(BAD)
    for name in ("detail", "status", "problems"):
        assert outsider_client.get(page(job, name)).status_code == 404
    for path in (page(job, "start"), page(job, "act", "cancel")):
        assert outsider_client.post(path).status_code == 404


@pytest.mark.parametrize("kind", [TaxpayerKind.SMALL_SCALE, TaxpayerKind.GENERAL])
@pytest.mark.parametrize("name", list(TEMPLATES))
def test_every_template_passes_the_check(
    seller: Membership, seller_client: HallClient, checked: Make, name: str, kind: str
) -> None:
    seller.taxpayer.kind = kind
    seller.taxpayer.save()
    answer = seller_client.get(reverse("invoicing:import-template", args=[name]))
    job = checked(b"".join(answer.streaming_content), TEMPLATES[name][0])
    assert [each.message for each in job.problems.all()] == []
    assert job.state == ImportState.CHECKED
    assert seller_client.get(reverse("invoicing:import-template", args=["none"])).status_code == 404


def test_a_list_is_exported_and_downloaded_by_its_own_people_only(
    seller_client: HallClient, outsider_client: HallClient, save: Callable[..., Invoice]
) -> None:
    save()
    path = reverse("invoicing:export-list")
    assert "找到 1 张发票" in text_of(seller_client.get(path))
    assert "文件已生成" in text_of(seller_client.post(path, {"format": "xlsx"}, follow=True))
    job = ExportJob.objects.get()
    file = reverse("invoicing:export-download", args=[job.number])
    answer = seller_client.get(file)
    assert answer["Content-Disposition"].startswith("attachment")
    assert len(b"".join(answer.streaming_content)) == job.size
    assert outsider_client.get(file).status_code == 404
    assert seller_client.post(f"{path}?buyer=nobody", {"format": "xlsx"}).status_code == 422
    assert seller_client.post(path, {"format": "pdf"}).status_code == 422
    assert seller_client.get(reverse("invoicing:export-status"), HTTP_HX_REQUEST="true")["HX-Refresh"] == "true"
