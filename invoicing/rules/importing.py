"""Whether an invoice of a file may become a draft: the rules of issuing, told by the rows of the file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from invoicing.rules import amounts
from invoicing.rules.issuing import IssuingTerms, Problem, check_face
from invoicing.rules.understanding import RowProblem, Understood
from taxhall.common.money import ZERO

_LINE = re.compile(r"^lines-(\d+)-(.+)$")
# What is true of the disk, or of the credit, on the day is no fault of the file: a draft may wait for it.
_OF_THE_DAY = ("disk.", "credit.")
# But a kind that the disk is not authorised for does not come with time.
_STANDING = "disk.kind_not_authorised"
_TOLD = ("total_amount", "total_tax", "total")
# No sum on an invoice has as many.
_MOST_DIGITS = 20

# What is mended on a page by its switch is mended in a file by a column.
_MENDS: dict[str, str | Promise] = {
    "difference.not_inclusive": _("请在“是否含税”列填“是”，单价和金额按含税价填写。"),
}


def import_terms(terms: IssuingTerms) -> IssuingTerms:
    """Return the terms without what changes until the draft is issued."""
    return replace(
        terms, device_problems=(), remaining=max(1, terms.remaining), offline_count_limit=0, offline_amount_limit=ZERO
    )


def check_understood(
    found: Understood, terms: IssuingTerms, *, seller_number: str, advice: Iterable[Problem] = ()
) -> list[RowProblem]:
    """Return everything that is wrong with an invoice of a file, in the order of its rows.

    `advice` is what the classification says of its lines; it is asked for only where the invoice could be read.
    """
    problems = [*found.problems, *_seller(found, seller_number)]
    # What could not even be read is not checked further: one cause, one line.
    if not any(problem.is_blocking for problem in problems):
        lines = amounts.face_lines(found.draft)
        problems += [_by_row(found, each) for each in (*check_face(found.draft, lines, terms), *advice)]
        problems += [*_told_taxes(found, lines), *_told_totals(found, amounts.totals(lines))]
    return sorted(problems, key=lambda each: each.row)


def _by_row(found: Understood, problem: Problem) -> RowProblem:
    row, name, message = found.read.row, problem.field, problem.message
    value = found.read.values.get(name, "")
    if match := _LINE.match(name):
        position, name = int(match[1]), match[2]
        row = found.line_rows[position]
        message = _told_by_row(message, position, row)
        value = next((line.values.get(name, "") for line in found.read.lines if line.row == row), "")
    elif name == "deduction":
        row, value = next(
            ((line.row, line.values[name]) for line in found.read.lines if name in line.values), (row, "")
        )
    can_wait = problem.code.startswith(_OF_THE_DAY) and problem.code != _STANDING
    is_blocking = problem.is_blocking and not can_wait
    mend = _MENDS.get(problem.code, problem.mend)
    return RowProblem(problem.code, row, name, value[:200], message, mend, is_blocking)


def _told_by_row(message: str | Promise, position: int, row: int) -> str:
    """Return the message with the row of the file in place of the line of the invoice: one page, one way to count."""
    line, told = (_("第 %(row)d 行") % {"row": number} for number in (position + 1, row))
    text = str(message)
    return f"{told}{text.removeprefix(line)}" if text.startswith(line) else text


def _seller(found: Understood, seller_number: str) -> Iterator[RowProblem]:
    told = found.read.values.get("seller_number", "")
    if told and told != seller_number:
        yield RowProblem(
            "file.other_seller",
            found.read.row,
            "seller_number",
            told,
            _("销售方是 %(number)s，不是当前企业。") % {"number": told[:20]},
            _("请切换到这家企业后再导入。"),
        )


def _told_taxes(found: Understood, lines: Sequence[amounts.FaceLine]) -> Iterator[RowProblem]:
    """A tax that stands in the file must be the one of its rate, within the line's tolerance (0.06)."""
    sources = {each.row: each.values for each in found.read.lines if "tax" in each.values}
    if not sources:
        return
    taxes = [each.tax for each in lines if not each.is_discount]
    for tax, row in zip(taxes, found.line_rows, strict=True):
        told = _money(sources.get(row, {}).get("tax", ""))
        if told is not None and not _is_near(told, tax, amounts.LINE_TOLERANCE):
            yield RowProblem(
                "line.told_tax_differs",
                row,
                "tax",
                str(told),
                _("文件里的税额 %(told)s 与按税率计算的 %(tax)s 相差超过 0.06 元。") % {"told": told, "tax": tax},
                _("请核对金额、税率和税额。"),
            )


def _told_totals(found: Understood, sums: amounts.Totals) -> Iterator[RowProblem]:
    """Totals that stand in the file must be those of its lines: the tax within 1.27, the amount to the cent a line."""
    told_by, lines = found.read.values, len(found.read.lines)
    if told_by.keys().isdisjoint(_TOLD):
        return
    checks = (
        ("total_amount", sums.amount, amounts.PRODUCT_TOLERANCE * lines),
        ("total_tax", sums.tax, amounts.INVOICE_TOLERANCE),
        ("total", sums.total, amounts.INVOICE_TOLERANCE),
    )
    for name, computed, tolerance in checks:
        told = _money(told_by.get(name, ""))
        if told is not None and not _is_near(told, computed, tolerance):
            yield RowProblem(
                "file.told_total_differs",
                found.read.row,
                name,
                str(told),
                _("文件里的合计 %(told)s 与明细相加的 %(computed)s 不符。") % {"told": told, "computed": computed},
                _("请核对明细是否完整，再重新导出。"),
            )


def _is_near(told: Decimal, computed: Decimal, tolerance: Decimal) -> bool:
    """Say whether a number of the file is the computed one; what is no number, or beyond reckoning, never is."""
    return told.is_finite() and told.adjusted() < _MOST_DIGITS and abs(told - computed) <= tolerance


def _money(text: str) -> Decimal | None:
    try:
        return Decimal(text) if text else None
    except ArithmeticError:
        return None
