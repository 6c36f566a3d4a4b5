"""The faces of digital invoices (数电票) and vehicle invoices (机动车销售统一发票), on paper and on the screen."""

from __future__ import annotations

import binascii
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from accounts.models import Membership
from devices.choices import InvoiceKind
from devices.models import Device
from invoicing import services
from invoicing.choices_files import PrintMode, PrintPaper
from invoicing.drafts import VehicleDraft
from invoicing.models import Invoice
from invoicing.printing import PRINTABLE, PrintOptions, copies_among, copies_of, draw, pages_of, trial_page, trials_of
from invoicing.printing.digital import LAYOUT as DIGITAL_FACE
from invoicing.printing.shapes import Box
from invoicing.printing.vehicle import LAYOUT as VEHICLE_FACE
from invoicing.rules import split_account, split_phone
from invoicing.vehicle_face import vehicle_face
from tests.factories.devices import DeviceAuthorisationFactory
from tests.factories.invoicing import InvoiceFactory, IssuedInvoiceFactory, line
from tests.harness.clients import HallClient
from tests.invoicing.pages import form_data, text_of
from tests.invoicing.papers import code_of, letters_across, letters_of, sizes_of, words_of
from tests.invoicing.test_print_faces import HOSTILE, OVER, WHOLE, drawn
from tests.invoicing.test_print_invoice import PAGE, body_of, send

VEHICLE, SPECIAL, ORDINARY = "005", "31", "32"
CAR: dict[str, Any] = {
    "vehicle_type": "轿车",
    "brand_model": "示例牌 SL7000",
    "origin": "陕西西安",
    "vin": "1M8GDM9AXKP042788",
    "engine_number": "E1234567",
    "certificate_number": "WAA012345678901",
    "import_certificate": "XV20260001",
    "inspection_number": "SJ2026001",
    "tax_receipt": "WS20260018",
    "tonnage": Decimal("1.500"),
    "seats": 5,
}
COPIES = ("buyer", "deduct", "report", "register", "account", "stub")


@pytest.fixture
def digital(seller: Membership) -> dict[str, Any]:
    return {"taxpayer": seller.taxpayer, "device": None, "drawer": seller.user, "kind": ORDINARY}


@pytest.fixture
def sold(seller: Membership, enrolled: Device) -> dict[str, Any]:
    return {
        "taxpayer": seller.taxpayer,
        "device": enrolled,
        "drawer": seller.user,
        "kind": VEHICLE,
        "code": "161002600005",
        "vehicle": CAR,
        "seller_address": "西安市雁塔区科技路 8 号 029-88888888",
        "seller_bank": "示例银行西安高新支行 6100000000001234",
        "lines": [line("80000.00", "13", name="*机动车*轿车", unit="辆")],
    }


def signed(head: str) -> str:
    return f"{head},{binascii.crc_hqx(head.encode(), 0xFFFF):04X}"


@pytest.mark.parametrize(
    ("kind", "title"), [(SPECIAL, "电子发票（增值税专用发票）"), (ORDINARY, "电子发票（普通发票）")]
)
def test_a_digital_face_has_twenty_digits_and_nothing_of_a_disk(digital: dict[str, Any], kind: str, title: str) -> None:
    invoice = IssuedInvoiceFactory(**digital | {"kind": kind}, remark="合同 XA-1", lines=[line("1000.00", "13")])
    content = drawn(invoice)
    words = words_of(content)
    assert sizes_of(content) == [(210.0, 140.0)]
    for part in (title, invoice.number, "购买方信息", "销售方信息", "统一社会信用代码/纳税人识别号", "税率/征收率"):
        assert part in words
    for part in ("合同XA-1", "壹仟壹佰叁拾圆整", "¥1130.00", "开票人:", "开票员", "*信息技术服务*软件维护"):
        assert part in words
    for part in ("发票代码", "校验码", "密码区", "机器编号", "收款人", "复核", "小计"):
        assert part not in words
    assert code_of(content) == signed(f"01,{kind},,{invoice.number},1130.00,{invoice.dated_on:%Y%m%d},")


def test_a_digital_invoice_goes_on_over_pages_that_each_tell_their_place(digital: dict[str, Any]) -> None:
    lines = [line(f"{at}.00", "13", name=f"*计算机*显示器{at:03d}") for at in range(1, 18)]
    invoice = IssuedInvoiceFactory(**digital, lines=lines)
    pages = list(pages_of(invoice, WHOLE))
    content = draw(pages, title="发票")
    assert sizes_of(content) == [(210.0, 140.0)] * 3
    for at, (own, first, last) in enumerate([("36.00", 1, 8), ("100.00", 9, 16), ("17.00", 17, 17)], start=1):
        words = words_of(draw([pages[at - 1]], title="发票"))
        for part in (f"共3页第{at}页", invoice.number, f"¥{own}", f"显示器{first:03d}", f"显示器{last:03d}", "¥153.00"):
            assert part in words
        assert f"显示器{last + 1:03d}" not in words
    assert "详见" not in words_of(content)


def test_a_digital_red_invoice_names_the_blue_one_and_its_confirmation(digital: dict[str, Any]) -> None:
    blue = IssuedInvoiceFactory(**digital)
    remark = f"被红冲蓝字数电票号码：{blue.number} 红字发票信息确认单编号：6101132611000018"
    words = words_of(drawn(red_of(blue, digital, remark=remark)))
    assert words.count(blue.number) == 1
    for part in ("红字发票信息确认单编号：6101132611000018", "⊗(负数)壹佰零壹圆整", "¥-101.00"):
        assert part in words
    other = IssuedInvoiceFactory(**digital)
    assert f"被红冲蓝字数电票号码：{other.number}" in words_of(drawn(red_of(other, digital, remark="")))


def red_of(blue: Invoice, given: dict[str, Any], **changes: Any) -> Invoice:
    lines = [line("-100.00", "1", source=blue.lines.get())]
    red: Invoice = IssuedInvoiceFactory(**given, blue=blue, red_reason="return", lines=lines, **changes)
    return red


def test_a_vehicle_face_says_all_of_the_vehicle_and_its_seller(sold: dict[str, Any]) -> None:
    invoice = IssuedInvoiceFactory(**sold)
    content = drawn(invoice)
    words = words_of(content)
    assert sizes_of(content) == [(241.0, 177.0)]
    bureau = invoice.taxpayer.bureau
    own = [str(value).replace(" ", "") for name, value in CAR.items() if name != "tonnage"]
    for part in (*own, "吨位", "1.5", "机动车销售统一发票", "第一联：发票联购货单位付款凭证", invoice.buyer_name):
        assert part in words
    for part in ("029-88888888", "西安市雁塔区科技路8号", "6100000000001234", "示例银行西安高新支行", "13%"):
        assert part in words
    for part in ("¥80000.00", "¥10400.00", "¥90400.00", "玖万零肆佰圆整", "一车一票", bureau.name, bureau.code):
        assert part in words
    for part in (invoice.device.serial, invoice.cipher_text[:28], invoice.buyer_number, invoice.seller_number):
        assert part in words
    assert [part in words for part in (invoice.check_code, "1.500", "密码区", "清单")] == [False] * 4
    head = f"01,03,{invoice.code},{invoice.number},80000.00,{invoice.dated_on:%Y%m%d},"
    assert code_of(content) == f"{signed(head)},"


def test_a_vehicle_form_has_six_copies_and_is_written_on_once(sold: dict[str, Any]) -> None:
    invoice = IssuedInvoiceFactory(**sold)
    whole = words_of(drawn(invoice, PrintOptions(copies=COPIES)))
    assert tuple(copy.slug for copy in copies_of(VEHICLE)) == COPIES
    for name in ("发票联", "抵扣联", "报税联", "注册登记联", "记账联", "存根联"):
        assert name in whole
    over = drawn(invoice, OVER)
    assert sizes_of(over) == [(241.0, 177.0)]
    words = words_of(over)
    assert [part in words for part in ("车辆类型", "一车一票", "发票联")] == [False] * 3
    assert [part in words for part in (CAR["vin"], invoice.number, "¥90400.00")] == [True] * 3
    assert words.count(invoice.code) == 1, "its code is printed on the form already and written once"


def test_a_red_vehicle_invoice_is_marked_and_names_the_blue_one(sold: dict[str, Any]) -> None:
    blue = IssuedInvoiceFactory(**sold)
    lines = [line("-80000.00", "13", name="*机动车*轿车", source=blue.lines.get())]
    words = words_of(drawn(IssuedInvoiceFactory(**sold | {"lines": lines}, blue=blue, red_reason="return")))
    for part in ("销项负数", f"代码:{blue.code}号码:{blue.number}", "⊗(负数)玖万零肆佰圆整", "¥-80000.00"):
        assert part in words


def inside_of(found: Iterable[tuple[str, tuple[float, float, float, float]]], box: Box) -> str:
    """Return what is drawn inside a place."""
    return "".join(
        character
        for character, (left, top, right, bottom) in found
        if left >= box.left and right <= box.left + box.width and top >= box.top and bottom <= box.top + box.height
    )


def test_each_value_of_a_vehicle_stands_in_its_cell(sold: dict[str, Any]) -> None:
    invoice = IssuedInvoiceFactory(**sold)
    found = list(letters_of(drawn(invoice, OVER)))
    for name in ("vin", "engine_number", "certificate_number", "tax_receipt", "brand_model", "origin"):
        box = next(place for place in VEHICLE_FACE.places if place.value == name)
        assert inside_of(found, box) == CAR[name].replace(" ", "")


def test_each_value_of_a_digital_invoice_stands_in_its_place(digital: dict[str, Any]) -> None:
    invoice = IssuedInvoiceFactory(**digital, remark="合同XA-1")
    found = list(letters_of(drawn(invoice)))
    expected = {
        "number": invoice.number,
        "buyer_name": invoice.buyer_name,
        "buyer_number": invoice.buyer_number,
        "seller_number": invoice.seller_number,
        "capitals": "⊗壹佰零壹圆整",
        "amount": "¥100.00",
        "tax": "¥1.00",
        "total": "¥101.00",
        "remark": "合同XA-1",
        "drawer": "开票员",
    }
    for name, words in expected.items():
        box = next(place for place in DIGITAL_FACE.places if place.value == name)
        assert inside_of(found, box) == words


def test_hostile_text_of_a_vehicle_stays_in_its_cell(sold: dict[str, Any]) -> None:
    long = HOSTILE * 4
    hostile = CAR | {
        "vehicle_type": long[:40],
        "brand_model": long[:60],
        "origin": long[:40],
        "vin": "W" * 23,
        "engine_number": long[:50],
        "certificate_number": "字" * 50,
        "import_certificate": "W" * 50,
        "inspection_number": long[:50],
        "tax_receipt": long[:40],
        "tonnage": Decimal("99999.999"),
        "seats": 32767,
    }
    changes = {"vehicle": hostile, "buyer_name": long[:100], "remark": ("\n" * 90 + long)[:230]}
    content = drawn(IssuedInvoiceFactory(**sold | changes))
    assert len(sizes_of(content)) == 1
    assert "".join(character for character, _box in letters_of(content)).count("alert(1)</script>") >= 6
    frame = VEHICLE_FACE.frame
    assert frame is not None
    inside = (frame.top, frame.top + frame.height)
    assert letters_across(content, (frame.left, frame.left + 22, frame.left + frame.width), between=inside) == []


def test_hostile_text_of_a_digital_invoice_stays_in_its_place(digital: dict[str, Any]) -> None:
    long = (HOSTILE * 4)[:100]
    lines = [line("123456789012.34", "13", name=long, spec="W" * 40, unit="شش" * 11)] * 8
    given = {"buyer_name": long, "seller_name": long, "remark": ("\n" * 90 + HOSTILE * 4)[:230]}
    content = drawn(IssuedInvoiceFactory(**digital, lines=lines, **given))
    assert len(sizes_of(content)) == 1
    edges = tuple(column.left - 0.8 for column in DIGITAL_FACE.rows.columns)
    assert letters_across(content, (*edges, 202.0), between=(54, 93)) == []


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("西安市科技路 8 号 029-88888888", ("西安市科技路 8 号", "029-88888888")),
        ("西安市科技路 8 号(029)88888888-801", ("西安市科技路 8 号", "(029)88888888-801")),
        ("科技路48号创业广场B座 10-1201", ("科技路48号创业广场B座 10-1201", "")),
        ("科技路48号B座 10-1201 88888888", ("科技路48号B座 10-1201", "88888888")),
        ("科技路48号 400-800-1234", ("科技路48号", "400-800-1234")),
        ("西安市科技路 8 号", ("西安市科技路 8 号", "")),
        ("13900000000", ("", "13900000000")),
        ("", ("", "")),
    ],
)
def test_a_phone_is_told_from_the_street_before_it(text: str, parts: tuple[str, str]) -> None:
    assert split_phone(text) == parts


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("示例银行 6100000000001234", ("示例银行", "6100000000001234")),
        ("示例银行6100000000001234", ("示例银行", "6100000000001234")),
        ("示例银行高新支行 3700 0210 0920 0123456", ("示例银行高新支行", "3700 0210 0920 0123456")),
        ("示例银行 3700-0210-0920-0123456", ("示例银行", "3700-0210-0920-0123456")),
        ("示例银行高新支行", ("示例银行高新支行", "")),
    ],
)
def test_an_account_in_groups_is_one_account(text: str, parts: tuple[str, str]) -> None:
    assert split_account(text) == parts


def test_a_vehicle_that_is_not_written_yet_leaves_its_cells_empty(seller: Membership) -> None:
    given = {"bureau": seller.taxpayer.bureau.name, "address": "", "bank": ""}
    assert vehicle_face(None, **given).vin == ""
    assert vehicle_face(VehicleDraft(tonnage=Decimal("2.000"), seats=30), **given).tonnage == "2"


def test_every_paper_form_has_its_test_page(seller_client: HallClient, seller: Membership) -> None:
    assert trials_of({"004", "007", VEHICLE, ORDINARY, "025"}) == ["007", VEHICLE]
    assert trials_of({ORDINARY, "026"}) == []
    page = trial_page(right=12, down=-5, kind=VEHICLE)
    assert (page.width, page.height, page.right, page.down) == (241.0, 177.0, 1.2, -0.5)
    assert "车辆识别代号/车架号码" in words_of(draw([page], title="打印测试页"))
    for asked, size in ((VEHICLE, (241.0, 177.0)), ("007", (241.0, 140.0)), ("x", (241.0, 140.0))):
        answer = seller_client.get(reverse("invoicing:print-trial"), {"kind": asked})
        assert sizes_of(answer.content) == [size]


def test_copies_of_several_kinds_are_offered_once_each() -> None:
    assert copies_among({ORDINARY}) == ()
    assert [slug for slug, _words in copies_among({"004", VEHICLE})] == [
        "account",
        "deduct",
        "buyer",
        *COPIES[2:4],
        "stub",
    ]
    assert dict(copies_among({"004", VEHICLE}))["buyer"] == "发票联"
    assert dict(copies_among({VEHICLE}))["buyer"] == "第一联：发票联（购货单位付款凭证）"


def test_kinds_are_printed_together_and_only_paper_waits_to_be_printed(
    digital: dict[str, Any], sold: dict[str, Any], seller_client: HallClient, tmp_path: Any
) -> None:
    own = {name: sold[name] for name in ("taxpayer", "device", "drawer")}
    car, e_invoice, plain = IssuedInvoiceFactory(**sold), IssuedInvoiceFactory(**digital), IssuedInvoiceFactory(**own)
    assert set(Invoice.objects.not_printed()) == {car, plain}
    page = seller_client.get(f"{PAGE}?pk={car.pk}&pk={e_invoice.pk}&pk={plain.pk}")
    text = text_of(page)
    assert "注册登记联" in text
    assert "打印机动车发票的测试页" in text
    assert "纸质发票有两种尺寸" in text
    goal = tmp_path / "faces.pdf"
    call_command("print_invoices", taxpayer=own["taxpayer"].number, period="2026-11", out=goal, preview=True)
    assert sizes_of(goal.read_bytes()) == [(241.0, 177.0), (241.0, 140.0), (210.0, 140.0)]

    answer = send(seller_client, car, e_invoice, plain, copies="register")
    content = body_of(seller_client.get(answer.url + "file/"))
    assert sizes_of(content) == [(241.0, 177.0), (241.0, 140.0), (210.0, 140.0)]
    assert "第四联：注册登记联" in words_of(content)
    assert list(Invoice.objects.values_list("print_count", flat=True)) == [1, 1, 1]
    assert not Invoice.objects.not_printed().exists()


def test_a_digital_invoice_alone_offers_no_form_to_write_on(digital: dict[str, Any], seller_client: HallClient) -> None:
    invoice = IssuedInvoiceFactory(**digital)
    page = text_of(seller_client.get(f"{PAGE}?pk={invoice.pk}"))
    assert [part in page for part in ("整张票面", "套打（", "联次", "打印位置微调")] == [True, False, False, False]
    detail = text_of(seller_client.get(reverse("invoicing:invoice-detail", args=[invoice.pk])))
    assert "未打印" not in detail
    assert send(seller_client, invoice).status_code == 302


def test_the_api_and_the_console_show_a_face_without_a_disk(
    digital: dict[str, Any], seller_client: HallClient, officer_client: Client
) -> None:
    invoice = IssuedInvoiceFactory(**digital)
    answer = seller_client.get(f"/api/v1/invoices/{invoice.pk}/pdf/")
    assert f'filename="{invoice.number}.pdf"' in answer["Content-Disposition"]
    assert "预览" in words_of(answer.content)
    console = officer_client.get(reverse("admin:invoicing_invoice_pdf", args=[invoice.pk]))
    assert f'filename="{invoice.number}.pdf"' in console["Content-Disposition"]
    assert sizes_of(console.content) == [(210.0, 140.0)]
    face = services.preview_invoice(invoice=invoice, options=PrintOptions(is_preview=True, paper=PrintPaper.A4))
    assert sizes_of(face) == [(210.0, 297.0)]
    over = services.preview_invoice(invoice=invoice, options=PrintOptions(mode=PrintMode.OVERPRINT))
    assert "购买方信息" in words_of(over), "there is no form to write on, so the face is whole"


@pytest.mark.parametrize("paper", PrintPaper.values)
def test_a_draft_of_either_kind_is_previewed(digital: dict[str, Any], sold: dict[str, Any], paper: str) -> None:
    for given in (digital, {name: value for name, value in sold.items() if name not in ("code", "vehicle")}):
        draft = InvoiceFactory(**given)
        content = drawn(draft, PrintOptions(is_preview=True, paper=paper))
        assert "草稿未开具" in words_of(content)
        assert code_of(content) == ""


def test_the_screen_shows_a_digital_face_as_it_is_printed(digital: dict[str, Any], seller_client: HallClient) -> None:
    invoice = IssuedInvoiceFactory(**digital, remark="合同 XA-1")
    page = text_of(seller_client.get(reverse("invoicing:invoice-detail", args=[invoice.pk])))
    for part in ("电子发票（普通发票）", invoice.number, "购买方信息", "销售方信息", "税率/征收率", "合同 XA-1"):
        assert part in page
    for part in ("发票代码", "密码区", "校验码", "收款人", "复核"):
        assert part not in page


def test_what_is_being_typed_is_shown_on_the_face_of_its_kind(
    seller: Membership, enrolled: Device, seller_client: HallClient
) -> None:
    DeviceAuthorisationFactory(device=enrolled, invoice_kind=VEHICLE, segment_code="161002600005")
    preview = reverse("invoicing:invoice-preview")
    fields = {f"vehicle-{name}": str(value) for name, value in CAR.items()}
    typed = text_of(seller_client.post(preview, form_data(kind=VEHICLE, device=enrolled.serial, **fields)))
    for part in ("未开具", "机动车销售统一发票", "税控码", CAR["vin"], seller.taxpayer.bureau.code):
        assert part in typed
    empty = text_of(seller_client.post(preview, form_data(kind=SPECIAL, device="", remark="合同 XA-1")))
    for part in ("电子发票（增值税专用发票）", "购买方信息", "合同 XA-1"):
        assert part in empty
    assert "密码区" not in empty


def test_every_kind_has_a_face() -> None:
    assert set(InvoiceKind.values) == PRINTABLE


def test_the_screen_shows_a_vehicle_face_as_it_is_printed(sold: dict[str, Any], seller_client: HallClient) -> None:
    hostile = CAR | {"origin": "<script>alert(1)</script>"}
    invoice = IssuedInvoiceFactory(**sold | {"vehicle": hostile})
    answer = seller_client.get(reverse("invoicing:invoice-detail", args=[invoice.pk]))
    page = text_of(answer)
    for part in (CAR["vin"], CAR["engine_number"], "税控码", "029-88888888", "一车一票", invoice.taxpayer.bureau.code):
        assert part in page
    assert "密码区" not in page
    assert "<script>alert(1)" not in answer.content.decode()
