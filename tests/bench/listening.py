"""`python -m tests.bench.listening PORT SECONDS JOB ...`: a listener for each job named, all at once, in one process.

The key is in API_KEY. Prints "ready" once all are let in, and when all streams have ended, or after SECONDS, a line of
JSON: for each listener {"job", "ended", "heard": [[windows done, or null for the end, time of the clock]]}.
"""

import asyncio
import json
import os
import sys
import time
from typing import Any, Final

from pennie.stack.ports import LOOPBACK

_AT_ONCE: Final = 20  # that are let in: browsers do not come all in the same moment


async def listen(*, port: int, job: str, places: asyncio.Semaphore, heard: dict[str, Any]) -> asyncio.StreamReader:
    """Opens a stream; gives it once its first event has come. Raises RuntimeError if the listener is not let in."""
    async with places:
        reader, writer = await asyncio.open_connection(LOOPBACK, port)
        head = f"GET /api/v1/jobs/{job}/stream/ HTTP/1.1\r\nHost: {LOOPBACK}\r\nAccept: text/event-stream\r\n"
        writer.write(f"{head}Authorization: Bearer {os.environ['API_KEY']}\r\n\r\n".encode())
        status = await reader.readline()
        if b" 200 " not in status:
            raise RuntimeError(f"a listener was answered {status.decode().strip()}")
        while b"event: progress" not in await reader.readline():
            pass
        heard["writer"] = writer  # else it is closed
        return reader


async def follow(reader: asyncio.StreamReader, *, heard: dict[str, Any]) -> None:
    """Notes when each event comes, until the last."""
    kind = ""
    while line := await reader.readline():
        now = time.time()
        if line.startswith(b"event: "):
            kind = line[7:].strip().decode()
        elif line.startswith(b"data: ") and kind == "progress":
            heard["heard"].append([json.loads(line[6:])["windows_done"], now])
        elif kind == "end":
            heard["heard"].append([None, now])
            heard["ended"] = True
            return


async def main(*, port: int, seconds: float, jobs: list[str]) -> None:
    told: list[dict[str, Any]] = [{"job": job, "ended": False, "heard": []} for job in jobs]
    places = asyncio.Semaphore(_AT_ONCE)
    opening = [listen(port=port, job=each["job"], places=places, heard=each) for each in told]
    readers = await asyncio.gather(*opening)
    following = [asyncio.create_task(follow(each, heard=heard)) for each, heard in zip(readers, told, strict=True)]
    _say("ready")
    await asyncio.wait(following, timeout=seconds)
    for each in told:
        each.pop("writer").close()
    _say(json.dumps(told))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(port=int(sys.argv[1]), seconds=float(sys.argv[2]), jobs=sys.argv[3:]))
