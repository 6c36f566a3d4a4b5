"""The printed faces: their sizes, their words, their QR codes; hostile text stays inside its place."""

from __future__ import annotations

import binascii
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Membership
from devices.models import Device
from invoicing.choices_files import PrintMode, PrintPaper
from invoicing.models import Invoice, InvoicePrint
from invoicing.printing import Page, PrintOptions, copies_of, draw, pages_of, trial_page
from invoicing.printing.fitting import LINE_HEIGHT, POINT, fit, width_of, wrap
from invoicing.printing.shapes import Box
from tests.factories.invoicing import InvoiceFactory, IssuedInvoiceFactory, VoidedInvoiceFactory, line
from tests.invoicing.papers import code_of, letters_across, letters_of, picture_of, sizes_of, words_of

SPECIAL, ORDINARY, E_ORDINARY, E_SPECIAL, ROLL = "004", "007", "026", "028", "025"
HOSTILE = '<script>alert(1)</script>&\u202eمرحبا\u0007👩‍👧😀﷽ Z̸̡̢a "x" 西安'
# The upright lines of the table of a paper face, where the lines of an invoice stand.
EDGES = (22, 78, 100, 110, 128, 148, 174, 184, 214)
WHOLE, OVER = PrintOptions(), PrintOptions(mode=PrintMode.OVERPRINT)


@pytest.fixture
def own(seller: Membership, enrolled: Device) -> dict[str, Any]:
    return {"taxpayer": seller.taxpayer, "device": enrolled, "drawer": seller.user}


def drawn(invoice: Invoice, options: PrintOptions = WHOLE, times: int = 1) -> bytes:
    return draw(pages_of(invoice, options, times=times), title="发票")


@pytest.mark.parametrize(
    ("kind", "code", "size", "title"),
    [
        (SPECIAL, "6100261130", (241.0, 140.0), "陕西增值税专用发票"),
        (ORDINARY, "061002600104", (241.0, 140.0), "陕西增值税普通发票"),
        (E_ORDINARY, "061002600111", (210.0, 140.0), "陕西增值税电子普通发票"),
        (E_SPECIAL, "061002600113", (210.0, 140.0), "陕西增值税电子专用发票"),
        (ROLL, "061002600106", (57.0, 177.8), "陕西增值税普通发票（卷票）"),
        (ROLL, "061002600107", (76.0, 177.8), "陕西增值税普通发票（卷票）"),
    ],
)
def test_every_face_has_its_size_its_words_and_its_code(
    own: dict[str, Any], kind: str, code: str, size: tuple[float, float], title: str
) -> None:
    invoice = IssuedInvoiceFactory(**own, kind=kind, code=code, remark="合同 XA-1", lines=[line("1000.00", "13")])
    content = drawn(invoice)
    assert sizes_of(content) == [size]
    words = words_of(content)
    for part in (title, invoice.code, invoice.number, invoice.buyer_name, invoice.seller_name, "合同XA-1"):
        assert part in words
    for part in ("壹仟壹佰叁拾圆整", "1130.00", "*信息技术服务*软件维护"):
        assert part in words

    check = "" if kind in (SPECIAL, E_SPECIAL) else invoice.check_code
    number_of_kind = {SPECIAL: "01", ORDINARY: "04", E_SPECIAL: "08", E_ORDINARY: "10", ROLL: "11"}[kind]
    head = f"01,{number_of_kind},{code},{invoice.number},1000.00,{invoice.dated_on:%Y%m%d},{check}"
    assert code_of(content) == f"{head},{binascii.crc_hqx(head.encode(), 0xFFFF):04X},"


def test_equal_content_gives_equal_bytes(own: dict[str, Any]) -> None:
    invoice = IssuedInvoiceFactory(**own)
    assert drawn(invoice) == drawn(invoice)
    assert drawn(invoice) != drawn(invoice, times=2)


def test_an_overprint_writes_the_values_only_and_moves_with_the_nudge(own: dict[str, Any]) -> None:
    invoice = IssuedInvoiceFactory(**own)
    content = drawn(invoice, OVER, times=2)
    words = words_of(content)
    assert sizes_of(content) == [(241.0, 140.0)]
    assert [part in words for part in ("增值税", "购买方", "次打印")] == [False, False, False]
    assert invoice.buyer_name in words

    moved = drawn(invoice, PrintOptions(mode=PrintMode.OVERPRINT, right=50, down=-30))
    # The QR code's corner stands 23 mm from the left and 8 mm from the top, plus its quiet border.
    assert [round(b - a, 1) for a, b in zip(corner_of(content), corner_of(moved), strict=True)] == [5.0, -3.0]


def corner_of(content: bytes) -> tuple[float, float]:
    """Return where the first dark point from the left stands, in millimetres: a corner of the QR code."""
    picture = picture_of(content, scale=10.0).point(lambda value: 255 if value < 100 else 0)
    left, top, _right, _bottom = picture.crop((0, 0, 1500, 1000)).getbbox() or (0, 0, 0, 0)
    return left / 10 * POINT, top / 10 * POINT


def test_each_copy_is_a_page_with_its_name(own: dict[str, Any]) -> None:
    invoice = IssuedInvoiceFactory(**own, kind=SPECIAL, code="6100261130")
    content = drawn(invoice, PrintOptions(copies=tuple(copy.slug for copy in copies_of(SPECIAL))))
    assert len(sizes_of(content)) == 3
    words = words_of(content)
    for name in ("第一联：记账联销售方记账凭证", "第二联：抵扣联购买方扣税凭证", "第三联：发票联购买方记账凭证"):
        assert name in words


@pytest.mark.parametrize("kind", [ORDINARY, E_ORDINARY])
def test_more_lines_than_the_face_holds_go_to_a_list_of_goods(own: dict[str, Any], kind: str) -> None:
    lines = [line(f"{at}.00", "13", name=f"*计算机*显示器{at:03d}") for at in range(1, 41)]
    invoice = IssuedInvoiceFactory(**own, kind=kind, lines=lines)
    content = drawn(invoice)
    assert sizes_of(content)[1:] == [(210.0, 297.0), (210.0, 297.0)]
    words = words_of(content)
    for part in ("(详见销货清单)", "显示器001", "显示器040", "共2页第2页", "820.00", "小计", "528.00"):
        assert part in words


def test_eight_lines_still_stand_on_the_face(own: dict[str, Any]) -> None:
    content = drawn(IssuedInvoiceFactory(**own, lines=[line("1.00", name=f"*书*第{at}册") for at in range(8)]))
    assert len(sizes_of(content)) == 1
    assert "*书*第7册" in words_of(content)


@pytest.mark.parametrize(
    ("factory", "options", "stamp"),
    [
        (VoidedInvoiceFactory, WHOLE, "作废"),
        (InvoiceFactory, WHOLE, "草稿未开具"),
        (IssuedInvoiceFactory, PrintOptions(is_preview=True), "预览"),
    ],
)
def test_what_is_not_a_valid_print_says_so(
    own: dict[str, Any], factory: Any, options: PrintOptions, stamp: str
) -> None:
    assert stamp in words_of(drawn(factory(**own), options))


def test_a_red_invoice_is_marked_and_names_the_blue_one(own: dict[str, Any]) -> None:
    blue = IssuedInvoiceFactory(**own)
    red = IssuedInvoiceFactory(
        **own, blue=blue, red_reason="return", lines=[line("-100.00", "1", source=blue.lines.get())]
    )
    words = words_of(drawn(red))
    for part in ("销项负数", f"代码:{blue.code}号码:{blue.number}", "⊗(负数)壹佰零壹圆整", "¥-101.00"):
        assert part in words


def test_exempt_lines_print_stars(own: dict[str, Any]) -> None:
    words = words_of(drawn(IssuedInvoiceFactory(**own, lines=[line("100.00", "exempt", tax="0.00")])))
    assert "免税***" in words


def test_an_electronic_face_has_no_seal_but_says_where_one_would_be(own: dict[str, Any]) -> None:
    assert "监制章处样章，无效力" in words_of(drawn(IssuedInvoiceFactory(**own, kind=E_ORDINARY)))


def test_a_whole_face_goes_on_a4(own: dict[str, Any]) -> None:
    content = drawn(IssuedInvoiceFactory(**own), PrintOptions(paper=PrintPaper.A4))
    assert sizes_of(content) == [(210.0, 297.0)]
    assert code_of(content)


def test_hostile_text_stays_inside_its_column(own: dict[str, Any]) -> None:
    long = (HOSTILE * 4)[:100]
    lines = [
        line(
            "123456789012.34", "13", name=long, spec="W" * 40, unit="شش" * 11, quantity=Decimal("123456789012.12345678")
        )
    ] * 8
    parties = dict.fromkeys(("buyer_name", "buyer_address", "buyer_bank", "seller_name", "seller_bank"), long)
    invoice = IssuedInvoiceFactory(**own, lines=lines, remark=("\n" * 90 + HOSTILE * 4)[:230], **parties)
    content = drawn(invoice)
    assert len(sizes_of(content)) == 1
    assert "".join(character for character, _box in letters_of(content)).count("alert(1)</script>") >= 4 + 8
    assert letters_across(content, EDGES, between=(56.5, 88.5)) == []


@given(st.text(max_size=230), st.booleans())
def test_whatever_is_written_fits_its_box(text: str, is_whole: bool) -> None:
    found = fit(Box(0, 0, 54.4, 4.0, size=8.5, is_whole=is_whole), text)
    assert len(found.lines) * found.size * POINT * LINE_HEIGHT <= 4.01
    if found.size > 2.0:
        assert all(width_of(each) * found.size * POINT <= 54.5 for each in found.lines)


@pytest.mark.parametrize("text", ["软件", "91610131MA6TEKT0XE", "a" * 92, "¥-123456789012.34"])
def test_nothing_of_an_ordinary_text_is_left_out(text: str) -> None:
    assert "".join(fit(Box(0, 0, 54.4, 4.0, size=8.5), text).lines) == text


def test_a_number_is_not_cut_in_two() -> None:
    remark = "开具红字增值税专用发票信息表编号6101132611000015 对应正数发票代码:6100261130号码:00040001"
    assert wrap(remark, 20) == [
        "开具红字增值税专用发票信息表编号",
        "6101132611000015",
        "对应正数发票代码:6100261130号码:00040001",
    ]
    assert wrap("1" * 50, 20) == ["1" * 40, "1" * 10], "one that is longer than a line has to be"


def test_the_test_page_marks_the_corners_of_the_form() -> None:
    page: Page = trial_page(right=12, down=-5)
    assert (page.width, page.height, page.right, page.down) == (241.0, 140.0, 1.2, -0.5)
    content = draw([page], title="打印测试页")
    assert sizes_of(content) == [(241.0, 140.0)]
    assert "向右1.2毫米，向下-0.5毫米" in words_of(content)


def test_the_command_writes_a_period_and_counts_it(own: dict[str, Any], tmp_path: Any) -> None:
    invoice, goal = IssuedInvoiceFactory(**own), tmp_path / "faces.pdf"
    given = {"taxpayer": own["taxpayer"].number, "period": "2026-11", "out": goal}
    call_command("print_invoices", **given, preview=True)
    assert "预览" in words_of(goal.read_bytes())
    assert not InvoicePrint.objects.exists()

    call_command("print_invoices", **given)
    assert invoice.number in words_of(goal.read_bytes())
    assert InvoicePrint.objects.get().printed_by is None
    with pytest.raises(CommandError, match="没有可以打印的发票"):
        call_command("print_invoices", **given, unprinted=True)


@pytest.mark.parametrize("change", [{"taxpayer": "none"}, {"period": "2026-13"}, {"period": "2020-01"}])
def test_a_command_that_cannot_write_leaves_no_file(own: dict[str, Any], tmp_path: Any, change: dict[str, str]) -> None:
    goal = tmp_path / "faces.pdf"
    with pytest.raises(CommandError):
        call_command(
            "print_invoices", **{"taxpayer": own["taxpayer"].number, "period": "2026-11", "out": goal} | change
        )
    assert list(tmp_path.iterdir()) == []
