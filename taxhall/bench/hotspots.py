"""Where the time of a piece of work goes: its SQL statements, and whose code the rest is spent in."""

from __future__ import annotations

import cProfile
import pstats
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import connection

from taxhall.env import BASE_DIR

MOST_STATEMENTS = 6
MOST_OWNERS = 6
_PREPARED = re.compile(r"EXECUTE (\w+)_[0-9a-f]{20}\b")
_TABLE = re.compile(r'(?:FROM|INTO|UPDATE) "(\w+)"')
# Waiting for an answer; a part of the driver's time, not of anybody's code.
_WAITING = ("psycopg2", "socket", "select")


def where_the_time_goes(work: Callable[[], object], *, times: int) -> list[str]:
    """Do the work `times` times plainly, then `times` times under the profiler, and say what was found."""
    counts: Counter[str] = Counter()
    seconds: dict[str, float] = defaultdict(float)

    def timed(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            label = statement_label(sql)
            counts[label] += 1
            seconds[label] += time.perf_counter() - started

    started = time.perf_counter()
    with connection.execute_wrapper(timed):
        for _ in range(times):
            work()
    whole = time.perf_counter() - started
    return [*_statements(counts, seconds, whole, times), _owners(work, times)]


def statement_label(sql: str) -> str:
    """Name a statement by its verb and its table, and say when it locks; a prepared one has such a name already."""
    prepared = _PREPARED.match(sql)
    if prepared:
        return f"EXECUTE {prepared[1]}"
    verb = sql.lstrip("( ").split(" ", 1)[0].upper()
    table = _TABLE.search(sql)
    lock = " FOR UPDATE" if "FOR UPDATE" in sql else ""
    return f"{verb} {table.group(1)}{lock}" if table else verb


def _statements(counts: Counter[str], seconds: dict[str, float], whole: float, times: int) -> list[str]:
    inside = sum(seconds.values())
    first = (
        f"{counts.total() / times:.0f} SQL statements and {whole / times * 1000:.1f} ms a piece in one process, "
        f"{inside / whole:.0%} of it inside the database driver; most of that:"
    )
    return [
        first,
        *(
            f"  {counts[label] / times:4.0f} x {label}: {spent / times * 1000:.2f} ms"
            for label, spent in _largest(seconds, MOST_STATEMENTS)
        ),
    ]


def _owners(work: Callable[[], object], times: int) -> str:
    profile = cProfile.Profile()
    profile.enable()
    for _ in range(times):
        work()
    profile.disable()
    spent: dict[str, float] = defaultdict(float)
    stats: dict[tuple[str, int, str], tuple[int, int, float, float, Any]] = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    for (file, _line, function), (_calls, _primitive, own, _cumulative, _callers) in stats.items():
        spent[owner(file, function)] += own
    whole = sum(spent.values())
    shares = ", ".join(f"{name} {part / whole:.0%}" for name, part in _largest(spent, MOST_OWNERS))
    return f"time by code, under the profiler: {shares}"


def _largest(shares: dict[str, float], most: int) -> list[tuple[str, float]]:
    return sorted(shares.items(), key=lambda item: item[1], reverse=True)[:most]


def owner(file: str, function: str) -> str:
    """Name who wrote a function: the hall, a package (Django by its parts), or what is waited for."""
    if file == "~":
        return "waiting for answers" if any(word in function for word in _WAITING) else "Python's own functions"
    path = Path(file)
    if "site-packages" in path.parts:
        inside = path.parts[path.parts.index("site-packages") + 1 :]
        return "/".join(inside[:2]) if inside[0] == "django" else inside[0]
    return "the hall" if path.is_relative_to(BASE_DIR) else "Python's library"
