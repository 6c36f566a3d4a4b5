"""The reports: figures counted by hand, files equal to the page, text that stays text."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from html import unescape
from io import BytesIO, StringIO
from pathlib import Path

import pypdfium2
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEvent, Membership
from devices.choices import CommandKind, OrderAction
from devices.models import Device, DeviceCommand, OrderReceiptRecord
from invoicing import services
from invoicing.errors import ReportTooLongError
from invoicing.models import Invoice
from invoicing.reports import BY_NAME, REPORTS, Asked, statistics
from taxhall.common import clock, sheets
from taxhall.common.periods import TaxPeriod
from taxhall.common.tables import Cell
from tests.factories.accounts import MembershipFactory
from tests.factories.invoicing import InvoiceFactory, IssuedInvoiceFactory, VoidedInvoiceFactory, line
from tests.harness.clients import HallClient
from tests.invoicing.sheets import csv_rows, shown_rows, xlsx_rows

NOVEMBER = TaxPeriod.month(2026, 11)
HOSTILE = '=HYPERLINK("http://127.0.0.1","点我")'


@pytest.fixture
def books(seller: Membership, enrolled: Device) -> Membership:
    """Return the seller with a month of every sort: two rates, void, negative, another month, a draft."""
    own = {"taxpayer": seller.taxpayer, "device": enrolled, "drawer": seller.user}
    sold = [line("100.00", "13"), line("50.00", "6", name="乙服务")]
    blue = IssuedInvoiceFactory(**own, buyer_name="甲公司", lines=sold)
    IssuedInvoiceFactory(
        **own, kind="004", buyer_name="甲公司（更名）", lines=[line("1000.00", "13")], is_uploaded=False
    )
    VoidedInvoiceFactory(**own, lines=[line("300.00", "13")])
    red = {**line("-20.00", "13"), "quantity": Decimal(-1), "source": blue.lines.get(rate="13")}
    IssuedInvoiceFactory(**own, buyer_number="", buyer_name=HOSTILE, blue=blue, red_reason="return", lines=[red])
    IssuedInvoiceFactory(**own, dated_on=date(2026, 10, 20), lines=[line("7.00", "6")])
    InvoiceFactory(**own)
    IssuedInvoiceFactory(lines=[line("999999.00")])
    return seller


def rows_of(name: str, seller: Membership, *, period: TaxPeriod = NOVEMBER, table: int = 0) -> list[tuple[Cell, ...]]:
    found = BY_NAME[name].make(Asked(seller.taxpayer, period, "我"))[table]
    return [*found.rows, found.totals] if found.totals else list(found.rows)


def test_statistics_of_several_kinds_take_one_statement_and_translate_their_words_once(
    books: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    translated: list[str] = []

    def noted(words: str) -> str:
        translated.append(words)
        return words

    monkeypatch.setattr(statistics, "_", noted)
    with CaptureQueriesContext(connection) as asked:
        tables = BY_NAME["statistics"].make(Asked(books.taxpayer, NOVEMBER, "我"))
    assert len(tables) == 3
    assert len(asked) == 1
    assert len(translated) == len(set(translated))


def test_statistics_by_rate_and_kind(books: Membership) -> None:
    found = {row[:2]: row[2:] for row in rows_of("statistics", books)}

    assert found["13%", "正数"] == (2, Decimal("1100.00"), Decimal("143.00"))
    assert found["13%", "负数"] == (1, Decimal("-20.00"), Decimal("-2.60"))
    assert found["13%", "正废"] == (1, Decimal("300.00"), Decimal("39.00"))
    assert found["13%", "负废"] == (0, Decimal("0.00"), Decimal("0.00"))
    assert found["13%", "实际"] == (3, Decimal("1080.00"), Decimal("140.40"))
    assert found["6%", "实际"] == (1, Decimal("50.00"), Decimal("3.00"))
    # The invoice of two rates counts once in the sum.
    assert found["合计", "实际"] == (3, Decimal("1130.00"), Decimal("143.40"))
    special = rows_of("statistics", books, table=1)
    assert special[-1] == ("合计", "实际", 1, Decimal("1000.00"), Decimal("130.00"))


def test_a_customer_is_one_tax_number(books: Membership) -> None:
    first, second, total = rows_of("customers", books)

    assert first[1:] == ("91610131MA6U8FAK2H", 2, Decimal("1150.00"), Decimal("146.00"), Decimal("1296.00"))
    assert second[:3] == (HOSTILE, "", 1)
    assert total[2:4] == (3, Decimal("1130.00"))


def test_goods_and_months(books: Membership) -> None:
    assert [row[0] for row in rows_of("goods", books)[:2]] == ["*信息技术服务*软件维护", "乙服务"]
    months = rows_of("months", books)
    assert (len(months), months[-2], months[-1][1]) == (
        13,
        ("2026 年 11 月", 3, Decimal("1130.00"), Decimal("143.40"), Decimal("1273.40")),
        4,
    )
    assert "2026 年 11 月" in BY_NAME["months"].chart(Asked(books.taxpayer, NOVEMBER, "我")).finding


def test_a_quarter_is_its_months(books: Membership) -> None:
    assert rows_of("statistics", books, period=TaxPeriod.quarter(2026, 4))[-1][2:4] == (4, Decimal("1137.00"))


def test_lists_name_what_has_to_be_done(books: Membership) -> None:
    assert [row[0] for row in rows_of("unsent", books)] == ["增值税专用发票"]
    assert len(rows_of("unprinted", books)) == 3
    assert [row[8] for row in rows_of("undone", books)] == ["作废", "红字"]
    assert rows_of("undone", books)[1][-1] == "销货退回"
    details = rows_of("details", books)
    assert [row[0] for row in details] == [1, 2, 3, 4, 5]
    assert sum(row[12] for row in details) == Decimal("145.40") + Decimal("37.00")


def test_what_was_printed_is_on_the_list_no_more(books: Membership) -> None:
    pks = list(Invoice.objects.values_list("pk", flat=True))
    for _ in range(2):
        assert services.record_printed(actor=books.user, taxpayer=books.taxpayer, pks=pks) == 5

    assert rows_of("unprinted", books) == []
    assert set(Invoice.objects.filter(taxpayer=books.taxpayer).exclude(number="").values_list("print_count")) == {(2,)}
    assert Invoice.objects.exclude(taxpayer=books.taxpayer).get().print_count == 0
    assert AuditEvent.objects.filter(action="invoicing.invoices_printed").count() == 2


def test_stock_is_counted_back_from_what_is_left(books: Membership, enrolled: Device) -> None:
    item = enrolled.authorisations.get(invoice_kind="007")
    segment = {"kind": "007", "code": item.segment_code, "next_number": 1, "end_number": 10}
    for counter, (action, moment) in enumerate(
        [(OrderAction.ADD_STOCK, "2026-10-05"), (OrderAction.RETURN_STOCK, "2026-11-10")]
    ):
        command = DeviceCommand.objects.create(
            device=enrolled, kind=CommandKind.ORDER, key=f"order:{counter}", payload={"segments": [segment]}
        )
        OrderReceiptRecord.objects.create(
            device=enrolled,
            command=command,
            action=action,
            order_number=counter,
            digest=f"{counter}" * 64,
            order_counter_before=counter,
            order_counter_after=counter + 1,
            applied_at=f"{moment}T02:00:00Z",
        )
    left = item.remaining
    (november,) = [row for row in rows_of("stock", books) if row[1] == "增值税普通发票"]
    (october,) = [
        row for row in rows_of("stock", books, period=TaxPeriod.month(2026, 10)) if row[1] == "增值税普通发票"
    ]
    # Opening, bought, returned, positive, negative, their voids, closing.
    assert november[2:] == (left + 3 + 10, 0, 10, 1, 1, 1, 0, left)
    assert october[2:] == (left + 13 + 1 - 10, 10, 0, 1, 0, 0, 0, left + 13)


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.name)
def test_the_file_says_what_the_page_says(books: Membership, seller_client: HallClient, report: object) -> None:
    name = report.name
    page = seller_client.get(reverse("invoicing:report-show", args=[name]) + "?period=2026-11")
    assert page.status_code == 200
    shown = [[unescape(cell) for cell in row] for row in shown_rows(page.content.decode()) if row != ["没有数据。"]]

    files = {}
    for file_format in ("xlsx", "csv", "pdf"):
        answer = seller_client.get(
            reverse("invoicing:report-export", args=[name]) + f"?period=2026-11&format={file_format}"
        )
        assert (answer.status_code, "attachment" in answer["Content-Disposition"]) == (200, True)
        files[file_format] = b"".join(answer.streaming_content)

    tables = len(BY_NAME[name].make(Asked(books.taxpayer, NOVEMBER, "我")))
    written = [row for number in range(tables) for row in xlsx_rows(files["xlsx"], number + 1)]
    assert [_figures(row) for row in written] == [_figures(row) for row in shown]
    in_csv = [row for row in csv_rows(files["csv"]) if len(row) > 2]
    assert [_figures(row) for row in in_csv] == [_figures(row) for row in shown]
    text = "".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(files["pdf"]))
    assert str(BY_NAME[name].title) in text
    assert books.taxpayer.name in text


def _figures(row: list[str]) -> list[str | Decimal]:
    """Make the cells comparable: figures as numbers, days of a sheet left out, text without its guard."""
    return [_figure(cell.removeprefix("'")) for cell in row]


def _figure(cell: str) -> str | Decimal:
    if cell.startswith("2026-") or (cell.startswith("46") and len(cell) == 5):
        return "a day"
    try:
        return Decimal(cell.replace(",", "")).normalize()
    except ArithmeticError:
        return cell


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", " =1", "＝1", "\ufeff=1", '"=1'])
def test_text_is_never_taken_for_a_formula(text: str) -> None:
    assert sheets.inert(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "甲公司", "12345678901234567890", "a=b"])
def test_harmless_text_stays_as_it_is(text: str) -> None:
    assert sheets.inert(text) == text


def test_a_long_list_is_for_the_command(
    books: Membership, seller_client: HallClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("invoicing.services.reports.WAITED_ROWS", 3)
    monkeypatch.setattr("invoicing.services.reports.PDF_ROWS", 2)
    answer = seller_client.get(reverse("invoicing:report-export", args=["details"]) + "?period=2026-11&format=xlsx")
    assert answer.status_code == 422
    assert "这份清单有 5 行" in answer.content.decode()

    goal, out = tmp_path / "明细.xlsx", StringIO()
    order = [
        "export_report",
        "details",
        "--taxpayer",
        books.taxpayer.number,
        "--period",
        "2026-11",
        "--output",
        str(goal),
    ]
    call_command(*order, stdout=out)
    assert len(xlsx_rows(goal.read_bytes())) == 6
    assert AuditEvent.objects.get(action="invoicing.report_exported").actor is None
    with pytest.raises(CommandError, match="请改用 Excel"):
        call_command(*order, "--format", "pdf", stdout=out)
    assert [each.name for each in tmp_path.iterdir()] == [goal.name]


@pytest.mark.parametrize(
    ("changes", "words"), [({"--taxpayer": "0"}, "no taxpayer"), ({"--period": "2026-13"}, "month must be")]
)
def test_the_command_says_what_it_cannot_do(books: Membership, changes: dict[str, str], words: str) -> None:
    options = {"--taxpayer": books.taxpayer.number, "--period": "2026-11", **changes}
    with pytest.raises(CommandError, match=words):
        call_command("export_report", "statistics", *[word for pair in options.items() for word in pair])


@pytest.mark.django_db
def test_another_companys_report_is_refused(books: Membership) -> None:
    with pytest.raises(Exception, match="您不能查看这家企业的报表"):
        services.export_report(
            actor=MembershipFactory(finance=True).user,
            taxpayer=books.taxpayer,
            name="statistics",
            period=NOVEMBER,
            file_format="csv",
            target=BytesIO(),
        )


def test_the_error_says_how_many_rows_there_are() -> None:
    error = ReportTooLongError(rows=12345, limit=100, is_document=False)
    assert (error.code, error.status) == ("report.too_long", 422)
    assert "12,345" in str(error.message)


def test_a_report_reads_the_clock_of_the_business_day(books: Membership, frozen_day: Callable[..., object]) -> None:
    facts = dict(BY_NAME["statistics"].book(Asked(books.taxpayer, NOVEMBER, "张三")).facts)
    assert (facts["制表日期"], facts["制表人"]) == (clock.today().isoformat(), "张三")
