"""From the raw words of a clinical claim to its parts: one reader for the rules' claims and the model's."""

from functools import lru_cache

from documents.domain.facts.clinical.laboratory import read_lab
from documents.domain.facts.clinical.medication import read_medication
from documents.domain.facts.clinical.statements import read_statement
from documents.domain.facts.clinical.vaccines import read_vaccines
from documents.domain.facts.clinical.vitals import read_vital
from documents.domain.facts.typed import Habits, Value
from documents.domain.findings import VITALS, FactField

LONGEST = 400  # characters of raw words that are read


@lru_cache(maxsize=8192)  # a claim is read where it is proposed, where twins are dropped and where it is filed
def read_clinical(*, field: FactField, raw: str, habits: Habits) -> tuple[Value, ...]:
    """The values that `raw` states for a clinical field; empty where it states none that can be trusted."""
    if len(raw) > LONGEST or not any(map(str.isalnum, raw)):
        return ()
    if field in VITALS:
        return read_vital(field=field, raw=raw, habits=habits)
    if field == "lab_value":
        return read_lab(raw=raw, habits=habits)
    if field == "vaccine":
        return read_vaccines(raw=raw, habits=habits)
    if field == "medication":
        return read_medication(raw=raw)
    return read_statement(field=field, raw=raw)
