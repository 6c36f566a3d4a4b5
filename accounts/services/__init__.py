"""What accounts can do; one function per act."""

from __future__ import annotations

from accounts.services.audit import record_audit_event
from accounts.services.emergency import SHORTEST_REASON, end_emergency, open_emergency, review_emergency
from accounts.services.guessing import count_guess, forgive_guess
from accounts.services.held_files import (
    drop_held_files,
    find_held_file,
    hold_file,
    open_held_file,
    purge_held_files,
)
from accounts.services.notices import (
    NoticeDraft,
    mark_notice_read,
    mark_notices_read,
    mark_staff_notices_read,
    send_drafted_notices,
    send_notice,
    send_notices,
    send_staff_notice,
)
from accounts.services.officers import (
    begin_enrolment,
    check_code,
    confirm_enrolment,
    enrol_demo_officer,
    find_enrolment,
    has_authenticator,
    unbind_authenticator,
)
from accounts.services.people import (
    assign_post,
    disable_user,
    grant_role,
    identity_digest,
    invite_user,
    register_person,
    revoke_role,
    set_period_kind,
)
from accounts.services.phones import ask_phone_code, change_phone, send_phone_code, sweep_phone_codes
from accounts.services.posts import agree_post_change, appoint_first_head, ask_post_change, refuse_post_change
from accounts.services.scans import register_file, rescan_files, scan_file, scan_uploaded, sweep_scans
from accounts.services.sessions import (
    choose_identity,
    confirm_password,
    end_session,
    is_confirmed,
    open_session,
    require_confirmed,
)
from accounts.services.sign_in import Origin, check_officer_password, lift_sign_in_block, sign_in_taxpayer
from accounts.services.texts import TextDraft, choose_texts, deliver_texts, send_texts
from accounts.services.tokens import create_token, revoke_all_tokens, revoke_token
from accounts.services.upkeep import purge_expired

__all__ = [
    "SHORTEST_REASON",
    "NoticeDraft",
    "Origin",
    "TextDraft",
    "agree_post_change",
    "appoint_first_head",
    "ask_phone_code",
    "ask_post_change",
    "assign_post",
    "begin_enrolment",
    "change_phone",
    "check_code",
    "check_officer_password",
    "choose_identity",
    "choose_texts",
    "confirm_enrolment",
    "confirm_password",
    "count_guess",
    "create_token",
    "deliver_texts",
    "disable_user",
    "drop_held_files",
    "end_emergency",
    "end_session",
    "enrol_demo_officer",
    "find_enrolment",
    "find_held_file",
    "forgive_guess",
    "grant_role",
    "has_authenticator",
    "hold_file",
    "identity_digest",
    "invite_user",
    "is_confirmed",
    "lift_sign_in_block",
    "mark_notice_read",
    "mark_notices_read",
    "mark_staff_notices_read",
    "open_emergency",
    "open_held_file",
    "open_session",
    "purge_expired",
    "purge_held_files",
    "record_audit_event",
    "refuse_post_change",
    "register_file",
    "register_person",
    "require_confirmed",
    "rescan_files",
    "review_emergency",
    "revoke_all_tokens",
    "revoke_role",
    "revoke_token",
    "scan_file",
    "scan_uploaded",
    "send_drafted_notices",
    "send_notice",
    "send_notices",
    "send_phone_code",
    "send_staff_notice",
    "send_texts",
    "set_period_kind",
    "sign_in_taxpayer",
    "sweep_phone_codes",
    "sweep_scans",
    "unbind_authenticator",
]
