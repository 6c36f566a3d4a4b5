"""Reads of clearcard: lists, the taxpayer's pages, the officers' pages and the public check."""

from __future__ import annotations

from clearcard.selectors.batch import batch_candidates, listed_cases, why_not_batch
from clearcard.selectors.cases import (
    find_case_of_command,
    find_open_case,
    get_case,
    list_cases,
    officer_actions,
    submit_key,
    taxpayer_actions,
)
from clearcard.selectors.certificate import certificate_facts, find_certificate, update_way, verify_certificate
from clearcard.selectors.facts import FilingState, filing_state, type_facts, type_options
from clearcard.selectors.hand_in import find_hand_in, only_waits_for_payment
from clearcard.selectors.materials import (
    get_material,
    get_submitted_material,
    is_first_clear,
    material_slots,
    missing_materials,
    reusable_materials,
    submitted_materials,
    unproved_materials,
)
from clearcard.selectors.outdated import outdated_periods
from clearcard.selectors.preparation import can_continue, preparation_checks
from clearcard.selectors.progress import expected_by, journey, poll_seconds, status_words, timeline
from clearcard.selectors.queue import (
    arrived_since,
    due_submission_day,
    late_submission_day,
    officer_day,
    officer_queue,
    queue_counts,
)
from clearcard.selectors.receivers import list_receivers
from clearcard.selectors.review import review_facts, review_picture
from clearcard.selectors.special import special_story
from clearcard.selectors.submission import build_snapshot, default_form, missing_before_submit, prefill
from clearcard.selectors.three_way import stored_three_way, three_way

__all__ = [
    "FilingState",
    "arrived_since",
    "batch_candidates",
    "build_snapshot",
    "can_continue",
    "certificate_facts",
    "default_form",
    "due_submission_day",
    "expected_by",
    "filing_state",
    "find_case_of_command",
    "find_certificate",
    "find_hand_in",
    "find_open_case",
    "get_case",
    "get_material",
    "get_submitted_material",
    "is_first_clear",
    "journey",
    "late_submission_day",
    "list_cases",
    "list_receivers",
    "listed_cases",
    "material_slots",
    "missing_before_submit",
    "missing_materials",
    "officer_actions",
    "officer_day",
    "officer_queue",
    "only_waits_for_payment",
    "outdated_periods",
    "poll_seconds",
    "prefill",
    "preparation_checks",
    "queue_counts",
    "reusable_materials",
    "review_facts",
    "review_picture",
    "special_story",
    "status_words",
    "stored_three_way",
    "submit_key",
    "submitted_materials",
    "taxpayer_actions",
    "three_way",
    "timeline",
    "type_facts",
    "type_options",
    "unproved_materials",
    "update_way",
    "verify_certificate",
    "why_not_batch",
]
