"""The clamd adapter: its protocol word by word, and no verdict from anything but a whole answer in time."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from accounts.scanning.base import Engine, ScannerError, file_scanner
from accounts.scanning.demo import TRIAL
from tests.accounts.scanning.daemon import Clamd, running


@pytest.fixture(params=["tcp", "unix"])
def clamd(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> Iterator[Clamd]:
    """Return a daemon, reached in both ways."""
    with running(settings, tmp_path / "clamd.ctl" if request.param == "unix" else None) as server:
        yield server


@pytest.fixture
def over_tcp(settings: Any) -> Iterator[Clamd]:
    """Return a daemon over TCP."""
    with running(settings) as server:
        yield server


def test_a_clean_file_arrives_whole_and_the_engine_is_told(clamd: Clamd) -> None:
    content = os.urandom(300_000)
    verdict = file_scanner().scan(io.BytesIO(content), patience=10)
    assert verdict.is_clean
    assert verdict.engine == Engine("ClamAV 1.0.7", "27482")
    assert clamd.seen == [content]


def test_what_was_found_has_a_name(clamd: Clamd) -> None:
    verdict = file_scanner().scan(io.BytesIO(b"x" + TRIAL), patience=10)
    assert (verdict.is_clean, verdict.finding) == (False, "Eicar-Test-Signature")


def test_an_engine_without_a_data_base_of_its_makers_has_no_number(over_tcp: Clamd) -> None:
    over_tcp.version = "ClamAV 1.4.1"
    assert file_scanner().engine(patience=10) == Engine("ClamAV 1.4.1", "")


@pytest.mark.parametrize("behaviour", ["garbage", "error", "cut", "dies", "no version"])
def test_whatever_is_not_a_whole_answer_is_no_verdict(over_tcp: Clamd, behaviour: str) -> None:
    over_tcp.behaviour = behaviour
    with pytest.raises(ScannerError):
        file_scanner().scan(io.BytesIO(bytes(5_000_000)), patience=10)


@pytest.mark.parametrize("behaviour", ["small", "skims"])
def test_a_file_that_it_does_not_take_whole_is_neither_clean_nor_infected(clamd: Clamd, behaviour: str) -> None:
    clamd.behaviour = behaviour
    verdict = file_scanner().scan(io.BytesIO(bytes(5_000_000)), patience=10)
    assert (verdict.is_clean, verdict.is_too_large, verdict.finding) == (False, True, "")


@pytest.mark.parametrize(
    ("limit", "cause"),
    [
        ("MaxScanSize", "size"),
        ("MaxFileSize", "size"),
        ("MaxFiles", "count"),
        ("MaxRecursion", "depth"),
        ("MaxScanTime", "time"),
        ("EmailLineFoldcnt", "other"),
    ],
)
def test_no_limit_that_was_met_is_called_a_virus(over_tcp: Clamd, limit: str, cause: str) -> None:
    over_tcp.behaviour, over_tcp.limit = "skims", limit
    verdict = file_scanner().scan(io.BytesIO(b"x"), patience=10)
    assert (verdict.is_clean, verdict.is_too_large, verdict.finding, verdict.limit) == (False, True, "", cause)


def test_a_silent_scanner_costs_the_patience_and_no_more(clamd: Clamd) -> None:
    clamd.behaviour = "silent"
    begun = time.monotonic()
    with pytest.raises(ScannerError, match="in time"):
        file_scanner().scan(io.BytesIO(b"x"), patience=0.5)
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize("address", ["tcp:127.0.0.1:1", "unix:/nonexistent/clamd.ctl"])
def test_a_scanner_that_is_down_is_told_at_once(settings: Any, address: str) -> None:
    settings.FILE_SCANNER = "accounts.scanning.clamd.ClamdScanner"
    settings.CLAMD_ADDRESS = address
    with pytest.raises(ScannerError, match="cannot be reached"):
        file_scanner().scan(io.BytesIO(b"x"), patience=5)


def test_no_patience_is_no_verdict(over_tcp: Clamd) -> None:
    with pytest.raises(ScannerError, match="in time"):
        file_scanner().scan(io.BytesIO(b"x"), patience=0)


@contextmanager
def real_clamd(program: str, folder: Path, settings: Any) -> Iterator[None]:
    """Run Debian's clamd with one signature of our own and wait until it answers."""
    (folder / "db").mkdir()
    (folder / "db" / "own.ndb").write_text(f"Own.Trial:0:*:{TRIAL.hex()}\n")
    lines = (f"LocalSocket {folder}/ctl", f"DatabaseDirectory {folder}/db", "Foreground yes")
    (folder / "clamd.conf").write_text("\n".join(lines) + "\n")
    settings.FILE_SCANNER = "accounts.scanning.clamd.ClamdScanner"
    settings.CLAMD_ADDRESS = f"unix:{folder}/ctl"
    process = subprocess.Popen([program, "-c", str(folder / "clamd.conf")], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert any("Self checking" in line for line in process.stdout), "clamd ended before it listened"
        yield
    finally:
        process.terminate()
        process.communicate(timeout=20)


def test_the_real_clamd_says_the_same_where_there_is_one(settings: Any, tmp_path: Path) -> None:
    program = shutil.which("clamd")
    with real_clamd(program, tmp_path, settings) if program else running(settings):
        assert file_scanner().scan(io.BytesIO(b"harmless"), patience=20).is_clean
        assert not file_scanner().scan(io.BytesIO(TRIAL), patience=20).is_clean
