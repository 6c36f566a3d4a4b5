"""Pure calculations and checks of invoices, each with its source."""

from __future__ import annotations

from invoicing.rules.amounts import (
    INVOICE_TOLERANCE,
    LINE_TOLERANCE,
    PRODUCT_TOLERANCE,
    FaceLine,
    Totals,
    face_lines,
    line_amounts,
    rate_totals,
    totals,
)
from invoicing.rules.issuing import MAX_LINES, IssuingTerms, Problem, check_draft
from invoicing.rules.marks import RateMarks, rate_marks
from invoicing.rules.search import initials, search_text
from invoicing.rules.voiding import VoidCondition, VoidFacts, void_conditions

__all__ = [
    "INVOICE_TOLERANCE",
    "LINE_TOLERANCE",
    "MAX_LINES",
    "PRODUCT_TOLERANCE",
    "FaceLine",
    "IssuingTerms",
    "Problem",
    "RateMarks",
    "Totals",
    "VoidCondition",
    "VoidFacts",
    "check_draft",
    "face_lines",
    "initials",
    "line_amounts",
    "rate_marks",
    "rate_totals",
    "search_text",
    "totals",
    "void_conditions",
]
