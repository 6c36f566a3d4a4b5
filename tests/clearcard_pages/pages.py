"""How a browser without script uses the pages of clearing, and what it reads there."""

from __future__ import annotations

import re
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from clearcard import selectors
from clearcard.models import ClearCardCase
from tests.clearcard.scene import picture
from tests.harness.clients import HallClient

# A number that the hall never gave out.
ABSENT = "QK20991231999999"
_TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="[^"]+"')


def address(name: str, case: ClearCardCase | str) -> str:
    """Return the address of a page of a case."""
    number = case.number if isinstance(case, ClearCardCase) else case
    return reverse(f"clearcard:case-{name}", args=[number])


def text_of(response: Any) -> str:
    """Return the words of a page without its markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def main_of(response: Any) -> str:
    """Return the words of the page's own part, without header and footer."""
    found = re.search(r"<main.*</main>", response.content.decode(), re.DOTALL)
    assert found, response.content.decode()[:500]
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split())


def require_learns_nothing(client: HallClient, name: str, case: ClearCardCase, data: dict[str, Any]) -> None:
    """Expect that another company's case answers as one that does not exist, byte for byte, and stays as it is."""
    version = case.version
    for send in (client.get, lambda url: client.post(url, data)):
        foreign, absent = send(address(name, case)), send(address(name, ABSENT))
        assert foreign.status_code == absent.status_code
        assert foreign.status_code in (404, 405)
        assert _bare(foreign, case.number) == _bare(absent, ABSENT)
    case.refresh_from_db()
    assert case.version == version


def _bare(response: Any, number: str) -> bytes:
    """Leave out what differs from one answer of the same page to the next: the form's token and the address itself."""
    return _TOKEN.sub(b"", response.content).replace(number.encode(), b"")


def ticks(response: Any) -> dict[str, str]:
    """Return what the verify page sends once every group is ticked."""
    form = response.context["form"]
    return {"digest": form["digest"].value()} | {field.html_name: "on" for field in form if not field.is_hidden}


def filled(case: ClearCardCase, **changes: Any) -> dict[str, Any]:
    """Return what the fill page sends when the prefilled values are left alone and 保存并继续 is pressed."""
    known = {each.name: each.value for each in selectors.prefill(case)}
    known["clear_on"] = known["clear_on"].isoformat()
    return {name: str(value) for name, value in known.items() if name != "period"} | {"continue": "yes"} | changes


def paper(name: str = "证件.png", content: bytes | None = None) -> SimpleUploadedFile:
    """Return a file as a browser sends it; a real picture unless told otherwise."""
    return SimpleUploadedFile(name, picture() if content is None else content)


def handed_in(case: ClearCardCase, **changes: str) -> dict[str, str]:
    """Return what the check page sends."""
    return {"key": selectors.submit_key(case), "declaration": "on"} | changes
