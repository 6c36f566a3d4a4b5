"""Which of the guide's five papers a case needs, and how long a paper may be reused.

Rule: the first clear of a disk needs all five papers; later ones take them over from the company's
file while they have not expired. A special clear asks for the agent's identity again.
"""

from __future__ import annotations

from datetime import date, timedelta

from django.utils.translation import gettext as _

from clearcard.choices import ClearKind, MaterialKind

# A copy on file is taken as current for one year.
REUSE_DAYS = 365


def required_materials(*, is_first_clear: bool, kind: str) -> tuple[MaterialKind, ...]:
    """Return the papers that must be there before the case can be handed in."""
    if is_first_clear:
        return tuple(MaterialKind)
    return (MaterialKind.AGENT_ID,) if kind == ClearKind.SPECIAL else ()


def requirement_note(material: MaterialKind, *, is_first_clear: bool, kind: str) -> str:
    """Say why a paper is asked for, or that it may be left out."""
    if material not in required_materials(is_first_clear=is_first_clear, kind=kind):
        return _("本次可不提供，前次材料仍在档。")
    if is_first_clear:
        return _("这块设备首次清卡必须提供；已在档且未过期的可直接沿用。")
    return _("特殊清卡须重新提供。")


def reusable_until(uploaded_on: date) -> date:
    """Return the last day on which a paper may be taken over from the file."""
    return uploaded_on + timedelta(days=REUSE_DAYS)
