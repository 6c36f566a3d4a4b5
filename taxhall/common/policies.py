"""Turning a policy's answer into an error."""

from __future__ import annotations

from django.utils.functional import Promise

from taxhall.common.errors import NotPermittedError


def require(allowed: bool, message: str | Promise, *, code: str | None = None) -> None:
    """Let the caller go on, or refuse in words. Raises: NotPermittedError."""
    if not allowed:
        raise NotPermittedError(message, code=code)
