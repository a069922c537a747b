"""A local stand-in for the OpenAI API over real HTTP: both endpoints, models, strict schemas, usage, limits, faults."""

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.fake_openai import strict_schema, wire
from tests.fake_openai.answers import Answerer, answer_nothing
from tests.fake_openai.caching import PromptCache
from tests.fake_openai.calls import Call, CallLog
from tests.fake_openai.faults import LOST_ANSWERS, FaultPlan, FaultRule, read_rule
from tests.fake_openai.limits import Allowance, Charge, Limits
from tests.fake_openai.listening import LOOPBACK, Handler, Listener
from tests.fake_openai.requests import OPENAI, PATHS, Api, Dialect, ModelRequest, RequestRefused, read_request
from tests.fake_openai.totals import add_up
from tests.fake_openai.wire import Said, Sent

API_KEY = "sk-fake-0000000000000000"
HANG_SECONDS = 120.0  # a hang ends by then, whatever the client does


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What is sent to a question, what it was charged, and what of that it turned out not to use."""

    sent: Sent
    charge: Charge
    said: Said | None = None  # None: nothing was billed
    unused_tokens: int = 0


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
        bills_lost_answers: bool = True,
        port: int = 0,
    ) -> None:
        self.answerer = answerer
        self.latency_seconds = latency_seconds
        self.dialect = dialect
        self.api_key = api_key
        self.clock = clock
        self.keeps_bodies = keeps_bodies
        self.bills_lost_answers = bills_lost_answers
        self.limits = limits or Limits()
        self.log = CallLog()
        self.failures: list[BaseException] = []  # of the fake itself: a broken answerer, a bug
        self._plan = FaultPlan(rules=faults)
        self._allowance = Allowance(limits=self.limits, clock=clock)
        self._lock = threading.Lock()
        self._asked = 0
        self._cache = PromptCache()
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

    def totals(self, *, since: float | None = None) -> dict[str, Any]:
        """What was asked since then (Unix time) in sums; see totals.py."""
        return add_up(calls=self.log.calls, limits=self.limits, since=since, now=time.time())

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

    def answer(self, *, request: ModelRequest, number: int, fault: FaultRule | None) -> Answered:
        """What the API says to `request`, limits and faults considered."""
        ordered = wire.render_fault(rule=fault, model=request.model) if fault else None
        needed = wire.count_tokens(request.instructions + request.content) + (request.max_output_tokens or 0)
        charge = self._allowance.take(tokens=needed)
        if ordered is None and charge.wait is not None:
            over = FaultRule(kind="rate_limit", retry_after_seconds=charge.wait, retry_form=self.limits.retry_form)
            ordered = wire.render_fault(rule=over, model=request.model)
        if ordered is not None:
            return Answered(sent=ordered, charge=charge)
        return self._succeed(request, number=number, fault=fault, charge=charge)

    def settle(self, *, answered: Answered) -> tuple[Sent, dict[str, Any]]:
        """What leaves in the end, with the limits' headers of this moment, and what the log notes of the call."""
        charge, said = answered.charge, answered.said
        known: dict[str, Any] = {
            "over_limit": charge.wait is not None,
            "charged_requests": int(charge.wait is None),
            "charged_tokens": self._allowance.settle(charge=charge, unused=answered.unused_tokens),
        }
        if said is not None:
            names = ("input_tokens", "output_tokens", "cached_tokens", "cache_write_tokens")
            known |= {"billed": True, **{name: getattr(said, name) for name in names}}
        sent = answered.sent
        return replace(sent, headers={**self._allowance.tell(), **sent.headers}), known

    def _succeed(self, request: ModelRequest, *, number: int, fault: FaultRule | None, charge: Charge) -> Answered:
        kind = fault.kind if fault else None
        cached = self._cache.use(request=request)
        said = wire.say(
            request=request,
            text=self._text(request),
            cached_tokens=cached.read,
            cache_write_tokens=cached.written,
            fault=kind,
        )
        body: Any = wire.render(request=request, said=said, number=number, now=self.clock())
        unused = max(0, (request.max_output_tokens or 0) - said.output_tokens)
        if kind == "failed_response":
            return Answered(sent=_render_failed(request, body=body), charge=charge)
        if kind == "invalid_body":
            body = json.dumps(body)[:-20]
        return Answered(sent=Sent(status=200, body=body), charge=charge, said=said, unused_tokens=unused)

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


def _render_failed(request: ModelRequest, *, body: dict[str, Any]) -> Sent:
    if request.api == "chat":
        message = "The server had an error while processing your request. Sorry about that!"
        return wire.render_error(status=500, message=message, type="server_error")
    return Sent(status=200, body=wire.render_failed_response(body=body))


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
        if self.path.startswith("/__"):
            self._send(self._tell_of_itself())
            return
        with self._logged() as call:
            sent = self._answer(call.number, lambda: self._get(self.path))
        self._send(sent, request_id=call.request_id)

    def _tell_of_itself(self) -> Sent:
        parts = urlsplit(self.path)
        if parts.path == "/__log":
            return Sent(status=200, body=self.fake.log.as_json())
        if parts.path == "/__open":
            return Sent(status=200, body=self.fake.log.open)
        if parts.path == "/__totals":
            since = parse_qs(parts.query).get("since")
            return Sent(status=200, body=self.fake.totals(since=float(since[0]) if since else None))
        return Sent(status=404, body={})

    def do_DELETE(self) -> None:
        if self.path == "/__log":
            self.fake.log.clear()
        self._send(Sent(status=200 if self.path == "/__log" else 404, body={}))

    def do_PUT(self) -> None:
        """`/__faults` with a JSON list of rules as the command line writes them: these and no others from now on."""
        raw = self.read_body()
        if self.path != "/__faults":
            self._send(Sent(status=404, body={}))
            return
        try:
            self.fake.order(*map(read_rule, json.loads(raw)))
        except (TypeError, ValueError, KeyError) as error:
            self._send(Sent(status=400, body={"error": str(error)}))
            return
        self._send(Sent(status=200, body={}))

    def do_POST(self) -> None:
        with self._logged() as call:
            sent = self._take_question(call.number)
        if sent is not None:
            self._send(sent, request_id=call.request_id)

    def _take_question(self, number: int) -> Sent | None:
        """What to send; None where a fault has ended the connection."""
        question, fault = self.fake.next_fault()
        if fault is None:
            raw = self.read_body()
            self.fake.log.note(number=number, body_sha256=hashlib.sha256(raw).hexdigest())
            _, fault = self.fake.next_fault(body=raw, number=question)
        self.fake.log.note(number=number, fault=fault.kind if fault else None)
        if fault and fault.kind in LOST_ANSWERS:
            self._work_in_vain(raw, question=question, number=number)
        if fault and fault.kind == "hang":
            self.wait_until_gone(at_most=HANG_SECONDS)
        if fault and fault.kind in {"reset_before_reading", *LOST_ANSWERS}:
            self.drop(by_reset=fault.kind != "hang")
            return None
        return self._answer(number, lambda: self._post(raw, question=question, number=number, fault=fault))

    def _work_in_vain(self, raw: bytes, *, question: int, number: int) -> None:
        """Answer, charge and, if wanted, bill a question whose asker will not hear of it."""
        try:
            self._check_key()
            answered = self._work(raw, question=question, number=number, fault=None)
        except RequestRefused:
            return
        if answered.sent.status == 200 and not self.fake.bills_lost_answers:
            answered = replace(answered, said=None)
        self.fake.log.note(number=number, **self.fake.settle(answered=answered)[1])

    @contextmanager
    def _logged(self) -> Iterator[Call]:
        # Ends before the answer leaves, so that whoever has the answer finds its call in the log.
        scheme, _, key = (self.headers.get("authorization") or "").partition(" ")
        key_sha256 = hashlib.sha256(key.encode()).hexdigest() if scheme.lower() == "bearer" and key else None
        log = self.fake.log
        call = log.begin(method=self.command, path=self.path, key_sha256=key_sha256, now=time.time())
        try:
            yield call
        finally:
            log.end(number=call.number, now=time.time())

    def _answer(self, number: int, make: Callable[[], Sent]) -> Sent:
        try:
            self._check_key()
            sent = make()
        except RequestRefused as refused:
            sent = Sent(status=refused.status, body=refused.body)
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
        due = time.monotonic() + self.fake.latency_seconds
        answered = self._work(raw, question=question, number=number, fault=fault)
        if answered.sent.status == 200:
            self.server.stopping.wait(max(0.0, due - time.monotonic()))
        sent, known = self.fake.settle(answered=answered)
        self.fake.log.note(number=number, **known)
        return sent

    def _work(self, raw: bytes, *, question: int, number: int, fault: FaultRule | None) -> Answered:
        """Raises RequestRefused."""
        api = PATHS.get(self.path)
        if api is None:
            raise RequestRefused(status=404, message=f"Invalid URL (POST {self.path})")
        if api not in self.fake.dialect.apis:
            raise RequestRefused(status=404, message="Not Found", body={"detail": "Not Found"})  # as such servers do
        request = read_request(api=api, raw=raw, dialect=self.fake.dialect)
        self.fake.log.note(
            number=number,
            model=request.model,
            content_sha256=hashlib.sha256(request.content.encode()).hexdigest(),
            body=request.body if self.fake.keeps_bodies else None,
        )
        if self.fake.dialect.checks_parameters and request.model not in wire.MODELS:
            raise _unknown_model(api, request.model)
        return self.fake.answer(request=request, number=question, fault=fault)

    def _send(self, sent: Sent, *, request_id: str | None = None) -> None:
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
        if request_id is not None:
            headers["x-request-id"] = request_id
        self.write(status=sent.status, body=body, headers=headers)


def _unknown_model(api: Api, model: str) -> RequestRefused:
    """The endpoints differ here: 400 from Responses, 404 from Chat Completions."""
    if api == "responses":
        message = f"The requested model '{model}' does not exist."
        return RequestRefused(message=message, param="model", code="model_not_found")
    message = f"The model `{model}` does not exist or you do not have access to it."
    return RequestRefused(status=404, message=message, code="model_not_found")
