"""Many rows of the basics at once: each judged as it would be saved by hand, the good ones written together."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import models, transaction
from django.db.models import TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import services as account_services
from accounts.models import Taxpayer, User
from invoicing import policies
from invoicing.errors_files import BasicsChangedError
from invoicing.rules.basics import basic_problems
from invoicing.rules.problems import Problem
from invoicing.rules.understanding import RowProblem
from invoicing.services.basics import NOT_YOURS, key_of, other_code, set_search, tidy_basic
from taxhall.common.policies import require

_PART = 500
Key = tuple[tuple[str, Any], ...]


class Fate(TextChoices):
    """What an import does with a row."""

    NEW = "new", _("新增")
    CHANGED = "changed", _("更新")
    SAME = "same", _("没有变化")
    REFUSED = "refused", _("有问题")


@dataclass(frozen=True)
class BasicEntry:
    """One row as it was entered: where it stands, its columns, and what could not even be read."""

    row: int
    values: Mapping[str, Any]
    problems: tuple[RowProblem, ...] = ()


@dataclass(frozen=True)
class Judged:
    """What becomes of a row; `stored` is the one it changes or is the same as."""

    entry: BasicEntry
    fate: Fate
    problems: tuple[RowProblem, ...] = ()
    stored: Any = field(default=None, compare=False)


def judge_basics(
    *, actor: User, taxpayer: Taxpayer, model: type[models.Model], entries: Sequence[BasicEntry]
) -> list[Judged]:
    """Say of each row what an import would do with it; nothing is written. Raises: NotPermittedError."""
    require(policies.can_issue_invoice(actor, taxpayer), NOT_YOURS)
    return _Judge(model, taxpayer).judge(entries)


@transaction.atomic
def import_basics(
    *, actor: User, taxpayer: Taxpayer, model: type[models.Model], entries: Sequence[BasicEntry], seen: str
) -> list[Judged]:
    """Write the rows that are right, new or changed, and say of each row what became of it; again changes nothing.

    Rule: the same as for one row (`save_basic`): an empty cell keeps what is stored. `seen` is the mark of what the
    person was shown (`mark_of`). Raises: NotPermittedError; BasicsChangedError when something else would be done now.
    """
    # One writer at a time per company, as by hand; what is removed by hand meanwhile waits.
    Taxpayer.objects.select_for_update().get(pk=taxpayer.pk)
    require(policies.can_issue_invoice(actor, taxpayer), NOT_YOURS)
    found = _Judge(model, taxpayer, is_locking=True).judge(entries)
    if mark_of(found) != seen:
        raise BasicsChangedError
    new = [_filled(model(taxpayer=taxpayer), each) for each in found if each.fate == Fate.NEW]
    changed = [_filled(each.stored, each) for each in found if each.fate == Fate.CHANGED]
    names = {name for each in found for name in each.entry.values}
    model._default_manager.bulk_create(new, batch_size=_PART)
    if changed:
        model._default_manager.bulk_update(changed, [*names, "search", "updated_at"], batch_size=_PART)
    if new or changed:
        data = {"kind": model.__name__.lower(), "new": len(new), "changed": len(changed)}
        account_services.record_audit_event(
            actor=actor, action="invoicing.basics_imported", obj=taxpayer, taxpayer=taxpayer, data=data
        )
    return found


def mark_of(found: Sequence[Judged]) -> str:
    """Return what an import would do, in one word: the same rows with the same ends have the same mark."""
    told = [(each.entry.row, each.fate.value, sorted(map(str, each.entry.values.items()))) for each in found]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


@transaction.atomic
def note_export(*, actor: User, taxpayer: Taxpayer, model: type[models.Model], count: int) -> None:
    """Write down that all rows of one kind were taken along. Raises: NotPermittedError."""
    require(policies.can_issue_invoice(actor, taxpayer), NOT_YOURS)
    data = {"kind": model.__name__.lower(), "count": count}
    account_services.record_audit_event(
        actor=actor, action="invoicing.basics_exported", obj=taxpayer, taxpayer=taxpayer, data=data
    )


def fates_of(found: Sequence[Judged]) -> dict[str, int]:
    """Count the rows by what becomes of them; every fate has a number."""
    counted = Counter(each.fate for each in found)
    return {fate.value: counted[fate] for fate in Fate}


def _filled(row: Any, judged: Judged) -> Any:
    for name, value in tidy_basic(judged.entry.values).items():
        setattr(row, name, value or getattr(row, name))
    row.updated_at = timezone.now()
    set_search(row)
    return row


class _Judge:
    """Judges the rows of one file, each beside what is stored and beside the rows above it."""

    def __init__(self, model: type[models.Model], taxpayer: Taxpayer, *, is_locking: bool = False) -> None:
        self.model = model
        rows = model._default_manager.filter(taxpayer=taxpayer).order_by("pk")
        rows = rows.select_for_update() if is_locking else rows
        self.stored: dict[Key, models.Model] = {self._key(vars(row)): row for row in rows}
        self.above: dict[Key, tuple[int, dict[str, Any]]] = {}

    def judge(self, entries: Sequence[BasicEntry]) -> list[Judged]:
        return [self._one(entry) for entry in entries]

    def _one(self, entry: BasicEntry) -> Judged:
        values = tidy_basic(entry.values)
        problems = [each for each in entry.problems if each.is_blocking]
        if not problems:
            problems = [_at(entry, each) for each in self._problems(values) if each.is_blocking]
        if problems:
            return Judged(entry, Fate.REFUSED, tuple(problems))
        key = self._key(values)
        above = self.above.setdefault(key, (entry.row, values))
        if above[0] != entry.row:
            return self._again(entry, values, above)
        return self._beside_stored(entry, values, self.stored.get(key))

    def _problems(self, values: Mapping[str, Any]) -> list[Problem]:
        return list(basic_problems(self.model.__name__.lower(), values))

    def _again(self, entry: BasicEntry, values: dict[str, Any], above: tuple[int, dict[str, Any]]) -> Judged:
        if values == above[1]:
            return Judged(entry, Fate.SAME)
        words = _("与第 %(row)d 行是同一条资料，内容不同。") % {"row": above[0]}
        problem = Problem("basics.told_twice", "name", words, _("请只保留一行。"))
        return Judged(entry, Fate.REFUSED, (_at(entry, problem),))

    def _beside_stored(self, entry: BasicEntry, values: Mapping[str, Any], stored: models.Model | None) -> Judged:
        if stored is None:
            return Judged(entry, Fate.NEW, entry.problems)
        problem = other_code(stored, values)
        if problem is not None:
            return Judged(entry, Fate.REFUSED, (_at(entry, problem),))
        is_changed = any(value and getattr(stored, name) != value for name, value in values.items())
        return Judged(entry, Fate.CHANGED if is_changed else Fate.SAME, entry.problems, stored)

    def _key(self, values: Mapping[str, Any]) -> Key:
        return tuple(key_of(self.model, values).items())


def _at(entry: BasicEntry, problem: Problem) -> RowProblem:
    value = str(entry.values.get(problem.field) or "")
    return RowProblem(problem.code, entry.row, problem.field, value[:200], problem.message, problem.mend)
