"""Problems, allergies and alerts: a phrase each, without number or bullet, with what is said of its certainty."""

import re
from collections.abc import Iterator

from documents.domain.facts import labels
from documents.domain.facts.boxes import tick_boxes
from documents.domain.facts.clinical import words
from documents.domain.facts.clinical.found import Found, is_denied, widen
from documents.domain.facts.typed import Value
from documents.domain.findings import FactField
from documents.domain.lines import fold

LONGEST = 120  # characters of a phrase
_BULLET = re.compile(r"^\s*(?:[-–•*·>☐☑☒□■]+|\(?\d{1,2}[.):]\)?|[a-d][.)])\s*")
_MARKS = " \t.,;:*•–—-_|!¡"
_ENUMERATED = re.compile(r"(?:^|(?<=\s))\(?\d{1,2}[.)]\s+(?=\D)")
_IS_ENUMERATED = re.compile(r"\s*\(?1[.)]\s")
_PARTED = re.compile(r"\s*;\s*(?=[A-ZÀ-Ý\d])|\s/\s(?=[A-ZÀ-Ý])|\.{3}\s")
_PERSON = re.compile(r"\b(?:Dr|Dra|DVM|VMD|BVSc|BVMS|MRCVS|MVZ|MVB|Dip[A-Z]\w+|D[AE]C[A-Z]{1,5})\b")
_PREPOSITION = re.compile(r"^(?:to|a la|a|à|aux|gegen)\s", re.IGNORECASE)
_EMPTY_BOX = re.compile(r"\s*(?:\[[ _]?\]|\([ _]\)|[☐□])")
_SENTENCE_END = re.compile(r"(?<=[a-zà-ÿ\d)])[.!?]\s+(?=[A-ZÀ-Ý])")
_DATE_BEHIND = re.compile(
    r"(?<!\s)\s*(?:[(\[]\s*\d{1,4}[/.-]\d{1,4}\s*[)\]]|[(\[]?\s*\d{1,4}[/.-]\d{1,2}[/.-]\d{2,4}\s*[)\]]?)$"
)


def split_items(text: str, *, field: FactField) -> list[str]:
    """The items of a list on one line: numbered, or between semicolons; allergies between commas, too."""
    text = tick_boxes(text)
    if _IS_ENUMERATED.match(text):
        parted = _ENUMERATED.split(text)
    else:
        parted = _PARTED.split(_SENTENCE_END.split(_BULLET.sub("", text))[0])
        if field == "problem":
            parted = parted[:1]  # what a note says behind its finding is what was done
    pieces = [piece for piece in parted if piece.strip(_MARKS)]
    if field == "allergy":
        pieces = [part for piece in pieces for part in re.split(r",\s*(?![^(]*\))|\s+(?:and|y|et|und|&)\s+", piece)]
    return [piece for piece in (_BULLET.sub("", piece).strip(_MARKS) for piece in pieces) if piece]


def read_statement(*, field: FactField, raw: str) -> tuple[Value, ...]:
    """The phrase that `raw` is; none where it says that there is nothing, or is too long to be one."""
    text = _BULLET.sub("", tick_boxes(" ".join(raw.split()))).strip(_MARKS)
    if not is_something(text) or len(text) > LONGEST:
        return ()
    if field == "problem":
        return _read_problem(text)
    if field == "allergy":
        text = _PREPOSITION.sub("", text)
    part = "substance" if field == "allergy" else "alert"
    return (Value(field=field, value=text, parts={part: text}),)


def is_something(text: str) -> bool:
    """Whether a list's entry names anything: not "none known", not a blank to be filled in, not a number."""
    folded = fold(text).strip(" .,:;()[]-–—_*?!")
    if (
        folded in words.NOTHING
        or folded in labels.PLACEHOLDERS
        or _EMPTY_BOX.match(text)
        or "@" in text
        or sum(map(str.isalpha, folded)) < 3
    ):
        return False
    first = folded.split()[0].strip(",.")
    return first not in words.NEGATIONS and first not in (
        "none",
        "nkda",
        "nka",
        "unknown",
        "same",
        "idem",
        "dito",
        "ditto",
    )


def is_sentence(text: str) -> bool:
    """Whether `text` is prose, which says more, and less surely, than a phrase does."""
    plain = sum(word.strip(".,;").casefold() in labels.NO_NAME for word in text.split())
    said = {word.strip(".,;").casefold() for word in text.split()}
    return plain >= 2 or len(text.split()) > 12 or not words.VERBS.isdisjoint(said)


def is_unticked(text: str) -> bool:
    """Whether a line begins with an empty box."""
    return _EMPTY_BOX.match(text) is not None


def _read_problem(text: str) -> tuple[Value, ...]:
    lowered = text.lower()
    is_cut = lowered.split()[-1] in words.GO_ON or text.count("(") != text.count(")")
    if next(words.NOT_A_PROBLEM.find(lowered), None) is not None or is_sentence(text) or is_cut or _PERSON.search(text):
        return ()
    parts: dict[str, str | float] = {"problem": text}
    if next(words.RESOLVED.find(lowered), None) is not None:
        parts["status"] = "resolved"
    elif next(words.SUSPECTED.find(lowered), None) is not None or text.endswith("?"):
        parts["status"] = "suspected"
    plain = _DATE_BEHIND.sub("", text).strip(_MARKS)
    return (Value(field="problem", value=plain or text, parts={**parts, "problem": plain or text}),)


def state(field: FactField, item: str, line: str) -> Iterator[Found]:
    """The claim that an item of a list or a value behind a label makes, if it names anything."""
    if item in line and read_statement(field=field, raw=item):
        yield Found(field=field, raw=item, quote=widen(line, item))


_DISEASE_AHEAD = re.compile(r"(?:itis|ite|ción|tion|patía|pathie|asma|asthma|ose|osis)\s$")  # "dermatitis alérgica a"
_TO = re.compile(
    r"(?:allergic to|alérgic[oa] a(?: la| al| los| las)?|allergique (?:à|aux?)(?: la| les| l')?"
    r"|allergisch (?:gegen|auf))\s+"
)
_SUBSTANCE = re.compile(r"[\wÀ-ÿ/-]+(?:\s(?!and\b|but\b|with\b|which\b|y\b|et\b|und\b|pero\b|mais\b)[\wÀ-ÿ/-]+){0,2}")


def find_allergies(line: str, lowered: str) -> Iterator[Found]:
    """Of "allergic to penicillin" in running text the substance."""
    for match in _TO.finditer(lowered):
        if _DISEASE_AHEAD.search(lowered, 0, match.start()) or is_denied(
            lowered, match.start(), match.start(), stopped=False
        ):
            continue
        substance = _SUBSTANCE.match(line, match.end())
        if substance is None:
            continue
        yield from state("allergy", substance[0], line)


def find_alert(line: str, lowered: str) -> Iterator[Found]:
    """A short line, or a part between marks, that is an alert and little else: "** WILL BITE **"."""
    stripped = line.strip(" \t*!¡#-–—<>[]()")
    if len(stripped) > 60 or len(stripped.split()) > 7:
        return
    hit = next(words.ALERT_PHRASES.find(stripped.lower()), None)
    if hit is None or (not stripped.isupper() and "*" not in line and "!" not in line):
        return
    if words.NEGATIONS.isdisjoint(stripped.lower().split()) or "do not" in stripped.lower():
        yield from state("alert", stripped, line)
