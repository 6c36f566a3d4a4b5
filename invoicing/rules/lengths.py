"""Field lengths as the disk counts them: bytes in GBK, a Chinese character is two."""

from __future__ import annotations

# Buyer and seller: 购销方; address with telephone and bank with account count as one field each.
BUYER_LIMITS = {"buyer_name": 100, "buyer_address": 100, "buyer_bank": 100, "remark": 230, "payee": 16, "reviewer": 16}
LINE_LIMITS = {"name": 92, "spec": 40, "unit": 22}
TAXPAYER_NUMBER_LENGTHS = (15, 17, 18, 20)


def gbk_length(text: str) -> int | None:
    """Return how many bytes the text takes on the disk, None if a character has no place in GBK."""
    try:
        return len(text.encode("gbk"))
    except UnicodeEncodeError:
        return None


def outside_gbk(text: str) -> str:
    """Return the characters of the text that the disk cannot hold."""
    if gbk_length(text) is not None:
        return ""
    return "".join(dict.fromkeys(character for character in text if gbk_length(character) is None))
