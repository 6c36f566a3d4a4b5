"""Reading the log of a disk whole, with the proof that nothing was left out."""

from __future__ import annotations

from devices.errors import CardNotReadError
from devices.gateway import wire
from devices.models import Device
from devices.protocol.errors import ProtocolError
from devices.protocol.messages import DiskLog, LogEntry
from devices.services.evidence import require_signed_by
from devices.services.host import visit

# A disk keeps two hundred lines and gives fifty at a time; more pages than this mean a disk that only talks.
MOST_PAGES = 10


def read_log(*, device: Device, first: int = 0) -> tuple[LogEntry, ...]:
    """Return the disk's own log from an entry number on, oldest first; needs no PIN.

    Each stretch is signed and joins the one before it; the last one ends at the head of the whole log.
    Raises: BadSignatureError; CardNotReadError for stretches that do not join.
    """
    entries: list[LogEntry] = []
    joint = ""
    for _page in range(MOST_PAGES):
        log = _stretch(device, first)
        if joint and log.before_digest != joint:
            raise CardNotReadError
        entries.extend(log.entries)
        if not log.entries or log.entries[-1].number == log.head_number:
            return tuple(entries)
        first, joint = log.entries[-1].number + 1, log.end_digest
    raise CardNotReadError


def _stretch(device: Device, first: int) -> DiskLog:
    answer = visit(device, {"op": "log", "first": first}, deadline=wire.READ_DEADLINE)
    try:
        log = DiskLog.from_json(answer.results[0])
    except (ProtocolError, KeyError, TypeError, ValueError) as error:
        raise CardNotReadError from error
    require_signed_by(device, log)
    if not log.is_whole or log.serial != device.serial:
        raise CardNotReadError
    return log
