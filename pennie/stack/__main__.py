"""`python -m pennie.stack demo|run|stop|logs`: what the Makefile's targets of the same names do."""

import argparse
import json
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from rich.console import Console

from pennie.stack.announcement import SERVICES, VAR, read_announcement
from pennie.stack.api_client import ApiClient
from pennie.stack.journey import JourneyFailed, send_sample
from pennie.stack.log_following import follow_logs
from pennie.stack.ports import LOOPBACK, find_free_port
from pennie.stack.processes import end_stale
from pennie.stack.programs import DEMO_ACCESS, FLOWER_USER, ROOT, WEB_PORT, Ports, Program, list_programs
from pennie.stack.runner import Stack, StackFailed
from pennie.stack.service import keep_password

_PIPED_WIDTH: Final = 160  # columns where no terminal tells
_STOP_SECONDS: Final = 40.0  # more than all graces together
_INTERRUPTED: Final = 130  # as shells count: 128 and the number of SIGINT
_SAMPLE: Final = ROOT / "tests" / "records" / "referral_packet.txt"
_ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m pennie.stack")
    commands = parser.add_subparsers(dest="command", required=True)
    demo = commands.add_parser("demo", help="start everything, and send a sample record through it")
    demo.add_argument("--once", action="store_true", help="end then; exit code 0 only if the job completed")
    commands.add_parser("run", help="start everything, and serve until Ctrl-C")
    commands.add_parser("stop", help="end what runs in this clone")
    commands.add_parser("logs", help="show the logs as they grow")
    arguments = parser.parse_args()
    width = None if sys.stdout.isatty() else _PIPED_WIDTH
    console = Console(highlight=False, markup=False, soft_wrap=True, width=width)
    actions: dict[str, Callable[[], int]] = {
        "demo": lambda: serve(console, sample=_SAMPLE, once=arguments.once),
        "run": lambda: serve(console),
        "stop": lambda: stop(console),
        "logs": lambda: show_logs(console),
    }
    return actions[arguments.command]()


def serve(console: Console, *, sample: Path | None = None, once: bool = False) -> int:
    """Until Ctrl-C or another signal to end; with `once` until the sample is through. The exit code."""
    for number in _ENDING:
        signal.signal(number, signal.default_int_handler)
    stack = Stack(var=VAR, list_programs=_plan, tell=console.print)
    try:
        console.print("PennieAI starts. Its data and logs are kept under var/.")
        stack.start()
        if sample is not None:
            api = ApiClient(port=stack.port_of("web"), key=_read_access()["api_key"])
            completed = send_sample(api=api, file=sample, console=console, between=stack.look)
            if once:
                return 0 if completed else 1
        _print_addresses(stack, console)
        stack.watch(until=lambda: False)
    except KeyboardInterrupt:
        console.print("Stopping ...")
        return _INTERRUPTED if once else 0
    except (StackFailed, JourneyFailed) as failed:
        console.print(str(failed))
        return 1
    finally:
        for number in _ENDING:
            signal.signal(number, signal.SIG_IGN)  # it is under way, and must not end half-way
        stack.stop()
    return 0


def stop(console: Console) -> int:
    announcement = read_announcement()
    if announcement is None or not announcement.runner.lives:
        console.print("PennieAI does not run in this clone.")
        return 0
    end_stale(announcement.runner, first=signal.SIGTERM, grace_seconds=_STOP_SECONDS)
    console.print("Stopped.")
    return 0


def show_logs(console: Console) -> int:
    with suppress(KeyboardInterrupt):
        follow_logs(folder=VAR / "log", show=console.print, until=lambda: False)
    return 0


def _plan() -> list[Program]:
    ports = Ports(web=find_free_port(preferred=WEB_PORT), stream=find_free_port(), flower=find_free_port())
    elsewhere = any(os.environ.get(name, "").strip() for name in (*SERVICES, "BROKER_URL"))
    return list_programs(ports=ports, var=VAR, flower_password=_flower_password(), elsewhere=elsewhere)


def _print_addresses(stack: Stack, console: Console) -> None:
    web = f"http://{LOOPBACK}:{stack.port_of('web')}"
    access = _read_access()
    rows = (
        ("Admin", f"{web}/admin/", f"{access['email']}  {access['password']}"),
        ("API", f"{web}/docs/", f"key in var/{DEMO_ACCESS}"),
        ("Queues", f"http://{LOOPBACK}:{stack.port_of('flower')}/", f"{FLOWER_USER}  {_flower_password()}"),
    )
    console.print()
    for name, address, login in rows:
        console.print(f"{name:<8}{address:<34}{login}")
    console.print("Logs: make logs. Stop: Ctrl-C.")


def _read_access() -> dict[str, str]:
    """What `manage.py prepare_demo` has kept."""
    access: dict[str, str] = json.loads((VAR / DEMO_ACCESS).read_text())
    return access


def _flower_password() -> str:
    return keep_password(path=VAR / "flower-password")


if __name__ == "__main__":
    sys.exit(main())
