"""What the loaded tax classification adds to a file: short names before names, and advice about codes and rates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from django.utils.translation import gettext_lazy as _

from devices.choices import InvoiceKind
from invoicing import selectors
from invoicing.rules.catalogue import CodeFacts, catalogue_advice, completed_name
from invoicing.rules.problems import Problem
from invoicing.rules.understanding import Understood
from invoicing.services.drafts import Row


@dataclass
class Catalogue:
    """The entries of the classification that a file names: each is read once, those of a batch together."""

    _known: dict[str, CodeFacts] = field(default_factory=dict)
    _asked: set[str] = field(default_factory=set)
    _told: set[tuple[str, str]] = field(default_factory=set)

    def learn(self, batch: Sequence[tuple[int, Understood]]) -> None:
        """Read what a batch names and no batch before it did: one statement, or none."""
        codes = {line.tax_code for _at, found in batch for line in found.draft.lines} - self._asked - {""}
        if codes:
            self._asked |= codes
            self._known |= selectors.catalogue_of(codes)

    def advice(self, found: Understood) -> Iterator[Problem]:
        """Yield what to look at again.

        Rule: each code with each rate is told once, or a file of a hundred thousand rows would tell the same as often,
        and what must be mended would not be seen for it.
        """
        for position, line in enumerate(found.draft.lines):
            key = line.tax_code, line.rate
            if key in self._told or not self._has_any:
                continue
            self._told.add(key)
            for problem in catalogue_advice(line, position, self._known):
                yield replace(problem, mend=f"{problem.mend}{_ONCE}")

    def name_lines(self, lines: Sequence[Row], *, kind: str) -> None:
        """Put the short name before each name that stands without one, as saving by hand does (公告2017年第45号)."""
        if not self._known or kind == InvoiceKind.VEHICLE:
            return
        for line in lines:
            if (facts := self._known.get(line["tax_code"])) is not None:
                line["name"] = completed_name(line["name"], facts.short_name)

    @cached_property
    def _has_any(self) -> bool:
        # Without a table nothing is unknown.
        return bool(self._known) or selectors.has_catalogue()


_ONCE = _("文件里同样的编码和税率只提示这一次。")
