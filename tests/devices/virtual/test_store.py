"""The memory file: whole records or none, owner alone, one process, and no guessing at damage."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from devices.gateway.base import CardRefusedError
from devices.virtual import VirtualDisk, store
from devices.virtual.store import PowerCutError, StateCorruptError, StateFile, StateLockedError
from tests.devices.disks import Bench, make_order, make_spec


@pytest.fixture(scope="module")
def profile() -> str:
    """The memory keeps whatever it is given and knows no algorithm: one profile tells all."""
    return "intl"


@pytest.fixture
def memory(tmp_path: Path) -> StateFile:
    return StateFile.create(tmp_path / "disk.journal", {"a": 1}, is_durable=False)


def reopened(memory: StateFile) -> dict[str, object]:
    memory.close()
    memory.open()
    return memory.values


def test_what_is_committed_is_there_after_a_restart(memory: StateFile) -> None:
    memory.commit({"b": [1, 2], "a": None})
    assert reopened(memory) == {"b": [1, 2]}


@pytest.mark.parametrize("landing", range(0, 40, 3))
def test_a_record_cut_anywhere_counts_for_nothing(memory: StateFile, landing: int) -> None:
    memory.before_write = lambda line: min(landing, len(line) - 1)
    with pytest.raises(PowerCutError):
        memory.commit({"b": "a value long enough to be cut"})
    memory.before_write = lambda _: None
    assert reopened(memory) == {"a": 1}
    memory.commit({"c": 3})
    assert reopened(memory) == {"a": 1, "c": 3}


def test_damage_before_the_end_is_told_and_not_guessed_at(memory: StateFile) -> None:
    memory.commit({"b": 2})
    memory.commit({"c": 3})
    memory.close()
    data = bytearray(memory.path.read_bytes())
    data[data.index(b'"b":2') + 4] ^= 1
    memory.path.write_bytes(data)
    with pytest.raises(StateCorruptError, match="damaged"):
        memory.open()
    assert not memory.is_open


def test_an_empty_file_is_damage(memory: StateFile) -> None:
    memory.close()
    memory.path.write_bytes(b"")
    with pytest.raises(StateCorruptError):
        memory.open()


def test_a_disk_is_held_by_one_process_at_a_time(memory: StateFile) -> None:
    other = StateFile(memory.path)
    with pytest.raises(StateLockedError):
        other.open()
    memory.close()
    other.open()
    other.close()


def test_only_the_owner_may_read_it(memory: StateFile) -> None:
    assert stat.S_IMODE(memory.path.stat().st_mode) == 0o600


def test_a_disk_that_is_there_is_never_replaced(bench: Bench) -> None:
    with pytest.raises(FileExistsError):
        VirtualDisk.create(bench.disk.path, make_spec())
    assert [path.name for path in bench.disk.path.parent.iterdir()] == ["disk.journal"]


def test_a_long_journal_is_compacted_at_power_on_alone(memory: StateFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "COMPACT_ABOVE", 400)
    for number in range(50):
        memory.commit({"b": number})
    assert memory.path.stat().st_size > 400
    assert reopened(memory) == {"a": 1, "b": 49}
    assert memory.path.stat().st_size < 100
    memory.commit({"c": 1})
    assert reopened(memory) == {"a": 1, "b": 49, "c": 1}


def test_a_cut_while_compacting_leaves_the_old_journal(memory: StateFile, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(50):
        memory.commit({"b": number})
    memory.close()
    monkeypatch.setattr(store, "COMPACT_ABOVE", 400)
    memory.before_write = lambda line: len(line) // 2
    with pytest.raises(PowerCutError):
        memory.open()
    memory.before_write = lambda _: None
    assert reopened(memory) == {"a": 1, "b": 49}


def test_a_full_memory_refuses_and_changes_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    session = bench.session()
    before = bench.disk.path.read_bytes()
    real_write = os.write

    def half(descriptor: int, data: bytes) -> int:
        return real_write(descriptor, data[: len(data) // 2])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", half)
        with pytest.raises(CardRefusedError) as caught:
            session.issue(make_order(bench.clock))
    assert caught.value.code == "disk.memory_failure"
    assert bench.disk.path.read_bytes() == before
    assert bench.session().issue(make_order(bench.clock)).counter == 1
