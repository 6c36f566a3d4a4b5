"""The text of a policy bundle (政策包): dated values of tax policy, read strictly and checked as a whole."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any, TypeVar
from unicodedata import category

from django.utils.translation import gettext as _

from accounts.choices import TaxpayerKind
from filing.errors import BundleRefusedError

FORMAT = "taxhall-policy/1"
# What the column holds.
_NEWEST = 2**31 - 1
# What no text holds and no database stores: control characters, and halves of characters.
_NO_TEXT = ("Cc", "Cs")
_ROW_FIELDS = {"code", "key", "value", "valid_from", "basis"}
_OWN_FIELDS = {"format", "version", "title", "issued_on"}
_TOLERANCE_FIELDS = {"rule_code", "amount", "valid_from", "source"}
_Item = TypeVar("_Item")
# The last day of each row: by code, key, kind of taxpayer (empty for all) and first day.
Spans = Mapping[tuple[str, str, str, date], date | None]


@dataclass(frozen=True)
class PolicyRow:
    """One value within its dates; the row of the same start is replaced by it."""

    code: str
    key: str
    taxpayer_kind: str
    value: Decimal
    valid_from: date
    valid_to: date | None
    basis: str
    # Where it stands in the file, for whoever has to mend it.
    place: str = field(default="", compare=False)

    @property
    def identity(self) -> tuple[str, str, str]:
        """What the value is of."""
        return self.code, self.key, self.taxpayer_kind


@dataclass(frozen=True)
class ToleranceRow:
    """How far one comparison rule may be off from a day on."""

    rule_code: str
    amount: Decimal
    valid_from: date
    source: str
    place: str = field(default="", compare=False)


@dataclass(frozen=True)
class Bundle:
    """What the tax administration issued as one whole; versions only grow."""

    version: int
    title: str
    issued_on: date
    policies: tuple[PolicyRow, ...]
    tolerances: tuple[ToleranceRow, ...]


def read_bundle(text: bytes) -> Bundle:
    """Read a bundle; nothing that is not understood is passed over. Raises: BundleRefusedError."""
    try:
        raw = json.loads(text.decode("utf-8"), object_pairs_hook=_once_each)
    except (ValueError, RecursionError) as error:
        raise _refused(_("文件不是 UTF-8 编码的 JSON，或有重复的字段")) from error
    fields = _fields(raw, _OWN_FIELDS, {"policies", "tolerances"}, _("政策包"))
    version = fields["version"]
    if fields["format"] != FORMAT or type(version) is not int or not 1 <= version <= _NEWEST:
        raise _refused(_("格式应为 %(format)s，版本应为正整数") % {"format": FORMAT})
    found = Bundle(
        version=version,
        title=_words(fields["title"], 100, "title"),
        issued_on=_day(fields["issued_on"], "issued_on"),
        policies=_rows(fields, "policies", _policy),
        tolerances=_rows(fields, "tolerances", _tolerance),
    )
    if not found.policies and not found.tolerances:
        raise _refused(_("政策包里没有任何一行"))
    _require_apart(found)
    return found


def clashes(spans: Spans) -> list[tuple[str, str]]:
    """Return the policies of which two values hold for one kind of taxpayer on one day.

    Rule: one value at a time. A row for all kinds is a row for each of them, so it is refused beside one for a single
    kind: neither wins silently over the other. Both ends belong to a span.
    """
    by_policy: dict[tuple[str, str], list[tuple[str, date, date | None]]] = {}
    for (code, key, kind, start), end in spans.items():
        by_policy.setdefault((code, key), []).append((kind, start, end))
    return [policy for policy, rows in by_policy.items() if any(map(_overlapping, _for_each_kind(rows)))]


def _for_each_kind(rows: list[tuple[str, date, date | None]]) -> list[list[tuple[date, date | None]]]:
    kinds = {kind for kind, _start, _end in rows if kind} or {""}
    return [[(start, end) for kind, start, end in rows if kind in ("", each)] for each in kinds]


def _overlapping(rows: list[tuple[date, date | None]]) -> bool:
    ordered = sorted(rows, key=lambda span: span[0])
    return any(last is None or last >= start for (_first, last), (start, _end) in pairwise(ordered))


def _require_apart(bundle: Bundle) -> None:
    starts = Counter((*row.identity, row.valid_from) for row in bundle.policies)
    twice = [(code, key) for (code, key, _kind, _start), count in starts.items() if count > 1]
    for code, key in [*twice, *clashes({(*row.identity, row.valid_from): row.valid_to for row in bundle.policies})]:
        raise _refused(
            _("%(policy)s 的有效期互相重叠；适用全部纳税人的，不能与只适用一类的同时有效") % {"policy": f"{code}.{key}"}
        )
    tolerances = [(row.rule_code, row.valid_from) for row in bundle.tolerances]
    if len(set(tolerances)) != len(tolerances):
        raise _refused(_("同一条比对规则在同一天有两个容差"))


def _policy(raw: object, place: str) -> PolicyRow:
    fields = _fields(raw, _ROW_FIELDS, {"taxpayer_kind", "valid_to"}, place)
    end = fields.get("valid_to")
    row = PolicyRow(
        code=_words(fields["code"], 60, place),
        key=_words(fields["key"], 40, place),
        taxpayer_kind=fields.get("taxpayer_kind", ""),
        value=_number(fields["value"], place, places=6),
        valid_from=_day(fields["valid_from"], place),
        valid_to=None if end is None else _day(end, place),
        basis=_words(fields["basis"], 200, place),
        place=place,
    )
    if row.taxpayer_kind not in ("", *TaxpayerKind.values):
        kinds = "、".join(TaxpayerKind.values)
        raise _refused(_("%(place)s：没有这种纳税人，taxpayer_kind 应为 %(kinds)s") % {"place": place, "kinds": kinds})
    if row.valid_to is not None and row.valid_to < row.valid_from:
        raise _refused(_("%(place)s：有效期止早于有效期起") % {"place": place})
    return row


def _tolerance(raw: object, place: str) -> ToleranceRow:
    fields = _fields(raw, _TOLERANCE_FIELDS, set(), place)
    return ToleranceRow(
        rule_code=_words(fields["rule_code"], 20, place),
        amount=_number(fields["amount"], place, places=2),
        valid_from=_day(fields["valid_from"], place),
        source=_words(fields["source"], 200, place),
        place=place,
    )


def _rows(fields: Mapping[str, Any], name: str, read: Callable[[object, str], _Item]) -> tuple[_Item, ...]:
    raw = fields.get(name, [])
    if not isinstance(raw, list):
        raise _refused(_("%(name)s 应为列表") % {"name": name})
    places = (_("%(name)s 第 %(number)s 行") % {"name": name, "number": number} for number in range(1, len(raw) + 1))
    return tuple(read(each, place) for each, place in zip(raw, places, strict=True))


def _fields(raw: object, needed: set[str], optional: set[str], place: str) -> Mapping[str, Any]:
    if not isinstance(raw, dict):
        raise _refused(_("%(place)s：应为一组字段") % {"place": place})
    if missing := sorted(needed - set(raw)):
        raise _refused(_("%(place)s：缺少字段 %(names)s") % {"place": place, "names": "、".join(missing)})
    if strange := sorted(set(raw) - needed - optional):
        raise _refused(_("%(place)s：不认识的字段 %(names)s") % {"place": place, "names": "、".join(strange)[:100]})
    return raw


def _words(raw: Any, most: int, place: str) -> str:
    if (
        not isinstance(raw, str)
        or not raw.strip()
        or len(raw) > most
        or any(category(each) in _NO_TEXT for each in raw)
    ):
        raise _refused(_("%(place)s：文字为空、太长，或含有控制字符") % {"place": place})
    return str(raw).strip()


def _number(raw: object, place: str, *, places: int) -> Decimal:
    """Read a number that is written as text: a JSON number would have passed through a float."""
    try:
        value = Decimal(raw) if isinstance(raw, str) else None
    except InvalidOperation:
        value = None
    if value is None or not value.is_finite() or not 0 <= value < 10**12 or value != round(value, places):
        raise _refused(
            _("%(place)s：数值应写成文字，不为负，小数不超过 %(count)s 位") % {"place": place, "count": places}
        )
    return value


def _day(raw: object, place: str) -> date:
    try:
        return date.fromisoformat(raw) if isinstance(raw, str) else date.fromisoformat("")
    except ValueError as error:
        raise _refused(_("%(place)s：日期应写成 2026-01-01") % {"place": place}) from error


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _refused(reason: str) -> BundleRefusedError:
    return BundleRefusedError(
        _("政策包不能读入：%(reason)s。没有任何政策改动。") % {"reason": reason},
        next_step=_("请向下发政策包的税务机关核对后重新取得文件。"),
    )
