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
from invoicing.rules.contacts import split_account, split_phone
from invoicing.rules.difference import difference_remark
from invoicing.rules.issuing import MAX_LINES, Credit, IssuingTerms, Problem, check_draft, check_face
from invoicing.rules.marks import RateMarks, rate_marks, zero_mark
from invoicing.rules.qr import qr_payload
from invoicing.rules.red import (
    RedFacts,
    RedShare,
    RedUnit,
    check_red,
    choice_problems,
    red_conditions,
    red_shares,
    whole_of,
)
from invoicing.rules.search import initials, search_text
from invoicing.rules.voiding import VoidCondition, VoidFacts, void_conditions

__all__ = [
    "INVOICE_TOLERANCE",
    "LINE_TOLERANCE",
    "MAX_LINES",
    "PRODUCT_TOLERANCE",
    "Credit",
    "FaceLine",
    "IssuingTerms",
    "Problem",
    "RateMarks",
    "RedFacts",
    "RedShare",
    "RedUnit",
    "Totals",
    "VoidCondition",
    "VoidFacts",
    "check_draft",
    "check_face",
    "check_red",
    "choice_problems",
    "difference_remark",
    "face_lines",
    "initials",
    "line_amounts",
    "qr_payload",
    "rate_marks",
    "rate_totals",
    "red_conditions",
    "red_shares",
    "search_text",
    "split_account",
    "split_phone",
    "totals",
    "void_conditions",
    "whole_of",
    "zero_mark",
]
