"""After a restart: what became of a visit that was begun and not finished is asked of the disk, never done again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from devices.gateway.wire import READ_DEADLINE, CardAnswer, CardRequest, Fault, FaultKind, WireError

Step = dict[str, Any]


def question(request: dict[str, Any]) -> CardRequest | None:
    """Return the request that reads back what became of a visit; None when no disk can tell."""
    try:
        asked = CardRequest.from_json(request)
    except WireError:
        return None
    steps = tuple(_question(step) for step in asked.steps)
    if not steps or None in steps:
        return None
    found: tuple[Step, ...] = tuple(step for step in steps if step is not None)
    return replace(asked, steps=found, deadline=READ_DEADLINE, send_before=0.0)


def verdict(request: dict[str, Any], told: CardAnswer) -> CardAnswer:
    """Return the answer that the disk's own word gives to the visit; without one, that nobody knows.

    That a disk holds no record is for the hall to judge: it reads the disk itself before it decides anything.
    """
    steps = request.get("steps", ())
    if told.fault is None and all(_belongs(step, result) for step, result in zip(steps, told.results, strict=True)):
        return told
    return unknown("the program ended in the middle of it")


def unknown(detail: str) -> CardAnswer:
    """Return the answer that says: something may have been sent."""
    return CardAnswer(fault=Fault(FaultKind.BROKEN, sent=True, detail=detail))


def _question(step: Step) -> Step | None:
    match step.get("op"):
        case "issue":
            return {"op": "find_signed", "request_id": step.get("order", {}).get("request_id", "")}
        case "void":
            return {"op": "find_void", "request_id": step.get("request_id", "")}
        case "apply_clear":
            return {"op": "last_clear", "group": step.get("token", {}).get("group", "A")}
        case "apply_order":
            return {"op": "last_order"}
        case _:
            return None


def _belongs(step: Step, result: Any) -> bool:
    """Say whether a record that was read back is of this very order; the hall checks its signature."""
    if not isinstance(result, dict):
        return False
    if step.get("op") == "apply_clear":
        return bool(result.get("token_digest") == step.get("token", {}).get("digest"))
    if step.get("op") == "apply_order":
        wanted = step.get("order", {}).get("order_id")
        return bool(wanted) and result.get("order_id") == wanted
    wanted = step.get("order", step).get("request_id")
    return bool(wanted) and result.get("request_id") == wanted
