"""How commands of the same clone find the stack that runs there: a file that says what it is, while it lives.

Settings read this before anything else: nothing is imported here but the standard library.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from pennie.lib.private_files import write_private
from pennie.stack.processes import Mark

SERVICES: Final = ("DATABASE_URL", "REDIS_URL")
VAR: Final = Path(__file__).resolve().parent.parent.parent / "var"
ANNOUNCEMENT: Final = VAR / "run" / "stack.json"


@dataclass(frozen=True, kw_only=True)
class Announcement:
    runner: Mark
    services: Mapping[str, str]  # by environment variable: addresses, with passwords
    processes: Mapping[str, Mark]  # that the runner has started, by name

    def write(self, *, path: Path = ANNOUNCEMENT) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_private(path=path, text=json.dumps(asdict(self)))


def read_announcement(*, path: Path = ANNOUNCEMENT) -> Announcement | None:
    """Of a runner that may have ended since. None if there is none that can be read."""
    try:
        said = json.loads(path.read_text())
        return Announcement(
            runner=Mark(**said["runner"]),
            services=dict(said["services"]),
            processes={name: Mark(**mark) for name, mark in said["processes"].items()},
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def adopt_running_stack(*, path: Path = ANNOUNCEMENT) -> None:
    """Set DATABASE_URL and REDIS_URL to the running stack's, where they are not set.

    Nothing is set if one of them names something else than the stack's: one's database and another's queue do not go
    together.
    """
    announcement = read_announcement(path=path)
    if announcement is None or not announcement.runner.lives:
        return
    said = {name: os.environ[name] for name in SERVICES if os.environ.get(name, "").strip()}
    if all(announcement.services.get(name) == address for name, address in said.items()):
        os.environ.update({name: announcement.services[name] for name in SERVICES if name in announcement.services})
