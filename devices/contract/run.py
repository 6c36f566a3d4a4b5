"""Running the checks one after another, and what came of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from devices.contract.checks import CHECKS, Check
from devices.contract.stand import BrokenContractError, NotApplicableError, Stand
from devices.gateway.base import CardRefusedError, TransportError
from devices.protocol.errors import ProtocolError

KEPT, BROKEN, NOT_TRIED = "kept", "broken", "not tried"


@dataclass(frozen=True)
class Outcome:
    """One promise: kept, broken, or not tried, and why."""

    name: str
    promise: str
    result: str
    why: str = ""


def run_checks(stand: Stand) -> Iterator[Outcome]:
    """Try every promise; one that is broken keeps none of the others from being tried."""
    for check in CHECKS:
        yield run_check(check, stand)


def run_check(check: Check, stand: Stand) -> Outcome:
    """Try one promise."""
    name, promise = check.__name__.replace("_", " "), (check.__doc__ or "").strip()
    try:
        check(stand)
    except NotApplicableError as error:
        return Outcome(name, promise, NOT_TRIED, str(error))
    except BrokenContractError as error:
        return Outcome(name, promise, BROKEN, str(error))
    except (CardRefusedError, TransportError, ProtocolError, RuntimeError) as error:
        return Outcome(name, promise, BROKEN, f"{type(error).__name__}: {error}")
    return Outcome(name, promise, KEPT)
