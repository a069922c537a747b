"""Running lines that cut through documents: fax lines, print headers, footers with counters and dates."""

from collections.abc import Sequence
from datetime import timedelta

from tests.records.desk import Desk
from tests.records.sheets import Paging, Sheet


def page_as_fax(desk: Desk) -> Paging:
    """A fax machine's line at the top of each page; the same for each call."""
    style = desk.habit("fax line", ("plain", "from", "arrow", "dots", "two"))
    sent = desk.habit("fax day", (desk.today + timedelta(days=1_200),))  # after what it holds
    stamp, time = desk.show_date(sent, style="%m/%d/%Y"), desk.habit("fax time", (desk.show_time(),))
    number, name = desk.clinic.phone, desk.clinic.name.upper()
    offset = desk.habit("fax offset", (0, 0, 1))
    minutes = desk.habit("fax minutes", (True, False))

    def head(page: int, pages: int, sheet: Sheet) -> Sequence[str]:
        at = (
            f"{time[:-2]}{(int(time[-1]) if time[-1].isdigit() else 0) + page % 5}{page % 10}"
            if minutes and time[-1].isdigit()
            else time
        )
        shown, total = page + offset, pages + offset
        if style == "plain":
            return [f"{stamp} {at}   {name}   FAX {number}   P.{shown:03}/{total:03}"]
        if style == "from":
            return [f"From: {name[:24]}  Fax: {number}   To: 5550199   Page: {shown} of {total}   {stamp} {at}"]
        if style == "arrow":
            return [f"{stamp}  {at}  {number} -> 5550133   pg {shown} of {total}"]
        if style == "dots":
            return [f"Received Fax ...... {stamp} {at} ...... {number} ...... {shown}/{total}", ""]
        return [f"{name[:30]}                     {shown:02}/{total:02}", f"TIME: {stamp} {at}      ID: {number}"]

    length = desk.habit("fax page", (38, 44, 50, 56, 60))
    feed = desk.habit("fax feed", (True, True, False))
    return Paging(length=length, header=head, feed=feed)


def page_as_print(desk: Desk, *, title: str) -> Paging:
    """A practice system's header and footer on each page of a long print."""
    words = desk.pool["table"]
    style = desk.habit("print head", ("one", "two", "ruled", "foot", "both", "browser", "private"))
    stamp = desk.habit("print day", (desk.show_date(desk.today),))
    name = desk.clinic.name
    time, code = (
        desk.habit("print time", (desk.show_time(),)),
        desk.habit("print code", (desk.random.randint(100, 9999),)),
    )

    def number(page: int, pages: int) -> str:
        return f"{words['page']} {page} {words['of']} {pages}" if style != "two" else f"{words['page']} {page}"

    def head(page: int, pages: int, sheet: Sheet) -> Sequence[str]:
        if style in ("foot", "private"):
            return []
        if style == "browser":
            return [f"{stamp}, {time}          {title} | {name}"]
        if style == "one":
            return [f"{name}   {title}   {stamp}   {number(page, pages)}", ""]
        if style == "two":
            return [name, f"{title}                              {number(page, pages)}", ""]
        if style == "ruled":
            return [f"{title}{' ' * 30}{number(page, pages)}", "_" * 90]
        return [f"{title}  -  {name}"]

    def foot(page: int, pages: int, sheet: Sheet) -> Sequence[str]:
        if style in ("foot", "both"):
            return ["", f"{stamp}   {name}   {desk.clinic.phone}      {number(page, pages)}"]
        if style == "browser":
            return [f"https://chart.{name.split()[0].lower()}.example.com/print?id={code}          {page}/{pages}"]
        if style == "private":
            return [f"*** {name.upper()} ***", f"{stamp} {time} - {page} - "]
        return []

    length, feed = desk.habit("print page", (42, 48, 54, 60)), desk.habit("print feed", (True, False))
    return Paging(length=length, header=head, footer=foot, feed=feed)
