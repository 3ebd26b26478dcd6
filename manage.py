#!/usr/bin/env python
"""Django's command line; the demo has settings of its own, so that it never touches a real database."""

import os
import sys


def main() -> None:
    settings = "demo.settings" if sys.argv[1:2] == ["demo"] else "cms.settings"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings)
    try:
        import django  # noqa: PLC0415
        from django.core.exceptions import ImproperlyConfigured  # noqa: PLC0415
        from django.core.management import execute_from_command_line  # noqa: PLC0415
    except ImportError:
        sys.exit("Django is not installed for this Python. docs/operations.md says how to install the hub.")
    try:
        from cms.plugins.refusal import PluginRefused, blaming_plugins  # noqa: PLC0415

        with blaming_plugins():
            django.setup()
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        if isinstance(error, PluginRefused):
            sys.exit(str(error))
        sys.exit(f"The settings are not right: {error}\ndocs/operations.md lists them.")


if __name__ == "__main__":
    main()
