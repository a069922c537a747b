"""A laboratory's result: analyte, value, unit, printed range and flag, in whatever order a row prints them.

A row is read from its analyte to the right, piece by piece, up to the first word that is none of these.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from documents.domain.facts import labels
from documents.domain.facts.clinical import words
from documents.domain.facts.clinical.found import Found, is_others
from documents.domain.facts.clinical.words import WORD
from documents.domain.facts.numbers import DOUBTFUL_DIGIT, NUMBER, is_doubtful, read_measure
from documents.domain.facts.typed import Habits, Value

_ANY_FILE = Habits()  # while a claim is proposed, how its file writes is not known yet
LONGEST_NAME = 40  # characters of an analyte that is not known

_EXPONENT = r"(?:x\s?)?10\s?(?:\^|\*|e)?\s?(?:\d{1,2}|[³⁶⁹¹²]{1,2})\s?/\s?(?:[µuμ]?l|mm3|mm³)"
_AMOUNTS = r"(?:[mµuμnpf]?g|[mµuμ]?i?u|[mµuμnpf]?mol|meq|mosm|mval|ui|ie|[µuμ]?kat|cells?|zellen)"
_UNITS = (
    _EXPONENT
    + r"|(?:thous|thousand|mill|tsd|mio)\.?\s?/\s?[µuμ]?l|[kmgt]\s?/\s?[µuμ]?l"
    + rf"|{_AMOUNTS}\s?/\s?(?:[dmµuμ]?l|kg|mol|mg|h)"
    + r"|/\s?(?:[µuμ]l|hpf|lpf|mm3|mm³)|mm\s?/\s?h|mm\s?hg|g\s?%|[fp]l|[fp]g|sec(?:s|onds)?|%|‰|ratio|titer|s(?=\s|$)"
    + r"|ppm|cm\s?h2o|l\s?/\s?l"
)
_REFERENCE_WORDS = words.any_of(words.words("ranges"))
_FLAG_WORDS = {
    **dict.fromkeys(words.words("high"), "high"),
    **dict.fromkeys(words.words("low"), "low"),
    **dict.fromkeys(words.words("normal"), "normal"),
    **dict.fromkeys(words.words("abnormal"), "abnormal"),
    **dict.fromkeys(("h", "hh", "↑", "↑↑", "+h", ">"), "high"),
    **dict.fromkeys(("l", "ll", "↓", "↓↓"), "low"),
    **dict.fromkeys(("n",), "normal"),
    **dict.fromkeys(("a", "*", "**"), "abnormal"),
}
_QUALITY = {
    **dict.fromkeys(words.words("negative"), "negative"),
    **dict.fromkeys(words.words("positive"), "positive"),
}
_FLAGS = words.any_of(word for word in _FLAG_WORDS if len(word) > 2)
QUALITY_WORDS = frozenset(match[0] for quality in _QUALITY if (match := WORD.search(quality)))  # their first words
_PIECE = re.compile(
    r"(?P<skip>[\s:=|·…,;]+|\.{2,}|_{2,})"
    rf"|(?P<range>[(\[]?\s?(?:{_REFERENCE_WORDS}\s?:?\s?)?(?<![\d.,])(?P<low>{NUMBER})\s?(?:{_UNITS})?\s?"
    rf"(?:-|–|—|\bto\b|\ba\b|\bbis\b|\bà\b)\s?"
    rf"(?P<high>{NUMBER})(?![\d/])(?:\s?(?P<range_unit>{_UNITS})(?!\w))?\s?[)\]]?)"
    rf"|(?P<limit>[(\[]?\s?(?:{_REFERENCE_WORDS}\s?:?\s?)?(?P<bound><=?|>=?|≤|≥)\s?(?P<limited>{NUMBER})\s?[)\]]?)"
    rf"|(?P<unit>[(\[]?(?<![^\W\d_])(?:{_UNITS})(?!\w)[)\]]?)"
    rf"|(?P<plus>\d?\+{{1,4}}(?!\w))"
    rf"|(?P<number>(?<![\w.,/-]){NUMBER}(?:(?=(?-i:[HL])\b)|(?!\w|/\d|-\w|[.,]\d|\s?[-–]\s?\d|:\d|\s?(?-i:hr?s?|hours?|std|horas?|days?)\b)))"
    rf"|(?P<flag>[(\[]?(?:(?<![^\W\d_])(?:hh|ll|h|l|n|a)(?!\w)|[↑↓]+|\*+|(?<!\w){_FLAGS}(?!\w))[)\]]?)"
    rf"|(?P<quality>(?<!\w){words.any_of(_QUALITY)}(?!\w))"
    r"|(?P<doubtful>(?<!\w)(?=[^\s]*\d)[\dOoIlSB|]{1,6}(?:[.,][\dOoIlSB|]{1,3})?(?!\w))",
    re.IGNORECASE,
)
_REFERENCE_AHEAD = re.compile(rf"[(\[]?\s?{_REFERENCE_WORDS}\s?:?\s?(?=[<>≤≥\d(])", re.IGNORECASE)
_CANONICAL_UNITS = {
    "k/ul": "10^3/µL", "thous/ul": "10^3/µL", "thousand/ul": "10^3/µL", "tsd/ul": "10^3/µL", "g/l": "g/L",
    "m/ul": "10^6/µL", "mill/ul": "10^6/µL", "mio/ul": "10^6/µL", "t/l": "10^12/L",
    "ui/l": "U/L", "iu/l": "U/L", "ie/l": "U/L", "u/l": "U/L", "g%": "g/dL", "sec": "s", "secs": "s", "seconds": "s",
    "mmhg": "mmHg", "meq/l": "mEq/L", "mval/l": "mEq/L", "pg": "pg", "fl": "fL", "mm/h": "mm/h", "mosm/kg": "mOsm/kg",
    "/hpf": "/hpf", "/lpf": "/lpf", "mmol/l": "mmol/L", "l/l": "L/L", "mm3": "/µL", "/mm3": "/µL", "zellen/ul": "/µL",
    "cells/ul": "/µL", "cell/ul": "/µL", "/ul": "/µL",
}  # fmt: skip
_SUPERSCRIPTS = str.maketrans("³⁶⁹¹²", "36912")


@dataclass(kw_only=True, slots=True)
class Row:
    """What a row says behind its analyte, as printed."""

    end: int  # the place behind the last piece that was understood
    value: str = ""
    kind: str = ""  # "number", "limit", "quality", "plus", "doubtful"
    unit: str = ""
    low: str = ""
    high: str = ""
    range: str = ""
    flag: str = ""  # high, low, normal, abnormal
    gap: str = ""  # what stands between analyte and first piece
    numbers: list[str] = field(default_factory=list)

    @property
    def has_range(self) -> bool:
        return bool(self.range)


def scan_row(line: str, *, start: int) -> Row:
    """The pieces of `line` from `start`, behind the analyte, as far as they are a result, unit, range or flag.

    What is given is kept, to be read and not to be changed: a claim is read where it is proposed and where it is filed.
    """
    return _scan(line, start)


@lru_cache(maxsize=8192)
def _scan(line: str, start: int) -> Row:
    row, place = Row(end=start), start
    while True:
        piece = _PIECE.match(line, place)
        if piece is None or piece.end() == place:
            reference = _REFERENCE_AHEAD.match(line, place)
            if reference is None or not row.value:
                break
            place = reference.end()
            continue
        if piece.lastgroup == "skip" or piece["skip"] is not None:
            if not row.kind and not row.range and not row.flag:
                row.gap += piece[0]
        elif not _take(row, piece):
            break
        else:
            row.end = piece.end()
        place = piece.end()
    if len(row.numbers) >= 2 and not row.range and _is_span(row.numbers[-2:]):
        row.low, row.high = row.numbers[-2:]
        row.range = " ".join(row.numbers[-2:])
    return row


def _is_span(pair: list[str]) -> bool:
    low, high = (float(each.replace(",", ".")) if each.count(".") + each.count(",") < 2 else 0.0 for each in pair)
    return low < high


def _take(row: Row, piece: re.Match[str]) -> bool:
    """Whether the piece has a place in the row; if so it is there now."""
    if piece["range"] is not None and not row.range:
        row.range = piece.string[piece.start("low") : piece.end("high")]
        row.low, row.high = piece["low"], piece["high"]
        row.unit = row.unit or (piece["range_unit"] or "")
    elif piece["limit"] is not None and row.value and not row.range:
        row.range = piece["limit"].strip("()[] ")
        is_upper = piece["bound"][0] in "<≤"
        row.low, row.high = ("", piece["limited"]) if is_upper else (piece["limited"], "")
    elif piece["limit"] is not None and not row.value:
        row.value, row.kind = piece["limit"].strip("()[] "), "limit"
    elif piece["unit"] is not None and not row.unit:
        row.unit = piece["unit"].strip("()[] ")
    elif piece["number"] is not None and not row.value:
        row.value, row.kind = piece["number"], "number"
    elif piece["number"] is not None and row.kind == "number" and not row.range and len(row.numbers) < 2:
        row.numbers.append(piece["number"])
    elif piece["plus"] is not None and not row.value:
        row.value, row.kind = piece["plus"], "plus"
    elif piece["flag"] is not None and not row.flag and _is_flag(piece["flag"]):
        row.flag = _FLAG_WORDS[piece["flag"].strip("()[]").lower()]
    elif piece["quality"] is not None and not row.value:
        row.value, row.kind = piece["quality"], "quality"
    elif piece["doubtful"] is not None and not row.value and is_doubtful(piece["doubtful"]):
        row.value, row.kind = piece["doubtful"], "doubtful"
    else:
        return False
    return True


def _is_flag(printed: str) -> bool:
    """Letters are flags only as capitals: "H", not the article "a"."""
    plain = printed.strip("()[]")
    return plain.lower() in _FLAG_WORDS and (len(plain) > 2 or not plain.isalpha() or plain.isupper())


@lru_cache(maxsize=1024)
def canonical_unit(printed: str) -> str:
    """One form of each unit: "iu/l" is U/L, "K/uL" is 10^3/µL; a unit that is not known as printed."""
    plain = (
        re.sub(r"\s", "", printed).replace("μ", "u").replace("µ", "u").translate(_SUPERSCRIPTS).replace("mm³", "mm3")
    )
    folded = plain.lower().replace("thous.", "thous").replace("tsd.", "tsd").replace("mio.", "mio")
    power = re.fullmatch(r"x?10(?:\^|\*|e)?(\d{1,2})/(ul|l|mm3)", folded)
    if power is not None:
        return f"10^{power[1]}/" + ("L" if power[2] == "l" else "µL")
    if folded in _CANONICAL_UNITS and not (folded == "g/l" and plain.startswith("G")):
        return _CANONICAL_UNITS[folded]
    if folded == "g/l":
        return "10^9/L"
    amount, mark, of = folded.partition("/")
    if mark and amount in ("mg", "g", "ug", "ng", "pg", "umol", "nmol", "pmol", "mmol", "u", "iu", "miu", "mu", "uiu"):
        return (
            amount.replace("u", "µ", 1 if amount[0] == "u" and len(amount) > 1 else 0).replace("iu", "IU")
            + "/"
            + (of[:-1] + "L" if of.endswith("l") and of != "mol" else of)
        )
    return plain.replace("u", "µ", 1) if folded.startswith("ul") else printed.strip()


def read_lab(*, raw: str, habits: Habits) -> tuple[Value, ...]:
    """The result that `raw` states: "ALT (SGPT) 145 U/L 10-125 H"; none where no result is printed."""
    text = " ".join(raw.split())
    name = _split_name(text)
    if name is None:
        return ()
    printed, code, behind = name
    row = scan_row(text, start=behind)
    if not row.value:
        return ()
    return (_make_value(printed, code, row, habits),)


def _split_name(text: str) -> tuple[str, str, int] | None:
    """Analyte as printed, its usual name (empty where it is not known), and the place behind it."""
    hit = words.ANALYTES.match(text.lower(), 0) if len(text.lower()) == len(text) else None
    if hit is not None:
        return text[: hit.end], hit.key, hit.end
    first = re.search(rf"(?:[\s:=.]|(?<=\())(?:[<>≤≥]\s?)?{NUMBER}(?![\w-])|[:=]", text)
    if first is None or not 2 <= first.start() <= LONGEST_NAME:
        return None
    printed = text[: first.start()].strip(" .:=|*")
    return (printed, "", first.start()) if any(map(str.isalpha, printed)) else None


_MAY_BE_PROTEIN = frozenset({"Urine protein", "PT"})  # of serum, where it is measured: "PT 7,9 g/dl" in Spain
_COUNTED = frozenset(
    {"WBC", "Platelets", "Neutrophils", "Lymphocytes", "Monocytes", "Eosinophils", "Basophils"}
    | {"Band neutrophils", "Reticulocytes", "RBC"}
)


def _make_value(printed: str, code: str, row: Row, habits: Habits) -> Value:
    parts: dict[str, str | float] = {"analyte": printed, "result": row.value}
    flags: tuple[str, ...] = ()
    printed_unit = row.unit
    unit = canonical_unit(row.unit) if row.unit else None
    if code in _MAY_BE_PROTEIN and (unit in ("g/dL", "g/L") or (code != "PT" and row.has_range and not row.unit)):
        code = "Total protein"
    if code:
        parts["usual_name"] = code
    if row.unit == "G/L" and code not in _COUNTED:
        unit = printed_unit = "g/L"  # capitals of a system that knows no others: only cells are counted in 10^9
    if printed_unit:
        parts["unit"] = printed_unit
    counts = unit == "/µL"
    if row.kind == "number":
        number, flags = read_measure(row.value, habits=habits, counts=counts)
        parts["number"] = number
        if unit == "%" and number > 100:
            flags = (*flags, "implausible")
    elif row.kind == "quality":
        parts["result_is"] = _QUALITY[row.value.lower()]
    elif row.kind == "doubtful":
        flags = (DOUBTFUL_DIGIT,)
    if row.range:
        parts["range"] = row.range
        for end in ("low", "high"):
            bound = getattr(row, end)
            if bound:
                parts[end] = read_measure(bound, habits=habits, counts=counts)[0]
    if row.flag:
        parts["flag"] = row.flag
    flags += _compare(parts)
    shown = " ".join(filter(None, (printed, row.value, printed_unit)))
    return Value(field="lab_value", value=shown, unit=unit, flags=flags, parts=parts)


def _compare(parts: dict[str, str | float]) -> tuple[str, ...]:
    """Where the number stands in the printed range, and whether the printed flag says otherwise."""
    number, low, high = parts.get("number"), parts.get("low"), parts.get("high")
    if not isinstance(number, float) or not (isinstance(low, float) or isinstance(high, float)):
        return ()
    if isinstance(low, float) and number < low:
        side = "low"
    elif isinstance(high, float) and number > high:
        side = "high"
    else:
        side = "normal"
    flags = () if side == "normal" else (f"{'below' if side == 'low' else 'above'}_range",)
    printed = parts.get("flag")
    if printed in ("high", "low", "normal") and printed != side:
        flags = (*flags, "flag_disagrees")
    return flags


def may_be_row(line: str) -> bool:
    """Whether a line may be a table's row."""
    return "  " in line or "\t" in line or "|" in line or "..." in line


_TWO_DAYS = re.compile(r"\d[./-]\d{1,2}[./-]\d.{2,60}?\d[./-]\d{1,2}[./-]\d")
_DAY = re.compile(r"\s*\d{1,4}[./-]\d{1,2}[./-]\d{2,4}\s*")
_RATE = re.compile(r"\d\s?/[a-zµ]", re.IGNORECASE)


def is_head_of_days(line: str, cells: Sequence[tuple[int, str]]) -> bool:
    """Whether a line heads a table with several days side by side."""
    if _TWO_DAYS.search(line) is None or len(cells) > 8:
        return False
    days = sum(_DAY.fullmatch(cell) is not None for _, cell in cells)
    return days >= 2 and not any(_RATE.search(cell) for _, cell in cells)


_UNITLESS = frozenset(
    {
        "Specific gravity",
        "Urine pH",
        "Albumin/globulin ratio",
        "BUN/creatinine ratio",
        "UPC ratio",
        "Sodium/potassium ratio",
    }
)
_TESTS = frozenset(
    {
        "Heartworm",
        "FeLV antigen",
        "FIV antibody",
        "FeLV/FIV",
        "Lyme antibody",
        "Ehrlichia",
        "Anaplasma",
        "Giardia",
        "Parvo",
    }
    | {"Ova and parasites", "Coggins", "Leishmania"}
)


def find_known(line: str, lowered: str) -> Iterator[Found]:
    """The results that a line states of analytes that the vocabulary has."""
    floor = 0
    for hit in words.ANALYTES.find(lowered):
        if hit.start < floor or not _is_word(line, lowered, hit.start):
            continue
        row = scan_row(line, start=hit.end)
        if not row.value or not _is_result(hit.key, line, lowered, hit.start, row):
            continue
        start = _name_start(line, hit.start)
        raw = line[start : row.end].strip()
        if read_lab(raw=raw, habits=_ANY_FILE):
            yield Found(field="lab_value", raw=raw, quote=raw)
            floor = row.end


def _is_word(line: str, lowered: str, start: int) -> bool:
    """Whether an analyte's first word has three letters, or a capital: "a" and "c" stand in many lines."""
    word = lowered[start : start + 3]
    return line[start].isupper() or (len(word) == 3 and word.isalnum())


def _name_start(line: str, start: int) -> int:
    return start - 1 if line[start - 1 : start] == "%" else start - 2 if line[start - 2 : start] == "% " else start


def _is_result(key: str, line: str, lowered: str, start: int, row: Row) -> bool:
    """Whether the pieces behind an analyte are a result: one letter's name needs more to show for it than a word."""
    before = lowered[max(0, start - 24) : start]
    last = WORD.findall(before)[-1:]
    if last and (last[0] in words.NOT_FOUND or last[0] in words.NEGATIONS):
        return False
    if lowered[start - 1 : start] in ("-", "/", "_") or is_others(lowered[max(0, start - 60) : start]):
        return False
    is_headed = not before.strip() or before.endswith(("  ", "\t", "| ", "|"))
    has_mark = ":" in row.gap or "=" in row.gap or len(row.gap) >= 2
    name = WORD.match(lowered, start)
    if row.kind == "plus" and _GOES_ON.match(lowered, row.end):
        return False  # "ehrlichia + gastroenteritis" is two of them
    if row.kind in ("quality", "plus"):
        return key in _TESTS or (has_mark and (is_headed or ":" in row.gap))
    if row.unit and row.unit.lower() != "s":
        return row.unit != "%" or is_headed or has_mark or len(name[0] if name else "") > 2
    if row.has_range:
        return is_headed or has_mark
    return key in _UNITLESS and row.kind == "number" and (has_mark or "." in row.value)


_GOES_ON = re.compile(r"\s[^\W\d_]{4,}")
_NAME = re.compile(r"[A-ZÀ-Þ%α-ω][\w%()/.,+ α-ω'-]{1,38}$")


def find_unknown(line: str, cells: list[tuple[int, str]]) -> Iterator[Found]:
    """A row of an analyte that the vocabulary does not have: name, number, unit and range in cells of their own."""
    start, name = cells[0][0], cells[0][1].strip()
    if _NAME.match(name) is None or len(name.split()) > 5 or labels.canonical(name) in labels.ROLES:
        return
    if name.split(None, 1)[0].casefold() in words.NOT_LAB:
        return
    begin = line.index(name, start)
    row = scan_row(line, start=begin + len(name))
    if row.kind not in ("number", "limit") or not (row.has_range and row.unit):
        return
    raw = line[begin : row.end].strip()
    if read_lab(raw=raw, habits=_ANY_FILE):
        yield Found(field="lab_value", raw=raw, quote=raw)
