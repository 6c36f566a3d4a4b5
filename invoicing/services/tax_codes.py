"""The tax classification comes from the bureau as a file; loading it again brings the table up to date."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext as _

from invoicing import rules
from invoicing.models import TaxCode
from invoicing.rules.marks import is_leaf_shaped
from taxhall.common.errors import InvalidInputError
from taxhall.common.rates import TaxRate

# Headings of the file; the rates are separated by 、 or / and written as on invoices.
CODE, NAME, SHORT_NAME, RATES, VERSION = "编码", "名称", "简称", "税率", "版本号"
BATCH = 1000
_RATE_WORDS = {str(rate.label): rate.value for rate in TaxRate}


@transaction.atomic
def load_tax_codes(path: Path) -> int:
    """Load the classification from a CSV file (UTF-8 with or without BOM, or GBK); all of it or nothing.

    Returns the number of codes. Raises: InvalidInputError with line and reason.
    """
    try:
        rows = list(_rows(_text(path)))
    except csv.Error as error:
        raise _unreadable() from error
    parents = {row.code[:size].ljust(19, "0") for row in rows for size in range(3, 19, 2) if _is_below(row.code, size)}
    for row in rows:
        row.is_leaf = row.code not in parents
    updated = ["name", "short_name", "rates", "is_leaf", "version", "search"]
    TaxCode.objects.bulk_create(
        rows, batch_size=BATCH, update_conflicts=True, unique_fields=["code"], update_fields=updated
    )
    return len(rows)


def _is_below(code: str, size: int) -> bool:
    return code[size:].strip("0") != ""


def _text(path: Path) -> str:
    data = path.read_bytes()
    # A text holds no NUL; UTF-16 and most binary files do.
    for encoding in ("utf-8-sig", "gb18030") if b"\0" not in data else ():
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _unreadable()


def _unreadable() -> InvalidInputError:
    return InvalidInputError(
        _("文件不是 UTF-8 或 GBK 编码的 CSV 文本，没有导入任何编码。"),
        code="basics.tax_codes_encoding",
        next_step=_("请把文件另存为 CSV（UTF-8）后再导入。"),
    )


def _rows(text: str) -> Iterator[TaxCode]:
    reader = csv.DictReader(text.splitlines())
    if not {CODE, NAME}.issubset(reader.fieldnames or ()):
        raise InvalidInputError(
            _("文件第一行应为列名，至少包含“编码”和“名称”；没有导入任何编码。"), code="basics.tax_codes_header"
        )
    seen: set[str] = set()
    for number, row in enumerate(reader, start=2):
        found = _row(row, number)
        if found.code in seen:
            raise _wrong(number, _("编码 %(code)s 重复") % {"code": found.code})
        seen.add(found.code)
        yield found


def _row(row: Mapping[str, str | None], number: int) -> TaxCode:
    code, name = (row[CODE] or "").strip(), (row[NAME] or "").strip()
    if not is_leaf_shaped(code):
        raise _wrong(number, _("编码应为 19 位数字，首位为 1 至 6"))
    if not name:
        raise _wrong(number, _("没有名称"))
    short = (row.get(SHORT_NAME) or name).strip()
    return TaxCode(
        code=code,
        name=name[:100],
        short_name=short[:40],
        rates=_rates(row.get(RATES) or "", number),
        version=(row.get(VERSION) or "").strip()[:10],
        search=rules.search_text(name, short),
    )


def _rates(text: str, number: int) -> list[str]:
    words: Iterable[str] = (each.strip() for each in text.replace("、", "/").split("/"))
    found = []
    for word in filter(None, words):
        if word not in _RATE_WORDS:
            raise _wrong(number, _("不认识的税率“%(word)s”") % {"word": word[:20]})
        found.append(_RATE_WORDS[word])
    return found


def _wrong(number: int, why: str) -> InvalidInputError:
    return InvalidInputError(
        _("第 %(number)d 行：%(why)s。没有导入任何编码。") % {"number": number, "why": why},
        code="basics.tax_codes_row",
    )
