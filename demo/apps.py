"""The demo's app: content of the Partos Innovation Hub, a command that loads it, and an inbox for its mails."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "demo"
    label = "hub_demo"
