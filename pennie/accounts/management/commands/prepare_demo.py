"""`manage.py prepare_demo`: the clinic, the login and the key that `make demo` and `make run` use."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from pennie.accounts.demo import DemoAccess, prepare_demo
from pennie.lib.private_files import write_private


class Command(BaseCommand):
    help = "Make a clinic to try the product in, with a staff user and an API key. Done again, it changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--access",
            metavar="FILE",
            type=Path,
            required=True,
            help="where login and key are kept, as JSON that its owner alone can read",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["access"]
        access = prepare_demo(known=_read(path))
        path.parent.mkdir(parents=True, exist_ok=True)
        write_private(path=path, text=json.dumps(asdict(access)))  # not printed: output may be logged


def _read(path: Path) -> DemoAccess | None:
    try:
        return DemoAccess(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None
