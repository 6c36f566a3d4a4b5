"""Import and export in a real browser, wide and narrow: uploaded, checked, decided, told where it stands."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import Membership
from devices import services as device_services
from devices.models import Device
from invoicing import services
from invoicing.filters import InvoiceFilters
from invoicing.models import ImportJob
from tests.factories.accounts import MembershipFactory
from tests.factories.invoicing import IssuedInvoiceFactory
from tests.harness.browser import DESKTOP, PHONE, open_page, sign_in
from tests.harness.clients import HallClient
from tests.invoicing.disk import SigningDisk
from tests.invoicing.files.test_import_job import BAD
from tests.invoicing.test_browser import look

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def company(transactional_db: None) -> Membership:
    return MembershipFactory(finance=True, taxpayer__name="西安示例商贸有限公司")


@pytest.fixture
def enrolled(company: Membership) -> Iterator[Device]:
    disk = SigningDisk()
    with device_services.use_card_host(disk):
        yield disk.enrol(taxpayer=company.taxpayer)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["1280", "375"])
def test_a_file_is_uploaded_checked_imported_and_exported(
    page: Page, company: Membership, enrolled: Device, live_server: object, size: dict[str, int]
) -> None:
    page.set_viewport_size(size)  # type: ignore[arg-type]
    sign_in(page, HallClient().enter_as(company), str(live_server))
    open_page(page, f"{live_server}{reverse('invoicing:import-list')}")
    look(page, "import-new")
    page.get_by_label("文件", exact=True).set_input_files(
        {"name": "十一月.csv", "mimeType": "text/csv", "buffer": BAD.encode("gbk")}
    )
    page.get_by_role("button", name="上传并检查").click()
    expect(page.get_by_text("已检查 0 张")).to_be_visible()
    look(page, "import-checking")

    job = ImportJob.objects.get()
    services.perform_import(job_id=job.pk)
    expect(page.get_by_text("有 2 张发票有错误，还没有导入任何发票")).to_be_visible()
    look(page, "import-checked")
    page.get_by_role("button", name="导入正确的 1 张").click()
    expect(page.get_by_role("progressbar")).to_be_visible()

    services.perform_import(job_id=job.pk)
    expect(page.get_by_role("button", name="撤销这次导入，删除 1 张草稿")).to_be_visible()
    look(page, "import-done")

    services.request_export(actor=company.user, taxpayer=company.taxpayer, format="ledger", filters=InvoiceFilters())
    open_page(page, f"{live_server}{reverse('invoicing:export-list')}")
    look(page, "exports")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["1280", "375"])
def test_the_exports_say_how_many_red_invoices_they_leave_out(
    page: Page, company: Membership, enrolled: Device, live_server: object, size: dict[str, int]
) -> None:
    blue = IssuedInvoiceFactory(taxpayer=company.taxpayer, device=enrolled)
    services.draft_red(actor=company.user, blue=blue, reason="return", key=uuid.uuid4())
    services.request_export(actor=company.user, taxpayer=company.taxpayer, format="csv", filters=InvoiceFilters())

    page.set_viewport_size(size)  # type: ignore[arg-type]
    sign_in(page, HallClient().enter_as(company), str(live_server))
    open_page(page, f"{live_server}{reverse('invoicing:export-list')}")
    expect(page.get_by_text("其中 1 张是红字发票")).to_be_visible()
    expect(page.get_by_text("未写入红字 1 张")).to_be_visible()
    look(page, "exports-without-reds")
