"""Child process: read a PDF from standard input, print what is in it as JSON. Knows nothing of the hall."""

from __future__ import annotations

import io
import json
import logging
import resource
import sys
import warnings
from typing import Any

from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import DictionaryObject

CPU_SECONDS = 10
MEMORY_BYTES = 1024 * 1024 * 1024
MAX_OBJECTS = 20_000
MAX_DEPTH = 60
_ACTIONS = {
    "/JavaScript": "script",
    "/Launch": "launch",
    "/SubmitForm": "launch",
    "/ImportData": "launch",
    "/GoToR": "launch",
    "/GoToE": "embedded",
    "/Rendition": "embedded",
    "/Movie": "embedded",
    "/Sound": "embedded",
}
_KEYS = {"/JS": "script", "/JavaScript": "script", "/EmbeddedFiles": "embedded", "/EF": "embedded", "/XFA": "script"}
_TYPES = {"/EmbeddedFile": "embedded"}
_SUBTYPES = {"/RichMedia": "embedded", "/FileAttachment": "embedded", "/Screen": "embedded", "/3D": "embedded"}


def main() -> None:
    """Limit this process, look, answer."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    sys.stdout.write(json.dumps(_look(sys.stdin.buffer.read())))


def _look(content: bytes) -> dict[str, Any]:
    try:
        reader = PdfReader(io.BytesIO(content), strict=False)
        if reader.is_encrypted:
            return {"problem": "encrypted"}
        problem = _first_problem(reader)
        return {"problem": problem} if problem else {"pages": len(reader.pages)}
    except MemoryError:
        return {"problem": "too_heavy"}
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, OSError):
        return {"problem": "damaged"}


def _first_problem(reader: Any) -> str:
    """Walk every object that can be reached from the trailer, each once, without decoding streams."""
    seen: set[int] = set()
    waiting: list[tuple[Any, int]] = [(reader.trailer, 0)]
    while waiting:
        item, depth = waiting.pop()
        if hasattr(item, "idnum"):
            if item.idnum in seen:
                continue
            seen.add(item.idnum)
            item = item.get_object()
        if len(seen) > MAX_OBJECTS or depth > MAX_DEPTH:
            return "too_heavy"
        if isinstance(item, DictionaryObject):
            if problem := _dictionary_problem(item):
                return problem
            waiting += [(item.raw_get(key), depth + 1) for key in item]
        elif isinstance(item, list):
            waiting += [(list.__getitem__(item, index), depth + 1) for index in range(len(item))]
    return ""


def _dictionary_problem(item: Any) -> str:
    for key in item:
        if key in _KEYS:
            return _KEYS[key]
    for name, table in (("/S", _ACTIONS), ("/Type", _TYPES), ("/Subtype", _SUBTYPES)):
        value = item.raw_get(name) if name in item else None
        if isinstance(value, str) and value in table:
            return table[value]
    return ""


if __name__ == "__main__":
    main()
