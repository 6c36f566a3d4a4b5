"""What one officer asks for and another agrees to or refuses (两人办理)."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.choices import ChangeState
from accounts.models.people import Person
from taxhall.common import clock

USER = settings.AUTH_USER_MODEL


def second_person_constraints(states: Sequence[str]) -> list[models.BaseConstraint]:
    """Return what the database holds such a model to, of whatever states its first is the one of asking."""
    return [
        models.CheckConstraint(condition=Q(state__in=states), name="%(app_label)s_%(class)s_state_known"),
        models.CheckConstraint(condition=~Q(reason=""), name="%(app_label)s_%(class)s_reason_given"),
        models.CheckConstraint(
            condition=Q(state=ChangeState.ASKED) | Q(decided_by__isnull=False, decided_at__isnull=False),
            name="%(app_label)s_%(class)s_decided_by_somebody",
        ),
        # Two persons; NULL compares as unknown and passes.
        models.CheckConstraint(condition=~Q(asked_by=F("decided_by")), name="%(app_label)s_%(class)s_two_accounts"),
        models.CheckConstraint(
            condition=~Q(asked_person=F("decided_person")), name="%(app_label)s_%(class)s_two_persons"
        ),
    ]


class SecondPersonModel(models.Model):
    """Something asked for with its reason, decided once by another natural person; it takes effect with their word."""

    reason = models.CharField(_("事由"), max_length=300)
    state = models.CharField(_("状态"), max_length=10, choices=ChangeState, default=ChangeState.ASKED)
    asked_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+", verbose_name=_("提出人"))
    asked_person = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("提出人（自然人）")
    )
    asked_at = models.DateTimeField(_("提出时间"), default=clock.now)
    decided_by = models.ForeignKey(
        USER, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("确认人")
    )
    decided_person = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("确认人（自然人）")
    )
    decided_at = models.DateTimeField(_("确认时间"), null=True, blank=True)

    class Meta:
        abstract = True
        ordering = ["-id"]
        constraints = second_person_constraints(ChangeState.values)

    @property
    def is_asked(self) -> bool:
        """Whether the second person's word is still missing."""
        return self.state == ChangeState.ASKED
