"""A private card service for virtual readers: started by socket activation, stopped by its own pid.

The daemon has no option for its socket, but it takes a listening one from whoever starts it
(LISTEN_FDS), as systemd does; the client library follows PCSCLITE_CSOCK_NAME. Every pair of readers gets
its own copy of the driver: the driver keeps its slots in static variables, and two blocks sharing one file
answer with each other's cards, silently.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from devices.gateway.client import LONGEST_SOCKET_PATH

logger = logging.getLogger(__name__)

PCSCD = Path("/usr/sbin/pcscd")
DRIVER_PATTERNS = (
    "/usr/lib/pcsc/drivers/serial/libifdvpcd.so*",
    "/usr/lib/*/pcsc/drivers/serial/libifdvpcd.so*",
)
SLOTS_PER_DRIVER = 2
# pcscd stops at sixteen readers and drops the rest without an error.
MAX_READERS = 16
RUN_FOLDER = Path("/run/pcscd")
PID_NAME, CONFIG_NAME = "pcscd.pid", "reader.conf"
START_SECONDS = 10.0
# Hands descriptor 3 over as systemd would; the shell cannot redirect descriptors above nine.
_ACTIVATE = """
import os, sys
given = int(sys.argv[1])
os.set_inheritable(given, True) if given == 3 else os.dup2(given, 3)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[2], sys.argv[2:])
"""
STOP_SECONDS = 3.0


class PcscdUnavailableError(RuntimeError):
    """The card service cannot be started, with the reason and what to do."""


@dataclass(frozen=True)
class ReaderSlot:
    """One virtual reader: where its card connects, and the name that PC/SC gives it."""

    port: int
    reader: str


def driver_path() -> Path | None:
    """Return the installed virtual reader driver."""
    for pattern in DRIVER_PATTERNS:
        for found in sorted(Path("/").glob(pattern.lstrip("/"))):
            return found
    return None


def missing_parts() -> list[str]:
    """Return what a machine lacks to drive virtual readers over PC/SC; empty means nothing."""
    missing = []
    if not PCSCD.exists():
        missing.append("pcscd")
    if driver_path() is None:
        missing.append("vsmartcard-vpcd")
    try:
        import smartcard.scard  # noqa: F401, PLC0415  (asked only here; compiled, may be absent)
    except ImportError:
        missing.append("pyscard")
    return missing


class PrivatePcscd:
    """One card service with `count` virtual readers under a folder of its own."""

    def __init__(self, folder: Path, count: int) -> None:
        if not 1 <= count <= MAX_READERS:
            raise PcscdUnavailableError(f"the card service holds 1 to {MAX_READERS} readers, not {count}")
        self.folder = folder
        self.slots: list[ReaderSlot] = []
        self._blocks = -(-count // SLOTS_PER_DRIVER)
        self._count = count
        self._process: subprocess.Popen[bytes] | None = None
        self._short_folder: Path | None = None
        self.socket_path = self._choose_socket_path()

    @property
    def socket(self) -> Path:
        """Where clients connect: the value of PCSCLITE_CSOCK_NAME."""
        return self.socket_path

    @property
    def ports(self) -> list[int]:
        """Where the cards of the readers connect."""
        return [slot.port for slot in self.slots]

    @property
    def readers(self) -> list[str]:
        """The names of the readers, in the order of the ports."""
        return [slot.reader for slot in self.slots]

    @property
    def pid(self) -> int | None:
        """The daemon's pid while it runs."""
        return None if self._process is None or self._process.poll() is not None else self._process.pid

    def start(self) -> None:
        """Start the daemon and wait until it answers. Raises: PcscdUnavailableError."""
        if missing := [part for part in missing_parts() if part != "pyscard"]:
            raise PcscdUnavailableError(f"not installed: {', '.join(missing)} (apt-get install -y {' '.join(missing)})")
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._end_leftover()
        with _free_ports(self._blocks) as ports:
            config = self._write_config(ports)
        self._process = self._spawn(config)
        (self.folder / PID_NAME).write_text(str(self._process.pid))
        self._await_ready()

    def revive(self) -> bool:
        """Start a daemon that ended by itself again, with the same readers; say whether that was needed.

        Raises: PcscdUnavailableError.
        """
        if self._process is None or self._process.poll() is None:
            return False
        logger.warning("the card service ended with %s and is started again", self._process.returncode)
        self._process = self._spawn(self.folder / CONFIG_NAME)
        (self.folder / PID_NAME).write_text(str(self._process.pid))
        self._await_ready()
        return True

    def stop(self) -> None:
        """Stop the daemon by its pid and remove what it leaves."""
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(STOP_SECONDS)
        self.socket_path.unlink(missing_ok=True)
        (self.folder / PID_NAME).unlink(missing_ok=True)
        if self._short_folder is not None:
            shutil.rmtree(self._short_folder, ignore_errors=True)

    def _end_leftover(self) -> None:
        """End the daemon that a killed predecessor left in this folder, if that pid is still it."""
        with suppress(OSError, ValueError):
            pid = int((self.folder / PID_NAME).read_text())
            if os.fsencode(self.folder / CONFIG_NAME) in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGTERM)

    def _choose_socket_path(self) -> Path:
        path = self.folder / "pcscd.sock"
        if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
            return path
        # The client library takes a plain path only, so a deep folder gets a short stand-in.
        self._short_folder = Path(tempfile.mkdtemp(prefix="taxhall-pcsc-", dir="/tmp"))
        return self._short_folder / "pcscd.sock"

    def _write_config(self, ports: list[int]) -> Path:
        driver = driver_path()
        if driver is None:
            raise PcscdUnavailableError("the driver of virtual readers is not installed (vsmartcard-vpcd)")
        blocks = []
        for index, port in enumerate(ports):
            copy = self.folder / f"libifdvpcd-{index}.so"
            shutil.copyfile(driver, copy)
            copy.chmod(0o700)
            name = f"Virtual disk reader {index:02d}"
            blocks.append(
                f'FRIENDLYNAME "{name}"\nDEVICENAME   /dev/null:0x{port:04X}\n'
                f"LIBPATH      {copy}\nCHANNELID    0x{port:04X}\n"
            )
            # PC/SC adds the number of readers of that name, always 00 here, and the slot.
            self.slots += [ReaderSlot(port + slot, f"{name} 00 {slot:02d}") for slot in range(SLOTS_PER_DRIVER)]
        del self.slots[self._count :]
        config = self.folder / CONFIG_NAME
        config.write_text("\n".join(blocks))
        return config

    def _spawn(self, config: Path) -> subprocess.Popen[bytes]:
        self.socket_path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(str(self.socket_path))
            self.socket_path.chmod(0o600)
            listener.listen(64)
            words = [str(PCSCD), "-f", "-i", *_polkit_option(), "-c", str(config)]
            with (self.folder / "pcscd.log").open("ab") as log:
                # Our own copy of the listening socket closes with this block: a socket without a
                # daemon behind it makes clients block instead of fail.
                return subprocess.Popen(
                    [*_run_prefix(), sys.executable, "-c", _ACTIVATE, str(listener.fileno()), *words],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    pass_fds=[listener.fileno()],
                    start_new_session=True,
                )

    def _await_ready(self) -> None:
        """Wait until every slot's port is listened on: then readers exist and cards may connect."""
        pause, deadline = threading.Event(), time.monotonic() + START_SECONDS
        waiting = [slot.port for slot in self.slots]
        while waiting:
            if self._process is None or self._process.poll() is not None:
                raise PcscdUnavailableError(f"the card service ended at start; see {self.folder / 'pcscd.log'}")
            if time.monotonic() > deadline:
                self.stop()
                raise PcscdUnavailableError(f"the card service did not get ready; see {self.folder / 'pcscd.log'}")
            listening = _listening_ports()
            waiting = [port for port in waiting if port not in listening]
            pause.wait(0.005)


def start_pcscd(folder: Path, slots: int) -> PrivatePcscd:
    """Return a running card service. Raises: PcscdUnavailableError."""
    service = PrivatePcscd(folder, slots)
    service.start()
    return service


def _polkit_option() -> list[str]:
    """Newer daemons ask polkit, which a container lacks; older ones do not know the option."""
    told = subprocess.run([str(PCSCD), "--version"], capture_output=True, text=True, timeout=5, check=False)
    return ["--disable-polkit"] if "polkit" in (told.stdout + told.stderr).lower() else []


def _run_prefix() -> list[str]:
    """Return what gives an ordinary user the /run/pcscd that the daemon insists on."""
    if RUN_FOLDER.is_dir() or os.geteuid() == 0:
        return []
    return ["unshare", "-rm", "sh", "-c", 'mount -t tmpfs tmpfs /run && exec "$@"', "sh"]


def _listening_ports() -> set[int]:
    """Return the TCP ports in state LISTEN, without connecting: a connection would be taken for a card."""
    ports = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == "0A":
                    ports.add(int(fields[1].rpartition(":")[2], 16))
    return ports


@contextmanager
def _free_ports(blocks: int) -> Iterator[list[int]]:
    """Yield the first port of so many pairs of neighbouring free ports, held until the block ends."""
    with ExitStack() as held:
        ports: list[int] = []
        while len(ports) < blocks:
            first = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            first.bind(("0.0.0.0", 0))  # noqa: S104  (the driver listens there; this only reserves)
            port = int(first.getsockname()[1])
            second = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            with suppress(OSError, OverflowError):
                second.bind(("0.0.0.0", port + 1))  # noqa: S104
                ports.append(port)
        yield ports
