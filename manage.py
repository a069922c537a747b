#!/usr/bin/env python
"""Django's command line for PennieAI."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pennie.settings.dev")
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit("PennieAI is not installed in this Python. Run `make install`, then use .venv/bin/python manage.py.")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as unfit:
        sys.exit(str(unfit))  # names the variable and the cure; a traceback would hide that


if __name__ == "__main__":
    main()
