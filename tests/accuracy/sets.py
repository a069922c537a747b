"""The sets of labelled records of sets.toml, on disk."""

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from jobs.evaluation.records import TRUTH_SUFFIX, Record, find_records
from tests.records.generate import choose_packet, compose
from tests.records.layouts import LAYOUTS

ROOT = Path(__file__).parent.parent.parent
SETS = Path(__file__).parent / "sets.toml"


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordSet:
    """Records that are kept in `folder`, or composed from `seed` on: of each layout, and packets of several."""

    name: str
    about: str
    folder: str | None = None
    seed: int = 0
    records_per_layout: int = 0
    packets: int = 0
    noise: float = 0.0
    quick: bool = False  # measured within `make test`
    by: Sequence[str] = ()  # tags whose groups have floors of their own


def read_sets(*, path: Path = SETS) -> list[RecordSet]:
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    return [RecordSet(name=name, **table) for name, table in tables.items()]


def lay_out(*, of: RecordSet, under: Path) -> tuple[Path, tuple[Record, ...]]:
    """The folder of the set's records, and the records. What is composed is written below `under`, anew each time."""
    if of.folder is not None:
        folder = ROOT / of.folder
    else:
        folder = under / of.name
        folder.mkdir(parents=True, exist_ok=True)
        for old in (*folder.glob("*.txt"), *folder.glob(f"*{TRUTH_SUFFIX}")):
            old.unlink()
        for names, seed in _list_orders(of):
            record = compose(layout=names, seed=seed, noise=of.noise)
            stem = f"{'+'.join(names)}-{seed}"
            (folder / f"{stem}.txt").write_text(record.text, encoding="utf-8", newline="")
            (folder / f"{stem}{TRUTH_SUFFIX}").write_text(record.truth_json, encoding="utf-8")
    return folder, find_records(folder=folder)


def _list_orders(of: RecordSet) -> Iterator[tuple[Sequence[str], int]]:
    """Layouts and seed of each record that is composed."""
    for layout in sorted(LAYOUTS):
        for seed in range(of.seed, of.seed + of.records_per_layout):
            yield [layout], seed
    for seed in range(of.seed, of.seed + of.packets):
        yield choose_packet(seed=seed), seed
