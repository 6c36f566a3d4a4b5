"""Files as other programs write them."""

from __future__ import annotations

import io
import struct
import zipfile

import xlsxwriter

KP = """<?xml version="1.0" encoding="GBK"?>
<Kp><Version>2.0</Version><Fpxx><Zsl>1</Zsl><Fpsj><Fp>
  <Djh>XA20261103001</Djh><Gfmc>西安样例科技有限公司</Gfmc><Gfsh>91610131000000019Y</Gfsh>
  <Gfyhzh>样例银行西安分行 6100000000001</Gfyhzh><Gfdzdh>西安市样例路1号 029-00000000</Gfdzdh>
  <Bz></Bz><Fhr>王五</Fhr><Skr>李四</Skr><Spbmbbh>48.0</Spbmbbh><Hsbz>0</Hsbz>
  <Spxx><Sph><Xh>1</Xh><Spmc>打印纸</Spmc><Ggxh>A4</Ggxh><Jldw>箱</Jldw><Spbm>1060105040000000000</Spbm>
    <Syyhzcbz>0</Syyhzcbz><Dj>100</Dj><Sl>10</Sl><Je>1000.00</Je><Slv>0.01</Slv><Kce>0</Kce></Sph></Spxx>
</Fp></Fpsj></Fpxx></Kp>"""
BAIWANG = """<?xml version="1.0" encoding="gbk"?>
<business id="FPKJ" comment="发票开具"><body yylxdm="1"><input>
  <fplxdm>007</fplxdm><kplx>0</kplx><ghdwsbh>91610131000000019Y</ghdwsbh><ghdwmc>西安样例科技有限公司</ghdwmc>
  <fyxm count="1"><group xh="1"><fphxz>0</fphxz><spmc>咨询服务</spmc><dw>次</dw>
    <spsl>1</spsl><dj>990.10</dj><je>990.10</je><sl>0.01</sl><se>9.90</se><hsbz>0</hsbz>
    <spbm>3040502020301000000</spbm></group></fyxm>
  <hjje>990.10</hjje><hjse>9.90</hjse><jshj>1000.00</jshj><skr>李四</skr><fhr>王五</fhr>
</input></body></business>"""
HEAD = ["单据号", "购买方名称", "购买方纳税人识别号", "项目名称", "商品和服务税收分类编码", "数量", "单价", "税率"]
ROW = ["A1", "西安样例科技有限公司", "91610131000000019Y", "软件维护", "3040203000000000000", "1", "1000.00", "1%"]


def table(*rows: list[str], head: list[str] = HEAD) -> str:
    """Return comma-separated text."""
    return "\r\n".join(",".join(row) for row in [head, *rows]) + "\r\n"


def workbook(sheets: dict[str, list[list[object]]]) -> bytes:
    """Return a workbook; what begins with = becomes a formula, as a person's typing does."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)
    book.close()
    return out.getvalue()


def repacked(content: bytes, **parts: bytes) -> bytes:
    """Return the workbook with parts added or replaced; __ in a name stands for /."""
    wanted = {name.replace("__", "/"): body for name, body in parts.items()}
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            if info.filename not in wanted:
                new.writestr(info.filename, old.read(info))
        for name, body in wanted.items():
            new.writestr(name, body)
    return out.getvalue()


def sheet_part(part: str, cells: bytes) -> dict[str, bytes]:
    """Return the parts of a workbook whose only sheet lies under that name."""
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"
    relations = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    relations += f'<Relationship Id="rId1" Type="{relation}" Target="{part}"/></Relationships>'
    spaces = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:a-b="x"'
    sheet = f"<worksheet {spaces}><sheetData>".encode() + cells + b"</sheetData></worksheet>"
    return {"xl/_rels/workbook.xml.rels": relations.encode(), f"xl/{part}": sheet}


def old_record(kind: int, body: bytes = b"") -> bytes:
    """Return one record of an old workbook (.xls)."""
    return struct.pack("<HH", kind, len(body)) + body


def old_number(row: int, column: int) -> bytes:
    """Return a cell with a number."""
    return old_record(0x0203, struct.pack("<HHHd", row, column, 0, 5.0))


def old_size(rows: int, columns: int) -> bytes:
    """Return what a sheet says of its size."""
    return old_record(0x0200, struct.pack("<IIHHH", 0, rows, 0, columns, 0))


def old_workbook(*records: bytes) -> bytes:
    """Return an old workbook of one sheet with these records, in the container that the format lies in."""
    first, sheet = (old_record(0x0809, struct.pack("<HHHHII", 0x0600, kind, 0, 0, 0, 6)) for kind in (5, 16))
    end, name = old_record(0x000A), b"Sheet1"
    at = len(first) + 12 + len(name) + len(end)
    listed = old_record(0x0085, struct.pack("<IBBBB", at, 0, 0, len(name), 0) + name)
    stream = first + listed + end + sheet + b"".join(records) + end
    stream = stream.ljust(-(-max(4096, len(stream)) // 512) * 512, b"\0")
    return _contained(stream)


def _contained(stream: bytes) -> bytes:
    free, last, none = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF
    chain = [*(at + 3 for at in range(len(stream) // 512 - 1)), last]
    table = struct.pack("<128I", *([0xFFFFFFFD, last, *chain] + [free] * 128)[:128])
    entries = _entry("Root Entry", 5, 1, last, 0) + _entry("Workbook", 2, none, 2, len(stream))
    head = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, last, 0, last, 0) + struct.pack("<109I", 0, *[free] * 108)
    return head + table + entries + 2 * _entry("", 0, none, 0, 0) + stream


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    raw = (name + "\0").encode("utf-16le") if name else b""
    shape = struct.pack("<HBBIII36xIQ", len(raw), kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child, start, size)
    return raw.ljust(64, b"\0") + shape
