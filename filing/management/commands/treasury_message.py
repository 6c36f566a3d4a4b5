"""manage.py treasury_message: let the demo treasury say by itself what became of an order."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from filing import services
from filing.gateway.demo import DemoTreasury
from filing.models import Payment
from filing.services.receipts import FINAL_ANSWERS
from taxhall.common.errors import TaxhallError
from taxhall.common.money import round_money


class Command(BaseCommand):
    """Send one signed message of the demo treasury through the same door as a real one."""

    help = (
        "Send one signed message of the demo treasury about an order, as a real treasury posts it: received, partial\n"
        "(half of it), failed or refunded. Works with the demo treasury only. Without a key it lists the last orders.\n"
        "Exit code 0: the message was acted on, or acted on before; 1: it was refused, or there is no such order."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the order and the word."""
        parser.add_argument("key", nargs="?", help="the key of the order (缴款键)")
        parser.add_argument("--state", choices=FINAL_ANSWERS, default=FINAL_ANSWERS[0])

    def handle(self, *_args: Any, **options: Any) -> None:
        """Sign the message and hand it in."""
        if not settings.HALL_DEMO or settings.TREASURY_GATEWAY != "filing.gateway.demo.DemoTreasury":
            raise CommandError("only the demo treasury's messages can be made here")
        if not options["key"]:
            for each in Payment.objects.all()[:20]:
                self.stdout.write(f"{each.key}  {each.amount:>14,.2f}  {each.get_state_display()}")
            return
        payment = Payment.objects.filter(key=options["key"]).first()
        if payment is None:
            raise CommandError(f"no order {options['key']}")
        state, whole = options["state"], payment.received_amount or payment.amount
        amount = {"partial": round_money(payment.amount / 2), "refunded": whole}.get(state, payment.amount)
        raw, signature = DemoTreasury().message(key=payment.key, state=state, amount=amount)
        try:
            found = services.record_callback(raw=raw, signature=signature)
        except TaxhallError as error:
            raise CommandError(str(error.message)) from error
        self.stdout.write(f"{found.key}: {found.get_state_display()}")
