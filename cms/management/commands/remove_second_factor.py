"""Let somebody who lost their phone log in with the password alone."""

from __future__ import annotations

from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    help = "Remove an account's authenticator app, so that its owner can log in with the password alone."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *, username: str, **_options: object) -> None:
        from django_otp.plugins.otp_totp.models import TOTPDevice  # noqa: PLC0415  # only there if TWO_FACTOR is on

        count, _by_model = TOTPDevice.objects.filter(user__username=username).delete()
        if not count:
            raise CommandError(f"{username} has no authenticator app.")
        self.stdout.write(f"{username} can now log in with the password alone.")
