"""Tables of clearcard."""

from __future__ import annotations

from clearcard.models.case import ClearCardCase
from clearcard.models.certificate import Certificate
from clearcard.models.hand_in import HandInOrder
from clearcard.models.history import CaseHandover, CaseNote, CaseSubmission, CaseTransition, ReviewResult
from clearcard.models.material import Material

__all__ = [
    "CaseHandover",
    "CaseNote",
    "CaseSubmission",
    "CaseTransition",
    "Certificate",
    "ClearCardCase",
    "HandInOrder",
    "Material",
    "ReviewResult",
]
