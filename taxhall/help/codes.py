"""Which stable service codes tell each of the failure codes F01 to F23: the one place where they meet.

`disk.` codes are refusals and faults of disks (`devices.messages`), `case.` errors of the clear, `check.` the checks
before applying (a last part names the outcome where it decides), `review.` the rules of the automatic review.
"""

from __future__ import annotations

CODES: dict[str, tuple[str, ...]] = {
    "F01": ("disk.not_reported", "check.reported", "review.report_present"),
    "F02": ("disk.nothing_to_clear", "disk.period_open", "disk.wrong_period", "check.window"),
    "F03": ("disk.already_cleared", "case.already_cleared", "check.not_cleared"),
    "F04": ("check.return_filed", "review.return_filed"),
    "F05": ("check.tax_paid", "review.tax_paid"),
    "F06": ("check.comparison", "review.comparison_passed"),
    "F07": ("check.comparison.unknown",),
    "F08": (
        "disk.offline_hours",
        "disk.offline_count",
        "disk.offline_amount",
        "disk.not_checked",
        "disk.not_uploaded",
        "disk.ack_range",
        "check.uploaded",
    ),
    "F09": ("disk.bad_signature", "disk.ack_digest", "check.invoices_settled", "review.invoices_settled"),
    "F10": ("disk.locked", "check.window.warning", "review.in_time"),
    "F11": ("disk.months_missed",),
    "F12": ("disk.report_overdue",),
    "F13": (
        "disk.absent",
        "disk.agent_busy",
        "disk.agent_silent",
        "disk.busy",
        "disk.clear_not_dead",
        "disk.denial_unproved",
        "disk.not_read",
        "disk.reader_broken",
        "disk.refusal_unproved",
        "check.connected",
    ),
    "F14": (
        "disk.pin_at_agent",
        "disk.pin_wrong",
        "disk.pin_blocked",
        "disk.pin_required",
        "disk.pin_must_change",
        "disk.pin_unchanged",
        "disk.pin_change_unknown",
        "check.pin_tries",
    ),
    "F15": ("disk.clock_back", "disk.clock_skew", "check.clock"),
    "F16": ("disk.certificate_expired", "check.certificate"),
    "F17": (
        "disk.other_company",
        "disk.wrong_disk",
        "disk.identity_failed",
        "check.identity",
        "review.identity_matches",
    ),
    "F18": (
        "disk.kind_not_authorised",
        "disk.rate_not_authorised",
        "disk.red_not_allowed",
        "disk.stock_empty",
        "disk.group_unknown",
        "check.authorised",
    ),
    "F19": ("disk.not_enabled",),
    "F20": ("disk.host_unavailable",),
    "F21": ("check.taxpayer_status", "review.taxpayer_in_order"),
    "F22": ("disk.machines_not_reported",),
    "F23": ("case.transition_not_allowed",),
}
FAULT_OF: dict[str, str] = {code: fault for fault, codes in CODES.items() for code in codes}
