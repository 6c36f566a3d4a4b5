"""Arrows point downwards, private modules stay private, files stay readable."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

from tests.project import sources

# What an application keeps to itself; others see models, choices, errors, selectors, services, policies.
PRIVATE = frozenset(
    {"views", "forms", "api", "admin", "admin_views", "tasks", "rules", "workflow", "receivers", "querysets"}
)
LONGEST_FILE = 400
# Pure modules compute from what they are given.
IMPURE = (
    "django.db.connection",
    "django.db.transaction",
    "django.conf",
    "django.utils.timezone",
    "taxhall.common.clock",
)


def test_the_import_contracts_hold() -> None:
    # In a process of its own: the linter sets up logging anew and silences every logger there is.
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=sources.ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_no_application_reaches_into_anothers_private_modules() -> None:
    found = []
    for application in sources.APPLICATIONS:
        for file in sources.python_files(application):
            for line, name in sources.imports(file):
                parts = name.split(".")
                if parts[0] in sources.APPLICATIONS and parts[0] != application and PRIVATE & set(parts[1:2]):
                    found.append(f"{sources.where(file, line)} imports {name}")
    assert found == []


def test_rules_and_workflow_are_pure() -> None:
    found = []
    for application in sources.APPLICATIONS:
        for file in sources.python_files(application):
            inside = file.relative_to(sources.ROOT / application).parts[0].removesuffix(".py")
            if inside not in ("rules", "workflow"):
                continue
            names = [(line, name) for line, name in sources.imports(file) if name.startswith(IMPURE)]
            found += [f"{sources.where(file, line)} imports {name}" for line, name in names]
    assert found == []


def test_no_relative_imports() -> None:
    found = [
        sources.where(file, node.lineno)
        for file in sources.python_files("taxhall", "tests", *sources.APPLICATIONS)
        for node in ast.walk(sources.tree(file))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert found == []


def test_files_are_short_enough_to_read() -> None:
    files = sources.python_files("taxhall", "tests", *sources.APPLICATIONS)
    lengths = {str(file.relative_to(sources.ROOT)): len(file.read_text().splitlines()) for file in files}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_every_file_with_code_postpones_annotations() -> None:
    code = (ast.FunctionDef, ast.ClassDef)
    files = sources.python_files("taxhall", "tests", *sources.APPLICATIONS)
    files = [file for file in files if any(isinstance(node, code) for node in ast.walk(sources.tree(file)))]
    wanted = "from __future__ import annotations"
    assert [str(file) for file in files if wanted not in file.read_text()] == []


def test_only_one_place_polls() -> None:
    found = []
    for file in sources.python_files("taxhall", *sources.APPLICATIONS):
        for node in ast.walk(sources.tree(file)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("time.sleep", "sleep"):
                found.append(str(file.relative_to(sources.ROOT)))
    assert sorted(set(found)) in ([], ["taxhall/embedded/processes.py"])


def test_no_loose_ends() -> None:
    words = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|X" + r"XX)\b")
    found = []
    for file in [*sources.python_files("taxhall", "tests", *sources.APPLICATIONS), *sources.templates()]:
        lines = file.read_text(errors="replace").splitlines()
        found += [sources.where(file, at) for at, line in enumerate(lines, 1) if words.search(line)]
    assert found == []
