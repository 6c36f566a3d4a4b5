"""Fitting text into boxes: measured, wrapped, made smaller; whatever it says, it stays text and inside."""

from __future__ import annotations

import re
import unicodedata

from invoicing.printing.shapes import Box, Text

POINT = 25.4 / 72
LINE_HEIGHT = 1.16
SMALLEST = 2.0
# Below this, lines of their own are given up before the letters get smaller still.
_READABLE = 5.0
_STEP = 0.5
# A number that is cut in two is copied wrongly.
_DIGITS = "0123456789"
_NUMBER_AT_END = re.compile(r"[0-9]+$")
# What a reader sees where a character has no shape of its own, or would turn the order of others.
_MARK = "□"
# Joiners shape the characters beside them and take no room.
_JOINERS = "\u200c\u200d"
_SHAPELESS = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Characters wider than a Chinese one in the fonts that have them.
_WIDE = ((0xFDF0, 0xFDFF, 12.0), (0x12000, 0x1254F, 5.0), (0x1F000, 0x1FAFF, 1.5), (0xA9C1, 0xA9CD, 2.0))


def clean(text: str) -> str:
    """Return the text with line ends as one sort and a mark for what cannot be seen."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return "".join(each if _is_shown(each) else _MARK for each in text)


def _is_shown(each: str) -> bool:
    return each == "\n" or each in _JOINERS or unicodedata.category(each) not in _SHAPELESS


def width_of(text: str) -> float:
    """Return how wide a text is in ems, never less than it is drawn.

    The font of the values has Latin letters of half a Chinese character; what it lacks counts as a whole one.
    """
    return sum(_character(each) for each in text)


def _character(each: str) -> float:
    if "\x20" <= each <= "\x7e":
        return 0.5
    if each in _JOINERS:
        return 0.0
    if unicodedata.category(each) in ("Mn", "Me"):
        # Taken from another font than its letter, a mark stands beside it.
        return 0.65
    point = ord(each)
    return next((width for first, last, width in _WIDE if first <= point <= last), 1.0)


def fit(box: Box, text: str) -> Text:
    """Return the text in the largest letters that keep it inside its box.

    Rule: figures stay on one line; what does not fit even in the smallest letters ends with an ellipsis.
    """
    text = clean(text)
    found = _fitted(box, text, least=_READABLE) or _fitted(box, " ".join(text.split()), least=SMALLEST)
    if found is not None:
        return found
    lines = _wrapped(" ".join(text.split()), box, SMALLEST)
    room = max(1, int(box.height / _line(SMALLEST)))
    return Text(box, (*lines[: room - 1], f"{lines[min(room, len(lines)) - 1][:-1]}…"), SMALLEST)


def _fitted(box: Box, text: str, *, least: float) -> Text | None:
    size = box.size
    while size >= least:
        lines = _wrapped(text, box, size)
        if _is_inside(lines, box, size):
            return Text(box, lines, size)
        size -= _STEP
    return None


def _is_inside(lines: tuple[str, ...], box: Box, size: float) -> bool:
    if len(lines) * _line(size) > box.height + 0.01:
        return False
    return not box.is_whole or (len(lines) == 1 and width_of(lines[0]) * size * POINT <= box.width)


def _line(size: float) -> float:
    return size * POINT * LINE_HEIGHT


def _wrapped(text: str, box: Box, size: float) -> tuple[str, ...]:
    if box.is_whole:
        return (text.replace("\n", " "),)
    return tuple(line for part in text.split("\n") for line in wrap(part, box.width / (size * POINT)))


def wrap(text: str, room: float) -> list[str]:
    """Break a text into lines of so many ems: at a space where one is near, else before a number, else anywhere."""
    lines, line, width = [], "", 0.0
    for each in text:
        step = _character(each)
        if line and width + step > room:
            head, tail = _parted(line, each)
            lines.append(head)
            line, width = tail, width_of(tail)
        line, width = line + each, width + step
    return [*lines, line]


def _parted(line: str, each: str) -> tuple[str, str]:
    """Return what of a full line stays and what goes to the next, which begins with one character more."""
    head, space, tail = line.rpartition(" ")
    if space and head and len(tail) < len(head) and each != " ":
        return head, tail
    number = _NUMBER_AT_END.search(line)
    if number and number.start() and each in _DIGITS:
        return line[: number.start()], number[0]
    return line, ""
