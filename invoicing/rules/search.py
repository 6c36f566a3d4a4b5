"""By what customers, goods and tax codes are found: characters, pinyin initials, numbers."""

from __future__ import annotations


def initials(text: str) -> str:
    """Return the first letters of the pinyin of a text; letters and digits stay as they are."""
    from pypinyin import Style, lazy_pinyin  # noqa: PLC0415  (its dictionary slows the start of all that never searches)

    return "".join(lazy_pinyin(text, style=Style.FIRST_LETTER)).lower()


def search_text(*parts: str) -> str:
    """Return what is kept beside a row to find it by: its words in small letters, then their initials."""
    words = [part.lower() for part in parts if part]
    return " ".join([*words, *(initials(part) for part in parts if part and not part.isascii())])[:400]
