"""Workbooks are archives: what is in one is measured from its bytes, never believed from its headers."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from invoicing.files.cells import CellScan, damaged
from invoicing.files.problems import FileRefusedError
from invoicing.files.shapes import Limits

MAX_ENTRIES = 200
MAX_RATIO = 100
# Small parts compress well without being bombs.
RATIO_FROM = 1024 * 1024
MAX_PLAIN = 256 * 1024 * 1024
CHUNK = 256 * 1024
# Parts that fetch, run or embed something.
_FOREIGN = re.compile(r"(^|/)(externalLinks/|embeddings/|activeX/|connections\.xml$|queryTables/|vbaProject)", re.I)
_OTHER_KINDS = {"xl/workbook.bin", "content.xml", "mimetype"}
_ENTITY = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.I)
_OVERLAP = 4096


def examine_workbook(content: bytes, limits: Limits) -> None:
    """Refuse a workbook that is no plain sheet of values.

    Raises: FileRefusedError for bombs, lying headers, entities, references to other files, formulas, too many cells.
    """
    total, end = 0, 0
    for info in _entries(content):
        if _FOREIGN.search(info.filename):
            raise FileRefusedError(
                "import.external_reference",
                _("工作簿里有外部链接、数据连接、宏或嵌入对象（%(part)s），没有读取。") % {"part": info.filename[-60:]},
                _("请新建一个工作簿，只粘贴数值后再上传。"),
            )
        if info.header_offset < end:
            raise _bomb()
        end = info.header_offset + info.compress_size
        total += _examine_part(content, info, limits)
        if total > MAX_PLAIN:
            raise _bomb()


def _entries(content: bytes) -> list[zipfile.ZipInfo]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            found = sorted(archive.infolist(), key=lambda each: each.header_offset)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error) as error:
        raise damaged() from error
    names = [each.filename for each in found]
    unsafe = any(name.startswith(("/", "\\")) or ".." in name.split("/") for name in names)
    if len(found) > MAX_ENTRIES or len(set(names)) < len(names) or unsafe:
        raise _bomb()
    # The reader tries other kinds of workbooks where this one does not open; those were not looked through.
    if "xl/workbook.xml" not in names or _OTHER_KINDS & {name.lower() for name in names}:
        raise damaged()
    return found


def _examine_part(content: bytes, info: zipfile.ZipInfo, limits: Limits) -> int:
    size, tail, cells = 0, b"", CellScan(limits)
    is_xml = info.filename.lower().endswith((".xml", ".rels"))
    for piece in _plain(content, info):
        size += len(piece)
        if size > max(RATIO_FROM, info.compress_size * MAX_RATIO) or size > MAX_PLAIN:
            raise _bomb()
        window = tail + piece
        if is_xml and _ENTITY.search(window):
            raise FileRefusedError(
                "import.xml_entities",
                _("工作簿里有文档类型或实体定义，出于安全没有读取。"),
                _("请在表格软件中另存为新的 .xlsx 文件后再试。"),
            )
        cells.feed(piece)
        tail = window[-_OVERLAP:]
    cells.close()
    if size != info.file_size:
        raise _bomb()
    return size


def _plain(content: bytes, info: zipfile.ZipInfo) -> Iterator[bytes]:
    start = info.header_offset
    try:
        name_length, extra_length = struct.unpack("<HH", content[start + 26 : start + 30])
    except struct.error as error:
        raise damaged() from error
    start += 30 + name_length + extra_length
    packed = memoryview(content)[start : start + info.compress_size]
    if info.flag_bits & 0x1:
        raise damaged()
    if info.compress_type == zipfile.ZIP_STORED:
        yield bytes(packed)
        return
    if info.compress_type != zipfile.ZIP_DEFLATED:
        raise damaged()
    yield from _inflated(packed)


def _inflated(packed: memoryview) -> Iterator[bytes]:
    engine = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        rest: bytes | memoryview = packed
        while True:
            piece = engine.decompress(rest, CHUNK)
            yield piece
            rest = engine.unconsumed_tail
            if engine.eof or (not rest and not piece):
                return
    except zlib.error as error:
        raise damaged() from error


def _bomb() -> FileRefusedError:
    return FileRefusedError(
        "import.bomb",
        _("文件解压后过大，或压缩包的内容与标注不符，没有读取。"),
        _("请在表格软件中新建工作簿，只粘贴需要的数据后另存为 .xlsx。"),
    )
