"""The errors of the domain; each carries a stable code and a sentence for the user."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.functional import Promise


class TaxhallError(Exception):
    """Something the hall refuses or could not do, told in words.

    `message` says what happened and what it means, `next_step` what the user can do now.
    """

    code = "hall.error"
    status = 409

    def __init__(
        self,
        message: str | Promise,
        *,
        code: str | None = None,
        status: int | None = None,
        next_step: str | Promise = "",
        fields: Mapping[str, Sequence[str | Promise]] | None = None,
    ) -> None:
        super().__init__(str(message))
        self.message = message
        self.next_step = next_step
        self.code = code or self.code
        self.status = status or self.status
        self.fields = dict(fields or {})


class NotPermittedError(TaxhallError):
    """The actor lacks the right."""

    code = "hall.not_permitted"
    status = 403


class NotFoundError(TaxhallError):
    """The object does not exist, or the actor must not learn that it does."""

    code = "hall.not_found"
    status = 404


class ConflictError(TaxhallError):
    """The object has moved on since the actor looked at it."""

    code = "hall.conflict"
    status = 409


class InvalidInputError(TaxhallError):
    """What was entered does not fit; `fields` names each place."""

    code = "hall.invalid_input"
    status = 422
