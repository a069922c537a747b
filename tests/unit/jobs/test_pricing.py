import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from jobs.domain.pricing import OwnPrice, estimate_price, estimate_tokens, price_call

AT = datetime(2026, 11, 1, tzinfo=UTC)
OPENAI = "https://api.openai.com/v1"
PROXY = "http://127.0.0.1:8099/v1"


def price(
    model: str = "gpt-6-luna",
    base_url: str = OPENAI,
    input_tokens: int = 100_000,
    output_tokens: int = 10_000,
    **more: Any,
) -> Decimal | None:
    return price_call(
        model=model, base_url=base_url, input_tokens=input_tokens, output_tokens=output_tokens, at=AT, **more
    )


def test_input_and_output_have_their_prices():
    # $0.10 and $0.50 a million
    assert price() == Decimal("0.015")


def test_cached_input_is_cheaper_and_input_written_to_the_cache_dearer():
    assert price(cached_input_tokens=50_000) == Decimal("0.0105")
    assert price(cache_write_tokens=40_000) == Decimal("0.016")


def test_a_dated_name_costs_what_the_model_costs():
    assert price(model="gpt-6-luna-2026-09-15") == price()


def test_the_tier_that_was_billed_decides():
    assert price(service_tier="flex") == Decimal("0.0075")
    assert price(service_tier="default") == price()


def test_no_tokens_cost_nothing():
    assert price(input_tokens=0, output_tokens=0) == 0


def test_money_is_decimal():
    assert isinstance(price(), Decimal)


def test_the_server_decides_the_price_list():
    azure = "https://clinic.openai.azure.com/openai/v1/"
    assert price(base_url=azure) == Decimal("0.015")
    assert price(model="deepseek-chat", base_url="https://api.deepseek.com") is not None


@pytest.mark.parametrize("base_url", [PROXY, "https://llm.example.com/v1", "https://eu.api.openai.com/v1"])
def test_behind_a_server_that_is_not_known_a_closed_model_costs_its_makers_price(base_url):
    assert price(base_url=base_url) == Decimal("0.015")
    assert price(base_url=base_url, model="openai/gpt-6-luna") == Decimal("0.015")


@pytest.mark.parametrize("model", ["gpt-oss-120b", "llama-3.3-70b", "qwen3-32b", "deepseek-chat", "our-own"])
def test_behind_a_server_that_is_not_known_any_other_model_has_no_price(model):
    assert price(model=model, base_url=PROXY) is None


@pytest.mark.parametrize("model", ["gpt-99-nova", "gpt-6-lunatic", ""])
def test_an_unknown_model_has_no_price_which_is_not_zero(model):
    assert price(model=model) is None


def test_counts_that_contradict_each_other_are_still_priced():
    assert price(input_tokens=10, cached_input_tokens=90, cache_write_tokens=90) is not None


OWN = OwnPrice(input_usd=Decimal("0.40"), output_usd=Decimal("2"))


@pytest.mark.parametrize("model", ["gpt-6-luna", "our-own"])
def test_a_price_that_is_told_wins_over_the_list_and_makes_no_difference_of_the_cache(model):
    assert price(model=model, own_price=OWN) == Decimal("0.06")
    assert price(model=model, own_price=OWN, cached_input_tokens=90_000, service_tier="flex") == Decimal("0.06")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        # 3,000 input tokens, all of them written to the cache at $0.125, and 1,000 of output at $0.50 a million
        ({"characters": 10_000}, "0.000875"),
        ({"characters": 10_001}, "0.000875125"),  # a part of a token is one
        ({"characters": 0}, "0.0005"),
        ({"characters": 10_000, "max_output_tokens": 0}, "0.000375"),
        ({"characters": 10_000, "input_tokens": 100}, "0.0005125"),  # counted, not estimated
        ({"characters": 10_000, "own_price": OWN}, "0.0032"),
        ({"characters": 10_000, "own_price": OWN, "model": "our-own"}, "0.0032"),
        ({"characters": 10_000, "model": "our-own"}, None),
    ],
)
def test_an_estimate_is_what_a_call_costs_at_most(said, expected):
    given = {"model": "gpt-6-luna", "base_url": OPENAI, "max_output_tokens": 1000, "at": AT, **said}
    assert estimate_price(**given) == (None if expected is None else Decimal(expected))


@pytest.mark.parametrize("cached", [0, 1500, 3000])
@pytest.mark.parametrize("output_tokens", [0, 7, 1000])
def test_no_call_within_its_estimate_costs_more(cached, output_tokens):
    most = estimate_price(model="gpt-6-luna", base_url=OPENAI, characters=10_000, max_output_tokens=1000, at=AT)
    assert most is not None
    for written in (0, 3000 - cached):
        cost = price(
            input_tokens=estimate_tokens(characters=10_000),
            output_tokens=output_tokens,
            cached_input_tokens=cached,
            cache_write_tokens=written,
        )
        assert cost is not None
        assert cost <= most


def test_prices_are_read_without_the_network_and_without_a_thread_that_updates_them():
    script = (
        "import socket, threading\n"
        "def refuse(*args, **kwargs): raise AssertionError('the network was asked')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "from tests.unit.jobs.test_pricing import price\n"
        "assert price() is not None\n"
        "assert threading.active_count() == 1\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_the_price_list_is_not_loaded_until_a_price_is_asked_for():
    script = "import sys, jobs.domain.pricing\nassert 'genai_prices' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
