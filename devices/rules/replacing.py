"""What of an old disk's open period is settled when another takes its place, and what goes to a person.

Nothing is ever guessed: what the old disk could not say itself today goes to a person, with its last proven
state as the base.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Carry(Enum):
    """What becomes of one part of the old disk's state."""

    SETTLED = "settled"  # nothing is left to do
    FIRST = "first"  # can still be done on the old disk, before the change
    PERSON = "person"  # the disk cannot tell or do it any more: an officer settles it on the base


@dataclass(frozen=True)
class OldDisk:
    """The last proven state of the old disk; `is_read_now` when it proved it a moment ago."""

    is_read_now: bool
    is_period_over: bool
    is_reported: bool
    # Signatures that no report holds: what the disk signed in the period that is still running.
    signed_since_report: int
    not_uploaded: int
    blank_invoices: int
    unsettled_commands: int


@dataclass(frozen=True)
class CarryItem:
    """One part of the state: `period`, `report`, `uploads`, `stock` or `commands`."""

    name: str
    carry: Carry


def carry_over(old: OldDisk) -> tuple[CarryItem, ...]:
    """Say for each part whether it is settled, is done on the old disk first, or goes to a person.

    Rule: only a disk that answers now settles anything; of one that does not, even "nothing to upload" is what
    it said last, and a later record may be on it (domain.md 1.7: rebuilt from 存根联 by a person).
    """
    if not old.is_read_now:
        names = ("period", "uploads", "stock", "commands")
        return tuple(CarryItem(name, Carry.PERSON) for name in names)
    return (
        CarryItem("period", _period(old)),
        CarryItem("uploads", _open(old.not_uploaded > 0)),
        CarryItem("stock", _open(old.blank_invoices > 0)),
        CarryItem("commands", Carry.PERSON if old.unsettled_commands else Carry.SETTLED),
    )


def _period(old: OldDisk) -> Carry:
    """A running month that holds invoices can be reported on no disk of ours before it is over: a person sees to it."""
    if old.is_period_over or old.is_reported:
        return Carry.FIRST
    return Carry.PERSON if old.signed_since_report else Carry.SETTLED


def _open(is_open: bool) -> Carry:
    return Carry.FIRST if is_open else Carry.SETTLED


def needs_person(items: tuple[CarryItem, ...]) -> bool:
    """Whether something must be settled by an officer."""
    return any(item.carry is Carry.PERSON for item in items)


def must_do_first(items: tuple[CarryItem, ...]) -> bool:
    """Whether something is still to be done on the old disk before it is put out of use."""
    return any(item.carry is Carry.FIRST for item in items)
