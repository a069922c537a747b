"""What looks like a document's beginning and is none: dates, capitals, tables, mail headers, page counts inside."""

from datetime import timedelta

from tests.records.cast import Animal
from tests.records.desk import Desk
from tests.records.layouts.blocks import print_lab_table
from tests.records.sheets import Sheet


def set_trap(desk: Desk, sheet: Sheet, animal: Animal, *, share: float = 0.3, dated: bool = True) -> None:
    """With this chance, some lines that belong to the document and look as if they did not.

    `dated`: also lines that begin with a day. Not where documents begin so themselves: nobody could tell these apart.
    """
    if desk.chance(share):
        traps = (_shout, _tabulate, _quote_mail, _count_page, _rule, _name_others, _stamp)
        desk.pick((*traps, _list_days) if dated else traps)(desk, sheet, animal)


def add_after_signature(desk: Desk, sheet: Sheet, *, share: float = 0.12) -> None:
    """With this chance, an addendum that still belongs to what was signed."""
    if desk.chance(share):
        sheet.skip(desk.pick((0, 1)))
        sheet.prose(desk.say("amendment"))
        if desk.chance(0.3):
            sheet.add(desk.vet(desk.animal))


def _list_days(desk: Desk, sheet: Sheet, animal: Animal) -> None:
    day = desk.today - timedelta(days=desk.random.randint(20, 200))
    for _ in range(desk.random.randint(2, 4)):
        sheet.prose(f"{desk.show_date(day)} {desk.say('followup')}")
        day += timedelta(days=desk.random.randint(1, 9))


def _shout(desk: Desk, sheet: Sheet, animal: Animal) -> None:
    sheet.add(desk.say("advice").upper()[: sheet.width])


def _tabulate(desk: Desk, sheet: Sheet, animal: Animal) -> None:
    sheet.skip(desk.pick((0, 1)))
    print_lab_table(desk, sheet, animal, least=3, most=6)
    sheet.skip(desk.pick((0, 1)))


def _quote_mail(desk: Desk, sheet: Sheet, animal: Animal) -> None:
    mail = desk.pool["mail"]
    day = desk.show_date(desk.today - timedelta(days=1))
    sheet.add(f"{mail['from']}: {animal.owner.name}", f"{mail['sent']}: {day} {desk.show_time()}")
    sheet.prose(desk.say("mail", 1, 2))


def _count_page(desk: Desk, sheet: Sheet, animal: Animal) -> None:
    words = desk.pool["table"]
    sheet.add(f"{words['page']} 2 {words['of']} {desk.random.randint(2, 4)}")


def _rule(desk: Desk, sheet: Sheet, animal: Animal) -> None:
    sheet.add(desk.pick(("-" * 40, "." * 60, "* * *")))
    sheet.prose(desk.say("chat"))


def _stamp(desk: Desk, sheet: Sheet, animal: Animal) -> None:
    words = desk.pool["table"]
    day = desk.show_date(desk.today + timedelta(days=desk.random.randint(1, 900)))
    sheet.add(
        desk.pick(
            (f"*** {words['received'].upper()} {day} ***", f"          {words['received']} {day}", "COPY", f"/// {day}")
        )
    )


def _name_others(desk: Desk, sheet: Sheet, animal: Animal) -> None:
    sheet.prose(desk.fill("{other}: ") + desk.say("followup", 1, 2))
