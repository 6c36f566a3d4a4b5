"""Which prefilled cells of a filed return are not what the hall knows today: changed by hand, or overtaken since."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from filing.models import TaxReturn
from filing.rules.definition import CellKey
from filing.selectors.sheets import current_sheet, facts_today
from taxhall.common.money import ZERO, round_money


@dataclass(frozen=True)
class CellGap:
    """One prefilled cell that declares something else than the hall knows today, with the reason given for it."""

    key: CellKey
    title: str
    label: str
    column: str
    source: str
    declared: Decimal
    known: Decimal
    reason: str

    @property
    def gap(self) -> Decimal:
        """What the hall knows less what was declared."""
        return self.known - self.declared

    @property
    def is_input(self) -> bool:
        """Whether it comes from the input side, where it is also mended."""
        return self.source.startswith("input.")


def list_cell_gaps(tax_return: TaxReturn) -> list[CellGap]:
    """Return the prefilled cells of a filed return that differ from today's facts, in the order of the form."""
    sheet, facts = current_sheet(tax_return), facts_today(tax_return)
    found = []
    for key, cell in sheet.definition.cells.items():
        value, known = sheet.cells[key], round_money(facts.get(f"{cell.source}.{key.column}", ZERO))
        if cell.source and value.amount != known:
            schedule = sheet.definition.schedule(key.schedule)
            label, column = schedule.line(key.line).label, schedule.column(key.column).label
            found.append(CellGap(key, schedule.title, label, column, cell.source, value.amount, known, value.reason))
    return found
