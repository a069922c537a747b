"""The weights: one for each signal, each in its way; and the words that people read."""

import json

import pytest

from documents.domain.rules.catalogue import NAMES, SIGNALS
from documents.domain.rules.model import MalformedWeights, packaged_model, read_model, write_model


def test_every_weight_speaks_the_way_its_signal_may():
    model = packaged_model()
    for weights in (model.first, model.second):
        wrong = [
            signal.name
            for signal in SIGNALS
            if (signal.way == "for" and weights[signal.name] < 0)
            or (signal.way == "against" and weights[signal.name] > 0)
        ]
        assert wrong == []


def test_what_is_written_is_read_again():
    model = packaged_model()
    assert read_model(write_model(model)) == model


@pytest.mark.parametrize("change", [{"no_such_signal": 1.0}, None])
def test_weights_that_do_not_fit_the_signals_are_refused(change):
    table = json.loads(write_model(packaged_model()))
    if change is None:
        del table["second"][NAMES[0]]
    else:
        table["second"] |= change
    with pytest.raises(MalformedWeights, match="fit the rules again"):
        read_model(json.dumps(table))


def test_every_signal_has_words_for_people():
    assert all(signal.words and signal.words == signal.words.strip() for signal in SIGNALS)
    assert len(set(NAMES)) == len(NAMES)
