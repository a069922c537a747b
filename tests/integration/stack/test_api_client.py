"""The demo's client of the API: what it sends, and what it makes of answers."""

import json
import threading
from collections.abc import Iterator
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from pennie.stack.api_client import ApiClient, ApiProblem

PAGES = {
    "/things/?kind=a": {"results": [1, 2], "next": "http://127.0.0.1/things/?kind=a&cursor=x"},
    "/things/?kind=a&cursor=x": {"results": [3], "next": None},
}


class Server(HTTPServer):
    received: dict[str, Any]


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        if self.headers["Authorization"] != "Bearer pk_known":
            self._answer(401, {"title": "Who are you?", "detail": "Send a key."})
        else:
            self._answer(200, PAGES[self.path])

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received = {"headers": dict(self.headers), "body": body}
        self._answer(202, {"id": 7})

    def _answer(self, status: int, said: object) -> None:
        content = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Location", "/things/7/")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_list_is_read_to_its_end(server: Server) -> None:
    api = ApiClient(port=server.server_port, key="pk_known")
    assert list(api.list_all("/things/", kind="a")) == [1, 2, 3]


def test_a_refusal_is_told_in_the_api_s_own_words(server: Server) -> None:
    with pytest.raises(ApiProblem, match=r"GET /things/: 401\. Who are you\? Send a key\."):
        ApiClient(port=server.server_port, key="pk_other").get("/things/")


def test_a_file_is_sent_as_a_form_with_its_bytes_as_they_are(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "record.txt"
    file.write_bytes(b"one\r\n\xff\x00two\r\n")
    answer = ApiClient(port=server.server_port, key="pk_known").send_file(
        "/things/", file=file, fields={"external_id": "demo"}
    )
    assert (answer.status, answer.body, answer.headers["location"]) == (202, {"id": 7}, "/things/7/")
    headers, body = server.received["headers"], server.received["body"]
    form = message_from_bytes(f"Content-Type: {headers['Content-Type']}\r\n\r\n".encode() + body)
    parts = {
        part.get_param("name", header="content-disposition"): part for part in form.walk() if not part.is_multipart()
    }
    assert parts["external_id"].get_payload() == "demo"
    assert parts["file"].get_filename() == "record.txt"
    assert b"\r\n\r\none\r\n\xff\x00two\r\n\r\n--" in body
    assert len(headers["Idempotency-Key"]) == 36
