"""The second person's word on what another asked for: the same for every kind of change."""

from __future__ import annotations

from typing import TypeVar

from django.utils.translation import gettext as _

from accounts import policies as account_policies
from accounts.choices import ChangeState
from accounts.models import SecondPersonModel, User
from taxhall.common import clock
from taxhall.common.errors import ConflictError, InvalidInputError
from taxhall.common.policies import require

Asked = TypeVar("Asked", bound=SecondPersonModel)
_DECISION = ("state", "decided_by", "decided_person", "decided_at")


def lock_asked(row: Asked) -> Asked:
    """Return the row again, locked until the end of the transaction."""
    return type(row)._default_manager.select_for_update(of=("self",)).select_related("asked_by").get(pk=row.pk)


def is_settled_so(row: SecondPersonModel, actor: User, state: str) -> bool:
    """Say whether the actor decided the row so already: a repeat, which changes nothing."""
    return row.state == state and row.decided_by_id == actor.pk


def decide(row: SecondPersonModel, actor: User, state: str) -> None:
    """Write the second person's word into a locked row.

    Raises: NotPermittedError for the person who asked, by whatever account; ConflictError once it is decided.
    """
    is_asker = account_policies.is_same_person(actor, row.asked_by)
    require(not is_asker, _("这项变动是您提出的，须由另一人确认。"))
    if not row.is_asked:
        facts = {"state": row.get_state_display(), "who": row.decided_by}
        raise ConflictError(
            _("这项变动已由 %(who)s 处理（%(state)s），本次没有改变。") % facts,
            code="filing.change_decided",
            next_step=_("请刷新页面查看结果。"),
        )
    row.state, row.decided_by, row.decided_person, row.decided_at = state, actor, actor.person, clock.now()
    row.save(update_fields=_DECISION)


def asked_by(actor: User) -> dict[str, object]:
    """Return who asks, as the columns of a new row."""
    return {"state": ChangeState.ASKED, "asked_by": actor, "asked_person": actor.person}


def require_words(**texts: str) -> None:
    """Refuse empty texts, each told at its field. Raises: InvalidInputError."""
    asks = {"source": _("请填写公告名称或文号"), "reason": _("请写明事由，第二人确认时会看到")}
    if wrong := {name: [asks[name]] for name, text in texts.items() if not text.strip()}:
        raise InvalidInputError(_("变动没有提出。"), code="filing.change_incomplete", fields=wrong)
