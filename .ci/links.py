"""Say which links in the documents lead nowhere: files of this repository and headings in them."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*$", re.MULTILINE)
FENCE = re.compile(r"^```.*?^```|<!--.*?-->", re.MULTILINE | re.DOTALL)


def anchor(heading: str) -> str:
    """Return the fragment that a heading gets."""
    text = re.sub(r"[`*_]", "", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def dead_links(document: Path) -> list[str]:
    """Return what the document points to and does not exist."""
    found = []
    for target in LINK.findall(FENCE.sub("", document.read_text())):
        if re.match(r"^[a-z]+:", target):
            continue  # another site; a check must not need the network
        name, _, fragment = target.partition("#")
        file = (document.parent / name).resolve() if name else document
        if not file.exists():
            found.append(f"{document.relative_to(ROOT)}: {target} does not exist")
        elif fragment and file.suffix == ".md":
            anchors = {anchor(heading) for heading in HEADING.findall(file.read_text())}
            if fragment not in anchors:
                found.append(f"{document.relative_to(ROOT)}: {target} has no such heading")
    return found


def documents() -> list[Path]:
    """Return every Markdown document of the repository."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def main() -> int:
    """Print every dead link; exit code 1 when there is one."""
    found = [line for document in documents() for line in dead_links(document)]
    print("\n".join(found) or f"{len(documents())} documents, no dead link")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
