"""Files as other programs write them."""

from __future__ import annotations

import io
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
