"""The engine and the client that the settings ask for."""

from typing import TYPE_CHECKING, Literal, cast

from django.conf import settings

from jobs.domain.pricing import OwnPrice
from jobs.llm.admission import Admission
from jobs.llm.breaker import Breaker, share_breaker
from jobs.llm.client import EngineChoice, InvalidSetting
from jobs.llm.dialects import OPENAI_BASE_URL
from jobs.llm.limiter import Flow, Limiter, hash_account, share_limiter
from jobs.llm.shared_admission import SharedAdmission
from pennie.lib.made_once import made_once

if TYPE_CHECKING:
    from jobs.llm.openai import OpenAIClient

ChosenEngine = Literal["rules", "openai"]


class NoKey(InvalidSetting):
    """The model was asked for, and there is no key to ask it with."""

    def __init__(self) -> None:
        super().__init__(
            kind="unauthorized",
            detail="A model is asked with a key only: set OPENAI_API_KEY (and OPENAI_BASE_URL for another server than "
            "OpenAI's), or take the rules engine, which needs none.",
        )


def choose_engine(choice: EngineChoice) -> ChosenEngine:
    """The engine that does the work: `auto` is the model where there is a key, else the rules. Raises NoKey."""
    if choice == "openai" and not settings.OPENAI_API_KEY:
        raise NoKey
    if choice == "auto":
        return "openai" if settings.OPENAI_API_KEY else "rules"
    return choice


def check_engine(choice: EngineChoice, *, model: str | None = None) -> ChosenEngine:
    """As `choose_engine`; what it needs is known to be fit before the first file. Raises NoKey and InvalidSetting."""
    chosen = choose_engine(choice)
    if chosen == "openai":
        make_openai_client(model=model)
    return chosen


def make_openai_client(
    *, concurrency: int | None = None, timeout_seconds: float | None = None, model: str | None = None
) -> "OpenAIClient":
    """A client by the settings, with `concurrency` calls in flight and for `model` if not theirs, and a timeout that is
    not above theirs. Raises InvalidSetting."""
    # Imported where it is needed: the SDK costs a second that the rules need not wait for.
    from jobs.llm.openai import OpenAIClient

    return OpenAIClient(
        api_key=settings.OPENAI_API_KEY,
        model=model or settings.OPENAI_MODEL,
        base_url=settings.OPENAI_BASE_URL,
        api=cast(Literal["auto", "responses", "chat"], settings.OPENAI_API),  # checked as it was read
        timeout_seconds=min(timeout_seconds or settings.OPENAI_TIMEOUT_SECONDS, settings.OPENAI_TIMEOUT_SECONDS),
        concurrency=concurrency or settings.OPENAI_CONCURRENCY,
        own_price=find_own_price() if model in (None, settings.OPENAI_MODEL) else None,
    )


def find_own_price() -> OwnPrice | None:
    """What the operator says that the model costs; None: by the list."""
    if settings.OPENAI_INPUT_PRICE is None or settings.OPENAI_OUTPUT_PRICE is None:
        return None
    return OwnPrice(input_usd=settings.OPENAI_INPUT_PRICE, output_usd=settings.OPENAI_OUTPUT_PRICE)


@made_once(most=1)
def _share_client(_: tuple[object, ...]) -> "OpenAIClient":
    return make_openai_client()


def share_openai_client() -> "OpenAIClient":
    """One client for all jobs of this process, with one pool of connections. Raises InvalidSetting."""
    decides = (
        settings.OPENAI_API_KEY,
        settings.OPENAI_MODEL,
        settings.OPENAI_BASE_URL,
        settings.OPENAI_API,
        settings.OPENAI_TIMEOUT_SECONDS,
        settings.OPENAI_CONCURRENCY,
        find_own_price(),
    )
    return _share_client(decides)


def shared_breaker() -> Breaker:
    """The breaker before the model of the settings."""
    return share_breaker(account=name_account(), model=settings.OPENAI_MODEL)


def shared_limiter() -> Limiter:
    """The limit on the model of the settings."""
    return share_limiter(account=name_account(), model=settings.OPENAI_MODEL)


def make_admission(*, flow: Flow, waiter: str) -> Admission:
    """Of one run of a job; `waiter` tells it from every other."""
    return SharedAdmission(breaker=shared_breaker(), limiter=shared_limiter(), flow=flow, waiter=waiter)


def name_account() -> str:
    """Whose limits and whose health it is, by the settings: see `hash_account`."""
    return hash_account(base_url=settings.OPENAI_BASE_URL or OPENAI_BASE_URL, api_key=settings.OPENAI_API_KEY)
