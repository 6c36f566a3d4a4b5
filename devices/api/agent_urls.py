"""Addresses that agents of taxpayers' PCs call; docs/agent.md describes them."""

from __future__ import annotations

from django.urls import path

from devices.api import agent

urlpatterns = [
    path("enrol", agent.enrol, name="agent-enrol"),
    path("session", agent.session, name="agent-session"),
    path("poll", agent.poll, name="agent-poll"),
    path("report", agent.report, name="agent-report"),
]
