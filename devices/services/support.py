"""The support bundle of a disk: what somebody else needs to help, and nothing by which anybody could act or be known.

What goes in is listed here by name; a second sieve takes out whatever looks like a secret or a person's number,
because the words of errors and logs come from elsewhere.
"""

from __future__ import annotations

import io
import json
import platform
import re
import zipfile
from datetime import datetime
from typing import Any

import django
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import services as account_services
from accounts.models import User
from devices import policies, selectors
from devices.agent import VERSION
from devices.models import Device
from devices.services.agents.carrier import find_last_place
from devices.services.host import card_host_state
from taxhall.common import clock
from taxhall.common.policies import require

REMOVED = "[已去除]"
MOST_ERRORS, MOST_LINES = 50, 200
STATUS_FIELDS = (
    "serial",
    "kind",
    "algorithm",
    "status",
    "machine_number",
    "enabled_on",
    "period_start",
    "period_end",
    "issue_allowed_until",
    "is_reported",
    "last_reported_at",
    "last_cleared_at",
    "sign_counter",
    "report_counter",
    "clear_counter",
    "order_counter",
    "uploaded_through",
    "offline_count",
    "offline_count_limit",
    "offline_hours_limit",
    "offline_since",
    "clock_drift_seconds",
    "pin_tries",
    "certificate_not_after",
    "last_seen_at",
    "barred_at",
)
_SECRETS = (
    re.compile(r"-----BEGIN [^-]+-----.*?(-----END [^-]+-----|$)", re.S),
    # 身份证号, 统一社会信用代码, mobile numbers.
    re.compile(r"(?<![0-9A-Za-z])[1-9]\d{5}(?:18|19|20)\d{9}[0-9Xx](?![0-9A-Za-z])"),
    re.compile(r"(?<![0-9A-Za-z])[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}(?![0-9A-Za-z])"),
    re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)"),
    # Keys, tokens, nonces, digests: long runs of hexadecimal or base64.
    re.compile(r"(?<![0-9A-Za-z])[0-9a-fA-F]{32,}(?![0-9A-Za-z])"),
    re.compile(r"[0-9A-Za-z+/_\-]{40,}={0,2}"),
    # Anything that is called a secret where it stands.
    re.compile(
        r"(?i)(?:pin|password|token|secret|cookie|session|口令|密码|令牌)\s*[\"']?\s*[:=：]\s*[\"']?[^\s；;，,。]+"
    ),
    # Signed web tokens, wherever they stand.
    re.compile(r"eyJ[0-9A-Za-z_\-.]+"),
)


def scrub(text: str) -> str:
    """Take out of a text whatever looks like a secret or a person's number."""
    for pattern in _SECRETS:
        text = pattern.sub(REMOVED, text)
    return text


def support_bundle(*, actor: User, device: Device) -> bytes:
    """Return a zip of the disk's state, journal, versions and recent errors; audited.

    Raises: NotPermittedError.
    """
    require(policies.can_view_device(actor, device), _("您没有查看这块税控设备的权限。"))
    parts = {
        "status.json": {name: getattr(device, name) for name in STATUS_FIELDS},
        "readiness.json": card_host_state(device),
        "versions.json": _versions(device),
        "journal.json": _journal(device),
        "errors.json": _errors(device),
    }
    with transaction.atomic():
        account_services.record_audit_event(
            actor=actor, action="devices.support_bundle", obj=device, taxpayer=device.taxpayer, data={}
        )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in parts.items():
            bundle.writestr(name, _written(content))
    return packed.getvalue()


def _written(content: Any) -> str:
    return json.dumps(_clean(content), ensure_ascii=False, indent=2)


def _clean(content: Any) -> Any:
    """Return the same content with every text sieved; values that JSON does not know become text first."""
    if isinstance(content, dict):
        return {name: _clean(value) for name, value in content.items()}
    if isinstance(content, list | tuple):
        return [_clean(value) for value in content]
    if content is None or isinstance(content, bool | int | float):
        return content
    return scrub(content.isoformat() if isinstance(content, datetime) else str(content))


def _versions(device: Device) -> dict[str, Any]:
    place = find_last_place(device.serial)
    agent = None if place is None else {"version": place.agent.version, "platform": place.agent.platform}
    return {
        "made_at": clock.now(),
        "python": platform.python_version(),
        "django": django.get_version(),
        "agent_newest": VERSION,
        "agent": agent,
    }


def _journal(device: Device) -> list[dict[str, Any]]:
    """Return the newest lines without who acted."""
    lines = selectors.journal(device=device, limit=MOST_LINES)
    return [{"at": each.at, "title": each.title, "note": each.note} for each in lines]


def _errors(device: Device) -> list[dict[str, Any]]:
    failed = device.commands.exclude(error_code="").order_by("-created_at")[:MOST_ERRORS]
    names = ("kind", "state", "error_code", "error_text", "attempts", "created_at", "sent_at", "finished_at")
    return [{name: getattr(each, name) for name in names} for each in failed]
