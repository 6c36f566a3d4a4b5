"""The spool: room before sending, the answer before telling, nothing lost and nothing believed that was torn."""

from __future__ import annotations

import stat
import uuid
from pathlib import Path

import pytest

from devices.agent.spool import RESERVED, Spool, SpoolFullError

REQUEST = {"kind": "session", "serial": "661000000001", "steps": [{"op": "issue", "order": {"request_id": "ab"}}]}
ANSWER = {"results": [{"number": "00000001"}], "fault": None}


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path


def begin(folder, *, is_changing=True, limit=10 * RESERVED) -> tuple[Spool, object]:
    spool = Spool(folder, limit=limit)
    return spool, spool.begin(str(uuid.uuid4()), 3, REQUEST, is_changing=is_changing)


def reloaded(folder) -> list:
    spool = Spool(folder)
    spool.load()
    return spool.entries()


def test_room_for_the_answer_is_taken_before_anything_is_sent(folder):
    _spool, entry = begin(folder)
    assert entry.path.stat().st_size == RESERVED
    assert stat.S_IMODE(entry.path.stat().st_mode) == 0o600
    (found,) = reloaded(folder)
    assert (found.visit, found.fencing, found.request, found.answer) == (entry.visit, 3, REQUEST, None)


def test_an_answer_survives_the_program_and_goes_only_when_confirmed(folder):
    spool, entry = begin(folder)
    spool.finish(entry, ANSWER)
    assert entry.path.stat().st_size == RESERVED, "the answer went into the room kept for it"
    (found,) = reloaded(folder)
    assert found.answer == ANSWER
    spool.confirm(entry)
    assert (reloaded(folder), spool.entries(), list(folder.iterdir())) == ([], [], [])


def test_reading_takes_no_room_before_and_is_kept_after(folder):
    spool, entry = begin(folder, is_changing=False)
    assert list(folder.iterdir()) == []
    spool.finish(entry, ANSWER)
    assert reloaded(folder)[0].answer == ANSWER


def test_without_room_a_changing_visit_is_refused_and_leaves_no_trace(folder):
    with pytest.raises(SpoolFullError):
        begin(folder, limit=RESERVED - 1)
    assert list(folder.iterdir()) == []


def test_a_full_disk_is_the_same_as_a_full_spool(folder, monkeypatch):
    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("devices.agent.spool.os.fsync", full)
    with pytest.raises(SpoolFullError, match="No space"):
        begin(folder)
    assert list(folder.iterdir()) == []


def test_an_answer_for_which_no_room_is_left_is_kept_in_memory(folder):
    spool, entry = begin(folder, is_changing=False, limit=10)
    spool.finish(entry, ANSWER)
    assert spool.entries()[0].answer == ANSWER
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("kept", range(0, 60, 7))
def test_a_torn_answer_is_no_answer(folder, kept):
    spool, entry = begin(folder)
    before = entry.path.read_bytes()
    spool.finish(entry, ANSWER)
    begun = before.index(b"\n") + 1
    entry.path.write_bytes(entry.path.read_bytes()[: begun + kept] + before[begun + kept :])
    (found,) = reloaded(folder)
    assert found.answer is None
    assert found.request == REQUEST


def test_a_record_that_cannot_be_read_is_kept_and_told(folder):
    spool, entry = begin(folder)
    spool.finish(entry, ANSWER)
    entry.path.write_bytes(b"x" + entry.path.read_bytes())
    (found,) = reloaded(folder)
    assert (found.visit, found.is_damaged, found.answer) == (entry.visit, True, None)
    again = Spool(folder)
    again.load()
    again.finish(again.entries()[0], ANSWER)
    assert entry.path.exists(), "it goes only when the hall has confirmed it"
