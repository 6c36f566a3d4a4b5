"""Each program's file is read as what it says, in whatever encoding and order of columns."""

from __future__ import annotations

import codecs

import pytest

from invoicing.files import text
from invoicing.files.problems import FileRefusedError
from invoicing.files.reading import read_file
from invoicing.files.shapes import ReadInvoice
from tests.invoicing.files import samples


def read(name: str, content: bytes) -> list[ReadInvoice]:
    return list(read_file(name=name, content=content).invoices())


@pytest.mark.parametrize(
    "content",
    [
        samples.table(samples.ROW).encode(),
        codecs.BOM_UTF8 + samples.table(samples.ROW).encode(),
        samples.table(samples.ROW).encode("gbk"),
        samples.table(samples.ROW).encode("gb18030"),
        samples.table(samples.ROW).encode("utf-16"),
        samples.table(samples.ROW).replace(",", "\t").encode(),
    ],
    ids=["utf-8", "bom", "gbk", "gb18030", "utf-16", "tabs"],
)
def test_a_table_is_read_in_any_encoding(content: bytes) -> None:
    (invoice,) = read("a.csv", content)
    assert invoice.row == 2
    assert invoice.values["buyer_name"] == "西安样例科技有限公司"
    assert invoice.lines[0].values["price"] == "1000.00"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_character_that_lies_across_two_pieces_is_read(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "_PIECE", 3)
    (invoice,) = read("a.csv", samples.table(samples.ROW).encode(encoding))
    assert invoice.values["buyer_name"] == "西安样例科技有限公司"


def test_what_is_no_text_far_into_the_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "_PIECE", 1000)
    content = samples.table(*[samples.ROW] * 100).encode() + b"\0"
    with pytest.raises(FileRefusedError) as refusal:
        read("a.csv", content)
    assert refusal.value.code == "import.not_text"


def test_columns_may_stand_in_any_order_below_notes_and_with_marks() -> None:
    pairs = list(zip(samples.HEAD, samples.ROW, strict=True))[::-1]
    notes = "填写说明,带*为必填\r\n"
    table = notes + samples.table([value for _, value in pairs], head=[f"*{head}（必填）" for head, _ in pairs])
    (invoice,) = read("a.csv", table.encode("gbk"))
    assert (invoice.row, invoice.values["ref"], invoice.lines[0].values["name"]) == (3, "A1", "软件维护")


def test_rows_of_one_reference_are_one_invoice() -> None:
    other = ["", "", "", "培训", *samples.ROW[4:]]
    first, second = read("a.csv", samples.table(samples.ROW, other, ["A2", *samples.ROW[1:]]).encode())
    assert [line.values["name"] for line in first.lines] == ["软件维护", "培训"]
    assert (second.row, second.values["ref"]) == (4, "A2")


def test_a_row_that_tells_another_buyer_is_found_among_rows_that_repeat_theirs() -> None:
    other = ["A1", "西安别的公司", *samples.ROW[2:]]
    blank = [""] * len(samples.ROW)
    (invoice,) = read("a.csv", samples.table(samples.ROW, samples.ROW, blank, other, other, samples.ROW).encode())
    assert (invoice.values["buyer_name"], invoice.values["differs"]) == (samples.ROW[1], "5:buyer_name:西安别的公司")
    assert [line.row for line in invoice.lines] == [2, 3, 5, 6, 7]


def test_what_is_found_out_of_one_invoice_is_not_told_of_the_next_with_the_same_buyer() -> None:
    head, buyer = samples.HEAD[1:], samples.ROW[1:]
    first, second = read("a.csv", samples.table(buyer, buyer, head=head).encode())
    first.values["repeated"] = "A1"
    assert second.values == {"buyer_name": buyer[0], "buyer_number": buyer[1]}


def test_a_row_that_ends_early_leaves_its_last_columns_empty() -> None:
    first, second = read("a.csv", samples.table(samples.ROW, ["A2", "张三"]).encode())
    assert (second.values, [line.values for line in second.lines]) == ({"ref": "A2", "buyer_name": "张三"}, [{}])
    assert len(first.lines) == 1


def test_without_references_a_buyer_begins_an_invoice() -> None:
    head = ["购方名称", "商品名称", "计量单位", "税率", "金额"]
    rows = [
        ["甲公司", "纸", "箱", "0.13", "1.00"],
        ["", "笔", "支", "0.13", "2.00"],
        ["乙公司", "墨", "瓶", "0.13", "3"],
    ]
    assert [len(each.lines) for each in read("a.csv", samples.table(*rows, head=head).encode("gbk"))] == [2, 1]


@pytest.mark.parametrize("encoding", ["gbk", "utf-8"])
def test_the_xml_of_hangxin_is_read(encoding: str) -> None:
    text = samples.KP if encoding == "gbk" else samples.KP.replace("GBK", "UTF-8")
    (invoice,) = read("kp.xml", text.encode(encoding))
    assert invoice.values["ref"] == "XA20261103001"
    assert invoice.values["buyer_bank"] == "样例银行西安分行 6100000000001"
    assert invoice.lines[0].values == {
        "name": "打印纸", "spec": "A4", "unit": "箱", "tax_code": "1060105040000000000",
        "price": "100", "quantity": "10", "amount": "1000.00", "rate": "0.01", "deduction": "0",
    }  # fmt: skip


def test_a_wrong_count_in_the_xml_of_hangxin_is_told() -> None:
    found = read("kp.xml", samples.KP.replace("<Zsl>1<", "<Zsl>3<").encode("gbk"))
    assert found[-1].values["miscounted"] == "3/1"


def test_the_xml_of_baiwang_is_read() -> None:
    (invoice,) = read("bw.xml", samples.BAIWANG.encode("gbk"))
    assert (invoice.values["kind"], invoice.values["total"], invoice.values["is_tax_inclusive"]) == (
        "007",
        "1000.00",
        "0",
    )
    assert invoice.lines[0].values["tax"] == "9.90"


def test_the_two_sheets_of_the_platform_are_linked_by_their_number() -> None:
    basic = [
        ["发票流水号", "发票类型", "是否含税", "购买方名称", "购买方纳税人识别号"],
        ["L1", "普通发票", "是", "甲公司", "1"],
    ]
    head = ["发票流水号", "项目名称", "商品和服务税收编码", "金额", "税率"]
    detail = [head, ["L1", "纸", "1060105040000000000", 100.5, 0.13], ["L9", "笔", "1060105040000000000", 1, 0.13]]
    known, alone = read("p.xlsx", samples.workbook({"1-发票基本信息": basic, "2-发票明细信息": detail}))
    assert [line.values["amount"] for line in known.lines] == ["100.5"]
    assert known.lines[0].values["rate"] == "0.13"
    assert alone.values["orphan"] == "L9"


def test_a_workbook_of_numbers_is_read_without_a_trailing_nought() -> None:
    row = [*samples.ROW[:5], 2, 943.4, 0.01]
    (invoice,) = read("a.xlsx", samples.workbook({"Sheet1": [samples.HEAD, row]}))
    assert [invoice.lines[0].values[name] for name in ("quantity", "price", "rate")] == ["2", "943.4", "0.01"]
