"""What keeps a draft from being issued, whatever its colour."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from django.utils.translation import gettext_lazy as _

from invoicing import rules, selectors
from invoicing.drafts import InvoiceDraft, LineDraft
from invoicing.models import Invoice, InvoiceLine, RedConfirmation
from invoicing.rules.catalogue import catalogue_advice
from invoicing.rules.confirmation import use_problems
from invoicing.rules.vehicle import vehicle_field
from invoicing.services.drafts import draft_of
from invoicing.services.vehicles import hold_vehicle, vehicle_of


def problems_of(
    invoice: Invoice, *, lines: Sequence[InvoiceLine] | None = None, today: date | None = None
) -> list[rules.Problem]:
    """Return every problem and every advice about a draft; its disk or credit and its blue row should be locked.

    Asked for a day, it is being issued: what is only advice, and would be one more read for each, is left out.
    """
    found = list(invoice.lines.all()) if lines is None else lines
    terms = selectors.terms_for(taxpayer=invoice.taxpayer, device=invoice.device, kind=invoice.kind, today=today)
    if invoice.blue is None:
        draft = draft_of(invoice, found)
        problems = [*rules.check_face(draft, _face_of(found), terms), *_vehicle_problems(invoice)]
        return problems if today is not None else [*problems, *_catalogue_advice(draft)]
    facts = rules.RedFacts(
        kind=invoice.kind,
        blue_state=invoice.blue.state,
        shares={line.source_id: (-line.amount, -line.tax) for line in found if line.source_id is not None},
        rates=frozenset(line.rate for line in found),
        units=selectors.red_units(invoice.blue, but=invoice, form=invoice.red_form),
        form_state=invoice.red_form.state if invoice.red_form is not None else "",
    )
    return [*_confirmation_problems(invoice), *rules.check_red(facts, terms), *_form_advice(invoice)]


def _face_of(lines: Sequence[InvoiceLine]) -> list[rules.FaceLine]:
    return [rules.FaceLine(LineDraft(rate=each.rate), each.line_kind, each.amount, each.tax) for each in lines]


def _catalogue_advice(draft: InvoiceDraft) -> Iterable[rules.Problem]:
    found = selectors.catalogue_of(line.tax_code for line in draft.lines)
    if not found and not selectors.has_catalogue():
        return
    for position, line in enumerate(draft.lines):
        yield from catalogue_advice(line, position, found)


def _form_advice(red: Invoice) -> Iterable[rules.Problem]:
    if red.red_form is not None and red.red_form.is_unverified:
        yield rules.Problem(
            "red.form_unverified",
            "lines",
            _("信息表编号 %(number)s 由销售方录入，未经核验。") % {"number": red.red_form.number},
            _("开具前请与购买方的信息表核对；编号不对的，请撤销后重新录入。"),
            is_blocking=False,
        )


def _vehicle_problems(invoice: Invoice) -> Iterable[rules.Problem]:
    # Two drafts of one vehicle on two disks see each other's change of state, one after the other.
    hold_vehicle(invoice)
    vehicle = vehicle_of(invoice)
    other = selectors.find_sold(vin=vehicle.vin, but=invoice) if vehicle is not None and vehicle.vin else None
    if other is not None:
        yield rules.Problem(
            "vehicle.already_sold",
            vehicle_field("vin"),
            _("这辆车已开过发票 %(number)s。") % {"number": other.full_number},
            _("开错的请先作废或红冲那一张，再重新开具。"),
        )


def _confirmation_problems(red: Invoice) -> Iterable[rules.Problem]:
    if red.blue is None or not red.is_digital:
        return ()
    found = RedConfirmation.objects.filter(red=red).first()
    return use_problems(
        state="" if found is None else found.state,
        was_used=found is not None and found.is_used,
        is_used=selectors.buyer_has_used(red.blue),
    )
