"""Who takes a request about a disk back: the company its own, an officer his or her draft, and nobody the other's."""

from __future__ import annotations

import pytest
from django.urls import reverse

from devices import services
from devices.choices import RequestKind
from devices.errors import RequestConflictError
from devices.models import DeviceRequest
from taxhall.common.errors import NotPermittedError
from taxhall.common.periods import TaxPeriod
from tests.devices.authority import officer_of, segment
from tests.factories.devices import DeviceFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def device(frozen_day, taxpayer_client, card_rack):
    device = DeviceFactory(taxpayer=taxpayer_client.taxpayer, period=TaxPeriod.month(2026, 10))
    card_rack.add(device)
    services.read_device(actor=None, device=device)
    return device


def draft(device, officer, first=1, last=50):
    contents = {"segments": [segment(first, last).to_json()]}
    return services.draft_order(actor=officer, device=device, kind=RequestKind.ADD_STOCK, contents=contents)


def state_of(request):
    return DeviceRequest.objects.get(pk=request.pk).state


def test_a_company_does_not_take_back_what_an_officer_wrote(device, taxpayer_client):
    asked = draft(device, officer_of(device))
    with pytest.raises(NotPermittedError):
        services.withdraw_request(actor=taxpayer_client.user, request=asked)
    page = reverse("devices:request-withdraw", args=[device.serial, asked.pk])
    assert taxpayer_client.get(page).status_code == 403
    assert taxpayer_client.post(page).status_code == 403
    assert page not in taxpayer_client.get(asked.get_absolute_url()).content.decode()
    assert state_of(asked) == "waiting"


def test_an_officer_takes_back_the_own_draft_alone(device):
    officer, colleague = officer_of(device), officer_of(device)
    asked = draft(device, officer)
    with pytest.raises(NotPermittedError):
        services.withdraw_request(actor=colleague, request=asked)
    assert services.withdraw_request(actor=officer, request=asked).state == "withdrawn"


def test_an_officer_does_not_take_back_what_a_company_asked_for(device, taxpayer_client):
    asked = services.ask_unblock(actor=taxpayer_client.user, device=device)
    with pytest.raises(NotPermittedError):
        services.withdraw_request(actor=officer_of(device), request=asked)
    assert services.withdraw_request(actor=taxpayer_client.user, request=asked).state == "withdrawn"


def test_another_draft_is_not_told_as_saved_while_one_waits(device):
    officer, colleague = officer_of(device), officer_of(device)
    asked = draft(device, officer)
    assert draft(device, officer) == asked, "a double click is one draft"
    with pytest.raises(RequestConflictError) as refused:
        draft(device, colleague, first=60, last=70)
    assert refused.value.code == "request.other_waits"
    assert DeviceRequest.objects.get().contents == asked.contents
