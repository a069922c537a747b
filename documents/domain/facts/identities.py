"""Who the patients of a file are, and whose each document and each line is.

A document's own names come first; then its chip; then a name that its head, or it alone, mentions; and in a file of
one patient, that patient. Never by name alone where the kind of animal differs, never two chips as one patient.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from documents.domain.dates import find_dates
from documents.domain.facts.adoptions import changes_hands, find_surrenders
from documents.domain.facts.anchors import Anchor, anchor_above, find_anchors
from documents.domain.facts.clusters import Identity, cluster
from documents.domain.facts.directory import Directory
from documents.domain.facts.households import share_household, tell_households
from documents.domain.facts.inheritance import fill_between, named_from, passes_on
from documents.domain.facts.marks import split_cells
from documents.domain.facts.mentions import Resolver, find_names
from documents.domain.facts.naming import learn_names
from documents.domain.facts.numbers import DOUBTFUL_DIGIT
from documents.domain.facts.observed import Observation, list_values
from patients.domain import species

FAR_BELOW = 60  # lines above a chip in which another animal's name makes it doubtful whose it is


def build_directory(
    *, observations: Sequence[Observation], lines: Sequence[str], ranges: Sequence[tuple[int, int]]
) -> Directory:
    """The patients that the observations name, in the order of their first lines; `ranges` are the documents' lines."""
    naming = learn_names(observations=observations, lines=lines)
    anchors = find_anchors(observations, lines, naming=naming)
    households = tell_households(observations)
    surrenders = find_surrenders(lines=lines, ranges=ranges)
    lasting = [one for one in observations if not changes_hands(one, surrenders=surrenders)]
    identities = _gather(lasting, anchors, households, lines)
    clusters, unclear = cluster(identities)
    clusters.sort(key=lambda one: (one.first_line, sorted(one.names)))
    places = {place: index for index, one in enumerate(clusters) for place in one.places}
    holders: defaultdict[str, set[int]] = defaultdict(set)
    for index, one in enumerate(clusters):
        for scanned in one.scanned:
            holders[scanned].add(index)
    resolver = Resolver(
        clusters=clusters,
        lines=lines,
        passes_on=passes_on(clusters, anchors, observations, len(ranges)),
        named_from=named_from(anchors, len(ranges)),
        patient_of_name={n: min(h) for n, h in holders.items() if len(h) == 1},
    )
    chips = list_values(observations, "microchip")
    kinds = list_values(observations, "species")
    owner: list[int | None] = []
    for position, bounds in enumerate(ranges):
        own = {places.get((position, anchor.scanned)) for anchor in anchors.get(position, [])}
        if own:
            owner.append(resolver.choose(own, anchors[position], places, position))
        else:
            owner.append(resolver.resolve(bounds, chips[position], kinds[position], position=position))
    owner = fill_between(
        owner,
        observations=observations,
        can_be=lambda place, patient: resolver.allows(ranges[place], patient, kinds[place]),
    )
    return Directory(
        names=tuple(_display_name(one) for one in clusters),
        patient_of_document=tuple(owner),
        warnings=tuple(_warn(owner, unclear, ranges, clusters)),
        anchors=anchors,
        patient_of_place=places,
        mentioned=resolver.mentioned,
        patient_of_name=resolver.patient_of_name,
        patients_of_chip=_list_holders(clusters),
        naming=naming,
        anchored=frozenset((document, one.line, one.scanned) for document, own in anchors.items() for one in own),
        headings=resolver.find_headings(ranges) if len(clusters) > 1 else {},
        owners_of_document=households,
        surrenders=surrenders,
        owners_of_patient=_list_owners(anchors, households, places),
    )


def _list_owners(
    anchors: dict[int | None, list[Anchor]],
    households: defaultdict[int | None, set[str]],
    places: Mapping[tuple[int | None, str], int],
) -> dict[int, frozenset[str]]:
    """By patient the owners whom the documents tell that name that animal alone."""
    found: defaultdict[int, set[str]] = defaultdict(set)
    for document, own in anchors.items():
        patients = {places.get((document, anchor.scanned)) for anchor in own}
        only = patients.pop() if len(patients) == 1 else None
        if only is not None and len(households[document]) == 1:
            found[only] |= households[document]
    return {patient: frozenset(owners) for patient, owners in found.items()}


def _list_holders(clusters: Sequence[Identity]) -> dict[str, frozenset[int]]:
    """The patients that are known by each chip."""
    holders: defaultdict[str, set[int]] = defaultdict(set)
    for index, one in enumerate(clusters):
        for chip in one.chips:
            holders[chip].add(index)
    return {chip: frozenset(indices) for chip, indices in holders.items()}


def _gather(
    observations: Sequence[Observation],
    anchors: dict[int | None, list[Anchor]],
    households: defaultdict[int | None, set[str]],
    lines: Sequence[str],
) -> list[Identity]:
    """What each document says of each animal that it names. A gap names nobody."""
    found: dict[tuple[int | None, str], Identity] = {}
    for document, own in anchors.items():
        for anchor in own:
            one = found.setdefault((document, anchor.scanned), Identity(first_line=anchor.line))
            one.names[anchor.name] += 1
            one.places.add((document, anchor.scanned))
    for observation in observations:
        own = anchors.get(observation.document, [])
        above = anchor_above(own, observation.claim.line)
        if above is None:
            continue
        value, name = str(observation.value.value), observation.value.field
        if name == "owner":
            owners = households[observation.document]
            for scanned in share_household(own, line=observation.claim.line, owners=owners):
                found[observation.document, scanned].owners.add(value)
            continue
        one = found[observation.document, above.scanned]
        if name == "species":
            one.species.add(value)
        elif name == "date_of_birth" and len(value) == 10 and DOUBTFUL_DIGIT not in observation.value.flags:
            one.births.add(value)
    known = {scanned for _, scanned in found}
    for observation in observations:
        if observation.value.field == "microchip" and not observation.value.flags:
            holder = _find_holder(observation, anchors, found, known, lines)
            if holder is not None:
                holder.chips.add(str(observation.value.value))
    for one in found.values():
        if len(one.chips) > 1:
            one.chips.clear()  # a list of several animals: its chips prove nothing about the one that is named
    return list(found.values())


def _find_holder(
    chip: Observation,
    anchors: dict[int | None, list[Anchor]],
    found: dict[tuple[int | None, str], Identity],
    known: set[str],
    lines: Sequence[str],
) -> Identity | None:
    """Whose a chip is: the animal's that its line names, else of "Microchip (cat): ..." the only cat's of its document,
    else the one's that is named above it, if no other is named between the two."""
    line = lines[chip.claim.line - 1]
    ahead = line[: max(line.find(chip.claim.raw), 0)]
    named = find_names(ahead, known)
    if named:
        return found.get((chip.document, min(named))) if len(named) == 1 else None
    own = anchors.get(chip.document, [])
    above = anchor_above(own, chip.claim.line)
    if above is None:
        return None
    if len(known) > 1 and above.line != chip.claim.line:
        # "Ranger KMR 5/2/23 lame, chip 933..." below Juniper is of who knows whom.
        is_entry = bool(find_dates(split_cells(ahead)[-1][1])) if ahead and not ahead.endswith("  ") else False
        between = lines[above.line : chip.claim.line - 1][-FAR_BELOW:]
        if is_entry or any(find_names(each, known) - {above.scanned} for each in between):
            return None
    nearest = found[chip.document, above.scanned]
    kind = species.find_species(chip.claim.quote)
    if kind is None or not nearest.species or kind in nearest.species:
        return nearest
    fitting = [found[chip.document, scanned] for scanned in {anchor.scanned for anchor in own}]
    fitting = [one for one in fitting if one.species == {kind}]
    return fitting[0] if len(fitting) == 1 else None


def _display_name(one: Identity) -> str:
    """The name as most papers print it, capitals only where all do."""
    mixed = {name: count for name, count in one.names.items() if not name.isupper()} or dict(one.names)
    return min(mixed, key=lambda name: (-mixed[name], name))


def _warn(
    owner: Sequence[int | None],
    unclear: Sequence[Identity],
    ranges: Sequence[tuple[int, int]],
    clusters: Sequence[Identity],
) -> Iterable[str]:
    without = [position for position, patient in enumerate(owner) if patient is None]
    if clusters and without:
        lines = ", ".join(str(ranges[position][0]) for position in without[:5])
        more = ", ..." if len(without) > 5 else ""
        yield f"{len(without)} documents have no certain patient (they start at lines {lines}{more})"
    if unclear:
        lines = ", ".join(str(one.first_line) for one in sorted(unclear, key=lambda one: one.first_line)[:5])
        yield f"names that fit more than one patient (lines {lines}); their documents need review"
