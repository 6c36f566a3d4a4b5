"""How a browser without script fills the editing page."""

from __future__ import annotations

import re
import uuid
from typing import Any

LINE = {
    "name": "*信息技术服务*软件维护",
    "tax_code": "3040203000000000000",
    "spec": "",
    "unit": "项",
    "quantity": "1",
    "price": "1000.00",
    "amount": "",
    "rate": "1",
    "discount": "",
}


def form_data(*lines: dict[str, str], action: str = "save", **fields: Any) -> dict[str, str]:
    """Return what the form sends; one good line unless others are given."""
    rows = lines or (LINE,)
    data = {
        "draft_key": str(fields.pop("draft_key", uuid.uuid4())),
        "device": "661999000001",
        "kind": "007",
        "buyer_name": "西安买方示例有限公司",
        "buyer_number": "91610131MA6TEKT0XE",
        "action": action,
        "lines-TOTAL_FORMS": str(len(rows)),
        "lines-INITIAL_FORMS": "0",
        **fields,
    }
    for position, row in enumerate(rows):
        data |= {f"lines-{position}-{name}": value for name, value in row.items()}
    return data


def text_of(response: Any) -> str:
    """Return the words of a page without its markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())
