"""Laying out a roll: from top to bottom, each part as high as it has to be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import singledispatchmethod

from invoicing.printing import roll
from invoicing.printing.fitting import LINE_HEIGHT, POINT, clean, fit, wrap
from invoicing.printing.shapes import CENTER, LEFT, RIGHT, Box, Page, Square, Stamp, Stroke, Text
from invoicing.printing.values import Printed, gross_row

_MARGIN = 3.0
_GAP = 1.6
# Where the figures of a line end, as parts of the width.
_ENDS = (0.36, 0.62, 1.0)
_FIGURES = (("price", "单价"), ("quantity", "数量"), ("amount", "金额"))


def roll_page(printed: Printed, *, note: str, stamps: tuple[Stamp, ...]) -> Page:
    """Return the page of a roll: the width of its kind of paper, as long as what is on it."""
    width = roll.WIDTHS.get(printed.invoice.code[-2:], roll.USUAL_WIDTH)
    column = _Column(printed, width)
    for item in roll.FLOW:
        column.add(item)
    if note:
        column.add(roll.Heading(words=note, size=6))
    return Page(
        width,
        max(roll.SHORTEST, round(column.top + _MARGIN, 1)),
        tuple(column.texts),
        strokes=tuple(column.strokes),
        qr=column.qr,
        qr_text=printed.qr_text,
        stamps=stamps,
    )


class _Column:
    """What has been laid out so far, and how far down that goes."""

    def __init__(self, printed: Printed, width: float) -> None:
        self.printed, self.width, self.room = printed, width, width - 2 * _MARGIN
        self.size = 7.5 if width < 70 else 9.0
        self.top = 5.0
        self.texts: list[Text] = []
        self.strokes: list[Stroke] = []
        self.qr: Square | None = None

    @singledispatchmethod
    def add(self, item: roll.Item) -> None:
        """Put one part below the others."""
        raise TypeError(item)

    @add.register
    def _heading(self, item: roll.Heading) -> None:
        if words := item.words or self.printed.values.get(item.value, ""):
            size = item.size + (2 if self.width > 70 and item.size > 8 else 0)
            self._write(self._broken(words, size), size, CENTER)

    @add.register
    def _pair(self, item: roll.Pair) -> None:
        value = self.printed.values.get(item.value, "")
        self._write(self._broken(f"{item.label}: {value}", self.size), self.size, LEFT)

    @add.register
    def _rule(self, item: roll.Rule) -> None:  # noqa: ARG002  (the type is all it says)
        self.strokes.append(Stroke(_MARGIN, self.top + _GAP, self.width - _MARGIN, self.top + _GAP, 0.2))
        self.top += 2 * _GAP

    @add.register
    def _lines(self, item: roll.Lines) -> None:  # noqa: ARG002
        self._write(["项目"], self.size, LEFT)
        self.top -= self._height(self.size)
        self._figures(dict(_FIGURES))
        for row in self.printed.face.annex or self.printed.face.rows:
            gross = gross_row(row)
            self._write(self._broken(gross["name"], self.size), self.size, LEFT)
            self._figures(gross)

    @add.register
    def _code(self, item: roll.Code) -> None:
        if self.printed.qr_text:
            self.qr = Square((self.width - item.side) / 2, self.top + _GAP, item.side)
            self.top += item.side + 2 * _GAP

    def _figures(self, row: dict[str, str]) -> None:
        height, start = self._height(self.size), 0.0
        for (name, _words), end in zip(_FIGURES, _ENDS, strict=True):
            left, right = _MARGIN + start * self.room, _MARGIN + end * self.room
            if text := row.get(name, ""):
                box = Box(left, self.top, right - left - 0.5, height, size=self.size, align=RIGHT, is_whole=True)
                self.texts.append(fit(box, text))
            start = end
        self.top += height

    def _broken(self, text: str, size: float) -> list[str]:
        # A roll is narrow and long as it is; lines of the writer's own would only make it longer.
        return wrap(clean(" ".join(text.split())), self.room / (size * POINT))

    def _write(self, lines: Iterable[str], size: float, align: str) -> None:
        for box, line in zip(self._boxes(size, align), lines, strict=False):
            self.texts.append(Text(box, (line,), size))
            self.top += box.height

    def _boxes(self, size: float, align: str) -> Iterator[Box]:
        while True:
            yield Box(_MARGIN, self.top, self.room, self._height(size), size=size, align=align)

    @staticmethod
    def _height(size: float) -> float:
        return size * POINT * LINE_HEIGHT + 0.5
