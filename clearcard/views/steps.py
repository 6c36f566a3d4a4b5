"""The five ordered steps of an application and where each stands."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from clearcard.models import ClearCardCase


def application_steps(case: ClearCardCase) -> list[dict[str, Any]]:
    """Return the steps; one that cannot be opened yet has no address."""
    reached = {
        "prepare": True,
        "type": True,
        "verify": bool(case.kind),
        "fill": bool(case.confirmed_digest),
        "check": bool(case.confirmed_digest) and case.clear_on is not None,
    }
    return [
        {
            "key": key,
            "label": label,
            "url": reverse(f"clearcard:case-{key}", args=[case.number]) if reached[key] else "",
        }
        for key, label in _labels()
    ]


def first_open_step(case: ClearCardCase) -> str:
    """Return the address of the step where the taxpayer left off."""
    reached = [step["url"] for step in application_steps(case) if step["url"]]
    return str(reached[0] if not case.kind else reached[-1])


def _labels() -> tuple[tuple[str, str], ...]:
    return (
        ("prepare", _("准备")),
        ("type", _("选择类型")),
        ("verify", _("核对发票")),
        ("fill", _("填写与上传")),
        ("check", _("检查并提交")),
    )
