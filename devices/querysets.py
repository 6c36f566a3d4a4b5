"""Chainable filters of devices and commands."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from devices.choices import (
    LIVE_COMMAND_STATES,
    OUT_OF_USE,
    RUNNING_COMMAND_STATES,
    CommandKind,
    CommandState,
    RequestState,
    VisitState,
)
from taxhall.common.prepared import Slot

if TYPE_CHECKING:
    from accounts.models import Taxpayer

    # The row types are named as text in the class bases below.
    from devices.models import Agent, AgentVisit, Device, DeviceCommand, DeviceRequest  # noqa: F401


class DeviceQuerySet(models.QuerySet["Device"]):
    """Filters of enrolled disks."""

    def for_taxpayer(self, taxpayer: Taxpayer) -> DeviceQuerySet:
        """Keep the disks of one taxpayer."""
        return self.filter(taxpayer=taxpayer)

    def in_use(self) -> DeviceQuerySet:
        """Leave out the disks that were cancelled, replaced or lost."""
        return self.exclude(status__in=OUT_OF_USE)


class DeviceCommandQuerySet(models.QuerySet["DeviceCommand"]):
    """Filters of the outbox."""

    def claimable(self, moment: datetime | Slot) -> DeviceCommandQuerySet:
        """Keep what a carrier may take at a moment: due, or left behind by a carrier whose lease ran out."""
        due = Q(next_attempt_at__isnull=True) | Q(next_attempt_at__lte=moment)
        free = Q(lease_until__isnull=True) | Q(lease_until__lte=moment)
        return self.filter(
            (Q(state=CommandState.QUEUED) & due)
            | (Q(state__in=[CommandState.CLAIMED, CommandState.SENDING]) & free)
            | (Q(state=CommandState.IN_DOUBT) & due & free)
        )

    def live_orders_before(self, command: DeviceCommand) -> DeviceCommandQuerySet:
        """Keep the orders of the same disk that were written earlier and have not ended."""
        earlier = Q(created_at__lt=command.created_at) | Q(created_at=command.created_at, pk__lt=command.pk)
        orders = self.filter(kind=CommandKind.ORDER, device_id=command.device_id, state__in=LIVE_COMMAND_STATES)
        return orders.filter(earlier)

    def live_clears(self) -> DeviceCommandQuerySet:
        """Keep clears that may still send or whose outcome is not proved."""
        return self.filter(kind=CommandKind.CLEAR, state__in=RUNNING_COMMAND_STATES)


class AgentQuerySet(models.QuerySet["Agent"]):
    """Filters of agents."""

    def for_taxpayer(self, taxpayer: Taxpayer) -> AgentQuerySet:
        """Keep the agents of one taxpayer."""
        return self.filter(taxpayer=taxpayer)

    def in_use(self) -> AgentQuerySet:
        """Leave out the agents that were revoked."""
        return self.filter(revoked_at__isnull=True)


class AgentVisitQuerySet(models.QuerySet["AgentVisit"]):
    """Filters of visits to disks at agents."""

    def waiting(self) -> AgentVisitQuerySet:
        """Keep what nobody has taken yet."""
        return self.filter(state=VisitState.WAITING)

    def taken(self) -> AgentVisitQuerySet:
        """Keep what an agent is doing now."""
        return self.filter(state=VisitState.TAKEN)

    def carried(self) -> AgentVisitQuerySet:
        """Keep what an agent took, whatever came of it."""
        return self.filter(state__in=[VisitState.TAKEN, VisitState.ANSWERED, VisitState.OVERDUE])


class DeviceRequestQuerySet(models.QuerySet["DeviceRequest"]):
    """Filters of requests about disks."""

    def waiting(self) -> DeviceRequestQuerySet:
        """Keep what nobody has decided yet."""
        return self.filter(state=RequestState.WAITING)
