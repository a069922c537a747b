"""Transcripts of chats with a telemedicine service: a line a message, each with its time."""

from collections.abc import Iterator

from tests.records.cast import Animal
from tests.records.desk import Desk
from tests.records.layouts.registry import layout
from tests.records.sheets import Sheet


@layout("tele_chats", separators=("none", "one", "two", "mixed", "ruler"))
def write(desk: Desk) -> Iterator[Sheet]:
    """Chats of a few owners."""
    while True:
        animal = desk.draw_animal(same_owner=0.2)
        for _ in range(desk.pick((1, 2, 3))):
            desk.pass_days(1, 60)
            yield _write_chat(desk, animal)


def _write_chat(desk: Desk, animal: Animal) -> Sheet:
    sheet = desk.open_sheet("communication", animal, width=90, confident=False)
    day = desk.show_date(desk.today)
    start = desk.habit("start", ("Chat transcript", "Session #{number}", "", "VetLine consultation"))
    number = desk.random.randint(10**4, 10**6)
    title = start.format(number=number)
    if title:
        sheet.head(title, shown=f"{title} - {day}" if desk.habit("date behind", (True, False)) else None)
    who_answers = desk.pick(desk.clinic.vets)
    vet = desk.vet(animal, who=who_answers)
    if not desk.habit("date behind", (True,)) or not title:
        sheet.add(f"Started: {day} {desk.show_time()}   Duration: {desk.random.randint(4, 40)} min")
    sheet.add(
        f"Participants: {desk.fact(animal, 'owner')}, {vet}   Pet: {desk.name(animal)} ({desk.fact(animal, 'breed')})"
    )
    hour, minute = desk.random.randint(7, 21), desk.random.randint(0, 20)
    names = (animal.owner.first, who_answers)
    style = desk.habit("message", ("brackets", "plain", "own line"))
    for index in range(desk.random.randint(5, 24)):
        minute += desk.random.randint(0, 2)
        at, who = f"{hour + minute // 60:02}:{minute % 60:02}", names[index % 2 if desk.chance(0.9) else 0]
        text = desk.say("chatlines")
        if style == "own line":
            sheet.add(f"{who} {at}")
            sheet.prose(text)
        else:
            sheet.prose(f"[{at}] {who}: {text}" if style == "brackets" else f"{at} {who} - {text}")
    if desk.chance(0.6):
        sheet.skip(desk.pick((0, 1)))
        sheet.prose(f"Summary by the vet: {desk.problem(animal)}. {desk.theme('plan')}")
    if desk.chance(0.4):
        sheet.add("Chat ended by client.")
    return sheet
