"""Veterinarians who are told without a label: who signs, who is written to, who stands in a cell of a table's row."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from documents.domain.facts import labels
from documents.domain.facts.claims import LocatedClaim

_TITLE_OF_VET = (
    r"(?:Drs?|DRA?|Dra|Dre|Docteur|DOCTEUR|Doctor|Doctora|MVZ|Lic|TÄ|TA|Tierarzt|Tierärztin)\.?(?: med\.? ?vet\.?)?"
)
_DEGREE = r"(?:DVM|VMD|BVSc|BVMS|BVM&S|BVetMed|MRCVS|FRCVS|MVZ|MVB|D[AE]C[A-Z]{1,5}|PhD|MS|MSc|CertAVP|Dip[A-Z]+)"
_NAME_OF_PERSON = r"[A-ZÀ-Ý][\w'’.-]*(?: (?:(?:de|del|la|van|von|der|le|du) )?[A-ZÀ-Ý][\w'’.-]*){0,3}"
_VET = (
    rf"(?P<vet>{_TITLE_OF_VET} {_NAME_OF_PERSON}(?:,? {_DEGREE}(?:,? {_DEGREE})*)?"
    rf"|{_NAME_OF_PERSON},? {_DEGREE}(?:,? {_DEGREE})*)"
)
_SIGNED = (
    r"(?:(?:[Ee]lectronically )?[Ss]igned(?: by)?|[Rr]eviewed by|[Aa]pproved by|[Ff]irmado(?: por)?|[Ff]do\.?"
    r"|[Ss]igné(?: par)?|[Vv]alidé par|[Gg]ez\.|[Ee]lektronisch (?:freigegeben|signiert|unterzeichnet)(?: von)?"
    r"|Sincerely|(?:Kind |Best )?[Rr]egards|Atentamente|Un saludo|Cordialement|(?:Bien )?[Cc]onfraternellement"
    r"|Mit (?:freundlichen|kollegialen|besten) Grüßen"
    r"|(?:[Dd]ischarged|[Aa]lta|[Ee]ntlassung|[Ss]ortie): (?:\S+ ){0,4}?\S*\d{2,4})[:,]?"
)
_SIGNATURE = re.compile(rf"(?:{_SIGNED}\s+)?{_VET}(?=\s*$|\s{{2,}}|\s+\d|\s+N[.°º])")
_GREETING = re.compile(
    r"(?:Dear|Hello|Estimad[oa]|Hola|Buenos días|Buenas tardes|Cher|Chère|CHER|CHÈRE|Bonjour|Hallo|Guten Tag"
    rf"|Liebe[r]?|Sehr geehrte[r]?(?: Frau| Herr)?) {_VET}(?=\s*[,:]?\s*$)"
)
_WORDS_OF_NAME = re.compile(r"[^\W\d_]{2,}")
LONGEST = 60  # characters of a name with its degrees

VET_WORDS = frozenset(
    {"dr", "drs", "dra", "dre", "docteur", "doctor", "doctora", "mvz", "lic", "tä", "ta", "tierarzt", "tierärztin"}
    | {"dvm", "vmd", "bvsc", "bvms", "bvm", "bvetmed", "mrcvs", "frcvs", "phd", "certavp", "mvb"}
)  # in lower case; one of them stands in each signature


def find_signature(text: str) -> str | None:
    """The veterinarian that a line of a signature names: "Signed Oswin Fenwick, BVSc MRCVS 11/26/18"."""
    return _vet_of(_SIGNATURE.match(text))


def find_addressee(text: str) -> str | None:
    """The veterinarian to whom a letter is written, by the whole name: "Dear Dr. Ulrich Castellan, DVM,"."""
    vet = _vet_of(_GREETING.match(text))
    return vet if vet is not None and len(_WORDS_OF_NAME.findall(vet)) >= 3 else None


def find_in_cells(cells: Sequence[tuple[int, str]]) -> Iterator[str]:
    """The veterinarians that fill a cell behind one that is no label: "Rabies   2019-03-04   Dr Ann Poe"."""
    for (_, before), (_, cell) in pairwise(cells):
        first, _, rest = cell.strip(" ()").partition(" ")
        is_label = labels.ROLES.get(first.casefold()) == "veterinarian" and first.casefold() not in VET_WORDS
        match = _SIGNATURE.fullmatch(rest if is_label else f"{first} {rest}")
        vet = _vet_of(match)
        if vet is not None and len(_WORDS_OF_NAME.findall(vet)) >= 3 and labels.canonical(before) not in labels.ROLES:
            yield vet


def cut_names(claims: Sequence[LocatedClaim], lines: Sequence[str]) -> Iterator[LocatedClaim]:
    """The claims of signatures; where lines go on with prose behind one surname, with title and surname alone.

    Of "Dr. Tormo Revacunación" and "Dr. Tormo Primera consulta" the name is Dr. Tormo.
    """
    told: defaultdict[str, set[str]] = defaultdict(set)
    for claim in claims:
        told[_surname_of(claim.raw)].add(claim.raw)
    loose = {head for head, names in told.items() if len(names) > 1 and head} & {
        head for line in lines for head in [_surname_of(line.strip())] if head and _PROSE.match(line.strip(), len(head))
    }
    for claim in claims:
        head = _surname_of(claim.raw)
        yield replace(claim, raw=head, quote=head) if head in loose else claim


_TITLED = re.compile(rf"{_TITLE_OF_VET} [A-ZÀ-Ý][\w'’-]+")
_PROSE = re.compile(r" (?:[^\W\d_]+ )?[a-zà-ÿ]{4,}")


def _surname_of(text: str) -> str:
    """Title and the first name of a text that begins with them; else nothing."""
    match = _TITLED.match(text)
    return match[0] if match is not None else ""


def _vet_of(match: re.Match[str] | None) -> str | None:
    return match["vet"] if match is not None and len(match["vet"]) <= LONGEST else None
