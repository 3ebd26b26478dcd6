#!/usr/bin/env python
"""Django's command line; the demo has settings of its own, so that it never touches a real database."""

import os
import sys


def main() -> None:
    settings = "demo.settings" if sys.argv[1:2] == ["demo"] else "cms.settings"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings)
    from django.core.management import execute_from_command_line  # noqa: PLC0415

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
