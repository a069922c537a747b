"""A local stand-in for the OpenAI API. See docs/testing-the-model.md."""

from tests.fake_openai.answers import FaultyAnswerer, TruthAnswerer, answer_nothing
from tests.fake_openai.faults import FAULT_KINDS, FaultKind, FaultRule
from tests.fake_openai.limits import Limits
from tests.fake_openai.listening import unreachable_address
from tests.fake_openai.records import LabelledRecord, read_records
from tests.fake_openai.requests import CHAT_ONLY, JSON_OBJECT_ONLY, OPENAI, PLAIN_ONLY, Dialect
from tests.fake_openai.server import API_KEY, FakeOpenAI, running_fake

__all__ = [
    "API_KEY",
    "CHAT_ONLY",
    "FAULT_KINDS",
    "JSON_OBJECT_ONLY",
    "OPENAI",
    "PLAIN_ONLY",
    "Dialect",
    "FakeOpenAI",
    "FaultKind",
    "FaultRule",
    "FaultyAnswerer",
    "LabelledRecord",
    "Limits",
    "TruthAnswerer",
    "answer_nothing",
    "read_records",
    "running_fake",
    "unreachable_address",
]
