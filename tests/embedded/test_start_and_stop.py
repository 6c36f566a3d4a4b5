"""The embedded servers: started once, found by all, stopped without touching others."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg2
import pytest
import redis

from taxhall.embedded import EmbeddedError, processes, servers, urls
from taxhall.embedded.isolation import NOBODY, Isolation
from taxhall.embedded.server import Place

ROOT = Path(__file__).resolve().parents[2]


def query(var: Path, statement: str) -> list[tuple[object, ...]]:
    """Ask the database of a var folder as the hall would."""
    server = psycopg2.connect(urls.database_url(var))
    try:
        with server, server.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        server.close()


def broker(var: Path) -> redis.Redis:
    """Return a connection to the broker of a var folder."""
    return redis.Redis.from_url(urls.redis_url(var))


def python_for_others() -> Path | None:
    """Return a Python of this version that another user may run: our own, or the system's."""
    packages = Path(sysconfig.get_path("purelib"))
    if not all(folder.stat().st_mode & 0o001 for place in (ROOT, packages) for folder in (place, *place.parents)):
        return None
    own, system = Path(sys.executable), Path(f"/usr/bin/python3.{sys.version_info.minor}")
    for python in (own, system):
        if python.exists() and all(folder.stat().st_mode & 0o001 for folder in python.resolve().parents):
            return python
    return None


def test_both_start_answer_and_stop(var: Path) -> None:
    found = servers.start(var)
    assert [each.running for each in found] == [True, True]
    assert query(var, "SELECT current_user, current_setting('is_superuser')") == [("taxhall", "off")]
    with broker(var) as valkey:
        assert valkey.ping()
    assert servers.stop(var) == ["valkey", "postgres"]
    assert [each.running for each in servers.status(var)] == [False, False]


def test_starting_again_changes_nothing(var: Path) -> None:
    assert servers.start(var) == servers.start(var)


def test_stopping_what_does_not_run_is_no_error(var: Path) -> None:
    assert servers.stop(var) == []
    servers.start(var, names=("valkey",))
    assert servers.stop(var) == ["valkey"]
    assert servers.stop(var) == []


def test_two_that_start_at_once_get_the_same_servers(var: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: servers.start(var), range(2))
    assert first == second


def test_two_checkouts_stand_side_by_side(var: Path) -> None:
    other = var.with_name("other")
    try:
        ours, theirs = servers.start(var), servers.start(other)
        assert not {each.port for each in ours} & {each.port for each in theirs}
        servers.stop(other)
        assert servers.status(var) == ours
    finally:
        servers.stop(other)


def test_data_and_messages_outlast_a_restart(var: Path) -> None:
    servers.start(var)
    query(var, "CREATE TABLE kept AS SELECT 42 AS number")
    with broker(var) as valkey:
        valkey.lpush("celery", "message")
    servers.stop(var)
    servers.start(var)
    assert query(var, "SELECT number FROM kept") == [(42,)]
    with broker(var) as valkey:
        assert valkey.lrange("celery", 0, -1) == [b"message"]


def test_they_keep_their_ports_over_a_restart(var: Path) -> None:
    before = [each.port for each in servers.start(var)]
    servers.stop(var)
    assert [each.port for each in servers.start(var)] == before


def test_a_port_that_was_taken_meanwhile_is_left_alone(var: Path) -> None:
    before = servers.start(var, names=("valkey",))[0].port
    servers.stop(var)
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((processes.LOOPBACK, before))
        taken.listen()
        after = servers.start(var, names=("valkey",))[0].port
    assert after != before


def test_only_the_owner_can_read_the_state(var: Path) -> None:
    servers.start(var)
    home = Place.under(var).home
    for name in ("postgres.json", "postgres.password", "valkey.json", "valkey.password"):
        assert (home / name).stat().st_mode & 0o077 == 0
    assert home.stat().st_mode & 0o066 == 0


def test_a_wrong_password_opens_nothing(var: Path) -> None:
    servers.start(var)
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(urls.database_url(var).replace("taxhall:", "taxhall:wrong"))
    wrong = urls.redis_url(var).replace("redis://:", "redis://:wrong")
    with redis.Redis.from_url(wrong) as valkey, pytest.raises(redis.AuthenticationError):
        valkey.ping()


def test_no_password_is_on_a_command_line(var: Path) -> None:
    secrets = {(Place.under(var).home / f"{each.name}.password").read_text().strip() for each in servers.start(var)}
    for each in servers.status(var):
        line = " ".join(processes.command_line(each.pid or 0))
        assert not any(secret in line for secret in secrets)


def test_only_loopback_is_listened_on(var: Path) -> None:
    ports = {each.port for each in servers.start(var)}
    listening = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            address, port = line.split()[1].split(":")
            if line.split()[3] == "0A" and int(port, 16) in ports:
                listening.add(address)
    assert listening == {"0100007F"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize("reachable", [True, False])
def test_where_namespaces_are_refused_root_drops_to_nobody(tmp_path: Path, reachable: bool) -> None:
    # pytest's own folders are closed to others, as a checkout below /root is.
    base = Path(tempfile.mkdtemp(dir="/var/tmp")) if reachable else tmp_path
    base.chmod(0o755 if reachable else 0o700)
    isolation = Isolation("nobody", uid=NOBODY)
    try:
        found = servers.start(base / "var", isolation=isolation)
        for each in found:
            assert Path(f"/proc/{each.pid}").stat().st_uid == NOBODY
        assert query(base / "var", "SELECT 1") == [(1,)]
        assert servers.stop(base / "var", isolation=isolation) == ["valkey", "postgres"]
    finally:
        servers.stop(base / "var", isolation=isolation)
        shutil.rmtree(base, ignore_errors=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_an_ordinary_user_starts_them_too(tmp_path: Path) -> None:
    python = python_for_others()
    if python is None:
        pytest.skip("other users may not read this checkout or any Python of its version")
    base = Path(tempfile.mkdtemp(dir="/var/tmp"))
    os.chown(base, NOBODY, NOBODY)
    program = (
        "from pathlib import Path; from taxhall.embedded import servers; "
        f"var = Path({str(base / 'var')!r}); print([each.running for each in servers.start(var)], servers.stop(var))"
    )
    try:
        done = subprocess.run(
            [python, "-c", program],
            cwd=ROOT,
            user=NOBODY,
            group=NOBODY,
            extra_groups=[],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": sysconfig.get_path("purelib")},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.stdout.strip() == "[True, True] ['valkey', 'postgres']", done.stderr
    finally:
        shutil.rmtree(base)


def test_a_missing_wheel_is_said_with_what_to_do(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("taxhall.embedded.valkey.find_spec", lambda _name: None)
    with pytest.raises(EmbeddedError, match="set REDIS_URL"):
        servers.start(var, names=("valkey",))


def test_a_folder_of_somebody_else_is_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_kwargs: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(EmbeddedError, match="belongs to another user"):
        servers.start(tmp_path / "var")
