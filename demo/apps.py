"""The demo's app: content of the Partos Innovation Hub, a command that loads it, an inbox to read it in."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "demo"
    label = "hub_demo"
