"""What filing can do; one function per act."""

from __future__ import annotations

from filing.services.bundles import BundleEffects, LoadedBundle, RowChange, load_bundle, preview_bundle
from filing.services.callbacks import note_refused_callback, record_callback
from filing.services.comparisons import compare_period, compare_return
from filing.services.corrections import correct_return
from filing.services.exceptions import decide_exception, hand_over_comparison
from filing.services.feeds import close_feed, open_feed
from filing.services.inputs import VoucherDraft, add_vouchers, cancel_transfer, record_transfer, tick_vouchers
from filing.services.measures import ask_rule_measure, ask_whitelist_entry, decide_measure, lift_measure
from filing.services.payments import pay_return, perform_payment, sweep_payments
from filing.services.receipts import record_payment
from filing.services.reference import load_reference_rows, set_deadline, set_holiday
from filing.services.returns import hold_standing_return, save_return, start_return, submit_return, void_return

__all__ = [
    "BundleEffects",
    "LoadedBundle",
    "RowChange",
    "VoucherDraft",
    "add_vouchers",
    "ask_rule_measure",
    "ask_whitelist_entry",
    "cancel_transfer",
    "close_feed",
    "compare_period",
    "compare_return",
    "correct_return",
    "decide_exception",
    "decide_measure",
    "hand_over_comparison",
    "hold_standing_return",
    "lift_measure",
    "load_bundle",
    "load_reference_rows",
    "note_refused_callback",
    "open_feed",
    "pay_return",
    "perform_payment",
    "preview_bundle",
    "record_callback",
    "record_payment",
    "record_transfer",
    "save_return",
    "set_deadline",
    "set_holiday",
    "start_return",
    "submit_return",
    "sweep_payments",
    "tick_vouchers",
    "void_return",
]
