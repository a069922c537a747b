"""The fake as a process of its own: `python -m tests.fake_openai --latency 1.0 --record tests/records/NAME.txt`.

Its first line on standard output is its base URL. Ends at SIGTERM, SIGINT or after `--lifetime` seconds. `GET /__log`
gives the log of calls that were answered, `DELETE /__log` empties it, `GET /__open` tells how many are in flight,
`GET /__totals?since=UNIX_TIME` what the log adds up to, `PUT /__faults` orders others (a JSON list of such rules).
"""

import argparse
import signal
import sys
import threading
from pathlib import Path

from tests.fake_openai.answers import Answerer, FaultyAnswerer, TruthAnswerer, answer_nothing
from tests.fake_openai.faults import RETRY_FORMS, read_rule
from tests.fake_openai.limits import COUNTINGS, HEADER_STYLES, Limits
from tests.fake_openai.records import LabelledRecord, read_record, read_records
from tests.fake_openai.requests import DIALECTS
from tests.fake_openai.server import API_KEY, running_fake
from tests.records.generator import generate


def main(arguments: list[str]) -> int:
    options = _parser().parse_args(arguments)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with running_fake(
        answerer=_choose_answerer(options),
        faults=[read_rule(text) for text in options.fault],
        latency_seconds=options.latency,
        dialect=DIALECTS[options.dialect],
        limits=Limits(
            requests_per_minute=options.requests_per_minute,
            tokens_per_minute=options.tokens_per_minute,
            enforced=options.enforce_limits,
            counting=options.counting,
            per_second=options.per_second,
            refunds=options.refunds,
            headers=options.limit_headers,
            reset_as=options.reset_as,
            retry_form=options.retry_form,
        ),
        bills_lost_answers=not options.forgive_lost_answers,
        api_key=options.api_key,
        keeps_bodies=False,
        port=options.port,
    ) as fake:
        sys.stdout.write(f"{fake.base_url}\n")
        sys.stdout.flush()
        ended.wait(options.lifetime)
    return 0


def _choose_answerer(options: argparse.Namespace) -> Answerer:
    records = [*read_records(*options.record), *map(_generate, options.generated)]
    if not records:
        return answer_nothing
    truth = TruthAnswerer(records=records)
    return truth if options.faulty is None else FaultyAnswerer(inner=truth, seed=options.faulty)


def _generate(order: str) -> LabelledRecord:
    seed, _, lines = order.partition(":")
    text, truth = generate(seed=int(seed), lines=int(lines))
    return read_record(text=text, truth=truth)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.fake_openai", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds that each answer takes")
    parser.add_argument("--record", type=Path, action="append", default=[], help="a .txt with .truth.json beside it")
    parser.add_argument(
        "--generated", action="append", default=[], metavar="SEED:LINES", help="a record of tests.records.generator"
    )
    parser.add_argument("--faulty", type=int, metavar="SEED", help="answer with mistakes: shifted, dropped, invented")
    parser.add_argument("--fault", action="append", default=[], metavar="KIND:CONDITION,...", help="see faults.py")
    parser.add_argument("--dialect", choices=sorted(DIALECTS), default="openai")
    parser.add_argument("--requests-per-minute", type=int, default=Limits.requests_per_minute)
    parser.add_argument("--tokens-per-minute", type=int, default=Limits.tokens_per_minute)
    parser.add_argument("--enforce-limits", action="store_true", help="answer 429 beyond the limits")
    parser.add_argument("--counting", choices=COUNTINGS, default="even", help="how use is counted; see limits.py")
    parser.add_argument("--per-second", action="store_true", help="hold each second to its share of the requests")
    parser.add_argument("--refunds", action="store_true", help="give unused output back with the reply")
    parser.add_argument("--limit-headers", choices=HEADER_STYLES, default="usual")
    parser.add_argument("--reset-as", metavar="TEXT", help="what the reset headers always say, e.g. 1h2m")
    parser.add_argument("--retry-form", choices=RETRY_FORMS, default="both", help="how a 429 tells the wait")
    parser.add_argument("--forgive-lost-answers", action="store_true", help="bill no answer that was never sent")
    parser.add_argument("--api-key", default=API_KEY, help=f"the one that it takes; default {API_KEY}")
    parser.add_argument("--lifetime", type=float, default=3600.0, help="seconds after which the process ends by itself")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
