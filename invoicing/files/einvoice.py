"""The XML of an electronic invoice (root EInvoice), by the published element names; unsigned, and it says so."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

# Writes only.
from xml.etree.ElementTree import Element, SubElement, tostring  # nosec B405

# What XML 1.0 has no place for.
_ILLEGAL = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
Tree = Mapping[str, object]


def document(name: str, content: Tree) -> bytes:
    """Return a document of nested names; a list stands for an element that is repeated."""
    root = Element(name)
    _fill(root, content)
    found: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return found


def _fill(parent: Element, content: Tree) -> None:
    for name, value in content.items():
        values: Sequence[object] = value if isinstance(value, list) else [value]
        for each in values:
            child = SubElement(parent, name)
            if isinstance(each, Mapping):
                _fill(child, each)
            elif each not in (None, ""):
                child.text = _ILLEGAL.sub("\ufffd", str(each))
