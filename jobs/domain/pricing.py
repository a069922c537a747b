"""What a call cost, in US dollars, by the price list that comes with the `genai-prices` package."""

import re
from datetime import datetime
from decimal import Decimal
from typing import Final

# Models that can be had from nobody but their maker (or a reseller at the maker's price). Open weights are left out:
# who runs `gpt-oss-120b`, `llama` or `qwen` on a machine of his own pays no list price.
_SOLD_BY_MAKER_ALONE: Final = re.compile(
    r"(?:openai/|anthropic/|google/)?(?P<name>(?:gpt-(?!oss)|o\d|claude-|gemini-).*)"
)


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
) -> Decimal | None:
    """The price of one call made at `at`; None where it is unknown, which is not 0.

    `input_tokens` includes those read from the cache and those written to it. The server at `base_url` decides the
    price list. A server that the list does not know (a gateway, a recording proxy) is taken to pass on the maker's
    price, for a model that only its maker sells: to call that cost unknown would take the spending limits out of
    force. Any other model there has no price.
    """
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


def load_prices() -> None:
    """Load the price list now, so that the first reply does not have to wait for it."""
    price_call(model="", base_url="", input_tokens=0, output_tokens=0, at=datetime.min)


def _ways_to_look_up(*, model: str, base_url: str) -> list[tuple[str, str | None]]:
    """Pairs of a model's name and a provider's address (None: its maker), best first."""
    ways: list[tuple[str, str | None]] = [(model, base_url)]
    if sold := _SOLD_BY_MAKER_ALONE.fullmatch(model.lower()):
        ways.append((sold["name"], None))
    return ways
