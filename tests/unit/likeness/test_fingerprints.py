"""What a document is found by."""

from hypothesis import given
from hypothesis import strategies as st

from documents.domain.likeness.fingerprints import (
    SKETCH_SIZE,
    Fingerprint,
    pack_sketch,
    resemble,
    take_fingerprint,
    unpack_sketch,
)
from documents.domain.likeness.wording import Wording


def of(text: str) -> Fingerprint:
    words = tuple(text.split())
    return take_fingerprint(Wording(words=words, lines=(1,) * len(words)))


def test_it_is_the_same_in_every_process_and_version() -> None:
    """What is stored is compared with what is computed later: a change needs another VERSION."""
    taken = of("accession no: lf-24-118822 glucose 5.2 mmol/l amended")
    assert taken.digest == "2c49f93cfd4167b33d1f6af92c96e834"
    assert taken.sketch == (739495410, 1238901259, 2536937457, 3443760093, 3494631130)
    assert taken.reference == "1e35e5d0221da844b9448fd374374fb2"
    assert taken.standing == 2


@given(st.lists(st.sampled_from(["cough", "seen", "12.4", "kg", "rest"]), max_size=30))
def test_the_digest_tells_every_difference(words: list[str]) -> None:
    text = " ".join(words)
    assert of(text) == of(text)
    assert of(text).digest != of(text + " more").digest
    assert of(text).word_count == len(words)
    assert of(text).digit_count == 3 * words.count("12.4")


def test_of_few_words_the_resemblance_is_exact() -> None:
    first, second = of("one two three four five six"), of("one two three four five seven")
    assert resemble(first, first) == 1
    assert resemble(first, second) == 3 / 5  # runs that both have, of all
    assert resemble(first, of("eight nine ten")) == 0
    assert resemble(of(""), of("")) == 0


def test_of_many_words_it_is_near_the_truth() -> None:
    words = [f"w{number}" for number in range(2_000)]
    first = of(" ".join(words))
    assert len(first.sketch) == SKETCH_SIZE
    for shared in (500, 1_000, 1_500):
        other = of(" ".join(words[:shared] + [f"x{number}" for number in range(2_000 - shared)]))
        truth = shared / (4_000 - shared)
        assert abs(resemble(first, other) - truth) < 0.15


def test_another_digit_is_another_run() -> None:
    assert resemble(of("glucose 5.2 mmol/l high"), of("glucose 5.3 mmol/l high")) == 0


@given(st.lists(st.integers(min_value=0, max_value=2**32 - 1), max_size=SKETCH_SIZE))
def test_a_sketch_is_kept_as_bytes(hashes: list[int]) -> None:
    assert unpack_sketch(pack_sketch(hashes)) == tuple(hashes)
    assert len(pack_sketch(hashes)) == 4 * len(hashes)


def test_text_that_no_encoding_can_hold_has_a_fingerprint() -> None:
    assert len(of("caf\ud800 12").digest) == 32
