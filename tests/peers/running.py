"""Peers as processes: each on a free port of loopback, ended by its own id."""

import json
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from tests.peers.installing import AIMOCK, MOCKLIMIT, NO_NODE

_LOOPBACK: Final = "127.0.0.1"
_READY_SECONDS: Final = 30.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Peer:
    """A running stand-in."""

    address: str  # http://127.0.0.1:PORT

    @property
    def base_url(self) -> str:
        return f"{self.address}/v1"

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """What the peer's own control answers."""
        raw = None if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json"}
        request = urllib.request.Request(self.address + path, data=raw, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"null")


@contextmanager
def running_aimock(*, fixtures: list[dict[str, Any]], folder: Path) -> Iterator[Peer]:
    """aimock with these fixtures. Skips the test where it is not installed."""
    node = shutil.which("node")
    if node is None:
        pytest.skip(NO_NODE)
    if not AIMOCK.exists():
        pytest.skip("aimock is not installed: make test-peers does it, and needs npm and the network for it")
    path = folder / "fixtures.json"
    path.write_text(json.dumps({"fixtures": fixtures}), encoding="utf-8")
    command = [node, str(AIMOCK), "--port", "0", "--fixtures", str(path)]
    with _running(command, log=folder / "aimock.log", port=None) as peer:
        yield peer


@contextmanager
def running_mocklimit(*, spec: Mapping[str, Any], limits: Mapping[str, Any], folder: Path) -> Iterator[Peer]:
    """mocklimit with this OpenAPI document and these limits. Skips the test where it is not installed."""
    if not MOCKLIMIT.exists():
        pytest.skip("mocklimit is not installed: make test-peers does it, and needs the network for it")
    for name, content in (("spec.yaml", spec), ("limits.yaml", limits)):
        (folder / name).write_text(json.dumps(content), encoding="utf-8")  # JSON is YAML
    port = _find_free_port()
    command = [str(MOCKLIMIT), "serve", "--port", str(port), "--log-level", "WARNING"]
    command += ["--spec", str(folder / "spec.yaml"), "--rate-config", str(folder / "limits.yaml")]
    with _running(command, log=folder / "mocklimit.log", port=port) as peer:
        yield peer


@contextmanager
def _running(command: list[str], *, log: Path, port: int | None) -> Iterator[Peer]:
    """The process, from when it listens; its port is read from its log where it chose it itself."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
    with log.open("wb") as written:
        process = subprocess.Popen(command, env=environment, stdout=written, stderr=subprocess.STDOUT)
    try:
        yield Peer(address=f"http://{_LOOPBACK}:{_wait_for_port(process, log=log, port=port)}")
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=10)


def _wait_for_port(process: subprocess.Popen[bytes], *, log: Path, port: int | None) -> int:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        told = re.search(rf"http://{re.escape(_LOOPBACK)}:(\d+)", log.read_text(encoding="utf-8", errors="replace"))
        found = port or (int(told[1]) if told else None)
        if found is not None and _listens(found):
            return found
        time.sleep(0.05)
    raise RuntimeError(f"the peer did not start: {log.read_text(encoding='utf-8', errors='replace')[-2000:]}")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((_LOOPBACK, port)) == 0


def _find_free_port() -> int:
    with socket.socket() as held:
        held.bind((_LOOPBACK, 0))
        return int(held.getsockname()[1])
