"""Whatever a crash of the machine leaves behind, the next start is healthy."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest

from taxhall.embedded import processes, servers, urls
from taxhall.embedded.server import EmbeddedServer, Place
from taxhall.embedded.valkey import Valkey
from tests.embedded.test_start_and_stop import broker, query


def kill(var: Path) -> None:
    """End both servers as a power cut does."""
    for each in servers.status(var):
        assert each.pid is not None
        pids = [each.pid, *children(each.pid)]
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        assert processes.becomes_true(lambda pids=pids: not any(map(processes.command_line, pids)), seconds=10)


def children(pid: int) -> list[int]:
    """Return the pids of the processes that a server started."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(each) for each in found]


@pytest.fixture
def crashed(var: Path) -> Path:
    """Return a var folder whose servers were killed while they held data."""
    servers.start(var)
    query(var, "CREATE TABLE kept AS SELECT 42 AS number")
    with broker(var) as valkey:
        valkey.lpush("celery", "message")
        valkey.execute_command("WAITAOF", 1, 0, 5000)
    kill(var)
    return var


def assert_healthy(var: Path) -> None:
    """Start again and find what was committed."""
    servers.start(var)
    assert query(var, "SELECT number FROM kept") == [(42,)]
    with broker(var) as valkey:
        assert valkey.lrange("celery", 0, -1) == [b"message"]


def test_killed_servers_are_not_reported_as_running(crashed: Path) -> None:
    assert [each.running for each in servers.status(crashed)] == [False, False]


def test_they_start_after_a_kill(crashed: Path) -> None:
    assert_healthy(crashed)


def test_a_start_that_fails_once_is_tried_again_on_the_port_that_everybody_knows(
    crashed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, launch, tried = urls.redis_url(crashed), Valkey.launch, []

    def late(self: Valkey, port: int) -> str:
        """Fail once, as while the processes of the server before are still ending."""
        tried.append(port)
        return launch(self, port) if len(tried) > 1 else "what was before still holds the memory"

    monkeypatch.setattr(Valkey, "launch", late)
    assert_healthy(crashed)
    assert len(tried) == 2
    assert urls.redis_url(crashed) == known


def test_a_pid_that_belongs_to_somebody_else_by_now_is_left_alone(crashed: Path) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        data = Place.under(crashed).home / "data"
        for file in (data / "postgres" / "postmaster.pid", data / "valkey" / "valkey.pid"):
            lines = file.read_text().split("\n")
            file.write_text("\n".join([str(stranger.pid), *lines[1:]]))
        assert [each.running for each in servers.status(crashed)] == [False, False]
        assert servers.stop(crashed) == []
        assert_healthy(crashed)
        servers.stop(crashed)
        assert stranger.poll() is None
    finally:
        stranger.communicate(b"\n")


@pytest.mark.parametrize("left", ["", "{", "[]", '{"port": "many"}', '{"port": 1}'])
def test_a_half_written_state_file_is_written_anew(crashed: Path, left: str) -> None:
    for name in servers.NAMES:
        Place.under(crashed).state_file(name).write_text(left)
    assert_healthy(crashed)


def test_a_state_file_that_was_lost_while_they_run_leads_to_a_clean_restart(var: Path) -> None:
    servers.start(var)
    query(var, "CREATE TABLE kept AS SELECT 42 AS number")
    with broker(var) as valkey:
        valkey.lpush("celery", "message")
    for name in servers.NAMES:
        Place.under(var).state_file(name).unlink()
    assert urls.database_url(var) == ""
    assert_healthy(var)


def test_a_lost_password_is_replaced_and_the_data_stay(crashed: Path) -> None:
    for name in servers.NAMES:
        (Place.under(crashed).home / f"{name}.password").unlink()
    assert_healthy(crashed)


@pytest.mark.parametrize("left", ["postgres.draft", "postgres"])
def test_a_cluster_that_was_half_made_is_made_anew(var: Path, left: str) -> None:
    servers.start(var, names=("valkey",))
    (Place.under(var).home / "data" / left / "base").mkdir(parents=True)
    servers.start(var)
    assert query(var, "SELECT 1") == [(1,)]


def test_a_broken_message_file_does_not_keep_the_hall_shut(crashed: Path) -> None:
    folder = Place.under(crashed).home / "data" / "valkey" / "appendonlydir"
    for file in folder.glob("*.aof"):
        file.write_bytes(b"\x00garbage\xff" * 100)
    servers.start(crashed)
    with broker(crashed) as valkey:
        assert valkey.ping()
    assert folder.with_name("appendonlydir.broken").exists()


def test_a_server_that_hangs_is_replaced(var: Path) -> None:
    found = servers.start(var, names=("valkey",))[0]
    assert found.pid is not None
    os.kill(found.pid, signal.SIGSTOP)
    assert servers.stop(var) == ["valkey"]
    assert servers.start(var, names=("valkey",))[0].pid != found.pid


def test_borrowed_servers_stop_with_their_last_user(var: Path) -> None:
    with servers.borrowed(var) as first:
        with servers.borrowed(var) as second:
            assert first == second
        assert servers.status(var) == first
    assert [each.running for each in servers.status(var)] == [False, False]


def test_borrowed_servers_outlast_a_user_who_died(var: Path) -> None:
    program = (
        "import os; from pathlib import Path; from taxhall.embedded import servers\n"
        f"with servers.borrowed(Path({str(var)!r})): os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", program], timeout=60, check=False, cwd=Path(__file__).parents[2])
    assert [each.running for each in servers.status(var)] == [True, True]
    with servers.borrowed(var):
        pass
    assert [each.running for each in servers.status(var)] == [False, False]


def test_servers_of_a_folder_that_was_made_anew_are_left_to_those_who_use_it(var: Path) -> None:
    with ExitStack() as new_users:
        with servers.borrowed(var, names=("valkey",)) as (old,):
            var.rename(var.with_name("removed"))
            (new,) = new_users.enter_context(servers.borrowed(var, names=("valkey",)))
        assert old.pid is not None
        os.kill(old.pid, signal.SIGKILL)
        assert servers.status(var, names=("valkey",)) == [new]


class Slow(EmbeddedServer):
    """A server whose dead predecessor still holds its port."""

    name = "slow"

    def __init__(self, last: int) -> None:
        self._last, self.tried = last, list[int]()

    def port(self) -> int | None:
        return self._last

    def find_pid(self) -> int | None:
        return None

    def prepare(self) -> None:
        """Nothing is to be made ready."""

    def launch(self, port: int) -> str:
        self.tried.append(port)
        return ""


def test_a_port_that_is_held_a_moment_longer_is_waited_for() -> None:
    dying = processes.listener()
    server = Slow(dying.getsockname()[1])
    end = threading.Timer(0.3, dying.close)
    end.start()
    server.start()
    end.join()
    assert server.tried == [server.port()]
