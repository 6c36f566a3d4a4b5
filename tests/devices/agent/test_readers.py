"""The readers of a PC: what is missing is said in words, and nothing but the installed program is run."""

from __future__ import annotations

import pytest

from devices.agent.readers import Readers
from devices.gateway import watcher
from devices.gateway.base import TransportError
from devices.gateway.carriers import MEMORY, PCSC
from devices.gateway.processes import Carrier
from tests.harness.loops import run


def problem_of(carrier: Carrier) -> str:
    """Return what the readers say once they are open."""

    async def look() -> str:
        readers = Readers(lambda: carrier)
        async with readers.open():
            return readers.problem

    return run(look())


def test_a_watcher_without_pyscard_stays_and_says_so(monkeypatch):
    def missing(*_where: str) -> None:
        raise ModuleNotFoundError("no pyscard", name="smartcard")

    monkeypatch.setattr(watcher, "open_transport", missing)
    with pytest.raises(TransportError, match="smartcard is not installed") as refused:
        watcher._lister(PCSC, "")()
    assert not refused.value.sent


def test_a_pc_without_pyscard_is_told_what_to_install(monkeypatch):
    readers = Readers(lambda: Carrier(PCSC))
    monkeypatch.setattr(readers._host, "_problem", f"smartcard {watcher.NOT_INSTALLED}")
    assert "taxhall-agent[pcsc]" in readers.problem


def test_what_lies_in_the_folder_of_the_start_is_never_run(tmp_path, monkeypatch):
    (tmp_path / "devices").mkdir()
    (tmp_path / "devices" / "__init__.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    monkeypatch.chdir(tmp_path)
    assert problem_of(Carrier(MEMORY, slots=str(tmp_path / "slots"))) == ""
    assert not (tmp_path / "ran").exists()
