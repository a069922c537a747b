"""A local stand-in for the OpenAI API over real HTTP: both endpoints, models, strict schemas, usage, limits, faults."""

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tests.fake_openai import strict_schema, wire
from tests.fake_openai.answers import Answerer, answer_nothing
from tests.fake_openai.calls import Call, CallLog
from tests.fake_openai.faults import FaultPlan, FaultRule
from tests.fake_openai.limits import Allowance, Limits
from tests.fake_openai.listening import LOOPBACK, Handler, Listener
from tests.fake_openai.requests import OPENAI, PATHS, Api, Dialect, ModelRequest, RequestRefused, read_request
from tests.fake_openai.wire import Sent

API_KEY = "sk-fake-0000000000000000"
HANG_SECONDS = 120.0  # a hang ends by then, whatever the client does


class FakeOpenAI:
    """The state of one fake: what it answers, which faults it deals, what was asked."""

    def __init__(
        self,
        *,
        answerer: Answerer = answer_nothing,
        faults: Sequence[FaultRule] = (),
        latency_seconds: float = 0.0,
        dialect: Dialect = OPENAI,
        limits: Limits | None = None,
        api_key: str = API_KEY,
        clock: Callable[[], float] = time.time,
        keeps_bodies: bool = True,
        port: int = 0,
    ) -> None:
        self.answerer = answerer
        self.latency_seconds = latency_seconds
        self.dialect = dialect
        self.api_key = api_key
        self.clock = clock
        self.keeps_bodies = keeps_bodies
        self.log = CallLog()
        self.failures: list[BaseException] = []  # of the fake itself: a broken answerer, a bug
        self._plan = FaultPlan(rules=faults)
        self._allowance = Allowance(limits=limits or Limits(), clock=clock)
        self._lock = threading.Lock()
        self._asked = 0
        self._cached: set[str] = set()
        self._listener = Listener(handler=_ApiHandler, owner=self, port=port)
        self._port = self._listener.port

    @property
    def address(self) -> str:
        return f"http://{LOOPBACK}:{self._port}"

    @property
    def base_url(self) -> str:
        """What OPENAI_BASE_URL is set to."""
        return f"{self.address}/v1"

    @property
    def calls(self) -> tuple[Call, ...]:
        """The finished questions (POST), in order of arrival."""
        return tuple(call for call in self.log.calls if call.method == "POST")

    def order(self, *rules: FaultRule) -> None:
        """From now on these faults and no others; calls are counted from 1 again."""
        with self._lock:
            self._asked = 0
            self._plan = FaultPlan(rules=rules)

    @contextmanager
    def gone(self) -> Iterator[None]:
        """For as long as the context lasts nobody listens at the address: connections are refused."""
        self._listener.close()
        try:
            yield
        finally:
            self._listener = Listener(handler=_ApiHandler, owner=self, port=self._port)

    def close(self) -> None:
        self._listener.close()

    def next_fault(self, *, body: bytes | None = None, number: int | None = None) -> tuple[int, FaultRule | None]:
        """The number of the question and its fault; first without the body, then with it and the number."""
        with self._lock:
            plan = self._plan
            if number is None:
                self._asked += 1
                number = self._asked
        if body is None:
            return number, plan.choose_before_reading(number=number)
        return number, plan.choose(number=number, body=body)

    def answer(self, *, request: ModelRequest, number: int, fault: FaultRule | None) -> Sent:
        """What the API sends to `request`, limits and faults considered."""
        ordered = wire.render_fault(rule=fault, model=request.model) if fault else None
        needed = wire.count_tokens(request.instructions + request.content) + (request.max_output_tokens or 0)
        wait, headers = self._allowance.take(tokens=needed)
        if ordered is None and wait is not None:
            ordered = wire.render_fault(
                rule=FaultRule(kind="rate_limit", retry_after_seconds=wait), model=request.model
            )
        if ordered is not None:
            return Sent(status=ordered.status, body=ordered.body, headers={**headers, **ordered.headers})
        return self._succeed(request, number=number, fault=fault, headers=headers)

    def _succeed(self, request: ModelRequest, *, number: int, fault: FaultRule | None, headers: dict[str, str]) -> Sent:
        kind = fault.kind if fault else None
        said = wire.say(request=request, text=self._text(request), cached_tokens=self._take_cached(request), fault=kind)
        body: Any = wire.render(request=request, said=said, number=number, now=self.clock())
        if kind == "failed_response":
            if request.api == "chat":
                message = "The server had an error while processing your request. Sorry about that!"
                return wire.render_error(status=500, message=message, type="server_error")
            body = wire.render_failed_response(body=body)
        if kind == "invalid_body":
            body = json.dumps(body)[:-20]
        return Sent(status=200, body=body, headers=headers)

    def _text(self, request: ModelRequest) -> str:
        found = self.answerer(request)
        if found is None:
            found = strict_schema.make_instance(schema=request.schema) if request.schema else {"ok": True}
        if request.schema is not None and request.format == "json_schema":
            mismatch = strict_schema.find_mismatch(found, schema=request.schema)
            if mismatch:
                raise AssertionError(f"the answerer broke the schema that the model must keep: {mismatch}")
        text = json.dumps(found, ensure_ascii=False)
        return f"```json\n{text}\n```" if request.format == "text" and self.dialect.fences_text else text

    def _take_cached(self, request: ModelRequest) -> int:
        """Tokens of the prompt's head that the cache holds, as prompt caching counts them: known heads, in steps."""
        length = wire.count_tokens(request.instructions) // wire.CACHE_STEP * wire.CACHE_STEP
        if length < wire.CACHE_MINIMUM:
            return 0
        head = hashlib.sha256(f"{request.model}\0{request.instructions}".encode()).hexdigest()
        with self._lock:
            known = head in self._cached
            self._cached.add(head)
        return length if known else 0


@contextmanager
def running_fake(**options: Any) -> Iterator[FakeOpenAI]:
    """A fake that listens on a free port of loopback; `options` are those of FakeOpenAI.

    At the end every connection is closed and every thread has ended. Raises what went wrong inside the fake itself.
    """
    fake = FakeOpenAI(**options)
    try:
        yield fake
    finally:
        fake.close()
    if fake.failures:
        raise fake.failures[0]


class _ApiHandler(Handler):
    @property
    def fake(self) -> FakeOpenAI:
        fake: FakeOpenAI = self.server.owner
        return fake

    def do_GET(self) -> None:
        if self.path == "/__log":
            self._send(Sent(status=200, body=self.fake.log.as_json()))
            return
        if self.path == "/__open":
            self._send(Sent(status=200, body=self.fake.log.open))
            return
        with self._logged() as number:
            sent = self._answer(number, lambda: self._get(self.path))
        self._send(sent, number=number)

    def do_DELETE(self) -> None:
        if self.path == "/__log":
            self.fake.log.clear()
        self._send(Sent(status=200 if self.path == "/__log" else 404, body={}))

    def do_POST(self) -> None:
        with self._logged() as number:
            sent = self._take_question(number)
        if sent is not None:
            self._send(sent, number=number)

    def _take_question(self, number: int) -> Sent | None:
        """What to send; None where a fault has ended the connection."""
        question, fault = self.fake.next_fault()
        if fault is None:
            raw = self.read_body()
            self.fake.log.note(number=number, body_sha256=hashlib.sha256(raw).hexdigest())
            _, fault = self.fake.next_fault(body=raw, number=question)
        self.fake.log.note(number=number, fault=fault.kind if fault else None)
        if fault and fault.kind in {"reset_before_reading", "reset_after_reading"}:
            self.drop(by_reset=True)
            return None
        if fault and fault.kind == "hang":
            self.wait_until_gone(at_most=HANG_SECONDS)
            self.drop(by_reset=False)
            return None
        return self._answer(number, lambda: self._post(raw, question=question, number=number, fault=fault))

    @contextmanager
    def _logged(self) -> Iterator[int]:
        # Ends before the answer leaves, so that whoever has the answer finds its call in the log.
        scheme, _, key = (self.headers.get("authorization") or "").partition(" ")
        key_sha256 = hashlib.sha256(key.encode()).hexdigest() if scheme.lower() == "bearer" and key else None
        log = self.fake.log
        number = log.begin(method=self.command, path=self.path, key_sha256=key_sha256, now=time.time())
        try:
            yield number
        finally:
            log.end(number=number, now=time.time())

    def _answer(self, number: int, make: Callable[[], Sent]) -> Sent:
        try:
            self._check_key()
            sent = make()
        except RequestRefused as refused:
            sent = Sent(status=refused.status, body={"error": refused.error})
        except Exception as error:
            # Kept for the test to raise: an answer of 500 alone would look like an ordered fault.
            self.fake.failures.append(error)
            sent = wire.render_error(status=500, message="the fake itself failed", type="fake_failed")
        self.fake.log.note(number=number, status=sent.status)
        return sent

    def _check_key(self) -> None:
        scheme, _, key = (self.headers.get("authorization") or "").partition(" ")
        if scheme.lower() != "bearer" or not key:
            raise RequestRefused(
                status=401,
                message="You didn't provide an API key. You need to provide your API key in an Authorization header "
                "using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
            )
        if key != self.fake.api_key:
            message = f"Incorrect API key provided: {key[:5]}****{key[-4:]}."
            raise RequestRefused(status=401, message=message, code="invalid_api_key")

    def _get(self, path: str) -> Sent:
        if path == "/v1/models":
            return Sent(status=200, body={"object": "list", "data": list(wire.MODELS.values())})
        name = path.removeprefix("/v1/models/")
        if name == path:
            raise RequestRefused(status=404, message=f"Invalid URL (GET {path})")
        if name not in wire.MODELS:
            message = f"The model '{name}' does not exist"
            raise RequestRefused(status=404, message=message, param="model", code="model_not_found")
        return Sent(status=200, body=wire.MODELS[name])

    def _post(self, raw: bytes, *, question: int, number: int, fault: FaultRule | None) -> Sent:
        api = PATHS.get(self.path)
        if api is None:
            raise RequestRefused(status=404, message=f"Invalid URL (POST {self.path})")
        if api not in self.fake.dialect.apis:
            return Sent(status=404, body={"detail": "Not Found"})  # what a server says that knows no such path
        due = time.monotonic() + self.fake.latency_seconds
        request = read_request(api=api, raw=raw, dialect=self.fake.dialect)
        self.fake.log.note(
            number=number,
            model=request.model,
            content_sha256=hashlib.sha256(request.content.encode()).hexdigest(),
            body=request.body if self.fake.keeps_bodies else None,
        )
        if self.fake.dialect.checks_parameters and request.model not in wire.MODELS:
            raise _unknown_model(api, request.model)
        sent = self.fake.answer(request=request, number=question, fault=fault)
        if sent.status == 200:
            self.server.stopping.wait(max(0.0, due - time.monotonic()))
        return sent

    def _send(self, sent: Sent, *, number: int | None = None) -> None:
        is_text = isinstance(sent.body, str)
        body = sent.body.encode() if is_text else json.dumps(sent.body).encode()
        headers = {
            "content-type": "text/html" if sent.status == 502 else "application/json",
            "openai-version": "2020-10-01",
            "openai-organization": "org-fake",
            "openai-project": "proj_fake",
            "openai-processing-ms": str(round(self.fake.latency_seconds * 1000)),
            "set-cookie": "__cf_bm=fake; path=/; HttpOnly",
            **sent.headers,
        }
        if number is not None:
            headers["x-request-id"] = f"req_{hashlib.sha256(f'{id(self.fake)}:{number}'.encode()).hexdigest()[:32]}"
        self.write(status=sent.status, body=body, headers=headers)


def _unknown_model(api: Api, model: str) -> RequestRefused:
    """The endpoints differ here: 400 from Responses, 404 from Chat Completions."""
    if api == "responses":
        message = f"The requested model '{model}' does not exist."
        return RequestRefused(message=message, param="model", code="model_not_found")
    message = f"The model `{model}` does not exist or you do not have access to it."
    return RequestRefused(status=404, message=message, code="model_not_found")
