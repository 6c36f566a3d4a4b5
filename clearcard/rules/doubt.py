"""What a disk's own word says about a clear whose answer was lost.

Rule (R-10, R-13): the counter *and* the last receipt decide together. A clear is sent again only when
the disk proves it never ran; anything that fits neither is left to a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """What happened on the disk."""

    RAN = "ran"
    NEVER_RAN = "never_ran"
    INCONSISTENT = "inconsistent"


@dataclass(frozen=True)
class SentClear:
    """The clear that may have been sent, as the ledger knows it."""

    command_id: str
    expected_counter: int
    report_digest: str


@dataclass(frozen=True)
class DiskWord:
    """What the disk says of itself now; the receipt's signature is already verified."""

    clear_counter: int
    receipt_command_id: str = ""
    receipt_report_digest: str = ""
    receipt_counter_after: int | None = None


def judge(sent: SentClear, word: DiskWord) -> Verdict:
    """Decide what happened to the clear.

    A receipt that names the command is believed whatever token it answers: after a database was set back (R-20)
    the ledger may know an older token, or none.
    """
    if word.receipt_command_id == sent.command_id:
        moved_once = word.clear_counter == sent.expected_counter + 1 == word.receipt_counter_after
        same_report = word.receipt_report_digest == sent.report_digest
        return Verdict.RAN if moved_once and same_report else Verdict.INCONSISTENT
    return Verdict.NEVER_RAN if word.clear_counter == sent.expected_counter else Verdict.INCONSISTENT
