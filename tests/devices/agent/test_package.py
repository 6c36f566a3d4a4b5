"""What a taxpayer installs: the command, the few packages it needs, and nothing of the hall."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import tomllib

from devices.agent import VERSION
from tests.project.sources import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES = tuple(PROJECT["tool"]["setuptools"]["packages"])
# What each kept dependency brings along.
ALLOWED = {"cryptography", "cffi", "_cffi_backend", "_openssl", "gmssl_pyx"}


def loaded_by(*modules: str) -> set[str]:
    """Return the modules that importing these loads, in a process of its own."""
    code = f"import json, sys, {', '.join(modules)}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def test_the_command_is_there() -> None:
    module, _, name = PROJECT["project"]["scripts"]["taxhall-agent"].partition(":")
    assert callable(getattr(importlib.import_module(module), name))
    told = subprocess.run(
        [sys.executable, "-m", "devices.agent", "--version"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == f"taxhall-agent {VERSION}"


def test_the_packages_are_all_that_is_needed() -> None:
    ours = ("devices.agent.cli", "devices.gateway.owner", "devices.gateway.watcher", "devices.gateway.slots")
    loaded = loaded_by(*ours)
    parts = {name for name in loaded if name.startswith("devices.")}
    assert {name for name in parts if not name.startswith(PACKAGES)} == set()
    tops = {name.partition(".")[0] for name in loaded} - set(sys.stdlib_module_names) - {"devices"}
    tops = {name for name in tops if not name.startswith(("__", "_distutils_hack", "sitecustomize"))}
    assert tops <= ALLOWED | loaded_tops_of_start()


def loaded_tops_of_start() -> set[str]:
    """Return what this Python loads by itself at its start."""
    return {name.partition(".")[0] for name in loaded_by("json")}
