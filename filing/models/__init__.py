"""Tables of filing."""

from __future__ import annotations

from filing.models.bundles import PolicyBundle
from filing.models.calendar import CalendarFeed, Holiday, TaxDeadline
from filing.models.calendar_changes import CalendarChange
from filing.models.comparison import ComparisonResult, ComparisonRun
from filing.models.exceptions import ComparisonException
from filing.models.filers import InactiveSpan, PeriodKindChange
from filing.models.inputs import InputTransfer, InputVoucher
from filing.models.measures import RuleMeasure, WhitelistEntry
from filing.models.outages import Outage
from filing.models.payment import Payment, PaymentAnswer, TreasuryMessage
from filing.models.policy import PolicyRule, Prepayment, ReliefRegistration, RuleTolerance
from filing.models.reminders import Reminder, ReminderRun
from filing.models.returns import ReturnLine, ReturnReceipt, TaxReturn

__all__ = [
    "CalendarChange",
    "CalendarFeed",
    "ComparisonException",
    "ComparisonResult",
    "ComparisonRun",
    "Holiday",
    "InactiveSpan",
    "InputTransfer",
    "InputVoucher",
    "Outage",
    "Payment",
    "PaymentAnswer",
    "PeriodKindChange",
    "PolicyBundle",
    "PolicyRule",
    "Prepayment",
    "ReliefRegistration",
    "Reminder",
    "ReminderRun",
    "ReturnLine",
    "ReturnReceipt",
    "RuleMeasure",
    "RuleTolerance",
    "TaxDeadline",
    "TaxReturn",
    "TreasuryMessage",
    "WhitelistEntry",
]
