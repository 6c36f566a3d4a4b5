"""Customers and goods from a file: checked first, the good rows imported together, as if each had been typed."""

from __future__ import annotations

import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import AuditEvent, HeldFile, Membership
from accounts.scanning.demo import TRIAL
from invoicing import services
from invoicing.files.basics import BasicLine, read_basics
from invoicing.models import Customer, Goods
from taxhall.common.errors import NotPermittedError
from tests.factories.accounts import MembershipFactory, OfficerFactory
from tests.harness.clients import HallClient
from tests.invoicing.pages import text_of

pytestmark = pytest.mark.django_db
NUMBER, OTHER = "91610131000000019Y", "91610131MA6TEKT0XE"
CODE = "3040203000000000000"
CUSTOMERS = (
    ["序号", "税号", "名称", "地址", "电话", "开户银行", "银行账号"],
    ["1", NUMBER, "西安样例科技有限公司", "科技路 1 号", "029-0000", "示例银行", "6100"],
    ["2", "", "赵六", "", "", "", ""],
)
GOODS = (
    ["编码", "商品名称", "税收分类编码", "税率", "规格型号", "计量单位", "单价"],
    ["0001", "系统维护", CODE, "1%", "", "次", "99.5"],
    ["0002", "打印纸", "1060105040000000000", "0.13", "A4", "箱", ""],
)


def csv_of(*rows: list[str], encoding: str = "utf-8-sig") -> bytes:
    return "\r\n".join(",".join(row) for row in rows).encode(encoding)


def book_of(*rows: list[Any]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        for at, row in enumerate(rows):
            for column, value in enumerate(row):
                sheet.write(at, column, value)
    return out.getvalue()


def address(slug: str = "customers") -> str:
    return reverse("invoicing:basic-import", args=[slug])


def upload(content: bytes, name: str = "customers.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def import_file(client: HallClient, slug: str, content: bytes, name: str) -> Any:
    """Check a file and confirm what was shown, as a person does."""
    page = client.post(address(slug), {"file": upload(content, name)})
    token = HeldFile.objects.get(user=client.user).token
    sent = {"file-kept": str(token), "confirm": "yes", "seen": page.context["seen"]}
    return client.post(address(slug), sent, follow=True)


@pytest.fixture
def check(seller_client: HallClient) -> Callable[..., str]:
    """Return a function that checks a file and gives the words of the page."""

    def checked(content: bytes, name: str = "customers.csv", slug: str = "customers") -> str:
        return text_of(seller_client.post(address(slug), {"file": upload(content, name)}))

    return checked


@pytest.fixture
def bring(seller_client: HallClient) -> Callable[..., str]:
    """Return a function that has a file checked and then imports it."""

    def brought(content: bytes, name: str = "customers.csv", slug: str = "customers") -> str:
        return text_of(import_file(seller_client, slug, content, name))

    return brought


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "gbk"])
def test_customers_of_another_program_are_checked_and_then_imported_without_choosing_the_file_again(
    seller_client: HallClient, seller: Membership, encoding: str
) -> None:
    page = seller_client.post(address(), {"file": upload(csv_of(*CUSTOMERS, encoding=encoding))})
    assert "共 2 条：新增 2 条，更新 0 条，没有变化 0 条，有问题 0 条。还没有保存任何资料。" in text_of(page)
    assert not Customer.objects.exists()
    assert "第 2 行：新增 西安样例科技有限公司" in text_of(page)
    done = import_file(seller_client, "customers", csv_of(*CUSTOMERS, encoding=encoding), "customers.csv")
    assert "已导入：新增 2 条，更新 0 条；没有变化的 0 条。" in text_of(done)
    one = Customer.objects.get(number=NUMBER)
    assert (one.name, one.address, one.bank) == ("西安样例科技有限公司", "科技路 1 号 029-0000", "示例银行 6100")
    assert "xaylkj" in one.search
    assert not HeldFile.objects.exists()
    told = AuditEvent.objects.get(action="invoicing.basics_imported")
    assert (told.taxpayer, told.data) == (seller.taxpayer, {"kind": "customer", "new": 2, "changed": 0})


def test_goods_come_with_their_rates_however_they_are_written(bring: Callable[..., str]) -> None:
    bring(book_of(["商品编码库"], *GOODS), "goods.xlsx", "goods")
    found = {row.name: (row.tax_code, row.rate, row.spec, row.unit, row.price) for row in Goods.objects.all()}
    assert found == {
        "系统维护": (CODE, "1", "", "次", Decimal("99.5")),
        "打印纸": ("1060105040000000000", "13", "A4", "箱", None),
    }


def test_prices_with_tax_are_turned_into_prices_without_and_that_is_told(
    check: Callable[..., str], bring: Callable[..., str]
) -> None:
    rows = csv_of(
        ["名称", "税收分类编码", "税率", "单价", "含税标志"],
        ["维护", CODE, "13%", "113", "1"],
        ["培训", CODE, "免税", "100", "是"],
        ["咨询", CODE, "6%", "106", "否"],
        ["维修", CODE, "6%", "106", "也许"],
    )
    words = check(rows, "goods.csv", "goods")
    assert "单价是含税的，已换算为不含税单价 100。" in words
    assert "是否含税只能填“是”或“否”" in words
    bring(rows, "goods.csv", "goods")
    assert dict(Goods.objects.values_list("name", "price")) == {
        "维护": Decimal(100), "培训": Decimal(100), "咨询": Decimal(106)
    }  # fmt: skip


def test_digits_lost_in_one_of_two_joined_cells_are_seen(check: Callable[..., str]) -> None:
    rows = csv_of(["名称", "开户银行", "银行账号"], ["赵六", "示例银行", "6.1E+18"])
    words = check(rows)
    assert "开户行及账号 6.1E+18" in words
    assert "科学计数法" in words


def test_two_sheets_that_could_be_meant_are_refused(seller_client: HallClient) -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        for _ in range(2):
            sheet = book.add_worksheet()
            for at, row in enumerate(CUSTOMERS):
                sheet.write_row(at, 0, row)
    page = seller_client.post(address(), {"file": upload(out.getvalue(), "two.xlsx")})
    assert page.status_code == 422
    assert "有几张工作表都有这些列" in text_of(page)


def test_a_column_called_code_is_the_tax_code_where_there_is_no_other() -> None:
    rows = csv_of(["编码", "名称", "税率"], [CODE, "维护", "6%"])
    assert read_basics("goods", name="a.csv", content=rows) == [
        BasicLine(2, {"own_code": CODE, "name": "维护", "rate": "6%"})
    ]


def test_the_same_file_again_changes_nothing(bring: Callable[..., str]) -> None:
    bring(csv_of(*CUSTOMERS))
    before = list(Customer.objects.order_by("pk").values())
    assert "新增 0 条，更新 0 条；没有变化的 2 条" in bring(csv_of(*CUSTOMERS))
    assert list(Customer.objects.order_by("pk").values()) == before
    assert AuditEvent.objects.filter(action="invoicing.basics_imported").count() == 1


def test_a_number_finds_the_customer_and_empty_cells_keep_what_is_stored(bring: Callable[..., str]) -> None:
    bring(csv_of(*CUSTOMERS))
    changed = csv_of(["客户名称", "纳税人识别号", "地址、电话"], ["西安样例新名有限公司", NUMBER, ""])
    assert "新增 0 条，更新 1 条" in bring(changed)
    one = Customer.objects.get(number=NUMBER)
    assert (one.name, one.address, one.bank) == ("西安样例新名有限公司", "科技路 1 号 029-0000", "示例银行 6100")
    assert "xaylxm" in one.search
    assert one.updated_at > one.created_at


def test_what_is_wrong_is_named_and_the_rest_is_imported(check: Callable[..., str], bring: Callable[..., str]) -> None:
    rows = csv_of(
        ["客户名称", "纳税人识别号"],
        ["", OTHER],
        ["西安错号有限公司", "91610131000000019X"],
        ["西安长号有限公司", "9.16101E+17"],
        ["西安样例科技有限公司", NUMBER],
        ["西安样例二名有限公司", NUMBER],
        ["西安样例科技有限公司", NUMBER],
    )
    words = check(rows)
    assert "新增 1 条，更新 0 条，没有变化 1 条，有问题 4 条" in words
    for told in ("2 客户名称", "3 纳税人识别号 91610131000000019X", "科学计数法", "与第 5 行是同一条资料，内容不同"):
        assert told in words
    assert "有问题的 4 条没有导入" in bring(rows)
    assert Customer.objects.get().name == "西安样例科技有限公司"


def test_goods_with_another_code_or_rate_are_not_replaced_unseen(
    check: Callable[..., str], bring: Callable[..., str]
) -> None:
    bring(csv_of(*GOODS), "goods.csv", "goods")
    rows = csv_of(
        GOODS[0],
        ["", "系统维护", "1060105040000000000", "1%", "", "次", ""],
        ["", "培训", CODE, "百分之六", "", "", ""],
    )
    words = check(rows, "goods.csv", "goods")
    assert f"编码是 {CODE}，与您填写的 1060105040000000000 不同" in words
    assert "没有这种税率或征收率" in words
    assert "有问题 2 条" in words


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        (b"", "a.csv", "文件"),
        (csv_of(["序号", "余额"], ["1", "2"]), "a.csv", "没有找到列名"),
        (csv_of(["客户名称", "税号"]), "a.csv", "文件里只有列名，没有资料"),
        (csv_of(["客户名称", "税号"], ["=1+1", NUMBER]), "a.csv", "公式"),
        (b"PK\x03\x04 no book", "a.xlsx", "工作簿"),
        (csv_of(*CUSTOMERS), "a.xlsx", "内容却是 csv"),
        (csv_of(["客户名称", "税号"], *[[f"甲{n}", ""] for n in range(3_020)]), "a.csv", "行"),
    ],
    ids=["empty", "no-headers", "headers-alone", "formula", "broken", "other-ending", "too-many"],
)
def test_a_file_that_cannot_be_read_says_why_and_changes_nothing(
    seller_client: HallClient, content: bytes, name: str, told: str
) -> None:
    page = seller_client.post(address(), {"file": upload(content, name), "confirm": "yes"})
    assert page.status_code == 422
    assert told in text_of(page)
    assert not Customer.objects.exists()


def test_a_file_that_comes_with_the_confirmation_is_checked_first(seller_client: HallClient) -> None:
    page = seller_client.post(address(), {"file": upload(csv_of(*CUSTOMERS)), "confirm": "yes"})
    assert "还没有保存任何资料" in text_of(page)
    assert not Customer.objects.exists()


def test_what_changed_since_the_check_is_shown_before_anything_is_written(
    seller_client: HallClient, seller: Membership
) -> None:
    page = seller_client.post(address(), {"file": upload(csv_of(*CUSTOMERS))})
    services.save_basic(
        actor=seller.user, taxpayer=seller.taxpayer, model=Customer, values={"name": "赵六", "address": "别处"}
    )
    sent = {"file-kept": str(HeldFile.objects.get().token), "confirm": "yes", "seen": page.context["seen"]}
    again = seller_client.post(address(), sent)
    assert again.status_code == 409
    words = text_of(again)
    assert "检查之后资料或文件有了变化，还没有导入任何资料" in words
    assert "新增 1 条，更新 0 条，没有变化 1 条" in words
    assert Customer.objects.count() == 1
    done = seller_client.post(address(), sent | {"seen": again.context["seen"]}, follow=True)
    assert "已导入：新增 1 条" in text_of(done)


def test_nothing_is_read_of_an_infected_file_and_none_before_a_verdict(
    seller_client: HallClient, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("invoicing.views.basic_files.read_basics", lambda *_a, **_k: pytest.fail("it was read"))
    infected = csv_of(*CUSTOMERS, ["", "", TRIAL.decode()])
    page = seller_client.post(address(), {"file": upload(infected)})
    assert page.status_code == 422
    assert "病毒" in text_of(page)
    settings.FILE_SCANNER, settings.CLAMD_ADDRESS = "accounts.scanning.clamd.ClamdScanner", "tcp:127.0.0.1:1"
    page = seller_client.post(address(), {"file": upload(csv_of(*CUSTOMERS))})
    assert page.status_code == 422
    assert "病毒检查还没有完成，没有读取文件" in text_of(page)
    assert not HeldFile.objects.exists()


def test_a_confirmation_whose_file_is_gone_asks_for_it_again(seller_client: HallClient) -> None:
    seller_client.post(address(), {"file": upload(csv_of(*CUSTOMERS))})
    token = HeldFile.objects.get().token
    HeldFile.objects.all().delete()
    page = seller_client.post(address(), {"file-kept": str(token), "confirm": "yes"})
    assert page.status_code == 422
    assert not Customer.objects.exists()


def test_another_company_sees_and_takes_nothing_of_it(seller_client: HallClient, bring: Callable[..., str]) -> None:
    seller_client.post(address(), {"file": upload(csv_of(*CUSTOMERS))})
    token = HeldFile.objects.get().token
    outsider = HallClient().enter_as(MembershipFactory(finance=True))
    assert outsider.post(address(), {"file-kept": str(token), "confirm": "yes"}).status_code == 422
    seller_client.post(address(), {"file": upload(csv_of(*CUSTOMERS))})
    bring(csv_of(*CUSTOMERS))
    assert "新增 2 条" in text_of(outsider.post(address(), {"file": upload(csv_of(*CUSTOMERS))}))


def test_who_may_not_issue_for_the_company_imports_nothing(seller: Membership) -> None:
    for person in (MembershipFactory(finance=True).user, OfficerFactory()):
        asked: dict[str, Any] = {"actor": person, "taxpayer": seller.taxpayer, "model": Customer, "entries": []}
        with pytest.raises(NotPermittedError):
            services.judge_basics(**asked)
        with pytest.raises(NotPermittedError):
            services.import_basics(**asked, seen="")
        with pytest.raises(NotPermittedError):
            services.note_export(actor=person, taxpayer=seller.taxpayer, model=Customer, count=0)
    assert HallClient().get(address()).status_code == 302


def test_only_customers_and_goods_come_from_files(seller_client: HallClient) -> None:
    for name in ("import", "template", "export"):
        assert seller_client.get(reverse(f"invoicing:basic-{name}", args=["units"])).status_code == 404


@pytest.mark.parametrize("slug", ["customers", "goods"])
def test_the_template_can_be_imported_as_it_is(check: Callable[..., str], seller_client: HallClient, slug: str) -> None:
    template = b"".join(seller_client.get(reverse("invoicing:basic-template", args=[slug])))
    assert "新增 2 条，更新 0 条，没有变化 0 条，有问题 0 条" in check(template, "t.xlsx", slug)
