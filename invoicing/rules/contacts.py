"""Taking apart what invoices keep in one text: address with phone, bank with account."""

from __future__ import annotations

import re

# A mobile, a line with its area, an 800 or 400 number, a line of the place; the number of a house is none.
_PHONE = (
    r"(?:\+?86[- ]?)?1\d{10}"
    r"|(?:\+86[- ]?)?[(（]?0\d{2,3}[)）]?[- ]?\d{7,8}(?:-\d{1,6})?"
    r"|[48]00-?\d{3,4}-?\d{3,4}"
    r"|\d{7,8}(?:-\d{1,6})?"
)
# Digits, often in groups.
_ACCOUNT = r"\d(?:[- ]?\d){7,31}"


def split_phone(address: str) -> tuple[str, str]:
    """Return an address without the phone at its end, and that; all of it and nothing where there is none."""
    return _split(address, _PHONE)


def split_account(bank: str) -> tuple[str, str]:
    """Return a bank without the account at its end, and that; all of it and nothing where there is none."""
    return _split(bank, _ACCOUNT)


def _split(text: str, tail: str) -> tuple[str, str]:
    found = re.match(rf"^(?P<head>.*?)\s*(?<![\d-])(?P<tail>{tail})$", text.strip(), re.DOTALL)
    return (found["head"], found["tail"]) if found else (text.strip(), "")
