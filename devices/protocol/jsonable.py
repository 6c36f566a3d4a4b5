"""Turn frozen dataclasses into JSON-able dicts and back, driven by their type hints."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

T = TypeVar("T")
Convert = Callable[[Any], Any]

_SIMPLE: dict[type, tuple[Convert, Convert]] = {
    str: (str, str),
    int: (int, int),
    bool: (bool, bool),
    bytes: (bytes.hex, bytes.fromhex),
    Decimal: (str, Decimal),
    datetime: (datetime.isoformat, datetime.fromisoformat),
    date: (date.isoformat, date.fromisoformat),
}


def to_json(value: Any) -> dict[str, Any]:
    """Return the dataclass as a dict of JSON values: bytes as hex, Decimal as text, times as ISO 8601."""
    return {name: dump(getattr(value, name)) for name, dump, _ in _converters(type(value))}


def from_json(cls: type[T], data: dict[str, Any]) -> T:
    """Build the dataclass from such a dict; keys it does not know are ignored.

    Raises: KeyError, TypeError, ValueError when a value is missing or of the wrong shape.
    """
    return cls(**{name: load(data[name]) for name, _, load in _converters(cls) if name in data})


_KNOWN: dict[type, tuple[tuple[str, Convert, Convert], ...]] = {}


def _converters(cls: type) -> tuple[tuple[str, Convert, Convert], ...]:
    if cls not in _KNOWN:
        hints = typing.get_type_hints(cls)
        _KNOWN[cls] = tuple((field.name, *_converter(hints[field.name])) for field in dataclasses.fields(cls))
    return _KNOWN[cls]


def _converter(hint: Any) -> tuple[Convert, Convert]:
    if hint in _SIMPLE:
        return _SIMPLE[hint]
    if dataclasses.is_dataclass(hint):
        # Asked of the class each time, so that a message may read itself back from its signed bytes.
        cls: Any = hint
        return getattr(cls, "to_json", to_json), getattr(cls, "from_json", lambda data: from_json(cls, data))
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple and args[1:] == (...,):
        dump, load = _converter(args[0])
        return (lambda items: [dump(item) for item in items]), (lambda items: tuple(load(item) for item in items))
    if origin in (typing.Union, types.UnionType) and type(None) in args:
        dump, load = _converter(next(arg for arg in args if arg is not type(None)))
        return (
            (lambda item: None if item is None else dump(item)),
            (lambda item: None if item is None else load(item)),
        )
    raise TypeError(f"no JSON form for {hint!r}")
