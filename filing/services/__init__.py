"""What filing can do; one function per act."""

from __future__ import annotations

from filing.services.bundles import BundleEffects, LoadedBundle, RowChange, load_bundle, preview_bundle
from filing.services.calendar_changes import agree_calendar_change, ask_calendar_change, refuse_calendar_change
from filing.services.callbacks import note_refused_callback, record_callback
from filing.services.comparisons import compare_outdated, compare_period, compare_return
from filing.services.corrections import correct_return
from filing.services.exceptions import decide_exception, hand_over_comparison
from filing.services.feeds import close_feed, open_feed
from filing.services.inputs import VoucherDraft, add_vouchers, cancel_transfer, record_transfer, tick_vouchers
from filing.services.measures import ask_rule_measure, ask_whitelist_entry, decide_measure, lift_measure
from filing.services.outages import agree_outage, declare_outage, refuse_outage
from filing.services.payments import pay_return, perform_payment, sweep_payments
from filing.services.period_kinds import (
    agree_period_kind_change,
    apply_period_kinds,
    ask_period_kind_change,
    refuse_period_kind_change,
)
from filing.services.receipts import record_payment
from filing.services.reference import add_holiday, load_reference_rows
from filing.services.reminders import preview_reminders, send_reminders
from filing.services.returns import hold_standing_return, save_return, start_return, submit_return, void_return
from filing.services.spans import declare_inactivity, end_inactivity, file_zero_return, keep_spans

__all__ = [
    "BundleEffects",
    "LoadedBundle",
    "RowChange",
    "VoucherDraft",
    "add_holiday",
    "add_vouchers",
    "agree_calendar_change",
    "agree_outage",
    "agree_period_kind_change",
    "apply_period_kinds",
    "ask_calendar_change",
    "ask_period_kind_change",
    "ask_rule_measure",
    "ask_whitelist_entry",
    "cancel_transfer",
    "close_feed",
    "compare_outdated",
    "compare_period",
    "compare_return",
    "correct_return",
    "decide_exception",
    "decide_measure",
    "declare_inactivity",
    "declare_outage",
    "end_inactivity",
    "file_zero_return",
    "hand_over_comparison",
    "hold_standing_return",
    "keep_spans",
    "lift_measure",
    "load_bundle",
    "load_reference_rows",
    "note_refused_callback",
    "open_feed",
    "pay_return",
    "perform_payment",
    "preview_bundle",
    "preview_reminders",
    "record_callback",
    "record_payment",
    "record_transfer",
    "refuse_calendar_change",
    "refuse_outage",
    "refuse_period_kind_change",
    "save_return",
    "send_reminders",
    "start_return",
    "submit_return",
    "sweep_payments",
    "tick_vouchers",
    "void_return",
]
