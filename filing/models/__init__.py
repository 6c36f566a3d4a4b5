"""Tables of filing."""

from __future__ import annotations

from filing.models.bundles import PolicyBundle
from filing.models.calendar import CalendarFeed, Holiday, TaxDeadline
from filing.models.comparison import ComparisonResult, ComparisonRun
from filing.models.exceptions import ComparisonException
from filing.models.inputs import InputTransfer, InputVoucher
from filing.models.measures import RuleMeasure, WhitelistEntry
from filing.models.payment import Payment, PaymentAnswer, TreasuryMessage
from filing.models.policy import PolicyRule, Prepayment, ReliefRegistration, RuleTolerance
from filing.models.returns import ReturnLine, ReturnReceipt, TaxReturn

__all__ = [
    "CalendarFeed",
    "ComparisonException",
    "ComparisonResult",
    "ComparisonRun",
    "Holiday",
    "InputTransfer",
    "InputVoucher",
    "Payment",
    "PaymentAnswer",
    "PolicyBundle",
    "PolicyRule",
    "Prepayment",
    "ReliefRegistration",
    "ReturnLine",
    "ReturnReceipt",
    "RuleMeasure",
    "RuleTolerance",
    "TaxDeadline",
    "TaxReturn",
    "TreasuryMessage",
    "WhitelistEntry",
]
