"""The embedded PostgreSQL and Redis: they keep what they promised, and leave nothing behind."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from pennie.stack.postgres import EmbeddedPostgres, running_postgres
from pennie.stack.processes import Mark, wait_until
from pennie.stack.redis import DATABASES, EmbeddedRedis, running_redis
from pennie.stack.service import EmbeddedService, ServiceFailed

ROOT = Path(__file__).resolve().parents[3]
KINDS = [EmbeddedPostgres, EmbeddedRedis]

# Starts both, says who they are, and waits to be killed.
RUNNER = """
import json, sys, time
from pathlib import Path
from pennie.stack.postgres import EmbeddedPostgres
from pennie.stack.redis import EmbeddedRedis
services = [kind(folder=Path(sys.argv[1]) / kind.name, durable=True) for kind in (EmbeddedPostgres, EmbeddedRedis)]
for service in services:
    service.start()
print(json.dumps([service.child.pid for service in services]), flush=True)
time.sleep(60)
"""


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    with running_postgres(folder=tmp_path / "postgres", durable=True) as service:
        yield service


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[EmbeddedRedis]:
    with running_redis(folder=tmp_path / "redis", durable=True) as service:
        yield service


def ask(service: EmbeddedPostgres, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(service.url) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def is_gone(mark: Mark) -> bool:
    return wait_until(lambda: not mark.lives, seconds=30)


def mark_of(service: EmbeddedService) -> Mark:
    assert service.child is not None
    return service.child.mark


@pytest.mark.parametrize("ending", ["stop", "kill"])
def test_postgres_keeps_its_rows_and_its_port(postgres: EmbeddedPostgres, ending: str) -> None:
    ask(postgres, "CREATE TABLE kept AS SELECT 7 AS number")
    port = postgres.port
    getattr(postgres, ending)()
    with pytest.raises(psycopg.OperationalError):
        ask(postgres, "SELECT 1")
    postgres.start()
    assert (ask(postgres, "SELECT number FROM kept"), postgres.port) == ([(7,)], port)


@pytest.mark.parametrize("ending", ["stop", "kill"])
def test_redis_keeps_its_keys_and_its_port(valkey: EmbeddedRedis, ending: str) -> None:
    with redis.Redis.from_url(f"{valkey.url}/{DATABASES - 1}", decode_responses=True) as client:
        client.set("kept", "7")
        getattr(valkey, ending)()
        with pytest.raises(redis.ConnectionError):
            client.ping()
        valkey.start()
        assert client.get("kept") == "7"


def test_postgres_stops_at_once_though_sessions_are_open(postgres: EmbeddedPostgres) -> None:
    with psycopg.connect(postgres.url) as connection:
        connection.execute("SELECT 1")
        postgres.stop()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")


def test_letters_beyond_ascii_count_for_search(postgres: EmbeddedPostgres) -> None:
    ask(postgres, "CREATE EXTENSION pg_trgm")
    assert ask(postgres, "SELECT similarity('Ñuño', 'ñuño')") == [(1.0,)]


def test_they_are_reached_with_their_password_alone(postgres: EmbeddedPostgres, valkey: EmbeddedRedis) -> None:
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"postgres://pennie:wrong@127.0.0.1:{postgres.port}/pennie")
    with (
        redis.Redis(host="127.0.0.1", port=valkey.port or 0, retry=Retry(NoBackoff(), 0)) as client,
        pytest.raises(redis.AuthenticationError),
    ):
        client.ping()


def test_no_other_user_can_read_what_they_keep(postgres: EmbeddedPostgres, valkey: EmbeddedRedis) -> None:
    for service in (postgres, valkey):
        assert stat.S_IMODE(service.folder.stat().st_mode) == 0o700
        password = service.folder / "password"
        assert stat.S_IMODE(password.stat().st_mode) == 0o600
        listed = subprocess.run(["ps", "axww", "-o", "args"], capture_output=True, text=True, check=True).stdout
        assert password.read_text() not in listed


def test_the_log_of_postgres_repeats_no_values(postgres: EmbeddedPostgres) -> None:
    ask(postgres, "CREATE TABLE unique_names (name text UNIQUE)")
    ask(postgres, "INSERT INTO unique_names VALUES ('Wuffel')")
    with pytest.raises(psycopg.errors.UniqueViolation):
        ask(postgres, "INSERT INTO unique_names VALUES ('Wuffel')")
    with pytest.raises(psycopg.errors.InvalidTextRepresentation):
        ask(postgres, "SELECT 'Wuffel'::int")
    assert "Wuffel" not in postgres.log.read_text()


@pytest.mark.parametrize("kind", KINDS)
def test_a_stopped_server_has_ended(kind: type[EmbeddedService], tmp_path: Path) -> None:
    service = kind(folder=tmp_path, durable=False)
    with service.running():
        mark = mark_of(service)
        assert mark.lives
    assert not mark.lives


def test_none_outlives_a_runner_that_is_killed_and_the_next_one_finds_its_data(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", RUNNER, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, start_new_session=True
    ) as runner:
        assert runner.stdout is not None
        marks = [Mark.of(pid) for pid in json.loads(runner.stdout.readline())]
        os.killpg(runner.pid, signal.SIGKILL)
    for mark in marks:
        assert mark is not None
        assert is_gone(mark)
    with running_postgres(folder=tmp_path / "postgres", durable=True) as postgres:
        assert ask(postgres, "SELECT 1") == [(1,)]
    with running_redis(folder=tmp_path / "redis", durable=True) as valkey:
        assert valkey.runs


@pytest.mark.parametrize("kind", KINDS)
def test_a_start_ends_what_a_killed_run_left_alive(
    kind: type[EmbeddedService], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with kind(folder=tmp_path, durable=True).running() as left:
        monkeypatch.setattr("pennie.stack.service.fcntl.flock", lambda *_: None)  # as if its owner were dead
        with kind(folder=tmp_path, durable=True).running() as service:
            assert service.runs
            assert not left.runs


@pytest.mark.parametrize("kind", KINDS)
def test_a_stale_mark_is_no_reason_to_end_another_process(kind: type[EmbeddedService], tmp_path: Path) -> None:
    """The number in it may be another's by now; that it started at another time tells so."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        (tmp_path / "process.json").write_text(json.dumps({"pid": stranger.pid, "started": "long ago"}))
        with kind(folder=tmp_path, durable=False).running():
            assert stranger.poll() is None
        stranger.kill()


@pytest.mark.parametrize("kind", KINDS)
def test_a_folder_in_use_is_refused(kind: type[EmbeddedService], tmp_path: Path) -> None:
    with kind(folder=tmp_path, durable=False).running() as first:
        with pytest.raises(ServiceFailed, match="another process uses"):
            kind(folder=tmp_path, durable=False).start()
        assert first.runs


@pytest.mark.parametrize("kind", KINDS)
def test_another_port_is_taken_where_one_is_lost_to_a_stranger(
    kind: type[EmbeddedService], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as stranger, socket.create_server(("127.0.0.1", 0)) as free:
        taken, other = stranger.getsockname()[1], free.getsockname()[1]
        free.close()
        ports = iter([taken, other])
        monkeypatch.setattr("pennie.stack.service.find_free_port", lambda: next(ports))
        with kind(folder=tmp_path, durable=False).running() as service:
            assert service.port == other


def test_a_start_that_was_killed_half_way_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "data.new" / "base").mkdir(parents=True)
    with running_postgres(folder=tmp_path, durable=False) as postgres:
        assert ask(postgres, "SELECT 1") == [(1,)]
    assert not (tmp_path / "data.new").exists()


def test_a_server_that_cannot_start_says_why_and_where_it_is_written(tmp_path: Path) -> None:
    with running_postgres(folder=tmp_path, durable=False):
        pass
    (tmp_path / "data" / "PG_VERSION").write_text("12\n")
    with pytest.raises(ServiceFailed, match=r"postgres\.log:(.|\n)*incompatible"):
        EmbeddedPostgres(folder=tmp_path, durable=False).start()
