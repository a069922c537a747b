"""`python -m tests.chaos [--only NAME ...] [--lines N] [--kills N] [--outages N] [--jobs N] [--seconds S]`.

Exit code 1 if something was not as it must be. Everything it starts it ends; its data lie in one temporary folder.
"""

import argparse
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.chaos.deploying import deploy
from tests.chaos.rig import Stuck, running_rig
from tests.chaos.scenarios import SCENARIOS as ALONE
from tests.chaos.sieges import SIEGES
from tests.chaos.trial import Size, Verdict

SCENARIOS = {**ALONE, **SIEGES, "deploy": deploy}


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # leave every context
    size = Size(
        lines=options.lines,
        kills=options.kills,
        outages=options.outages,
        jobs=options.jobs,
        seconds=options.seconds,
        siege_kills=options.siege_kills,
        siege_pause_kills=options.siege_pause_kills,
        siege_pauses=options.siege_pauses,
        siege_outages=options.siege_outages,
        deploy_jobs=options.deploy_jobs,
    )
    verdicts: dict[str, Verdict] = {}
    with (
        tempfile.TemporaryDirectory(prefix="pennie-chaos-") as folder,
        running_rig(folder=Path(folder)) as rig,
    ):
        for name in options.only or SCENARIOS:
            sys.stderr.write(f"breaking: {name}\n")
            try:
                verdicts[name] = SCENARIOS[name](rig, size)
            except Stuck as problem:
                verdicts[name] = Verdict(broken=[str(problem)])
            if verdicts[name].broken:
                told = "\n".join([*verdicts[name].broken, verdicts[name].account])
                sys.stderr.write(f"{told}\n")
    _print(verdicts)
    return 1 if any(verdict.broken for verdict in verdicts.values()) else 0


def _print(verdicts: dict[str, Verdict]) -> None:
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=120)
    table = Table("scenario", "figures", "verdict")
    for name, verdict in verdicts.items():
        figures = ", ".join(f"{what} {value}" for what, value in verdict.figures.items())
        table.add_row(name, figures, "\n".join(["FAIL", *verdict.broken]) if verdict.broken else "PASS")
    console.print(table)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description="Break the stack while it works.")
    parser.add_argument("--only", nargs="+", choices=list(SCENARIOS), metavar="NAME", help=", ".join(SCENARIOS))
    parser.add_argument("--lines", type=_count, default=Size.lines, help="of the record")
    parser.add_argument("--kills", type=_count, default=Size.kills, help="of the worker")
    parser.add_argument("--outages", type=_count, default=Size.outages, help="of PostgreSQL")
    parser.add_argument("--jobs", type=_count, default=Size.jobs, help="when Redis forgets them")
    for name, what in {
        "siege-kills": "of all kinds of processes",
        "siege-pause-kills": "SIGSTOP, then kill -9",
        "siege-pauses": "SIGSTOP, then SIGCONT",
        "siege-outages": "of Redis in each way, and of PostgreSQL",
        "deploy-jobs": "amid which all is replaced",
    }.items():
        parser.add_argument(f"--{name}", type=_count, default=getattr(Size, name.replace("-", "_")), help=what)
    parser.add_argument("--seconds", type=float, default=Size.seconds, help="for a job to end in")
    return parser


def _count(said: str) -> int:
    number = int(said)
    if not 1 <= number <= 1_000_000:
        raise ValueError
    return number


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
