"""Looking into uploaded papers: what they are, whether they are safe, a clean copy of images, pictures of pages."""

from __future__ import annotations

from clearcard.papers.examine import ExaminedPaper, examine
from clearcard.papers.pages import TURNS, WIDTHS, page_picture

__all__ = ["TURNS", "WIDTHS", "ExaminedPaper", "examine", "page_picture"]
