"""Where an e-mail begins: further fields stand below its "from", or beside it."""

import pytest

from documents.domain.lines import from_text
from documents.domain.rules.engine import read


def begins_mail(*lines: str, at: int = 1) -> bool:
    reading = read(from_text("\n".join(lines)))
    return reading.scene.lines.messages.begins_mail(reading.words.index(at))


@pytest.mark.parametrize(
    "lines",
    [
        ("From: Ada Fenwright", "To: Harbor Lane", "Subject: bill"),
        ("From: Ada Fenwright       To: Harbor Lane       14 June 2021", "Can I come at four?"),
        ("From: Ada Fenwright       Sunday, June 14, 2021 8:33 AM", "Can I come at four?"),
        ("From: Ada Fenwright    To: Harbor Lane", "14 June 2021 08:33", "Can I come at four?"),
        ("From: Ada Fenwright    To: Harbor Lane", "Sent: Mon 14/6/2021", "Can I come at four?"),
        ("Von: Ada Fenwright    An: Praxis    Betreff: Rechnung", "Kann ich um vier kommen?"),
    ],
)
def test_a_mail_is_told_by_two_fields_more(lines):
    assert begins_mail(*lines)


@pytest.mark.parametrize(
    ("lines", "at"),
    [
        (("From: Ada Fenwright", "She came in with her cat."), 1),
        (("From: Ada Fenwright", "Sent: 14 June 2021 08:33", "A message within an entry."), 1),
        (("From: the shelter, 14 June 2021", "She came in with her cat."), 1),
        (("To: Ridge Specialists", "From: front desk   Date: 14 June 2021 08:33", "Pages: 7"), 2),
    ],
)
def test_one_field_tells_none_nor_does_a_fax_cover(lines, at):
    assert not begins_mail(*lines, at=at)
