"""Reading a written sheet back without the library that wrote it."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from xml.etree import ElementTree

_NS = {"s": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def xlsx_rows(content: bytes, sheet: int = 1) -> list[list[str]]:
    """Return the cells of a sheet as text, empty ones too."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        root = ElementTree.fromstring(archive.read(f"xl/worksheets/sheet{sheet}.xml"))  # noqa: S314  (our own file)
    return [[_cell(cell) for cell in row.findall("s:c", _NS)] for row in root.findall(".//s:row", _NS)]


def _cell(cell: ElementTree.Element) -> str:
    assert cell.find("s:f", _NS) is None, "a formula"
    if cell.get("t") == "inlineStr":
        return "".join(each.text or "" for each in cell.findall(".//s:t", _NS))
    value = cell.find("s:v", _NS)
    return "" if value is None else value.text or ""


def csv_rows(content: bytes) -> list[list[str]]:
    """Return the rows of a CSV with its mark."""
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def shown_rows(page: str) -> list[list[str]]:
    """Return the cells of every table row of a page."""
    rows = re.findall(r"<tr>(.*?)</tr>", page, re.S)
    return [
        [re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)] for row in rows
    ]
