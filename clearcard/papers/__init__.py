"""Looking into uploaded papers: what they are, whether they are safe, and a clean copy of images."""

from __future__ import annotations

from clearcard.papers.examine import ExaminedPaper, examine

__all__ = ["ExaminedPaper", "examine"]
