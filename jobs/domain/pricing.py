"""What a call costs, in US dollars: by the price list that comes with the `genai-prices` package, or as it is told."""

import math
import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

TOKENS_PER_CHARACTER: Final = 0.30  # more than records come to (about 0.25), for what a call costs at most

_MILLION: Final = Decimal(1_000_000)

# Models that can be had from nobody but their maker (or a reseller at the maker's price). Open weights are left out:
# who runs `gpt-oss-120b`, `llama` or `qwen` on a machine of his own pays no list price.
_SOLD_BY_MAKER_ALONE: Final = re.compile(
    r"(?:openai/|anthropic/|google/)?(?P<name>(?:gpt-(?!oss)|o\d|claude-|gemini-).*)"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnPrice:
    """What the operator says a model costs, in US dollars for a million tokens, cached or not."""

    input_usd: Decimal
    output_usd: Decimal

    def of(self, *, input_tokens: int, output_tokens: int) -> Decimal:
        return (self.input_usd * input_tokens + self.output_usd * output_tokens) / _MILLION


def price_call(
    *,
    model: str,
    base_url: str,
    input_tokens: int,
    output_tokens: int,
    at: datetime,
    cached_input_tokens: int = 0,
    cache_write_tokens: int = 0,
    service_tier: str | None = None,
    own_price: OwnPrice | None = None,
) -> Decimal | None:
    """The price of one call made at `at`; None where it is unknown, which is not 0. `own_price` wins over any list.

    `input_tokens` includes those read from the cache and those written to it. The server at `base_url` decides the
    price list. A server that the list does not know (a gateway, a recording proxy) is taken to pass on the maker's
    price, for a model that only its maker sells: to call that cost unknown would take the spending limits out of
    force. Any other model there has no price.
    """
    if own_price is not None:
        return own_price.of(input_tokens=input_tokens, output_tokens=output_tokens)
    # Imported late: it takes 0.2 s, which nobody who works by the rules needs to wait for. Nothing here starts the
    # package's updater (`UpdatePrices`), so it never asks the network.
    from genai_prices import Usage, calc_price

    usage = Usage(
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cache_read_tokens=min(cached_input_tokens, input_tokens),
        cache_write_tokens=min(cache_write_tokens, max(0, input_tokens - cached_input_tokens)),
    )
    tier = {"service_tier": service_tier} if service_tier else None
    for name, provider_url in _ways_to_look_up(model=model, base_url=base_url):
        try:
            return calc_price(
                usage, name, provider_api_url=provider_url, genai_request_timestamp=at, price_context=tier
            ).total_price
        except (LookupError, ValueError):
            continue
    return None


def estimate_price(
    *,
    model: str,
    base_url: str,
    characters: int,
    max_output_tokens: int,
    at: datetime,
    input_tokens: int | None = None,
    own_price: OwnPrice | None = None,
) -> Decimal | None:
    """What a call will cost at most: its input, of so many characters or tokens, and the longest answer it may have.
    None where the price is unknown.

    None of the input is taken as read from the cache, and all of it as written there where that is dearer.
    """
    tokens = estimate_tokens(characters=characters) if input_tokens is None else input_tokens
    prices = [
        price_call(
            model=model,
            base_url=base_url,
            input_tokens=tokens,
            output_tokens=max_output_tokens,
            cache_write_tokens=written,
            at=at,
            own_price=own_price,
        )
        for written in (0, tokens)
    ]
    return max((price for price in prices if price is not None), default=None)


def estimate_tokens(*, characters: int) -> int:
    """At most so many tokens, rounded up; text of few letters a token (tables of numbers) may exceed it."""
    return math.ceil(characters * TOKENS_PER_CHARACTER)


def load_prices() -> None:
    """Load the price list now, so that the first reply does not have to wait for it."""
    price_call(model="", base_url="", input_tokens=0, output_tokens=0, at=datetime.min)


def _ways_to_look_up(*, model: str, base_url: str) -> list[tuple[str, str | None]]:
    """Pairs of a model's name and a provider's address (None: its maker), best first."""
    ways: list[tuple[str, str | None]] = [(model, base_url)]
    if sold := _SOLD_BY_MAKER_ALONE.fullmatch(model.lower()):
        ways.append((sold["name"], None))
    return ways
