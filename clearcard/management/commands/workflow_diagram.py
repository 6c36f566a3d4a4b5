"""manage.py workflow_diagram: write docs/clear-workflow.md from the workflow table."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from clearcard.choices import CaseStatus
from clearcard.workflow import TRANSITIONS, diagram
from taxhall.env import BASE_DIR


class Command(BaseCommand):
    """Write the diagram, or check that it is current."""

    help = "Write docs/clear-workflow.md from clearcard.workflow.TRANSITIONS. With --check: exit 1 when it is stale."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--check", action="store_true", help="write nothing, only compare")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write or compare."""
        target = BASE_DIR / "docs" / "clear-workflow.md"
        text = document()
        current = target.read_text(encoding="utf-8") if target.exists() else ""
        if options["check"]:
            if current != text:
                raise SystemExit(1)
            return
        target.write_text(text, encoding="utf-8")
        self.stdout.write(f"wrote {target}")


def document() -> str:
    """Return the whole document."""
    states = "\n".join(f"| `{status.value}` | {status.label} |" for status in CaseStatus)
    rows = "\n".join(
        f"| `{each.action.value}` | {each.label} | {', '.join(f'`{source.value}`' for source in each.sources)} "
        f"| `{each.target.value}` |"
        for each in TRANSITIONS
    )
    return (
        "# The clear-card workflow\n\n"
        "Written by `manage.py workflow_diagram` from `clearcard/workflow.py`; do not edit by hand.\n\n"
        f"```mermaid\n{diagram()}\n```\n\n"
        f"| State | 状态 |\n| --- | --- |\n{states}\n\n"
        f"| Action | 动作 | From | To |\n| --- | --- | --- | --- |\n{rows}\n"
    )
