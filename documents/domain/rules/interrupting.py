"""Running lines told by what they interrupt: text breaks off above them and goes on below, in the midst of a sentence.

They need no page breaks, and need not be spelt alike: a scan spoils each copy in its own way. So lines that are spelt
alike, or nearly, are gathered in clusters first. A run is what stands of them between two parts of a text: lines of
clusters under each other. A cluster runs if enough of the runs that it stands in interrupt a sentence, or count a page.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rapidfuzz import fuzz, process

from documents.domain.rules.days import IN_DIGITS
from documents.domain.rules.features import LineFeatures, is_name
from documents.domain.rules.spelling import spell

LEAST = 3  # places of a line that may run, of a footer, and of days that tell documents
LEAST_LETTERS = 5  # of a line that may run, as far as a scan leaves them
LEAST_LIKENED = 10  # letters of a line that is compared with others: shorter ones are alike by chance
LIKE_ENOUGH = 80  # of 100: rapidfuzz `ratio` of two spoilt copies
MOST_COMPARED = 1_000_000  # pairs of a frequent spelling and a seldom one: the most frequent are compared
MOST_LIKENED = 1500  # spellings that come seldom up to which they are compared with each other
PAGE_LEAST = 8  # lines that a page mostly has at the least
MOST_ALIKE = 0.5  # share of a line's days that differ, above which they are those of documents
LONGEST = 160  # characters of a running line
MOST_COLUMNS = 6  # of a running line: rows of tables have more
BROKEN_LENGTH = 24  # characters from which a line that ends without a mark may break off
LEAST_INTERRUPTED = 2  # places at which a sentence goes on over the line, or a later page is counted
INTERRUPTED_SHARE = 0.1  # of all its places
FORM_SHARE = 0.3  # the same, for a label, a heading or what names a document
MOSTLY_COUNTED = 0.6  # share of its places at which a line prints a count of the whole file
MOSTLY_ABOVE = 0.5  # share of its places at which a footer stands directly above a header
MOSTLY_BELOW = 0.7  # ... and the second line of a header directly below the first
NEAR = 3  # lines between a running line and the edge of its page
REACH = 5  # lines of a run at the most, and lines between two running ones that stand at one turn of the page
HEAD = 4  # first lines of a file in which its running header stands
_DIGIT = re.compile(r"\d")  # a count has one, however a scan spoils it
_ENDS = frozenset(".!?:;)]\"'*_=-")


@dataclass(frozen=True, kw_only=True, slots=True)
class Interrupting:
    """Line numbers of running headers and footers, and what they tell of pages."""

    lines: frozenset[int] = frozenset()  # headers and footers
    heads: frozenset[int] = frozenset()  # of those, the ones that pages begin with
    tops: frozenset[int] = frozenset()  # first lines of pages, running or not, where the file tells no page break


def find_interrupting(
    features: Sequence[LineFeatures],
    *,
    pages: Sequence[int],
    later: Collection[int],
    last: Collection[int] = (),
    tops: Collection[int] = (),
    of_file: Collection[int] = (),
) -> Interrupting:
    """The running lines of a file, by the sentences that they interrupt.

    `pages` holds the page of each line as far as it is known, `later` the lines that count a page above 1. Labels and
    what names a document are not told by such a count: a document prints it beside them on each of its own pages. Nor
    is what stands below a document's `last` count, where pages end with theirs: the next document begins with it. The
    lines `tops` are the first of the pages that the file itself tells: what mostly stands directly above them, or above
    copies of the file's first line, is a footer. The lines `of_file` print a count of the whole file: what mostly does
    so runs.
    """
    printed = [number for number, line in enumerate(features, start=1) if not line.blank]
    clusters = _cluster(_spell_lines(printed, features=features))
    cluster_of = {number: index for index, cluster in enumerate(clusters) for number in cluster}
    evidence = Counter[int]()
    for before, run, behind in _find_runs(printed, cluster_of=cluster_of):
        if len(run) > REACH:
            continue
        broken = _breaks_off(features[before - 1]) and features[behind - 1].lower
        counts = [number for number in run if number in later]
        until = counts[-1] if counts and counts[-1] in last else run[-1] if counts else 0
        for number in run:
            evidence[cluster_of[number]] += broken or (number <= until and not _is_of_form(features[number - 1]))
    known = {
        index
        for index, count in evidence.items()
        if count >= LEAST_INTERRUPTED  # first what is soon told, and is not so for most
        and count >= _least_share(clusters[index], features) * len(clusters[index])
        and _stands_apart(clusters[index])
        and not tell_days(clusters[index], features=features)
    }
    for index, cluster in enumerate(clusters if of_file else ()):
        if index not in known and _counts_file(cluster, of_file=of_file):
            known.add(index)
            clusters[index] = [number for number in cluster if _DIGIT.search(features[number - 1].folded)]
    headed = {index for index in known if _heads_pages(clusters[index], printed=printed, pages=pages)}
    heads = frozenset(number for index in headed for number in clusters[index])
    copies = _find_first_copies(clusters, printed=printed) - heads - set(tops)
    ending = _find_above(
        heads | copies | set(tops), copies=copies, clusters=clusters, known=known, printed=printed, features=features
    )
    if not known and not ending:
        return Interrupting()
    beside = _find_below(heads, clusters=clusters, known=known | ending, printed=printed, features=features)
    running = known | ending | beside
    heads |= _find_further_heads(heads, clusters=clusters, running=running - headed, printed=printed)
    lines = frozenset(number for index in running for number in clusters[index])
    turns = _find_tops(sorted(lines), heads=heads, pages=pages)
    return Interrupting(lines=lines, heads=heads, tops=frozenset(turns))


def _find_first_copies(clusters: Sequence[Sequence[int]], *, printed: Sequence[int]) -> frozenset[int]:
    """The lines that are spelt like the one on top of the file, where pages or documents may stand between them."""
    return frozenset(
        number for cluster in clusters if cluster[:1] == printed[:1] and _stands_apart(cluster) for number in cluster
    )


def _find_above(
    tops: Collection[int],
    *,
    copies: Collection[int],
    clusters: Sequence[Sequence[int]],
    known: Collection[int],
    printed: Sequence[int],
    features: Sequence[LineFeatures],
) -> set[int]:
    """Clusters of lines that mostly stand directly above the first line of a page: the footers of the pages before.

    Names sign and sentences add something to what stands above: they are none. Above `copies` of the file's first line,
    which may stand within a header, no letterhead is a footer.
    """
    above = {b: a for a, b in pairwise(printed)}
    ends = {above[line] for line in tops if line in above} | set(printed[-1:])
    ends -= {above[line] for line in copies if line in above and features[above[line] - 1].letterhead}
    return {
        index
        for index, cluster in enumerate(clusters)
        if index not in known
        and sum(line in ends for line in cluster) >= max(LEAST, MOSTLY_ABOVE * len(cluster))
        and _stands_apart(cluster)
        and not is_name(features[cluster[0] - 1], printed=features[cluster[0] - 1].folded.title())
        and 2 * sum(features[line - 1].folded.endswith(".") for line in cluster) <= len(cluster)
        and not tell_days(cluster, features=features)
    }


def _find_below(
    lines: Collection[int],
    *,
    clusters: Sequence[Sequence[int]],
    known: Collection[int],
    printed: Sequence[int],
    features: Sequence[LineFeatures],
) -> set[int]:
    """Clusters of lines that mostly stand directly below running ones, and name no document: headers of two lines."""
    below = {b for a, b in pairwise(printed) if a in lines and b - a == 1}
    return {
        index
        for index, cluster in enumerate(clusters)
        if index not in known
        and sum(line in below for line in cluster) >= max(LEAST, MOSTLY_BELOW * len(cluster))
        and _stands_apart(cluster)
        and cluster[0] != printed[0]
        and not any(features[line - 1].title_noun for line in cluster)
        and not tell_days(cluster, features=features)
    }


def _find_further_heads(
    heads: Collection[int], *, clusters: Sequence[Sequence[int]], running: Collection[int], printed: Sequence[int]
) -> frozenset[int]:
    """Running lines that mostly stand below the footers below which known `heads` stand: another animal's."""
    above = {b: a for a, b in pairwise(printed)}
    over = {above[line] for line in heads if line in above}
    footers = {index for index in running if sum(line in over for line in clusters[index]) >= LEAST}
    ends = {line for index in footers for line in clusters[index]}
    further = (
        clusters[index]
        for index in running
        if index not in footers
        and sum(above.get(line) in ends for line in clusters[index]) >= max(LEAST, MOSTLY_BELOW * len(clusters[index]))
    )
    return frozenset(line for cluster in further for line in cluster)


def _counts_file(cluster: Sequence[int], *, of_file: Collection[int]) -> bool:
    """Whether most of the lines print a count of the whole file."""
    counted = sum(line in of_file for line in cluster)
    return counted >= LEAST and counted >= MOSTLY_COUNTED * len(cluster)


def _stands_apart(cluster: Sequence[int]) -> bool:
    """Whether a page may stand between one place of the line and the next: rows of tables follow each other."""
    distances = sorted(b - a for a, b in pairwise(cluster))
    return distances[len(distances) // 2] >= PAGE_LEAST and distances[len(distances) // 10] >= PAGE_LEAST // 2


def tell_days(places: Sequence[int], *, features: Sequence[LineFeatures]) -> bool:
    """Whether several of the lines print a day, mostly another one: no running header does, but each document's own."""
    if len(places) < LEAST:
        return False
    days = [found[0] for line in places if (found := IN_DIGITS.search(features[line - 1].folded))]
    return len(days) >= LEAST and len(set(days)) > MOST_ALIKE * len(days)


def _least_share(cluster: Sequence[int], features: Sequence[LineFeatures]) -> float:
    """The share of its places at which a line interrupts that runs: labels and headings stand within texts as well."""
    line = features[cluster[0] - 1]
    return FORM_SHARE if _is_of_form(line) or line.heading is not None else INTERRUPTED_SHARE


def _heads_pages(cluster: Sequence[int], *, printed: Sequence[int], pages: Sequence[int]) -> bool:
    """Whether pages begin with the line, and do not end with it.

    It stands on top of the file, or a page turns just above it at more of its places than just below it.
    """
    if cluster[0] in printed[:HEAD]:
        return True
    above = sum(1 for line in cluster if pages[max(0, line - 1 - NEAR)] != pages[line - 1])
    below = sum(1 for line in cluster if pages[min(len(pages), line + NEAR) - 1] != pages[line - 1])
    return above > below


def _breaks_off(line: LineFeatures) -> bool:
    """Whether the line may be one of running text that goes on below: long, and with no mark of an end."""
    if line.title or line.ruler or line.closing or line.groups:
        return False
    return len(line.folded) >= BROKEN_LENGTH and line.folded[-1:] not in _ENDS


def _is_of_form(line: LineFeatures) -> bool:
    """Whether the line names a document or labels something, as forms do."""
    return line.title_noun or bool(line.groups)


def _spell_lines(printed: Sequence[int], *, features: Sequence[LineFeatures]) -> dict[str, list[int]]:
    """The places of the lines that may run, by what a scan leaves of their spelling."""
    places: dict[str, list[int]] = defaultdict(list)
    for number in printed:
        line = features[number - 1]
        if line.prose or line.ruler or line.closing or line.lower or len(line.folded) > LONGEST:
            continue
        if line.columns > MOST_COLUMNS:
            continue
        letters = spell(line.folded)
        if len(letters) >= LEAST_LETTERS:
            places[letters].append(number)
    return places


def _cluster(places: Mapping[str, list[int]]) -> list[list[int]]:
    """The places of lines that are spelt alike, or nearly so, where there are several of them: increasing."""
    known = {letters: list(numbers) for letters, numbers in places.items() if len(numbers) >= LEAST}
    rest = {
        letters: numbers
        for letters, numbers in places.items()
        if letters not in known and len(letters) >= LEAST_LIKENED
    }
    forms = [letters for letters in known if len(letters) >= LEAST_LIKENED]
    forms = sorted(forms, key=lambda letters: -len(known[letters]))[: MOST_COMPARED // max(1, len(rest))]
    for letters in list(rest) if forms else ():
        like = process.extractOne(letters, forms, scorer=fuzz.ratio, score_cutoff=LIKE_ENOUGH)
        if like is not None:
            known[like[0]].extend(rest.pop(letters))
    clusters = [*known.values(), *(_gather(rest) if len(rest) <= MOST_LIKENED else ())]
    return [sorted(numbers) for numbers in clusters]


def _gather(rest: Mapping[str, list[int]]) -> Iterator[list[int]]:
    """Clusters among lines of which no spelling comes often: each copy is spoilt in its own way."""
    left = dict(rest)
    while left:
        letters, numbers = left.popitem()
        alike = [
            found[0]
            for found in process.extract(letters, list(left), scorer=fuzz.ratio, score_cutoff=LIKE_ENOUGH, limit=None)
        ]
        together = [*numbers, *(number for other in alike for number in left[other])]
        if len(together) >= LEAST:
            yield together
            for other in alike:
                del left[other]


def _find_runs(printed: Sequence[int], *, cluster_of: Mapping[int, int]) -> Iterator[tuple[int, tuple[int, ...], int]]:
    """Runs: lines of clusters under each other, with the line above and the line below, which are of none.

    What stands on top or at the end of the file interrupts nothing, and is left out.
    """
    before, run = 0, list[int]()
    for number in printed:
        if number in cluster_of:
            run.append(number)
            continue
        if run and before:
            yield before, tuple(run), number
        before, run = number, []


def _find_behind_blank(run: Sequence[int]) -> int:
    """The first line of the run behind a blank one; the one below it where it has none."""
    return next((b for a, b in pairwise(run) if b - a > 1), run[-1] + 1)


def _find_tops(lines: Sequence[int], *, heads: Collection[int], pages: Sequence[int]) -> Iterator[int]:
    """The lines at which pages begin that the file itself does not tell: with a header, or behind a footer.

    The file tells one itself where the page has changed from just above the run to the line behind that top.
    """
    run: list[int] = []
    for number in (*lines, len(pages) + REACH + 1):
        if run and number - run[-1] > REACH:
            top = next((each for each in run if each in heads), None) or _find_behind_blank(run)
            above = max(1, run[0] - NEAR)
            if run[0] > 1 and top <= len(pages) and pages[above - 1] == pages[min(len(pages), top + 1) - 1]:
                yield top
            run = []
        run.append(number)
