"""The whole product at work, to be broken: every process as the stack runs it, several of those that may be several."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

from pennie.stack.ports import LOOPBACK, answers, find_free_port
from pennie.stack.processes import Child
from pennie.stack.programs import Ports, Program, list_programs
from tests.chaos.forge import Forge
from tests.chaos.rig import Provider, Rig, wait_for
from tests.fake_openai import API_KEY

# How many of each.
MANNING: Final[Mapping[str, int]] = MappingProxyType(
    {"web": 1, "stream": 1, "worker": 3, "relay": 2, "reaper": 2, "webhooks": 2, "beat": 1}
)
GRACE_SECONDS: Final = 8.0  # of a worker, as the stack has it
_WORKER: Final = "worker1"  # as the stack names one that takes all queues
_TEND_SECONDS: Final = 0.05


@dataclass(frozen=True, kw_only=True)
class Member:
    role: str
    name: str  # of its log, and in PostgreSQL
    port: int | None
    child: Child

    @property
    def worker(self) -> str:
        """As Job.worker has it."""
        return f"{self.name}@chaos"


@dataclass(kw_only=True)
class Siege:
    """Everybody at work. Whoever ends is replaced at once, as a supervisor does, by `tend`."""

    rig: Rig
    provider: Provider
    forge: Forge
    settings: Mapping[str, object]
    port: int
    stream_port: int
    members: list[Member] = field(default_factory=list)
    fallen: list[Member] = field(default_factory=list)

    def man(self) -> None:
        """Start all, and wait until they work."""
        for role, count in MANNING.items():
            for _ in range(count):
                self.start(role)
        for member in self.members:
            self.wait_until_ready(member)

    def start(self, role: str, *, port: int | None = None) -> Member:
        """`port` of one that listens, instead of the usual."""
        usual = {"web": self.port, "stream": self.stream_port}.get(role)
        name = self.rig.name(role)
        program = self._program(role, port=port or usual)
        command = [str(part) for part in program.command[1:]]
        if role == "worker":
            command[command.index("-n") + 1] = f"{name}@chaos"
        child = self.forge.start(command, name=name)
        member = Member(role=role, name=name, port=port or usual, child=child)
        self.members.append(member)
        return member

    def _program(self, role: str, *, port: int | None) -> Program:
        """As the stack has it."""
        ports = Ports(web=port or self.port, stream=port or self.stream_port, flower=0)
        var = self.rig.folder / "var"
        (var / "run").mkdir(parents=True, exist_ok=True)
        programs = list_programs(ports=ports, var=var, flower_password="", elsewhere=False)
        return next(each for each in programs if each.name == (_WORKER if role == "worker" else role))

    def wait_until_ready(self, member: Member) -> None:
        wait_for(f"a {member.role} at work", lambda: self.is_ready(member), logs=[member.child])

    def is_ready(self, member: Member) -> bool:
        if member.role == "worker":
            return member.child.has_written(" ready.")
        if member.port is not None:
            return answers(port=member.port, path="/docs/" if member.role == "web" else "/")
        return True

    def of(self, role: str) -> list[Member]:
        """Those that run."""
        return [member for member in self.members if member.role == role and member.child.runs]

    def tend(self) -> list[Member]:
        """Whoever has ended is replaced; who that was."""
        ended = [member for member in self.members if not member.child.runs]
        for member in ended:
            member.child.kill()  # what is left of its group
            self.members.remove(member)
            self.start(member.role, port=member.port)
        self.fallen += ended
        return ended

    def rest(self, seconds: float) -> None:
        """Time passes; whoever ends is replaced."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.tend()
            time.sleep(_TEND_SECONDS)

    def release(self, member: Member) -> None:
        """It is another's to see to: whoever sent it away waits for its end."""
        self.members.remove(member)

    def dismiss(self) -> None:
        for member in self.members:
            member.child.kill()
        self.members.clear()

    @property
    def logs(self) -> list[Child]:
        return [member.child for member in self.members]


@contextmanager
def besieged(rig: Rig, *, records: Sequence[Path], latency_seconds: float, calls_at_once: int) -> Iterator[Siege]:
    """In place of the rig's own relay and reaper, for as long as the context lasts."""
    rig.drop_what_is_left()
    rig.dismiss_senders()
    provider = Provider(rig=rig, records=records, latency_seconds=latency_seconds)
    settings = {
        "OPENAI_API_KEY": API_KEY,
        "OPENAI_BASE_URL": provider.base_url,
        "OPENAI_API": "responses",
        "OPENAI_CONCURRENCY": calls_at_once,
        "JOB_GRACE_SECONDS": GRACE_SECONDS,
        "WEBHOOK_TRUSTED_NETWORKS": f"{LOOPBACK}/32",
        "WEBHOOK_TIMEOUT_SECONDS": 2,
    }
    forge = Forge(rig=rig, settings=settings)
    siege = Siege(
        rig=rig,
        provider=provider,
        forge=forge,
        port=find_free_port(),
        stream_port=find_free_port(),
        settings=settings,
    )
    try:
        siege.man()
        yield siege
    finally:
        siege.dismiss()
        forge.close()
        provider.stop()
        rig.hire_senders()
