"""Measures the rules engine on the sets of sets.toml and holds floors.toml: `make accuracy`.

    python -m tests.accuracy [--only NAME ...] [--update] [--report]

Exit code 1: a floor broke. --update writes the floors anew, below what was measured; where CI is set it is refused.
"""

import os
import sys

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pennie.settings.test")
    django.setup()
    from tests.accuracy.running import main

    sys.exit(main(sys.argv[1:]))
