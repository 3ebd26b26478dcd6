"""The benchmarks as an app: Wagtail's v3 reads `api_fields` once, while the apps load, so this app is listed first."""

from django.apps import AppConfig


class BenchConfig(AppConfig):
    name = "bench"
    label = "hub_bench"

    def ready(self) -> None:
        from bench.peers import declare_fields

        declare_fields()
