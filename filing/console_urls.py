"""Addresses of the officers' pages of filing; mounted by the admin console."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from filing.views import measures

urlpatterns: list[URLPattern | URLResolver] = [
    path("whitelist/", measures.whitelist, name="whitelist"),
    path("whitelist/new/", measures.whitelist_ask, name="whitelist-ask"),
    path("whitelist/<int:pk>/", measures.whitelist_detail, name="whitelist-detail"),
    path("rule-measures/", measures.rule_measures, name="rule-measures"),
    path("rule-measures/new/", measures.rule_measure_ask, name="rule-measure-ask"),
    path("rule-measures/<int:pk>/", measures.rule_measure_detail, name="rule-measure-detail"),
]
