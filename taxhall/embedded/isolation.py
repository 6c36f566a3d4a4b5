"""As whom the servers run.

PostgreSQL refuses uid 0. An ordinary user runs it directly. Root runs it in a user namespace where
root is shown as nobody: the data stay root's, under a 0700 folder. Where the kernel or a container
refuses user namespaces, root drops to nobody and gives it a private folder.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from taxhall.embedded.errors import EmbeddedError
from taxhall.embedded.files import private_folder

NOBODY = 65534
UNSHARE = ("unshare", "-U", f"--map-user={NOBODY}", f"--map-group={NOBODY}")


@dataclass(frozen=True)
class Isolation:
    """How to start a server program, and where its data may live."""

    name: str
    prefix: tuple[str, ...] = ()
    uid: int | None = None

    @classmethod
    def choose(cls) -> Isolation:
        """Return the way that works for this user on this machine."""
        if os.geteuid() != 0:
            return cls("direct")
        if _namespaces_work():
            return cls("namespace", prefix=UNSHARE)
        return cls("nobody", uid=NOBODY)

    def run(self, command: Sequence[str | Path], *, seconds: float) -> subprocess.CompletedProcess[str]:
        """Run a server's own tool and return what it said. Raises: EmbeddedError after the time limit."""
        try:
            return subprocess.run(
                [*self.prefix, *map(str, command)],
                capture_output=True,
                text=True,
                timeout=seconds,
                check=False,
                cwd="/",
                stdin=subprocess.DEVNULL,
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"},
                user=self.uid,
                group=self.uid,
                extra_groups=None if self.uid is None else [],
            )
        except subprocess.TimeoutExpired as error:
            raise EmbeddedError(f"{Path(command[0]).name} did not answer within {seconds:.0f} s") from error

    def data_folder(self, home: Path) -> Path:
        """Return the folder for the servers' data: below `home` wherever the server's user can enter it."""
        if self.uid is None:
            return private_folder(home / "data")
        if _others_can_enter(home.parent):
            home.chmod(0o711)
            folder = private_folder(home / "data")
        else:
            folder = private_folder(_outside(home) / "data")
        self.give(folder)
        return folder

    def package(self, folder: Path, home: Path) -> Path:
        """Return an installed package's folder, copied to where the server's user can read it if needed."""
        if self.uid is None or _others_can_enter(folder):
            return folder
        target = _outside(home) / folder.name
        for source in (folder.with_name(f"{folder.name}.libs"), folder):
            copy = target.with_name(source.name)
            if not source.exists() or copy.exists():
                continue
            draft = copy.with_name(f"{copy.name}.draft")
            shutil.rmtree(draft, ignore_errors=True)
            shutil.copytree(source, draft, symlinks=True)
            draft.rename(copy)
        return target

    def discard(self, home: Path) -> None:
        """Remove the folder and what was put elsewhere because the server's user cannot reach it."""
        shutil.rmtree(home, ignore_errors=True)
        if self.uid is not None:
            shutil.rmtree(_outside(home), ignore_errors=True)

    def give(self, path: Path) -> None:
        """Hand a file or folder to the server's user."""
        if self.uid is not None:
            os.chown(path, self.uid, self.uid)


def _namespaces_work() -> bool:
    try:
        return subprocess.run([*UNSHARE, "true"], capture_output=True, timeout=10, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _others_can_enter(folder: Path) -> bool:
    existing = next(each for each in (folder, *folder.parents) if each.exists())
    return all(each.stat().st_mode & 0o001 for each in (existing, *existing.parents))


def _outside(home: Path) -> Path:
    """Return a folder outside the checkout: the only choice when nobody cannot reach the checkout."""
    mark = hashlib.sha256(str(home).encode()).hexdigest()[:16]
    folder = Path("/var/tmp") / f"taxhall-{mark}"  # noqa: S108  (made and checked here, entered by name only)
    folder.mkdir(mode=0o711, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise EmbeddedError(f"{folder} was made by somebody else; remove it and start again")
    return folder
