"""The editing page's forms as one thing: what was typed survives every button, with or without script."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.models import Taxpayer, User
from devices import selectors as device_selectors
from devices.choices import DIGITAL_KINDS, OUT_OF_USE, InvoiceKind
from devices.models import Device
from invoicing import quick_entry, selectors, vehicle_forms
from invoicing.choices import OFFERED_KINDS
from invoicing.drafts import InvoiceDraft, VehicleDraft
from invoicing.forms import InvoiceForm, LineFormSet, blank_initial, draft_from
from invoicing.quick_entry import QuickEntry
from invoicing.rules import MAX_LINES, IssuingTerms
from invoicing.rules.lines import RATES_BY_KIND
from invoicing.rules.vehicle import vehicle_field
from invoicing.vehicle_forms import VehicleForm
from taxhall.common.errors import ConflictError, TaxhallError
from taxhall.common.rates import TaxRate

PREFIX = "lines"
_ROW = re.compile(rf"^{PREFIX}-(\d{{1,4}})-([a-z_]+)$")
_REMOVE = re.compile(r"^remove-(\d{1,4})$")


@dataclass
class Editor:
    """The forms of one invoice, for one company with its disks; digital invoices need none."""

    taxpayer: Taxpayer
    devices: list[Device]
    data: QueryDict | None = None
    form: Any = None
    lines: Any = None
    focus: int | None = None
    # Why the lines are more than the page holds, or why none was added.
    is_full: bool = False
    offer: QuickEntry | None = None
    # Only where the kind is that of a vehicle.
    vehicle: VehicleForm | None = None
    most_lines: ClassVar[int] = MAX_LINES

    @classmethod
    def blank(cls, *, taxpayer: Taxpayer, device: str = "", kind: str = "") -> Editor:
        """Return an empty invoice. Raises: ConflictError when the company has neither a disk nor a credit."""
        editor = cls(taxpayer=taxpayer, devices=_devices(taxpayer))
        # One that was lost, replaced or cancelled may be chosen by hand only: nothing can be issued on it.
        serials = [each.serial for each in editor.devices if each.status not in OUT_OF_USE]
        chosen = device if device in serials else next(iter(serials), "")
        usual = selectors.usual_entries(taxpayer)
        first = blank_initial(
            device=chosen, kind=kind or (OFFERED_KINDS[1] if serials else InvoiceKind.DIGITAL_ORDINARY.value)
        )
        editor._show({**first, "payee": usual.payee, "reviewer": usual.reviewer}, [{}])
        return editor

    @classmethod
    def of_draft(cls, *, taxpayer: Taxpayer, device: Device | None, draft: InvoiceDraft, seen: str) -> Editor:
        """Return a stored draft as it was entered."""
        editor = cls(taxpayer=taxpayer, devices=_devices(taxpayer))
        fields = {name: getattr(draft, name) for name in InvoiceForm.base_fields if hasattr(draft, name)}
        rows = [vars(line) for line in draft.lines] or [{}]
        vehicle = {} if draft.vehicle is None else vars(draft.vehicle)
        fields |= {vehicle_field(name): value for name, value in vehicle.items()}
        editor._show({**fields, "seen": seen, "device": "" if device is None else device.serial}, rows)
        return editor

    @classmethod
    def of_post(cls, *, taxpayer: Taxpayer, data: QueryDict) -> Editor:
        """Return what was sent, ready to be checked for shape."""
        editor = cls(taxpayer=taxpayer, devices=_devices(taxpayer), data=data)
        choices = editor._choices(data.get("device", ""), data.get("kind", ""))
        editor.form = InvoiceForm(data, devices=choices["devices"], kinds=choices["kinds"])
        editor.lines = LineFormSet(data, prefix=PREFIX, form_kwargs={"rates": choices["rates"]})
        if data.get("kind") == InvoiceKind.VEHICLE:
            editor.vehicle = VehicleForm(data, prefix=vehicle_forms.PREFIX)
        return editor

    @classmethod
    def of_page(cls, *, taxpayer: Taxpayer, data: QueryDict) -> Editor:
        """Return what stands on the page; a kind that the disk chosen now has not gives way to the first it has."""
        editor = cls.of_post(taxpayer=taxpayer, data=data)
        kinds = [code for code, _label in editor.form.fields["kind"].choices]
        if not kinds or data.get("kind") in kinds:
            return editor
        data = data.copy()
        data["kind"] = kinds[0]
        return cls.of_post(taxpayer=taxpayer, data=data)

    def is_valid(self) -> bool:
        """Say whether everything can be read; both forms are checked so that all errors show at once."""
        return all([self.form.is_valid(), self.lines.is_valid(), self.vehicle is None or self.vehicle.is_valid()])

    @property
    def draft(self) -> InvoiceDraft:
        """What was entered; only after is_valid()."""
        draft = draft_from(self.form, self.lines)
        return draft if self.vehicle is None else replace(draft, vehicle=VehicleDraft(**self.vehicle.cleaned_data))

    @property
    def seen(self) -> str:
        """The mark of the stored draft that the page was made from; only after is_valid()."""
        return str(self.form.cleaned_data["seen"])

    @property
    def device(self) -> Device | None:
        """The disk that was chosen, if any."""
        serial = self.form.cleaned_data["device"] if self.data is not None else self.form.initial["device"]
        return next((each for each in self.devices if each.serial == serial), None)

    @property
    def shown(self) -> str:
        """Which disk and kind the terms are of, so that the page can tell when they are of others."""
        source = self.data if self.data is not None else self.form.initial
        return f"{source.get('device', '')}:{source.get('kind', '')}"

    @property
    def terms(self) -> IssuingTerms | None:
        """What the chosen disk, or the month's credit, allows for the chosen kind; shown before issuing."""
        serial, _separator, kind = self.shown.partition(":")
        found = next((each for each in self.devices if each.serial == serial), None)
        if found is None and kind not in DIGITAL_KINDS:
            return None
        return selectors.terms_for(taxpayer=self.taxpayer, device=found, kind=kind)

    def as_post(self) -> QueryDict:
        """Return the content as it would be sent, so that an unsent page can be counted too."""
        if self.data is not None:
            return self.data
        sent = QueryDict(mutable=True)
        rows = self.lines.initial
        sent.update({f"{PREFIX}-TOTAL_FORMS": str(len(rows)), f"{PREFIX}-INITIAL_FORMS": "0"})
        for name, value in self.form.initial.items():
            if value not in (None, "", False):
                sent[name] = str(value)
        for position, row in enumerate(rows):
            for name, value in row.items():
                if value not in (None, "", False):
                    sent[f"{PREFIX}-{position}-{name}"] = str(value)
        return sent

    def rearrange(self, action: str, *, visible_to: User) -> bool:
        """Add or remove a line, fill in from the basics, or only count again; say whether it was one of these.

        More lines than the page holds are only ever shown again, whatever was pressed: none is dropped.
        """
        if self.data is None:
            return False
        rows = _rows(self.data)
        fields: dict[str, Any] = {name: value for name, value in self.data.items() if not _ROW.match(name)}
        self.offer = quick_entry.act(action, fields, rows, visible_to=visible_to, taxpayer=self.taxpayer)
        removal = _REMOVE.match(action)
        self.is_full = len(rows) > MAX_LINES or (action == "add-line" and len(rows) == MAX_LINES)
        if action == "add-line" and not self.is_full:
            rows = [*rows, {}]
            self.focus = len(rows) - 1
        elif removal:
            rows = [row for position, row in enumerate(rows) if position != int(removal[1])] or [{}]
            self.focus = min(int(removal[1]), len(rows) - 1)
        elif self.offer is not None:
            self.focus = self.offer.position
        elif action != "recount" and not self.is_full:
            return False
        self._show(fields, rows)
        return True

    def add_domain_error(self, error: TaxhallError) -> None:
        """Put what a service refused beside the fields it names."""
        for name, messages in error.fields.items():
            if match := _ROW.match(name):
                line = self.lines.forms[int(match[1])]
                line.add_error(match[2], [str(each) for each in messages])
            elif self.vehicle is not None and name.startswith(vehicle_field("")):
                self.vehicle.add_error(name.removeprefix(vehicle_field("")), [str(each) for each in messages])
            else:
                target = name if name in self.form.fields else None
                self.form.add_error(target, [str(each) for each in messages])
        if not error.fields:
            self.form.add_error(None, f"{error.message}{error.next_step}")

    def _show(self, initial: dict[str, Any], rows: list[dict[str, Any]]) -> None:
        choices = self._choices(str(initial.get("device", "")), str(initial.get("kind", "")))
        first_rate = choices["rates"][0][0] if choices["rates"] else ""
        self.data = None
        self.form = InvoiceForm(initial=initial, devices=choices["devices"], kinds=choices["kinds"])
        self.lines = LineFormSet(
            prefix=PREFIX,
            initial=[{"rate": first_rate, **row} for row in rows],
            form_kwargs={"rates": choices["rates"]},
        )
        if initial.get("kind") == InvoiceKind.VEHICLE:
            known = {name: initial.get(vehicle_field(name), "") for name in VehicleForm.base_fields}
            self.vehicle = VehicleForm(initial=known, prefix=vehicle_forms.PREFIX)
        if self.focus is not None:
            self.lines.forms[self.focus].fields["name"].widget.attrs["autofocus"] = True

    def _choices(self, serial: str, kind: str) -> dict[str, list[tuple[str, Any]]]:
        device = next((each for each in self.devices if each.serial == serial), next(iter(self.devices), None))
        stock = () if device is None else device_selectors.list_authorisations(device)
        found = {item.invoice_kind: item for item in stock}
        kinds = _kinds(found, has_disk=device is not None)
        item = None if kind in DIGITAL_KINDS else found.get(kind)
        if item is None and kind not in DIGITAL_KINDS:
            item = next((found[code] for code in kinds if code in found), None)
        allowed = RATES_BY_KIND[self.taxpayer.kind]
        rates = [code for code in (item.rates if item else TaxRate.values) if code in allowed]
        return {
            "devices": [*((each.serial, _label(each)) for each in self.devices), ("", _("不使用（数电票）"))],
            "kinds": [(code, InvoiceKind(code).label) for code in kinds],
            "rates": [(code, TaxRate(code).label) for code in _usual_first(rates)],
        }


def _usual_first(rates: list[str]) -> list[str]:
    """Put 1% before 3% for small-scale taxpayers: it is the rate they usually issue at."""
    return sorted(rates, key=lambda code: (code != TaxRate.RATE_1, TaxRate.values.index(code)))


def _kinds(found: dict[str, Any], *, has_disk: bool) -> list[str]:
    """Return what the disk is authorised for, and the digital kinds, which need none."""
    digital = [code for code in OFFERED_KINDS if code in DIGITAL_KINDS]
    if not has_disk:
        return digital
    return [*(code for code in OFFERED_KINDS if code in found), *digital] if found else list(OFFERED_KINDS)


def _devices(taxpayer: Taxpayer) -> list[Device]:
    found = sorted(device_selectors.list_devices(taxpayer=taxpayer), key=lambda each: each.status in OUT_OF_USE)
    if not found and not selectors.has_credit(taxpayer):
        raise ConflictError(
            _("这家企业还没有登记税控设备，也没有数电票的发票总额度，不能开具发票。"),
            code="invoice.no_device",
            next_step=_("请向主管税务机关申请核定数电票的发票总额度，或到办税服务厅发行税控设备并登记。"),
        )
    return found


def _label(device: Device) -> str:
    words = str(device)
    return f"{words}（{device.get_status_display()}）" if device.status in OUT_OF_USE else words


def _rows(data: QueryDict) -> list[dict[str, Any]]:
    rows: dict[int, dict[str, Any]] = {}
    for name, value in data.items():
        if match := _ROW.match(name):
            rows.setdefault(int(match[1]), {})[match[2]] = value
    return [rows[position] for position in sorted(rows)]
