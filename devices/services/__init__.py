"""Everything the applications above may ask of devices.

Three kinds, kept apart because they must never be mixed in one transaction:
`cards` talk to a disk and refuse to run inside a transaction; `commands` and `records` only write rows.
"""

from __future__ import annotations

from devices.services.agents import (
    authenticate_agent,
    count_waiting,
    create_agent_code,
    enrol_agent,
    find_known_agent,
    hurry,
    keep_disks,
    note_unreported,
    open_agent_session,
    purge_visits,
    revoke_agent,
    take_report,
    take_visits,
)
from devices.services.agents.carrier import find_place, is_heard
from devices.services.barring import report_loss
from devices.services.cards import (
    acknowledge_on_card,
    apply_clear_on_card,
    apply_order_on_card,
    begin_clear_on_card,
    find_on_card,
    find_void_on_card,
    is_unlocked,
    issue_on_card,
    last_clear_on_card,
    pin_tries_on_card,
    read_card,
    read_orders,
    report_card,
    unlock_card,
    void_on_card,
    withdraw_clear_on_card,
)
from devices.services.commands import (
    Lease,
    cancel_command,
    claim_command,
    claim_to_send,
    doubt_command,
    escalate_command,
    finish_command,
    hasten_command,
    mark_sending,
    queue_command,
    queue_on_locked,
    refuse_command,
    renew_lease,
    requeue_command,
)
from devices.services.enrolment import enrol_card, enrol_device
from devices.services.errands import carry_out_command, sweep_commands
from devices.services.host import card_host, card_host_state, use_card_host
from devices.services.logs import read_log
from devices.services.order_records import record_order
from devices.services.order_tokens import sign_acknowledgement, sign_order
from devices.services.orders import (
    UnblockOrder,
    cancel_device,
    order_change_of_issue_data,
    order_stock,
    unblock_pin,
)
from devices.services.pins import change_card_pin
from devices.services.practice import list_practice_disks, practise
from devices.services.readings import read_device, sweep_agent_disks, sweep_readings, tend_device
from devices.services.records import (
    CardReading,
    OrderReading,
    freeze_device,
    record_clear,
    record_reading,
    record_report,
    record_signed,
    unfreeze_device,
)
from devices.services.requests import (
    Grant,
    ask_cancel,
    ask_replace,
    ask_unblock,
    draft_order,
    enrol_successor,
    grant_request,
    open_before_cancel,
    refuse_request,
    withdraw_request,
)
from devices.services.selftest import SelfTestLine, keep_log, run_self_test
from devices.services.signed_words import LONGEST_WORD, take_signed_word
from devices.services.signing import is_signed_with_current_key, require_current_key
from devices.services.stock_requests import ask_stock, ask_stock_return, blank_numbers
from devices.services.support import support_bundle
from devices.services.tokens import sign_clear_token
from devices.services.uploads import HeldRange, acknowledge_upload, held_range, holds_all_signed_since
from devices.services.versions import applet_version
from devices.services.ways import Way, ways_to

__all__ = [
    "LONGEST_WORD",
    "CardReading",
    "Grant",
    "HeldRange",
    "Lease",
    "OrderReading",
    "SelfTestLine",
    "UnblockOrder",
    "Way",
    "acknowledge_on_card",
    "acknowledge_upload",
    "applet_version",
    "apply_clear_on_card",
    "apply_order_on_card",
    "ask_cancel",
    "ask_replace",
    "ask_stock",
    "ask_stock_return",
    "ask_unblock",
    "authenticate_agent",
    "begin_clear_on_card",
    "blank_numbers",
    "cancel_command",
    "cancel_device",
    "card_host",
    "card_host_state",
    "carry_out_command",
    "change_card_pin",
    "claim_command",
    "claim_to_send",
    "count_waiting",
    "create_agent_code",
    "doubt_command",
    "draft_order",
    "enrol_agent",
    "enrol_card",
    "enrol_device",
    "enrol_successor",
    "escalate_command",
    "find_known_agent",
    "find_on_card",
    "find_place",
    "find_void_on_card",
    "finish_command",
    "freeze_device",
    "grant_request",
    "hasten_command",
    "held_range",
    "holds_all_signed_since",
    "hurry",
    "is_heard",
    "is_signed_with_current_key",
    "is_unlocked",
    "issue_on_card",
    "keep_disks",
    "keep_log",
    "last_clear_on_card",
    "list_practice_disks",
    "mark_sending",
    "note_unreported",
    "open_agent_session",
    "open_before_cancel",
    "order_change_of_issue_data",
    "order_stock",
    "pin_tries_on_card",
    "practise",
    "purge_visits",
    "queue_command",
    "queue_on_locked",
    "read_card",
    "read_device",
    "read_log",
    "read_orders",
    "record_clear",
    "record_order",
    "record_reading",
    "record_report",
    "record_signed",
    "refuse_command",
    "refuse_request",
    "renew_lease",
    "report_card",
    "report_loss",
    "requeue_command",
    "require_current_key",
    "revoke_agent",
    "run_self_test",
    "sign_acknowledgement",
    "sign_clear_token",
    "sign_order",
    "support_bundle",
    "sweep_agent_disks",
    "sweep_commands",
    "sweep_readings",
    "take_report",
    "take_signed_word",
    "take_visits",
    "tend_device",
    "unblock_pin",
    "unfreeze_device",
    "unlock_card",
    "use_card_host",
    "void_on_card",
    "ways_to",
    "withdraw_clear_on_card",
    "withdraw_request",
]
