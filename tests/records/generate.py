"""Labelled records of many layouts, from a seed: for fitting and judging the rules, for tests and benchmarks.

    python -m tests.records.generate --out DIR --seed 1 --layouts all --records-per-layout 5 --noise 0.0

writes NAME.txt and NAME.truth.json, as docs/evaluation.md tells them. Everything in them is invented.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random

from tests.records.binding import Labelled, bind
from tests.records.cast import Animal, Casting
from tests.records.desk import Desk
from tests.records.ink import Ink
from tests.records.layouts import LAYOUTS, Layout
from tests.records.layouts.running import page_as_fax
from tests.records.ocr import add_noise
from tests.records.phrasing import LANGUAGES, WORDS
from tests.records.sheets import Sheet

FEWEST, MOST = 4, 24  # documents of a record whose size nobody asks for
CAPITALS = 0.05  # share of records that are printed in capitals throughout
_RULERS = ("-" * 80, "=" * 72, "* * * * * * * * * *", "_" * 90, "~" * 40)


class UnknownLayout(ValueError):
    """No layout has this name, or none of them prints this language."""


def compose(
    *,
    layout: str | Sequence[str],
    seed: int,
    lines: int | None = None,
    documents: int | None = None,
    language: str | None = None,
    noise: float = 0.0,
    words: str = "all",
) -> Labelled:
    """A record of one layout, or a packet of several, with its truth; the same for the same arguments.

    It has at least `lines` lines (a document or so more), or `documents` documents, or between FEWEST and MOST.
    `noise` is the share of words that a bad scan damages. `words` is "all", or "odd" or "even": records of one half
    share no sentence and no name with the other. Truth names what the record was made of. Raises UnknownLayout.
    """
    names = [layout] if isinstance(layout, str) else list(layout)
    layouts = _find_layouts(names)
    random = Random(f"{'+'.join(names)} {seed}")
    language = _choose_language(layouts, language, random)
    desks = _set_desks(layouts, language=language, words=words, random=random, lines=lines or 0)
    if lines is None and documents is None:
        documents = random.randint(FEWEST, MOST)
    writing = _take_turns(layouts, desks, random)
    sheets = list(_collect(writing, lines=lines or 0, documents=documents or 0, desks=desks, random=random))
    desk = desks[0]
    capitals = random.random() < CAPITALS
    labelled = bind(sheets=sheets, ink=desk.ink, animals=desk.animals, paging=desk.paging, capitals=capitals)
    head = {
        "layout": "+".join(names),
        "layouts": names,
        "language": language,
        "domain": "vet",
        "seed": seed,
        "words": words,
    }
    text = add_noise(labelled.text, rate=noise, seed=seed)
    return Labelled(text=text, truth={**head, "noise_rate": noise, **labelled.truth})


def choose_packet(*, seed: int, language: str | None = None) -> list[str]:
    """Two to four layouts of one language for a packet, by chance."""
    random = Random(f"packet {seed}")
    language = language or random.choice(LANGUAGES)
    printing = sorted(name for name, layout in LAYOUTS.items() if language in layout.languages)
    return random.sample(printing, random.randint(2, 4))


def _find_layouts(names: Sequence[str]) -> list[Layout]:
    unknown = [name for name in names if name not in LAYOUTS]
    if unknown or not names:
        raise UnknownLayout(f"no layout is called {', '.join(unknown)!r}; there are {', '.join(sorted(LAYOUTS))}")
    return [LAYOUTS[name] for name in names]


def _choose_language(layouts: Sequence[Layout], wanted: str | None, random: Random) -> str:
    shared = [language for language in LANGUAGES if all(language in layout.languages for layout in layouts)]
    if not shared or (wanted is not None and wanted not in shared):
        raise UnknownLayout(f"these layouts print together {', '.join(shared) or 'no language'}, not {wanted}")
    return wanted or random.choice(shared)


def _set_desks(layouts: Sequence[Layout], *, language: str, words: str, random: Random, lines: int) -> list[Desk]:
    casting, ink = Casting(random=random, language=language, words=words), Ink()
    today = date(2013, 1, 7) + timedelta(days=random.randrange(3_000))
    animals: list[Animal] = []
    desks = [
        Desk(
            random=random,
            language=language,
            words=words,
            casting=casting,
            ink=ink,
            animals=animals,
            today=today,
            lines=lines,
        )
        for _ in layouts
    ]
    if len(layouts) > 1:
        for _ in range(random.choice((1, 1, 2, 3))):
            desks[0].draw_animal(kinds=("dog", "cat"), same_owner=0.6)
    return desks


def _take_turns(layouts: Sequence[Layout], desks: Sequence[Desk], random: Random) -> Iterator[Sheet]:
    """Documents of the layouts, a few of each in turn; between them what the layout separates with."""
    writers = [layout.write(desk) for layout, desk in zip(layouts, desks, strict=True)]
    separators = [random.choice(layout.separators) for layout in layouts]
    faxed = len(layouts) > 1 and random.random() < 0.4
    copying = random.random() < 0.4
    sheets: list[Sheet] = []
    while True:
        turn = random.randrange(len(layouts))
        for _ in range(random.randint(1, 4)):
            desks[turn].today = max(desk.today for desk in desks) if len(desks) > 1 else desks[turn].today
            sheet = next(writers[turn])
            if len(layouts) > 1:
                desks[0].paging = page_as_fax(desks[0]) if faxed else None
            sheets = [*sheets[-5:], sheet]
            yield _separate(sheet, separators[turn], random)
            if copying and layouts[turn].copies and sheet.reason is None and random.random() < 0.08:
                yield random.choice([sheet for sheet in sheets if sheet.reason is None]).copy()


def _separate(sheet: Sheet, separator: str, random: Random) -> Sheet:
    """A ruler stands above a document and belongs to it; blank lines stand behind it; a form feed begins it."""
    if separator == "mixed":
        separator = random.choice(("none", "one", "two"))
    if separator == "ruler" and sheet.reason is None:
        sheet.lines.insert(0, random.choice(_RULERS[:2]))
        sheet.running = {position + 1 for position in sheet.running}
    if separator in ("feed", "blank_feed") and not sheet.lines[0].startswith("\f"):
        sheet.lines[0] = "\f" + sheet.lines[0]
    sheet.lines.extend([""] * {"one": 1, "two": 2, "blank_feed": 1}.get(separator, 0))
    return sheet


def _collect(
    writing: Iterator[Sheet], *, lines: int, documents: int, desks: Sequence[Desk], random: Random
) -> Iterator[Sheet]:
    written = count = 0
    for sheet in writing:
        if not written:
            sheet.lines[0] = sheet.lines[0].removeprefix("\f")
        yield sheet
        count += sheet.reason is None
        written += len(sheet.lines)
        paging = desks[0].paging
        share = 1.0
        if paging is not None:
            share += (len(paging.header(1, 1, sheet)) + len(paging.footer(1, 1, sheet))) / paging.length
        if count and count >= documents and written * share >= lines:
            while not sheet.lines[-1].strip():
                sheet.lines.pop()
                written -= 1
            if written * share >= lines:
                return


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.records.generate", description=__doc__)
    parser.add_argument("--out", type=Path, help="folder for NAME.txt and NAME.truth.json; made if it is missing")
    parser.add_argument("--seed", type=int, default=1, help="of the first record of each layout; the next has the next")
    parser.add_argument("--layouts", default="all", metavar="all|A,B|A+B", help="A+B is a packet of both")
    parser.add_argument("--records-per-layout", type=int, default=3, metavar="K")
    parser.add_argument("--language", choices=LANGUAGES, help="skip layouts that have it not")
    parser.add_argument("--lines", type=int, help="at least so many lines a record")
    parser.add_argument("--documents", type=int, help="so many documents a record")
    parser.add_argument("--noise", type=float, default=0.0, help="share of words that a scan damages, 0 to 1")
    parser.add_argument("--words", choices=WORDS, default="all", help="half of the sentences; the halves share none")
    parser.add_argument("--packets", type=int, default=0, metavar="K", help="and K packets of several layouts each")
    parser.add_argument("--list", action="store_true", help="say which layouts there are and write nothing")
    return parser.parse_args(arguments)


def _choose(options: argparse.Namespace) -> list[list[str]]:
    asked = sorted(LAYOUTS) if options.layouts == "all" else options.layouts.split(",")
    packets = [name.split("+") for name in asked]
    if options.language:
        return [names for names in packets if all(options.language in one.languages for one in _find_layouts(names))]
    return packets


def main(arguments: Sequence[str]) -> int:
    """Write what is asked for; 2 where it cannot be understood."""
    options = _parse(arguments)
    if options.list:
        for name in sorted(LAYOUTS):
            sys.stdout.write(f"{name:<28}{' '.join(LAYOUTS[name].languages)}\n")
        return 0
    if options.out is None:
        sys.stderr.write("--out DIR is missing\n")
        return 2
    try:
        for names in _choose(options):
            for seed in range(options.seed, options.seed + options.records_per_layout):
                _write_record(names, seed, options)
        for seed in range(options.seed, options.seed + options.packets):
            _write_record(choose_packet(seed=seed, language=options.language), seed, options)
    except UnknownLayout as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _write_record(names: Sequence[str], seed: int, options: argparse.Namespace) -> None:
    record = compose(
        layout=names,
        seed=seed,
        lines=options.lines,
        documents=options.documents,
        language=options.language,
        noise=options.noise,
        words=options.words,
    )
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / f"{'+'.join(names)}-{seed:04}.txt"
    labelled = Labelled(text=record.text, truth={"file": path.name, **record.truth})
    path.write_text(labelled.text, encoding="utf-8", newline="\n")
    path.with_suffix(".truth.json").write_text(labelled.truth_json, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
