"""The project's own source files, for tests that read them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPLICATIONS = ("accounts", "devices", "invoicing", "filing", "clearcard")


def python_files(*folders: str) -> list[Path]:
    """Return the Python files below the folders, migrations left out."""
    found = [file for folder in folders for file in (ROOT / folder).rglob("*.py")]
    return sorted(file for file in found if "migrations" not in file.parts)


def templates() -> list[Path]:
    """Return every template."""
    return sorted(file for file in (ROOT / "templates").rglob("*") if file.is_file())


@cache
def tree(file: Path) -> ast.Module:
    """Return a parsed file."""
    return ast.parse(file.read_text())


def imports(file: Path) -> Iterator[tuple[int, str]]:
    """Yield line and full name of everything a file imports."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def where(file: Path, line: int) -> str:
    """Return a place as editors open it."""
    return f"{file.relative_to(ROOT)}:{line}"
