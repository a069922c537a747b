"""Invented documents, and what is judged of two of them."""

from datetime import date
from uuid import UUID

from documents.domain.likeness.changes import compare_wordings
from documents.domain.likeness.fingerprints import take_fingerprint
from documents.domain.likeness.verdicts import Paper, Verdict, judge
from documents.domain.likeness.wording import Wording, read_wording
from documents.domain.lines import from_text
from documents.domain.rules.engine import read

DAY = date(2024, 3, 5)
JUNIPER = UUID(int=1)
OTHER = UUID(int=2)

VISIT = """Hollow Lane Clinic
Visit note
Date: 2024-03-05
Patient: Juniper   Owner: Marlow Tennick
Presented for a cough that began four days ago, worse at night. Eating and drinking as always.
Weight: 12.4 kg   Temperature: 38.6 C   Heart rate: 96
Chest clear on both sides, mild redness of the throat, no discharge from eyes or nose.
Plan: rest, doxycycline 50 mg twice a day for 7 days, recheck if it does not get better.
"""
LAB = """Larkfield Laboratory
Biochemistry report
Accession no: LF-24-118822
Patient: Juniper   Collected: 2024-03-05
Glucose        5.2  mmol/l   3.9 - 6.1
Sodium         145  mmol/l   140 - 154
Potassium      4.4  mmol/l   3.8 - 5.6
Urea           6.1  mmol/l   2.5 - 9.6
Creatinine     88   umol/l   44 - 159
ALT            41   U/l      10 - 125
Total protein  64   g/l      52 - 82
Comment: no abnormality found in this panel, please see also the blood count.
"""
CONSENT = """Consent for treatment
I agree that the animal named on the record is treated as the veterinarian thinks best, and I have been told of the
risks of sedation and of the likely cost. I know that no outcome can be promised, and that I may ask at any time.
Signature of owner or agent
"""


def read_words(text: str) -> Wording:
    source = from_text(text)
    noise = read(source).noise.lines
    return read_wording(lines=source.lines, start_line=1, end_line=len(source.lines), noise=noise)


def make_paper(
    text: str,
    *,
    title: str = "",
    type: str = "consult_note",
    date: date | None = DAY,
    animal: str = "Juniper",
    patient: UUID | None = None,
) -> Paper:
    """A document of this text; its title is its second line, unless one is said."""
    said = title or text.splitlines()[1]
    fingerprint = take_fingerprint(read_words(text))
    return Paper(fingerprint=fingerprint, title=said, type=type, date=date, animal=animal, patient=patient)


def judge_texts(first: str, second: str, **of_second: object) -> Verdict | None:
    """What two texts are; the second's document is as the first's, but for what is said of it."""
    return judge(
        make_paper(first),
        make_paper(second, **of_second),  # type: ignore[arg-type]
        compare=lambda: compare_wordings(read_words(first), read_words(second)),
    )
