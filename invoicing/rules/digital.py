"""Numbers of digital invoices (数电票)."""

from __future__ import annotations

from datetime import date

# The issuing channel, as the fifth digit tells it: the platform itself.
_CHANNEL = "2"
_SELLERS, _PER_YEAR = 10**7, 10**8


def digital_number(day: date, *, bureau: str, seller: int, n: int) -> str:
    """Return twenty digits: year, province, channel, and fifteen that are the seller's own row.

    Rule: 国家税务总局公告2024年第11号 leaves the fifteen to the issuer. Seven are the seller's place in the hall and
    eight count its invoices of the year, so that sellers never wait for each other and no two numbers are equal.
    Raises: ValueError when one of them is used up.
    """
    if not 0 < seller < _SELLERS or not 0 < n < _PER_YEAR:
        raise ValueError("the numbers of this seller and year are used up")
    return f"{day:%y}{bureau[1:3]}{_CHANNEL}{seller:07d}{n:08d}"
