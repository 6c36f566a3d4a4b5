"""What devices announces."""

from __future__ import annotations

from django.dispatch import Signal

# A disk answered: it sits in a reader (`device=`), and with `is_unlocked=True` its PIN was just given.
disk_ready = Signal()
# A disk's own signed word came in by a late carrier (`device=`, `message=` a verified invoice, void or receipt).
evidence_arrived = Signal()
# A disk was put out of use at once (`device=`): nothing more is sent to it, and what waited for it is let go.
device_barred = Signal()
