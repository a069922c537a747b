"""Running headers, running footers and fax lines: inside documents, and no part of what they say."""

import pytest

from documents.domain.lines import from_text
from documents.domain.rules import noise as noise_module
from documents.domain.rules import unpaged
from documents.domain.rules.engine import read
from tests.unit.rules.reading import TOLD, segment, starts_of


def noise_of(*lines: str) -> list[int]:
    return sorted(read(from_text("\n".join(lines))).noise.lines)


def pages_of(*pages: tuple[str, ...], header: str, footer: str) -> list[str]:
    """Pages under a running header and over a running footer, {} being the page's number."""
    lines: list[str] = []
    for number, page in enumerate(pages, start=1):
        head = header.format(number)
        lines += [head if number == 1 else f"\f{head}", "", *page, "", footer.format(number)]
    return lines


NOTE = ("CONSULTATION NOTE", "Date: 03/14/2019", "Patient: Biscuit", "")


@pytest.mark.parametrize(
    ("header", "footer"),
    [
        ("Harbor Lane Animal Hospital     Medical record     Page {} of 4", "Printed for the owner   {}/4"),
        ("Harbor Lane Animal Hospital", "Page {}"),
        ("Clínica del Puerto     Historia de Bizcocho", "Página {} de 4"),
        ("Clinique du Port     Dossier de Biscotte", "Page {} sur 4"),
        ("Tierarztpraxis am Hafen     Akte von Keks", "Seite {} von 4"),
    ],
)
def test_running_headers_and_footers_are_noise_and_split_nothing(header, footer):
    lines = pages_of((*NOTE, *TOLD[:3]), TOLD[3:7], TOLD[7:11], TOLD[11:15], header=header, footer=footer)
    marked = [
        number
        for number, line in enumerate(lines, start=1)
        if line.lstrip("\f")[:8] == header[:8] or line[:4] == footer[:4]
    ]
    assert len(marked) == 8
    assert noise_of(*lines) == marked
    assert starts_of(lines) == [1]


def test_noise_lies_in_the_document_around_it():
    lines = pages_of((*NOTE, *TOLD[:3]), TOLD[3:7], TOLD[7:11], header="Harbor Lane   Page {} of 3", footer="Copy {}")
    segmentation = segment(lines)
    (document,) = segmentation.documents
    assert segmentation.gaps == ()
    assert segmentation.noise_lines
    assert all(document.start_line <= line <= document.end_line for line in segmentation.noise_lines)


def test_a_document_that_begins_in_the_middle_of_a_page_begins_there_and_not_at_its_running_header():
    lines = pages_of(
        (*NOTE, *TOLD[:3]),
        TOLD[3:7],
        (*TOLD[7:9], "", "LABORATORY REPORT", "Date: 03/15/2019", "Patient: Biscuit", "", TOLD[9]),
        TOLD[11:15],
        header="Harbor Lane Animal Hospital     Medical record     Page {} of 4",
        footer="Printed for the owner   {}/4",
    )
    assert starts_of(lines) == [1, lines.index("LABORATORY REPORT") + 1]


@pytest.mark.parametrize(
    "line",
    [
        "From: Harbor Lane  Fax 555-0101  03/14/2019 10:22  p. 2/4",
        "03/14/2019 10:22  Harbor Lane  555-0101   Page 2 of 4",
        "Page 2 of 4",
        "- Page 2 -",
        "Página 2 de 4",
        "Seite 2 von 4",
        "Page 2 sur 4",
    ],
)
def test_fax_lines_and_page_counters_are_noise_wherever_they_stand(line):
    assert noise_of(*NOTE, TOLD[0], line, TOLD[1], TOLD[2]) == [6]


@pytest.mark.parametrize(
    "line",
    [
        "Biscuit weighs 12.4 kg",
        "From: Dana Whitlow <dana@example.com>",
        "Date: 03/14/2019",
        "WBC   7.1   6.0-17.0",
        "Blood pressure 120/80, page the surgeon if it falls below that at any time during the night.",
        "12/40 sutures removed",
    ],
)
def test_what_is_said_of_a_patient_is_no_noise(line):
    assert noise_of(*NOTE, TOLD[0], line, TOLD[1]) == []


def test_what_stands_on_two_pages_does_not_run():
    lines = pages_of((*NOTE, *TOLD[:3]), TOLD[3:7], header="Harbor Lane Animal Hospital", footer="Biscuit Whitlow")
    assert noise_of(*lines) == []


def test_noise_does_not_depend_on_where_in_a_page_the_words_of_others_stand():
    lines = pages_of(TOLD[:4], TOLD[4:8], TOLD[8:12], header="Harbor Lane Animal Hospital", footer="Biscuit Whitlow")
    again = pages_of(TOLD[8:12], TOLD[:4], TOLD[4:8], header="Harbor Lane Animal Hospital", footer="Biscuit Whitlow")
    assert noise_of(*lines) == noise_of(*again) == [1, 8, 9, 16, 17, 24]


def test_the_same_form_on_page_after_page_is_as_many_documents_and_no_noise():
    lines = [
        line
        for day in (11, 12, 13, 14)
        for line in (
            "\fCONSULTATION NOTE" if day > 11 else "CONSULTATION NOTE",
            f"Date: 03/{day}/2019",
            "Patient: Biscuit",
            "",
            *TOLD[day - 11 : day - 8],
            "",
            "Electronically signed by Dr. Vos",
        )
    ]
    assert noise_of(*lines) == []
    assert starts_of(lines) == [1, 10, 19, 28]


def test_a_title_that_carries_its_page_counter_is_a_title():
    lines = [*NOTE, *TOLD[:3], "", "LABORATORY REPORT          Page 1 of 1", "Date: 03/15/2019", "Patient: Biscuit"]
    assert noise_of(*lines) == []
    assert starts_of([*lines, "", TOLD[3]]) == [1, 9]


def test_a_sentence_that_speaks_of_a_page_is_no_noise():
    assert (
        noise_of(*NOTE, "He chewed up page 2 of the leaflet that we gave to the owner about diets of old dogs.") == []
    )


def test_lines_are_not_compared_with_more_running_forms_than_a_record_has(monkeypatch):
    """A file may be made of nothing but running lines: each form against each other line would take hours."""
    words = ("amber", "birch", "cedar", "delta", "elder")
    lines = [f"{first} and {second} alike" for first in words for second in words] * 5
    compared = []

    def count(form, **_):
        compared.append(form)
        return set()

    monkeypatch.setattr(unpaged, "_find_spoilt", count)
    noise_of(*lines)
    assert compared
    compared.clear()
    monkeypatch.setattr(unpaged, "MOST_FORMS", 0)
    noise_of(*lines)
    assert not compared


class TestFaxLinesWithoutATotal:
    @pytest.mark.parametrize(
        "line",
        ["03/14/2019 10:22  From Harbor Lane  P. 02", "14.03.2019 10:22 Von Tierarztpraxis  p 2", "10:22 fax  pg 2 -"],
    )
    def test_are_noise(self, line):
        assert noise_of(*NOTE, TOLD[0], line, TOLD[1], TOLD[2]) == [6]

    @pytest.mark.parametrize(
        "line",
        [
            "10:22 gave the pill as told on p. 2",
            "10:22 from here on see page 2 of it",
            "From Harbor Lane  P. 02",
            "10:22 sent by fax to the laboratory",
        ],
    )
    def test_are_told_from_what_is_said(self, line):
        assert noise_of(*NOTE, TOLD[0], line, TOLD[1]) == []


@pytest.mark.parametrize(
    ("line", "noise"), [(". -", [6]), ("*", [6]), ("----", []), ("- 3", []), (". , ; :", []), ("+ a", [])]
)
def test_specks_of_a_scanner_are_noise(line, noise):
    assert noise_of(*NOTE, TOLD[0], line, TOLD[1]) == noise


@pytest.mark.parametrize("paged", [True, False])
def test_a_header_with_the_day_of_its_own_document_is_no_noise(paged):
    """A running header prints the same day on each page, or none."""
    headers = [f"Harbor Lane Animal Hospital   visit of 03/{day}/2019" for day in range(11, 16)]
    mark = "\f" if paged else ""
    lines = [
        line
        for place, header in enumerate(headers)
        for line in (f"{mark}{header}" if place else header, *TOLD[place : place + 3], TOLD[place + 3][:-1])
    ]
    assert noise_of(*lines) == []
    same = [line.replace(header, headers[0]) for line in lines for header in headers if header in line]
    again = iter(same)
    lines = [next(again) if "visit of" in line else line for line in lines]
    assert noise_of(*lines) == ([1, 6, 11, 16, 21] if paged else [])


def test_a_header_with_the_day_of_the_print_is_noise_though_a_document_begins_on_each_page():
    header = "\fHarbor Lane Rescue       ANIMAL FILE      printed 02/12/2022 by Noor"
    titles = ("INTAKE FORM", "MEDICAL RECORD", "BEHAVIOUR ASSESSMENT", "ADOPTION AGREEMENT", "VACCINATION RECORD")
    pages = [
        (header, "", title, f"Date: 03/1{place}/2019", *TOLD[place : place + 2]) for place, title in enumerate(titles)
    ]
    assert noise_of(*(line for page in pages for line in page)) == [1, 7, 13, 19, 25]


def test_a_letterhead_above_the_day_of_each_document_is_no_noise():
    days = [f"       Wednesday {day}th February 2022" for day in range(4, 10)]
    pages = [
        ("\fRedfern Mobile Scanning", day, TOLD[place], TOLD[place + 1], TOLD[place + 2][:-1])
        for place, day in enumerate(days)
    ]
    lines = [line for page in pages for line in page]
    assert noise_of(*lines) == []
    assert noise_of(*(line for line in lines if line not in days)) != []


def test_counters_are_counted_once_however_many_a_file_has(monkeypatch):
    counted = []
    count_of_file = noise_module.count_of_file

    def count(*args, **options):
        counted.append(1)
        return count_of_file(*args, **options)

    monkeypatch.setattr(noise_module, "count_of_file", count)
    noise_of("Note", TOLD[0], "\fPage 2 of 3", *["Page 2 of 3"] * 200, "LABORATORY REPORT", TOLD[1])
    assert 0 < len(counted) <= 5


class TestCounters:
    def forms(self, *, count: str, of: int = 3) -> list[str]:
        """Forms of two pages each, without page breaks, each page over its count, the second under its own heading."""
        lines = []
        for place in range(of):
            lines += [
                "PROGRESS NOTE",
                f"Date: 03/{place + 11}/2019",
                f"Patient: Biscuit {place}",
                *TOLD[place : place + 3],
            ]
            lines += [
                count.format(1),
                f"Progress note   Biscuit {place}",
                *TOLD[place + 4 : place + 6],
                count.format(2),
                "",
            ]
        return lines

    @pytest.mark.parametrize("count", ["Page {} of 2", "side {} of 2", "Seite {} von 2"])
    def test_below_pages_end_them(self, count):
        lines = self.forms(count=count)
        assert starts_of(lines) == [number for number, line in enumerate(lines, start=1) if line == "PROGRESS NOTE"]

    def test_that_begin_anew_with_each_document_are_none_of_the_whole_file(self):
        counters = read(from_text("\n".join(self.forms(count="Page {} of 2")))).noise.counters
        pages = list(range(1, 40))
        assert noise_module.count_of_file(counters, pages=pages) is None

    @pytest.mark.parametrize("spoilt", ["Page 1l of 12", "Page l1 of 12", "Pg 11 of l2", "Sheet 1| of 12"])
    def test_are_read_though_a_scan_took_letters_for_digits(self, spoilt):
        (counter,) = read(from_text("\n".join((TOLD[0], spoilt, TOLD[1])))).noise.counters
        assert (counter.number, counter.total) in ((11, 12), (11, None))

    def test_of_the_whole_file_run_and_so_does_what_stands_on_the_other_pages(self):
        heads = [f"Harbor Lane League      Animal Record      Page {page} of 5" for page in (1, 2, 3, 4, 5)]
        heads[3] = "Harbor Lane Leaque      Anirnal Record     Pagc 4 of S"
        lines = [line for page, head in enumerate(heads) for line in (f"\f{head}", "", *TOLD[3 * page : 3 * page + 3])]
        assert set(noise_of(*lines)) >= {number for number, line in enumerate(lines, start=1) if line[1:] in heads}


def test_fax_lines_turn_pages_where_the_first_of_them_heads_the_file():
    fax = "14-NOV-2019  09:1{}  FROM HARBOR VETS           01632960102                P.0{}"
    lines = [fax.format(1, 1), "CONSULTATION NOTE", "Date: 03/14/2019", *TOLD[:3], fax.format(2, 2), *TOLD[3:6]]
    lines += [fax.format(3, 3), "LABORATORY REPORT", "Date: 03/15/2019", "Patient: Biscuit", *TOLD[6:8]]
    reading = read(from_text("\n".join(lines)))
    assert [reading.noise.pages[lines.index(fax.format(page, page))] for page in (1, 2, 3)] == [1, 2, 3]
    assert starts_of(lines) == [1, lines.index(fax.format(3, 3)) + 1]


def test_a_fax_machine_that_names_no_page_is_known_by_its_counting_on():
    def packet(*counts: str) -> list[str]:
        heads = [f"13-06-23;08:0{place}  ;HARBOR LANE   ;555 0134     # {count}" for place, count in enumerate(counts)]
        return [line for place, head in enumerate(heads) for line in (head, *TOLD[3 * place : 3 * place + 3])]

    noise = read(from_text("\n".join(packet("1/ 4", "2/ 4", "3/ 4", "4/ 4")))).noise
    assert sorted(noise.lines) == [1, 5, 9, 13]
    assert [noise.pages[line - 1] for line in (4, 5, 9, 13)] == [1, 2, 3, 4]
    assert noise_of(*packet("3/ 4", "1/ 4", "4/ 4", "2/ 4")) == []


def test_a_page_of_so_many_in_three_digits_is_a_fax_machines():
    assert noise_of(TOLD[0], "10 MAY 2019  16:40   FAX 01632960190  NORTHSIDE LAB ->  HARBOR   001/002", TOLD[1]) == [2]
    assert noise_of(TOLD[0], "10 MAY 2019  16:40   Fax 01632960190  weighed 120/180", TOLD[1]) == []
