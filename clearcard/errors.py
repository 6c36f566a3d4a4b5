"""What clearcard refuses, in words for the user."""

from __future__ import annotations

from taxhall.common.errors import ConflictError, InvalidInputError, NotFoundError, TaxhallError


class CaseNotFoundError(NotFoundError):
    """There is no such case for this user."""

    code = "case.not_found"


class TransitionNotAllowedError(ConflictError):
    """The case is not in a state that allows the action."""

    code = "case.transition_not_allowed"


class CaseChangedError(ConflictError):
    """The case moved on, or its content changed, since the actor looked at it."""

    code = "case.changed"


class CaseNotReadyError(TaxhallError):
    """Something must be put right before the application can be handed in."""

    code = "case.not_ready"


class PeriodAlreadyClearedError(ConflictError):
    """The period is already cleared (F03)."""

    code = "case.already_cleared"


class ClaimedByOtherError(ConflictError):
    """Another officer holds the case."""

    code = "case.claimed_by_other"


class ClearKindNotPossibleError(InvalidInputError):
    """The type of clearing does not fit the disk or the period."""

    code = "case.kind_not_possible"


class PartNotReturnedError(ConflictError):
    """The application was sent back for other parts; this one stays as it was handed in."""

    code = "case.part_not_returned"


class BatchRefusedError(InvalidInputError):
    """The batch as a whole cannot be approved; nothing of it was."""

    code = "case.batch_refused"


class MaterialMissingError(TaxhallError):
    """The row of a paper is there, its file cannot be read."""

    code = "material.missing"
    status = 503


class MaterialRefusedError(InvalidInputError):
    """An uploaded paper cannot be accepted; the message names the real cause."""

    code = "material.refused"


class PreviewFailedError(TaxhallError):
    """A picture of a paper could not be made."""

    code = "material.preview_failed"
    status = 503
