"""Receives PennieAI's webhooks: checks each signature, takes each message once, answers at once.

    pip install standardwebhooks
    WEBHOOK_SECRET=whsec_... python receive_webhooks.py [PORT]

It listens on loopback: put your TLS proxy in front. A real receiver keeps the ids in its database, and puts the work
in a queue.
"""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

MOST_BYTES = 100_000
seen: set[str] = set()  # a message may come twice: at least once is what is promised


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        if length > MOST_BYTES:
            return self.answer(413)
        body = self.rfile.read(length)  # as it came: parsed and written anew, it would not fit its signature
        try:
            event: dict[str, Any] = Webhook(os.environ["WEBHOOK_SECRET"]).verify(body, dict(self.headers))
        except WebhookVerificationError:
            return self.answer(401)
        if self.headers["webhook-id"] not in seen:
            seen.add(self.headers["webhook-id"])
            take(event)
        return self.answer(204)

    def answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


def take(event: dict[str, Any]) -> None:
    """Ids only come here: ask the API for the documents, with your key."""
    print(json.dumps(event), flush=True)


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080
    server = ThreadingHTTPServer(("127.0.0.1", port), Receiver)
    print(f"listening on {server.server_port}", flush=True)
    server.serve_forever()
