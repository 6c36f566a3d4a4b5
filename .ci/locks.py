"""Say where a lock file does not hold what its source asks for. Needs no network."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

FOLDER = Path(__file__).resolve().parent.parent / "requirements"
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(\S+)", re.MULTILINE)


def pins(lock: Path) -> dict[str, str]:
    """Return the pinned versions of a lock file."""
    return {canonicalize_name(name): version for name, version in PIN.findall(lock.read_text())}


def problems(source: Path) -> list[str]:
    """Return what is wrong between a source and its lock."""
    lock = source.with_suffix(".txt")
    if not lock.exists():
        return [f"{lock.name} is missing: make lock"]
    text, pinned, found = lock.read_text(), pins(lock), []
    for line in source.read_text().splitlines():
        wanted = line.partition("#")[0].strip()
        if not wanted or wanted.startswith("-"):
            continue
        requirement = Requirement(wanted)
        version = pinned.get(canonicalize_name(requirement.name))
        if version is None or not requirement.specifier.contains(version, prereleases=True):
            found.append(f"{lock.name}: {wanted} is not pinned ({version}): make lock")
    if re.search(r"https?://|--index-url|--find-links|file:", text):
        found.append(f"{lock.name} names a host or a folder")
    if text.count("--hash=") < len(pinned):
        found.append(f"{lock.name} has pins without a hash")
    return found


def disagreements() -> list[str]:
    """Return packages that two locks pin to different versions."""
    seen: dict[str, tuple[str, str]] = {}
    found = []
    for lock in sorted(FOLDER.glob("*.txt")):
        for name, version in pins(lock).items():
            other, before = seen.setdefault(name, (lock.name, version))
            if before != version:
                found.append(f"{name}: {before} in {other}, {version} in {lock.name}")
    return found


def main() -> int:
    """Print every problem; exit code 1 when there is one."""
    sources = sorted(FOLDER.glob("*.in"))
    found = [line for source in sources for line in problems(source)] + disagreements()
    print("\n".join(found) or f"{len(sources)} locks agree with their sources")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
