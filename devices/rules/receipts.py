"""What a disk's receipt proves, and what the ledger learns from it."""

from __future__ import annotations

from enum import Enum
from typing import Any

from django.utils.translation import gettext_lazy as _

from devices.choices import UNSETTLED_COMMAND_STATES, CommandKind
from devices.errors import CommandConflictError
from devices.protocol.messages import ClearReceipt


def require_belongs(device: Any, command: Any, receipt: ClearReceipt) -> None:
    """Let in only the receipt of this command and disk that takes the counter from n to n+1 (I1, I2).

    The token is not compared: a database that was set back may hold an older one, or none (R-20).
    Raises: CommandConflictError.
    """
    agrees = (
        command.kind == CommandKind.CLEAR
        and command.device_id == device.pk
        and receipt.command_id == str(command.pk)
        and receipt.serial == device.serial
        and receipt.clear_counter_after == receipt.clear_counter_before + 1
        and receipt.clear_counter_before == device.clear_counter
    )
    if not agrees:
        raise CommandConflictError(
            _("设备的回执与这条清卡指令对不上，没有入账。"), next_step=_("请联系办税服务厅核查这块设备。")
        )


def move_window(device: Any, receipt: ClearReceipt, *, is_main: bool) -> None:
    """Copy the new counter, and of the main group the new window; the only way a window moves (I8)."""
    device.clear_counter = receipt.clear_counter_after
    device.last_cleared_at = receipt.cleared_at
    if is_main:
        device.period_start = receipt.new_period_start
        device.period_end = receipt.new_period_end
        device.issue_allowed_until = receipt.new_cut_off
        device.is_reported = False


class Agreement(Enum):
    """How a disk's clear counter stands to the ledger's."""

    SAME = "same"
    OLD_NEWS = "old_news"  # the look was asked for before the last receipt was booked
    EXPLAINED = "explained"  # one step ahead while a clear may have run: the reconciler is about to prove it
    UNEXPLAINED = "unexplained"


def compare_counter(device: Any, counter: int, *, known_before: int, live_states: list[str]) -> Agreement:
    """Compare the counter of a look at the disk with the ledger's (trust.md R-20).

    Rule: when a receipt was booked since the look was asked for, the look says nothing against it; a slow
    carrier may hand one in long after. `known_before` is the ledger's counter when it was asked for.
    """
    if counter == device.clear_counter:
        return Agreement.SAME
    if known_before != device.clear_counter:
        return Agreement.OLD_NEWS
    is_explained = counter == device.clear_counter + 1 and set(live_states) & set(UNSETTLED_COMMAND_STATES)
    return Agreement.EXPLAINED if is_explained else Agreement.UNEXPLAINED
