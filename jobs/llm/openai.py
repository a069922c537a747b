"""OpenAI's API through the openai SDK: the only module that imports it."""

import json
import os
import ssl
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx2
import openai
import openai.resources.chat.completions  # the SDK loads these at the first call, when all threads wait for it
import openai.resources.responses

from jobs.domain.pricing import OwnPrice, load_prices, price_call
from jobs.llm.client import CallFailed, Engine, InvalidSetting, Question, Reply
from jobs.llm.dialects import (
    OPENAI_BASE_URL,
    REASONING_EFFORT,
    Api,
    Dialect,
    build_request,
    choose_dialect,
    narrow_dialect,
)
from jobs.llm.limit_headers import read_limits
from jobs.llm.wire import ReadBody, classify_error, describe_error, find_json, read_body, read_retry_after

_CONNECT_TIMEOUT_SECONDS = 10.0
_KEEP_ALIVE_SECONDS = 60.0  # longer than the pause between two windows, shorter than what providers cut


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelDescription:
    """What the provider tells about a model."""

    id: str
    shutdown_date: date | None  # None: not announced, or not told


class OpenAIClient:
    """A ModelClient for OpenAI, Azure OpenAI (v1) and servers that speak their API. Safe to share among threads.

    `timeout_seconds` bounds a call from its sending to the last byte of its reply. `safety_identifier` tells the
    provider one user from another; it must be a salted hash, never a name or an address. Raises InvalidSetting.
    """

    def __init__(
        self,
        *,
        api_key: str,
        model: str,
        base_url: str = "",
        api: Literal["auto", "responses", "chat"] = "auto",
        timeout_seconds: float = 120.0,
        concurrency: int = 16,
        safety_identifier: str | None = None,
        own_price: OwnPrice | None = None,
    ) -> None:
        self._api_key = _check_key(api_key)
        self._model = _check_model(model)
        self._base_url = _check_base_url(base_url or OPENAI_BASE_URL)
        self._timeout_seconds = timeout_seconds
        self._concurrency = concurrency
        self._safety_identifier = safety_identifier
        self._own_price = own_price
        # Replaced as the server's refusals teach it. Threads may learn the same at once; the last one's word stands.
        self._dialect = choose_dialect(base_url=self._base_url, api=api)
        # The server too: another one that serves a model of the same name gives other answers.
        self._settings = {
            "server": self._base_url,
            "api": self._dialect.api,
            "reasoning_effort": REASONING_EFFORT,
        }
        self._lock = threading.Lock()
        self._connection: openai.OpenAI | None = None
        _living.add(self)
        load_prices()

    @property
    def engine(self) -> Engine:
        return "openai"

    @property
    def model(self) -> str | None:
        return self._model

    @property
    def settings(self) -> Mapping[str, Any]:
        """Of the asking as configured; what the server taught is not in it, or answers paid for would not be found."""
        return self._settings

    @property
    def api(self) -> Api:
        return self._dialect.api

    @property
    def dialect(self) -> Dialect:
        """How questions are put to the server, by what has been learnt of it so far."""
        return self._dialect

    def close(self) -> None:
        """Close the connections. A later call opens new ones; who never closes has them closed with the object."""
        with self._lock:
            sdk, self._connection = self._connection, None
        if sdk is not None:
            sdk.close()

    def forget_connection(self) -> None:
        """Start anew: after a fork, neither the parent's sockets nor a lock that a thread of it held are ours."""
        self._lock = threading.Lock()
        self._connection = None

    def ask(self, *, question: Question) -> Reply:
        """The reply to `question`. Raises CallFailed; its message holds neither content nor key."""
        while True:
            dialect = self._dialect
            try:
                return self._ask_once(dialect=dialect, question=question)
            except _Refused as refused:
                narrower = narrow_dialect(dialect=dialect, error=refused.error)
                failure = refused.failure
            if narrower is None:
                raise failure
            self._dialect = narrower

    def describe_model(self) -> ModelDescription:
        """What the provider tells about the model (GET /models/{model}). Raises CallFailed."""
        response = self._send(lambda sdk: sdk.models.with_raw_response.retrieve(self._model))
        body = _decode(response.content)
        said = body if isinstance(body, dict) else {}
        return ModelDescription(id=str(said.get("id") or self._model), shutdown_date=_read_shutdown_date(said))

    def _ask_once(self, *, dialect: Dialect, question: Question) -> Reply:
        request = build_request(
            dialect=dialect, model=self._model, question=question, safety_identifier=self._safety_identifier
        )
        started = time.perf_counter()
        if dialect.api == "responses":
            response = self._send(lambda sdk: sdk.responses.with_raw_response.create(**request))
        else:
            response = self._send(lambda sdk: sdk.chat.completions.with_raw_response.create(**request))
        latency = time.perf_counter() - started
        reading = read_body(api=dialect.api, body=_decode(response.content))
        return Reply(
            finish=reading.finish,
            text=find_json(reading.text),
            model=reading.model,
            usage=reading.usage,
            cost_usd=self._price(reading),
            latency_seconds=latency,
            request_id=response.headers.get("x-request-id"),
            limits=read_limits(response.headers),
        )

    def _send(self, send: Callable[[openai.OpenAI], Any]) -> httpx2.Response:
        """The HTTP response to a call of the SDK. Its errors are replaced by ours: they quote what was sent."""
        try:
            response: httpx2.Response = send(self._connect()).http_response
            return response
        except openai.APIStatusError as error:
            failure = _failure_of_status(error)
            refused = error.status_code in (400, 422) and failure.kind == "bad_request"
            raised = _Refused(failure=failure, error=error.body) if refused else failure
        except openai.APIConnectionError as error:
            raised = _failure_of_connection(error)
        raise raised

    def _price(self, reading: ReadBody) -> Decimal | None:
        """By what answered; a name that the price list does not know (an Azure deployment) by what was asked."""
        if reading.usage is None:
            return None
        for model in dict.fromkeys(filter(None, (reading.model, self._model))):
            price = price_call(
                model=model,
                base_url=self._base_url,
                input_tokens=reading.usage.input_tokens,
                output_tokens=reading.usage.output_tokens,
                cached_input_tokens=reading.usage.cached_input_tokens,
                cache_write_tokens=reading.usage.cache_write_tokens,
                service_tier=reading.service_tier,
                at=datetime.now(tz=UTC),
                own_price=self._own_price,
            )
            if price is not None:
                return price
        return None

    def _connect(self) -> openai.OpenAI:
        """The process's one client, with a connection kept alive for each call in flight."""
        with self._lock:
            if self._connection is None:
                self._connection = self._make_connection()
            return self._connection

    def _make_connection(self) -> openai.OpenAI:
        timeout = httpx2.Timeout(self._timeout_seconds, connect=min(_CONNECT_TIMEOUT_SECONDS, self._timeout_seconds))
        limits = httpx2.Limits(
            max_connections=self._concurrency,
            max_keepalive_connections=self._concurrency,
            keepalive_expiry=_KEEP_ALIVE_SECONDS,
        )
        deadline = _Deadline(seconds=self._timeout_seconds)
        sdk = openai.OpenAI(
            api_key=self._api_key,
            base_url=self._base_url,
            max_retries=0,  # it would retry unseen, bill twice, and take an empty account for a busy server
            timeout=timeout,
            http_client=openai.DefaultHttpx2Client(
                timeout=timeout,
                limits=limits,
                follow_redirects=False,  # a record goes to the address that was configured, to no other
                event_hooks={"request": [deadline.begin], "response": [deadline.watch]},
            ),
        )
        weakref.finalize(self, sdk.close)
        return sdk


_living: "weakref.WeakSet[OpenAIClient]" = weakref.WeakSet()


def _forget_connections() -> None:
    for client in list(_living):
        client.forget_connection()


os.register_at_fork(after_in_child=_forget_connections)


class _Refused(Exception):
    """A request that the server would not take as it is, with the error it gave: only to learn from, never shown."""

    def __init__(self, *, failure: CallFailed, error: object) -> None:
        super().__init__(str(failure))
        self.failure = failure
        self.error = error


class _Deadline:
    """Ends a reply that trickles: the transport's own read timeout begins anew with every byte."""

    def __init__(self, *, seconds: float) -> None:
        self._seconds = seconds

    def begin(self, request: httpx2.Request) -> None:
        request.extensions["pennie_deadline"] = time.monotonic() + self._seconds

    def watch(self, response: httpx2.Response) -> None:
        stream = response.stream
        assert isinstance(stream, httpx2.SyncByteStream)
        response.stream = _BoundStream(stream=stream, request=response.request)


class _BoundStream(httpx2.SyncByteStream):
    def __init__(self, *, stream: httpx2.SyncByteStream, request: httpx2.Request) -> None:
        self._stream = stream
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._stream:
            if time.monotonic() > self._request.extensions["pennie_deadline"]:
                raise httpx2.ReadTimeout("the reply took longer than a call may", request=self._request)
            yield chunk

    def close(self) -> None:
        self._stream.close()


def _check_key(api_key: str) -> str:
    """The key without the white space around it that pasting leaves. Caught here: httpx would quote it in its error."""
    key = api_key.strip()
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        detail = "the API key is empty or holds characters that no key has: set OPENAI_API_KEY to the key alone"
        raise InvalidSetting(kind="unauthorized", detail=detail)
    return key


def _check_model(model: str) -> str:
    if not model.strip():
        detail = (
            "the model has no name: set OPENAI_MODEL to one that the server offers, or unset it to take the default"
        )
        raise InvalidSetting(kind="not_found", detail=detail)
    return model.strip()


def _check_base_url(base_url: str) -> str:
    """The address. One with a password in it is refused: whoever reports an address would report that too."""
    try:
        parts = urlsplit(base_url)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # odd brackets, a port that is no number
        is_address = False
    if not is_address:
        detail = "OPENAI_BASE_URL is no address: write one that begins with http:// or https://; most end in /v1"
        raise InvalidSetting(kind="not_found", detail=detail)
    if "@" in parts.netloc:
        detail = "OPENAI_BASE_URL holds a user or password: take all up to the @ out of it; the key is OPENAI_API_KEY"
        raise InvalidSetting(kind="unauthorized", detail=detail)
    return base_url


def _failure_of_status(error: openai.APIStatusError) -> CallFailed:
    return CallFailed(
        kind=classify_error(status=error.status_code, error=error.body),
        detail=describe_error(status=error.status_code, error=error.body),
        retry_after_seconds=read_retry_after(headers=error.response.headers, now=datetime.now(tz=UTC)),
        limits=read_limits(error.response.headers),
    )


def _failure_of_connection(error: openai.APIConnectionError) -> CallFailed:
    cause = error.__cause__
    if isinstance(cause, httpx2.WriteError | httpx2.WriteTimeout | httpx2.PoolTimeout):
        return CallFailed(kind="not_sent", detail=f"the question could not be sent ({type(cause).__name__})")
    if isinstance(error, openai.APITimeoutError):
        return CallFailed(kind="timeout", detail="the provider did not answer in time")
    if isinstance(cause, httpx2.ConnectError | httpx2.ProxyError | ssl.SSLError):
        reason = _root_cause(cause)  # ConnectionRefusedError, gaierror, SSLCertVerificationError, ...
        return CallFailed(kind="connection_refused", detail=f"no connection to the provider ({reason})")
    return CallFailed(kind="connection_reset", detail=f"the connection broke off ({type(cause).__name__})")


def _root_cause(error: BaseException) -> str:
    while error.__cause__ is not None:
        error = error.__cause__
    return type(error).__name__


def _decode(content: bytes) -> object:
    try:
        return json.loads(content)
    except ValueError:
        return None


def _read_shutdown_date(said: Mapping[str, Any]) -> date | None:
    """`shutdown_date` (ISO 8601) as OpenAI tells it, or `deprecation.inference` (Unix time) as Azure's older API."""
    try:
        if said.get("shutdown_date"):
            return date.fromisoformat(str(said["shutdown_date"])[:10])
        return datetime.fromtimestamp(said["deprecation"]["inference"], tz=UTC).date()
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
