"""Addresses of the officers' pages of filing; mounted by the admin console."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from filing.views import filers_officer, measures, officer

urlpatterns: list[URLPattern | URLResolver] = [
    path("calendar/", officer.calendar, name="calendar"),
    path("calendar/ask/<slug:subject>/", officer.calendar_ask, name="calendar-ask"),
    path("filers/", filers_officer.filers, name="filers"),
    path("filers/changes/<int:pk>/agree/", filers_officer.period_kind_agree, name="period-kind-agree"),
    path("filers/changes/<int:pk>/refuse/", filers_officer.period_kind_refuse, name="period-kind-refuse"),
    path("outages/ask/", officer.outage_ask, name="outage-ask"),
    path("outages/<int:pk>/agree/", officer.outage_agree, name="outage-agree"),
    path("outages/<int:pk>/refuse/", officer.outage_refuse, name="outage-refuse"),
    path("calendar/changes/<int:pk>/agree/", officer.calendar_agree, name="calendar-change-agree"),
    path("calendar/changes/<int:pk>/refuse/", officer.calendar_refuse, name="calendar-change-refuse"),
    path("whitelist/", measures.whitelist, name="whitelist"),
    path("whitelist/new/", measures.whitelist_ask, name="whitelist-ask"),
    path("whitelist/<int:pk>/", measures.whitelist_detail, name="whitelist-detail"),
    path("rule-measures/", measures.rule_measures, name="rule-measures"),
    path("rule-measures/new/", measures.rule_measure_ask, name="rule-measure-ask"),
    path("rule-measures/<int:pk>/", measures.rule_measure_detail, name="rule-measure-detail"),
]
