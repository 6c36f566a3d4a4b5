"""What filing refuses, in words."""

from __future__ import annotations

from taxhall.common.errors import ConflictError, InvalidInputError


class ReturnNotDraftError(ConflictError):
    """The return is filed already; its cells no longer change."""

    code = "filing.return_not_draft"


class ReturnChangedError(ConflictError):
    """The return was saved elsewhere, or its figures moved, since the actor looked at it."""

    code = "filing.return_changed"


class ReturnIncompleteError(InvalidInputError):
    """Mandatory checks do not hold, so the return cannot be filed."""

    code = "filing.checks_failed"


class VoucherRefusedError(InvalidInputError):
    """A deduction voucher was entered before, or is not as the hall issued it."""

    code = "filing.voucher_refused"


class InputLockedError(ConflictError):
    """The voucher or the period's input side is fixed by a filed return or an act that builds on it."""

    code = "filing.input_locked"


class PaymentNotPossibleError(ConflictError):
    """The return is not in a state to be paid."""

    code = "filing.payment_not_possible"


class PaymentAnswerError(ConflictError):
    """The treasury's answer does not belong to the payment or its signature does not hold."""

    code = "filing.payment_answer_invalid"


class CallbackRefusedError(ConflictError):
    """A message of the treasury is old, unnumbered, about no order of ours, or its number was used before."""

    code = "filing.callback_refused"

    def __init__(self, why: str, message: str) -> None:
        super().__init__(message)
        self.why = why


class ExceptionNotPossibleError(ConflictError):
    """The comparison has nothing for the exception post, or was decided already."""

    code = "filing.exception_not_possible"


class MeasureNotPossibleError(ConflictError):
    """A whitelist entry or a measure about a rule was decided already, is not in force, or is registered twice."""

    code = "filing.measure_not_possible"


class BundleRefusedError(InvalidInputError):
    """The policy bundle is unsigned, altered, older than what is loaded, or contradicts what already applied."""

    code = "filing.bundle_refused"
