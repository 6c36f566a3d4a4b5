"""The words in which a face is described: all lengths in millimetres from the top left, letters in points."""

from __future__ import annotations

from dataclasses import dataclass, replace

LEFT, CENTER, RIGHT = "left", "center", "right"
# What is printed beforehand on a paper form, and what is written on it.
FORM, VALUE = "form", "value"


@dataclass(frozen=True)
class Box:
    """A place for one text: fixed words of the form, or the value of a name."""

    left: float
    top: float
    width: float
    height: float
    words: str = ""
    value: str = ""
    size: float = 9.0
    align: str = LEFT
    tone: str = VALUE
    # Figures and codes are made smaller rather than broken.
    is_whole: bool = False
    is_bold: bool = False
    # Long texts begin at the top, short ones stand in the middle.
    is_top: bool = False

    def moved(self, right: float, down: float) -> Box:
        """Return the same place elsewhere."""
        return replace(self, left=self.left + right, top=self.top + down)


@dataclass(frozen=True)
class Stroke:
    """A straight line of the form."""

    x1: float
    y1: float
    x2: float
    y2: float
    width: float = 0.25

    def moved(self, right: float, down: float) -> Stroke:
        """Return the same line elsewhere."""
        return Stroke(self.x1 + right, self.y1 + down, self.x2 + right, self.y2 + down, self.width)


@dataclass(frozen=True)
class Square:
    """Where the QR code stands."""

    left: float
    top: float
    side: float


@dataclass(frozen=True)
class Column:
    """A column of lines: which value of a line, and where."""

    value: str
    left: float
    width: float
    align: str = LEFT
    size: float = 8.0
    is_whole: bool = False


@dataclass(frozen=True)
class Rows:
    """The lines of a face: as many as there is room for, each of one height; none on a face without lines."""

    top: float
    height: float
    count: int
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Frame:
    """Where the table of a face stands."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True)
class Copy:
    """One copy (联) of a paper form: its name and whose record it is."""

    slug: str
    name: str
    purpose: str

    @property
    def edge(self) -> str:
        """What stands at the edge of this copy."""
        return f"{self.name}　{self.purpose}"

    @property
    def plain_name(self) -> str:
        """Its name without its place among the copies, which differs between kinds."""
        return self.name.rpartition("：")[2]


@dataclass(frozen=True)
class FaceLayout:
    """One face as data: its paper, its lines, its words, the places of its values."""

    width: float
    height: float
    strokes: tuple[Stroke, ...]
    words: tuple[Box, ...]
    places: tuple[Box, ...]
    rows: Rows
    qr: Square
    copies: tuple[Copy, ...] = ()
    # Only a paper form is printed beforehand, so that the values alone can be written on it; there its table stands.
    frame: Frame | None = None
    # Lines that do not fit go on on further faces; otherwise all of them go to a list of goods.
    goes_on: bool = False
    # Where the seal of the authority is on the real thing.
    seal: Box | None = None

    @property
    def is_paper_form(self) -> bool:
        """Whether the values alone can be written on it."""
        return self.frame is not None

    @property
    def usual_copy(self) -> Copy | None:
        """The copy that its buyer gets."""
        return next((copy for copy in self.copies if copy.slug == "buyer"), None)


@dataclass(frozen=True)
class Text:
    """A text that has been fitted into its box."""

    box: Box
    lines: tuple[str, ...]
    size: float


@dataclass(frozen=True)
class Stamp:
    """Words across the face that no one can overlook."""

    words: str
    tone: str


@dataclass(frozen=True)
class Page:
    """One page, ready to be drawn."""

    width: float
    height: float
    texts: tuple[Text, ...]
    strokes: tuple[Stroke, ...] = ()
    qr: Square | None = None
    qr_text: str = ""
    stamps: tuple[Stamp, ...] = ()
    seal: Text | None = None
    # The paper when it is larger than the face, and how much of its size the face keeps.
    sheet: tuple[float, float] | None = None
    scale: float = 1.0
    right: float = 0.0
    down: float = 0.0
