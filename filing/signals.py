"""What filing announces; sent after commit with `tax_return=`."""

from __future__ import annotations

from django.dispatch import Signal

return_accepted = Signal()
payment_received = Signal()
payment_refunded = Signal()
return_voided = Signal()
# A measure about a rule was agreed or lifted; sent with `measure=`.
measure_changed = Signal()
