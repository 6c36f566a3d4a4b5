"""The five ordered steps of an application and where each stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from clearcard.choices import MaterialKind
from clearcard.models import ClearCardCase


def application_steps(case: ClearCardCase) -> list[dict[str, Any]]:
    """Return the steps; one that cannot be opened yet has no address."""
    has_kind, is_confirmed, is_filled = bool(case.kind), bool(case.confirmed_digest), case.clear_on is not None
    reached = {
        "prepare": True,
        "type": True,
        "verify": has_kind,
        "fill": is_confirmed,
        "check": is_confirmed and is_filled,
    }
    done = {"prepare": has_kind, "type": has_kind, "verify": is_confirmed, "fill": is_filled}
    return [
        {
            "key": key,
            "label": label,
            "url": reverse(f"clearcard:case-{key}", args=[case.number]) if reached[key] else "",
            "is_done": done.get(key, False),
        }
        for key, label in _labels()
    ]


def first_open_step(case: ClearCardCase) -> str:
    """Return the address of the step where the taxpayer left off."""
    reached = [step["url"] for step in application_steps(case) if step["url"]]
    return str(reached[0] if not case.kind else reached[-1])


def missing_parts(missing: Mapping[str, Sequence[str]], case: ClearCardCase) -> list[dict[str, str]]:
    """Return what keeps the application from being handed in, each with the place where it is mended."""
    return [{"words": words, "url": _mend_url(case, target)} for target, each in missing.items() for words in each]


def _mend_url(case: ClearCardCase, target: str) -> str:
    if target in ("kind", "invoices", "explanation") or target.startswith("material:"):
        return _target_url(case, target)
    step = "fill" if target == "fill" else "prepare"
    return reverse(f"clearcard:case-{step}", args=[case.number])


def returned_items(case: ClearCardCase) -> list[dict[str, str]]:
    """Return what an officer asked to put right, each with the place where it is done."""
    return [
        {"label": _target_label(item["target"]), "words": item["words"], "url": _target_url(case, item["target"])}
        for item in case.returned_items
    ]


def _target_label(target: str) -> str:
    kind = target.removeprefix("material:")
    if kind != target:
        return str(MaterialKind(kind).label) if kind in MaterialKind.values else _("材料")
    labels = {
        "kind": _("清卡类型"),
        "invoices": _("开票信息"),
        "invoiced_amount": _("开票金额"),
        "declared_amount": _("已申报金额"),
        "clear_on": _("清卡日期"),
        "explanation": _("情况说明"),
    }
    return labels.get(target, _("申请内容"))


def _target_url(case: ClearCardCase, target: str) -> str:
    kind = target.removeprefix("material:")
    if kind != target:
        return f"{reverse('clearcard:case-fill', args=[case.number])}#paper-{kind}"
    if target in ("kind", "invoices"):
        step = "type" if target == "kind" else "verify"
        return reverse(f"clearcard:case-{step}", args=[case.number])
    return f"{reverse('clearcard:case-fill', args=[case.number])}#id_{target}"


def _labels() -> tuple[tuple[str, str], ...]:
    return (
        ("prepare", _("准备")),
        ("type", _("选择类型")),
        ("verify", _("核对发票")),
        ("fill", _("填写与上传")),
        ("check", _("检查并提交")),
    )
