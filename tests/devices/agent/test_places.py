"""Where the program keeps its files, that they are private, and that damaged ones stop it."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from devices.agent import enrolment, places
from devices.agent.enrolment import Belonging, NotEnrolledError
from devices.agent.hall import check_address
from devices.agent.places import AlreadyRunningError, Places, alone, default_home
from tests.project.sources import ROOT


@pytest.mark.parametrize(
    ("system", "environment", "expected"),
    [
        ("linux", {"HOME": "/home/li"}, "/home/li/.local/state/taxhall-agent"),
        ("linux", {"HOME": "/home/li", "XDG_STATE_HOME": "/s"}, "/s/taxhall-agent"),
        ("win32", {"USERPROFILE": "/u/li", "LOCALAPPDATA": "/u/li/local"}, "/u/li/local/taxhall-agent"),
        ("win32", {"USERPROFILE": "/u/li"}, "/u/li/AppData/Local/taxhall-agent"),
        ("darwin", {"HOME": "/Users/li"}, "/Users/li/Library/Application Support/taxhall-agent"),
        ("linux", {"HOME": "/home/li", "TAXHALL_AGENT_HOME": "/data/agent"}, "/data/agent"),
    ],
)
def test_each_system_has_its_place(system, environment, expected):
    assert default_home(system, environment) == Path(expected)


@pytest.fixture
def kept(tmp_path) -> Places:
    """Return the files of a PC that is enrolled."""
    found = Places(tmp_path / "agent")
    found.prepare()
    pem, key = enrolment._new_key()
    belonging = Belonging("https://hall.example/", "id", "token", "91610113MA6TEKT0XE", "示例", key.key_id)
    enrolment._keep(found, pem, belonging, "ca")
    return found


def test_files_are_for_their_user_alone(kept):
    assert stat.S_IMODE(kept.home.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept.home.iterdir() if path.is_file()} == {0o600}


def test_what_was_kept_is_found_again_and_the_token_is_in_no_repr(kept):
    belonging, key = enrolment.load(kept)
    assert key.key_id == belonging.key_id
    assert belonging.token not in repr(belonging)


@pytest.mark.parametrize("how", ["another hall", "another key", "no key", "nonsense", "list"])
def test_files_that_were_changed_stop_the_program(kept, how):
    if how == "another hall":
        content = json.loads(kept.enrolment.read_text())
        kept.enrolment.write_text(json.dumps({**content, "hall": "https://evil.example/"}))
    if how == "another key":
        kept.key.write_bytes(enrolment._new_key()[0])
    if how == "no key":
        kept.key.unlink()
    if how == "nonsense":
        kept.enrolment.write_bytes(b"\xff{")
    if how == "list":
        kept.enrolment.write_text("[]")
    with pytest.raises(NotEnrolledError):
        enrolment.load(kept)


def test_a_session_number_is_never_used_twice(kept):
    assert [enrolment.next_session(kept) for _ in range(3)] == [1, 2, 3]
    assert enrolment.next_session(kept, at_least=9) == 10
    kept.session.write_text("damaged")
    assert enrolment.next_session(kept, at_least=10) == 11


def test_the_secret_of_the_page_is_made_once(kept):
    assert enrolment.page_secret(kept) == enrolment.page_secret(kept)
    assert len(enrolment.page_secret(kept)) >= 32


def test_one_agent_at_a_time(kept):
    with alone(kept), pytest.raises(AlreadyRunningError), alone(kept):
        pytest.fail("two agents")
    with alone(kept):
        assert kept.lock.exists()


def test_a_file_is_written_whole_or_not_at_all(kept, monkeypatch):
    before = kept.enrolment.read_bytes()

    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(places.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        places.write_private(kept.enrolment, b"half")
    assert kept.enrolment.read_bytes() == before


@pytest.mark.parametrize(
    "address",
    [
        "http://hall.example",
        "ftp://127.0.0.1",
        "https://",
        "hall",
        "https://li:pw@hall.example",
        "https://hall.example/?next=1",
        "http://127.0.0.1.evil.example",
    ],
)
def test_an_address_that_is_not_safe_is_refused(address):
    with pytest.raises(ValueError, match=r"安全|地址"):
        check_address(address)


@pytest.mark.parametrize("address", ["https://hall.example/hall", "http://127.0.0.1:8000", "http://[::1]:8000/"])
def test_a_safe_address_is_taken(address):
    assert check_address(address).endswith("/")


def test_the_program_needs_no_part_of_the_hall():
    """Nothing of Django, of the hall or of its disks is there on a taxpayer's PC."""
    code = (
        "import sys\n"
        "class Nothing:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in ('django', 'taxhall', 'accounts', 'invoicing', 'filing', 'clearcard')"
        " or name.startswith(('devices.virtual', 'devices.services', 'devices.models', 'devices.signer')):\n"
        "            raise ImportError(name)\n"
        "sys.meta_path.insert(0, Nothing())\n"
        "import devices.agent.cli, devices.gateway.owner, devices.gateway.watcher\n"
        "print('ok')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout == "ok\n", done.stderr


def test_the_program_starts_where_there_is_no_posix():
    """What Windows does not have is not imported there; sockets by path are used only for virtual disks."""
    code = (
        "import sys\n"
        "class Nothing:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name in ('fcntl', 'pwd', 'grp', 'resource', 'termios', 'tty', 'pty', 'syslog'):\n"
        "            raise ImportError(name)\n"
        "for name in ('fcntl', 'pwd', 'grp', 'resource', 'termios'):\n"
        "    sys.modules.pop(name, None)\n"
        "sys.meta_path.insert(0, Nothing())\n"
        "import devices.agent.cli, devices.gateway.owner, devices.gateway.watcher\n"
        "print('ok')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout == "ok\n", done.stderr


def test_what_is_kept_names_every_part():
    assert set(asdict(Belonging("h", "a", "t", "n", "m", "k"))) == {
        "hall",
        "agent",
        "token",
        "taxpayer_number",
        "taxpayer_name",
        "key_id",
        "ca_file",
    }
