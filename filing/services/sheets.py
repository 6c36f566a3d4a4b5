"""Writing the cells of a return."""

from __future__ import annotations

from filing.models import ReturnLine, TaxReturn
from filing.rules.computation import Sheet
from taxhall.common import clock


def store_sheet(tax_return: TaxReturn, sheet: Sheet) -> None:
    """Write a computed sheet down, cell by cell, with its sums on the return."""
    ReturnLine.objects.bulk_create(
        [
            ReturnLine(
                tax_return=tax_return,
                schedule=key.schedule,
                line=key.line,
                column=key.column,
                kind=each.cell.kind,
                prefilled=each.prefilled,
                value=each.value,
                is_overridden=each.is_overridden,
                reason=each.reason,
                source=each.cell.source,
            )
            for key, each in sheet.cells.items()
        ],
        update_conflicts=True,
        unique_fields=["tax_return", "schedule", "line", "column"],
        update_fields=["kind", "prefilled", "value", "is_overridden", "reason", "source"],
    )
    tax_return.tax_due, tax_return.sales_amount = sheet.tax_due, sheet.sales
    tax_return.prefilled_at = clock.now()
    tax_return.save()
