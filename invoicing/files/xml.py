"""The one place where XML of others is parsed: no document type, no entity, nothing fetched, bounded depth."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

# Types and the builder only; defusedxml parses.
from xml.etree.ElementTree import Element, ParseError, TreeBuilder  # nosec B405

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser
from defusedxml.ElementTree import iterparse as guarded_iterparse
from django.utils.translation import gettext_lazy as _

from invoicing.files.problems import FileRefusedError

__all__ = ["Element", "elements", "root_name"]

MAX_DEPTH = 12
MAX_ATTRIBUTES = 20
# How far the first look goes; the parser looks at the rest.
_HEAD = 4096
# Comments are read in one way only: without two hyphens inside, which XML forbids.
_ROOT = re.compile(r"\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--(?:[^-]|-(?!-))*-->\s*)*<([A-Za-z_][\w.-]*)")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")


def root_name(text: str) -> str:
    """Return the name of the outermost element, empty when there is none at the head. Raises: FileRefusedError."""
    if "<!DOCTYPE" in text[:_HEAD] or "<!ENTITY" in text[:_HEAD]:
        raise _entities()
    found = _ROOT.match(text)
    return found[1] if found else ""


def elements(text: str, wanted: str) -> Iterator[tuple[Element, tuple[str, ...]]]:
    """Yield each element of that name when it is complete, with the names around it; then forget it.

    Raises: FileRefusedError for a document type, an entity, too deep a nesting or broken XML.
    """
    parser = DefusedXMLParser(target=TreeBuilder(), encoding="utf-8", forbid_dtd=True)
    source = io.BytesIO(_DECLARATION.sub("", text, count=1).encode())
    path: list[Element] = []
    try:
        for event, element in guarded_iterparse(source, events=("start", "end"), parser=parser):
            if event == "start":
                path.append(element)
                _require_plain(element, len(path))
                continue
            path.pop()
            if element.tag == wanted:
                yield element, tuple(each.tag for each in path)
                element.clear()
                if path:
                    path[-1].remove(element)
    except DefusedXmlException as error:
        raise _entities() from error
    except ParseError as error:
        raise FileRefusedError(
            "import.xml_broken",
            _("XML 文件不完整或格式有误：第 %(line)d 行。") % {"line": error.position[0]},
            _("请从开票软件重新导出完整的文件。"),
        ) from error


def _require_plain(element: Element, depth: int) -> None:
    if depth > MAX_DEPTH or len(element.attrib) > MAX_ATTRIBUTES:
        raise FileRefusedError(
            "import.xml_too_deep",
            _("XML 文件的嵌套或属性过多，不是开票文件，没有读取。"),
            _("请从开票软件重新导出。"),
        )


def _entities() -> FileRefusedError:
    return FileRefusedError(
        "import.xml_entities",
        _("XML 文件里有文档类型或实体定义（DTD、ENTITY），出于安全没有读取。"),
        _("请从开票软件重新导出，不要手工加入这些内容。"),
    )
