"""What is dangerous or no longer true is refused with its cause, before it costs anything."""

from __future__ import annotations

import io
import resource
import socket
import struct
import threading
import time
import zipfile

import pytest

from invoicing.files.problems import FileRefusedError
from invoicing.files.reading import read_file
from invoicing.files.shapes import Limits
from tests.invoicing.files import samples

PLAIN = samples.workbook({"Sheet1": [samples.HEAD, samples.ROW]})


def cause(name: str, content: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(FileRefusedError) as caught:
        list(read_file(name=name, content=content, limits=limits).invoices())
    assert str(caught.value.message)
    assert str(caught.value.next_step)
    return caught.value.code


def test_a_bomb_is_refused_from_its_bytes_in_little_memory() -> None:
    bomb = samples.repacked(PLAIN, xl__media__a=b"\0" * (200 * 1024 * 1024))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert cause("a.xlsx", bomb) == "import.bomb"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


def test_a_header_that_lies_about_its_size_is_refused() -> None:
    lying = bytearray(samples.repacked(PLAIN, xl__media__a=b"\0" * (50 * 1024 * 1024)))
    at = lying.rindex(b"PK\x01\x02")
    lying[at + 24 : at + 28] = struct.pack("<I", 100)
    assert cause("a.xlsx", bytes(lying)) == "import.bomb"


def test_overlapping_entries_are_refused() -> None:
    doubled = bytearray(samples.repacked(PLAIN, xl__a=b"a" * 50, xl__b=b"b" * 50))
    last = doubled.rindex(b"PK\x01\x02")
    before = doubled.rindex(b"PK\x01\x02", 0, last)
    doubled[last + 42 : last + 46] = doubled[before + 42 : before + 46]
    assert cause("a.xlsx", bytes(doubled)) in ("import.bomb", "import.damaged")


@pytest.mark.parametrize("name", ["xl/externalLinks/externalLink1.xml", "xl/vbaProject.bin", "xl/connections.xml"])
def test_links_macros_and_connections_are_refused(name: str) -> None:
    assert cause("a.xlsx", samples.repacked(PLAIN, **{name: b"<a/>"})) == "import.external_reference"


@pytest.mark.parametrize("name", ["../../etc/passwd", "/abs"])
def test_paths_out_of_the_archive_are_refused(name: str) -> None:
    assert cause("a.xlsx", samples.repacked(PLAIN, **{name: b"a"})) == "import.bomb"


def test_a_formula_is_refused_with_its_cell() -> None:
    book = samples.workbook({"Sheet1": [samples.HEAD, [*samples.ROW[:6], "=1+1", "1%"]]})
    with pytest.raises(FileRefusedError, match="G2"):
        read_file(name="a.xlsx", content=book)
    assert cause("a.csv", samples.table(["=1+1", *samples.ROW[1:]]).encode()) == "import.formula"


def test_all_formulas_of_a_text_are_told_by_the_names_of_their_columns_yet_not_endlessly() -> None:
    both, one = ["=1", *samples.ROW[1:6], "=1+1", "1%"], [*samples.ROW[:6], "=2", "1%"]

    def told(*rows: list[str]) -> str:
        with pytest.raises(FileRefusedError) as caught:
            list(read_file(name="a.csv", content=samples.table(*rows).encode()).invoices())
        return str(caught.value.message)

    assert "“单据号”列第 3 行；“单价”列第 3、5 行 是公式" in told(samples.ROW, both, samples.ROW, one)
    assert "、20、21 行等 是公式" in told(*[one] * 500)


def test_a_sheet_with_a_cell_far_away_is_refused_before_it_is_laid_out() -> None:
    sheet = b'<worksheet><sheetData><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
    far = samples.repacked(PLAIN, **{"xl/worksheets/sheet1.xml": sheet})
    assert cause("a.xlsx", far) == "import.too_many_rows"


A1 = b'<row r="1"><c r="A1"><v>1</v></c></row>'
FAR = {
    "in the usual spelling": A1 + b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
    "in small letters": A1 + b'<row r="1048576"><c r="xfd1048576"><v>1</v></c></row>',
    "behind a sign": A1 + b'<row r="9"><c s=">" r="XFD1048576"><v>1</v></c></row>',
    "behind another sign": A1 + b'<row><c s="<" r="XFD1048576"><v>1</v></c></row>',
    "in single quotes": A1 + b"<row><c t='n'\nr = 'XFD1048576'><v>1</v></c></row>",
    "of another name": A1 + b'<a-b:row><a-b:c r="XFD1048576"><a-b:v>1</a-b:v></a-b:c></a-b:row>',
    "by its row alone": b'<row r="1">' + b"<c><v>1</v></c>" * 199 + b'</row><row r="1048576"><c><v>1</v></c></row>',
    "by too many columns": b'<row r="1">' + b"<c><v>1</v></c>" * 300 + b"</row>",
}


@pytest.mark.parametrize("cells", FAR.values(), ids=FAR.keys())
@pytest.mark.parametrize("part", ["worksheets/sheet1.xml", "other/table.dat"])
def test_a_cell_far_away_is_refused_however_it_is_written_and_wherever_it_lies(cells: bytes, part: str) -> None:
    book = samples.repacked(PLAIN, **samples.sheet_part(part, cells))
    assert cause("a.xlsx", book) in ("import.too_many_rows", "import.damaged")


def test_a_formula_is_refused_wherever_its_sheet_lies() -> None:
    cells = b'<row r="1"><c r="A1"><f>1+1</f><v>2</v></c></row>'
    assert cause("a.xlsx", samples.repacked(PLAIN, **samples.sheet_part("other/table.dat", cells))) == "import.formula"


def test_far_cells_are_found_where_the_pieces_of_a_part_are_cut() -> None:
    filling = A1 * 9000
    for shift in range(0, 60, 7):
        cells = b" " * shift + filling + FAR["in small letters"]
        book = samples.repacked(PLAIN, **samples.sheet_part("worksheets/sheet1.xml", cells))
        assert cause("a.xlsx", book) == "import.too_many_rows"


def test_empty_cells_far_away_do_no_harm() -> None:
    with zipfile.ZipFile(io.BytesIO(PLAIN)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    far = sheet.replace(b"</sheetData>", b'<row r="1048576"><c r="A1048576" s="1"/></row></sheetData>')
    read = read_file(name="a.xlsx", content=samples.repacked(PLAIN, **{"xl/worksheets/sheet1.xml": far}))
    assert len(list(read.invoices())) == 1


@pytest.mark.parametrize("part", ["xl/workbook.bin", "content.xml", "mimetype"])
def test_a_workbook_that_could_be_read_as_another_kind_is_refused(part: str) -> None:
    assert cause("a.xlsx", samples.repacked(PLAIN, **{part: b"<a/>"})) == "import.damaged"


def test_an_old_workbook_with_a_cell_or_a_claim_far_away_is_refused_before_it_is_laid_out() -> None:
    near = samples.old_number(0, 0)
    assert cause("a.xls", samples.old_workbook(near)) == "import.no_headers"
    for far in (samples.old_number(65535, 199), samples.old_number(0, 65535), samples.old_size(0xFFFFFFF0, 0xFFF0)):
        assert cause("a.xls", samples.old_workbook(near, far)) == "import.too_many_rows"


def test_a_formula_in_an_old_workbook_is_refused_with_its_cell() -> None:
    formula = samples.old_record(0x0006, struct.pack("<HHHdHIH", 1, 27, 0, 2.0, 0, 0, 0))
    with pytest.raises(FileRefusedError, match="AB2"):
        read_file(name="a.xls", content=samples.old_workbook(formula))


def test_entities_in_a_workbook_are_refused() -> None:
    strings = b'<!DOCTYPE s [<!ENTITY a "b">]><sst/>'
    assert cause("a.xlsx", samples.repacked(PLAIN, **{"xl/sharedStrings.xml": strings})) == "import.xml_entities"


LAUGHS = '<!DOCTYPE Kp [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><Kp>&b;</Kp>'


def test_a_document_type_is_refused() -> None:
    assert cause("a.xml", LAUGHS.encode()) == "import.xml_entities"


def test_an_outer_entity_is_never_fetched() -> None:
    heard: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.5)

        def listen() -> None:
            try:
                listener.accept()[0].close()
                heard.append(1)
            except TimeoutError:
                return

        thread = threading.Thread(target=listen)
        thread.start()
        port = listener.getsockname()[1]
        text = f'<!DOCTYPE Kp SYSTEM "http://127.0.0.1:{port}/x.dtd"><Kp><Fp/></Kp>'
        assert cause("a.xml", text.encode()) == "import.xml_entities"
        thread.join()
    assert heard == []


def test_many_comments_before_no_element_are_refused_without_trying_every_way_to_read_them() -> None:
    assert cause("a.xml", b"<!---->" * 26 + b"!") == "import.xml_unknown"
    begun = time.process_time()
    assert cause("a.xml", b"<!---->" * 20_000 + b"!") == "import.xml_unknown"
    assert time.process_time() - begun < 5


def test_a_deep_nesting_is_refused() -> None:
    assert cause("a.xml", ("<Kp>" + "<a>" * 50 + "</a>" * 50 + "</Kp>").encode()) == "import.xml_too_deep"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.xlsx", samples.table(samples.ROW).encode(), "import.ending_differs"),
        ("a.csv", PLAIN, "import.ending_differs"),
        ("a.csv", b"", "import.empty"),
        ("a.csv", b"\x00\x01\x02" * 50, "import.not_text"),
        ("a.csv", b"a,b,c\r\n1,2,3\r\n", "import.no_headers"),
        ("a.xml", b"<Other/>", "import.xml_unknown"),
        ("a.xml", samples.KP[:-20].encode("gbk"), "import.xml_broken"),
        ("a.xlsx", PLAIN[:300], "import.damaged"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "import.damaged"),
    ],
)
def test_what_is_no_such_file_is_told_so(name: str, content: bytes, code: str) -> None:
    assert cause(name, content) == code


def test_too_many_rows_and_too_large_a_file_are_refused() -> None:
    text = samples.table(*[samples.ROW] * 5).encode()
    assert cause("a.csv", text, Limits(rows=3)) == "import.too_many_rows"
    assert cause("a.csv", text, Limits(size=10)) == "import.too_large"
    assert cause("a.xlsx", PLAIN, Limits(sheet_size=10)) == "import.too_large"


def test_an_encrypted_entry_is_refused() -> None:
    out = io.BytesIO(PLAIN)
    with zipfile.ZipFile(out) as archive:
        first = archive.infolist()[0]
    broken = bytearray(PLAIN)
    at = broken.index(b"PK\x01\x02")
    broken[at + 8] |= 1
    assert first.flag_bits & 1 == 0
    assert cause("a.xlsx", bytes(broken)) == "import.damaged"
