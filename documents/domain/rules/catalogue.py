"""The signals that the rules weigh: their names, what they say, and which way they may speak.

A signal of a line is there or not (1), or there in part (between 0 and 1). Weights are data (weights.json), fitted by
`manage.py fit_rules`; `way` holds them to what a reader would expect: a signal that speaks for a beginning never gets a
weight that speaks against one. `guess` is what the fit begins with, and what a weight stays near where no record tells.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Way = Literal["for", "against", "either"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Signal:
    """One signal: its name in weights.json, and its words for people."""

    name: str
    way: Way
    guess: float
    words: str


def _signals(way: Way, named: Mapping[str, tuple[float, str]]) -> tuple[Signal, ...]:
    return tuple(Signal(name=name, way=way, guess=guess, words=said) for name, (guess, said) in named.items())


BIAS = "any_line"

_OF_BREAKS = (
    *_signals("either", {"any_line": (-4.5, "any line at all")}),
    *_signals(
        "against",
        {
            "no_blank": (-0.6, "no blank line before it"),
            "breaks_off": (-2.5, "the line before breaks off in a sentence"),
            "count_goes_on": (-5.0, "the page's counter goes on"),
        },
    ),
    *_signals(
        "for",
        {
            "blank": (0.8, "a blank line before it"),
            "blanks": (1.4, "several blank lines before it"),
            "rare_blanks": (1.0, "more blank lines before it than this file mostly has"),
            "page": (1.5, "a page begins with it"),
            "count_begins": (3.0, "the page's counter begins at 1 again"),
            "ruler": (1.3, "a ruler before it"),
            "closing": (1.0, "a closing or a signature just before it"),
            "closed": (0.6, "the line before closes a document"),
            "part": (6.0, "a part of the file (an attachment) begins with it"),
        },
    ),
)
_OF_LINES = (
    *_signals(
        "either",
        {
            "is_title": (0.3, "looks like a title"),
            "is_visit": (2.4, "a dated heading: no row of a table, no sentence"),
            "is_heading": (0.0, "a heading that opens notes"),
            "is_short": (0.3, "a few words by themselves, no title"),
            "is_label": (-0.5, "a label and its value"),
        },
    ),
    *_signals(
        "against",
        {
            "is_prose": (-2.5, "running text"),
            "is_row": (-2.0, "a row of a table"),
            "is_item": (-2.0, "an item of a list"),
            "is_section": (-2.5, "a heading of the middle or the end of a note"),
            "is_contact": (-1.0, "an address or a phone number"),
            "in_signature": (-3.0, "stands in a signature"),
            "under_title": (-3.0, "what heads its block stands above it"),
            "later_page": (-3.0, "the number of a page that is not a document's first"),
            "is_footer": (-2.0, "a page's number with text directly above it and none below"),
            "series_close": (-0.5, "dated lines like it stand within few lines"),
            "two_dates": (-1.0, "more dates than one on the line"),
            "series_daily": (-0.5, "dated lines like it follow each other day by day"),
            "series_below": (-2.0, "titles that come again stand among the dated lines like it"),
            "series_clustered": (-0.5, "dated lines like it stand in clusters, as rows of tables do"),
            "set_in": (-1.0, "set in, as sections are"),
            "plain_title": (-0.8, "a title that names no document and heads no labels"),
            "inline": (-1.0, "a heading with its text on the same line"),
            "quotes": (-6.0, "an earlier message is quoted here"),
            "lower_case": (-2.0, "begins with a small letter"),
            "adds": (-3.0, "begins an addition to the document above it"),
            "page_cuts": (-1.0, "on top of a page, and running text with no end stands above the page's edge"),
            "signed_day": (-1.5, "a day and who signs, with no text below"),
            "never_title": (-1.0, "a name of sections"),
        },
    ),
    *_signals(
        "for",
        {
            "capitals": (0.6, "in capitals"),
            "raised": (0.3, "its words begin with capitals"),
            "noun": (2.0, "names a kind of document"),
            "weak_noun": (1.0, "names a kind of document or of section"),
            "centred": (0.2, "centred"),
            "letterhead": (0.8, "a letterhead"),
            "letterhead_again": (1.8, "a letterhead that this file prints elsewhere too"),
            "mail": (6.0, "the header of an e-mail"),
            "letter": (5.0, "a date alone on its line, then a salutation"),
            "opener": (1.5, "running text with words that open a note or a letter"),
            "dated": (0.2, "a date on the line"),
            "dated_title": (0.8, "title and date side by side"),
            "visit_style": (2.0, "one of several dated headings of this file"),
            "series": (2.5, "one of a series of dated headings, in the order of their dates"),
            "day_leads": (0.2, "begins with a day"),
            "later_day": (0.3, "begins with a day after the last one above"),
            "day_leads_short": (1.0, "begins with a day that no year follows"),
            "patient_leads": (0.3, "begins with the name of an animal of this file"),
            "ends_early": (0.1, "the line above ends early"),
            "initialled": (0.4, "the line above ends with initials or a name"),
            "signed_above": (1.0, "the line above ends with initials that stand elsewhere in this file too"),
            "author_signs": (1.0, "who is named above as the writer signs the line above"),
            "as_first": (3.0, "begins like the file's first document"),
            "first_page": (2.0, "a page of its own count is its first"),
            "templated": (4.5, "one of the headings that this file prints by a template"),
            "ledger": (3.0, "an entry of a ledger: others of the file go on set in below their text, and so may it"),
            "leaves_ledger": (2.5, "stands behind an entry of a ledger and is not set in below its text"),
            "kind_and_day": (1.0, "begins with a kind of document or visit, and its date follows"),
            "of_kinds": (2.5, "one of the headings of this file that say a kind and a day, in their order"),
            "kind_word": (1.0, "a title with a word that tells a type of document"),
            "ends_with_date": (0.8, "a few words, then a date at the line's end"),
            "date_leads_below": (0.5, "the next line begins with a date"),
            "told": (2.0, "kind, day and animal are told on it or just below: half for two of them"),
            "behind_sentence": (1.0, "stands directly below the end of a sentence, with its kind, day or animal told"),
            "whose_day": (1.0, "names an animal of this file and a day, as the lines next to it do not"),
            "day_beside": (0.5, "a day in a column beside a few words, and none on the lines next to it"),
            "page_headed": (0.8, "heads a paper on top of a page, and what stands above the page's edge has ended"),
            "page_dated": (0.5, "such a heading on top of a page, with a day or an animal told"),
            "patient_named": (0.8, "an animal of this file is named on it or just below"),
            "marked": (1.0, "a dated heading that begins with a sign of its own"),
            "visit_word": (0.6, "names a visit"),
            "visit_columns": (0.6, "a dated heading with columns"),
            "opening": (4.0, "how much the heading speaks for a beginning"),
        },
    ),
)
_OF_WHAT_FOLLOWS = (
    *_signals(
        "for",
        {
            "labels": (3.0, "labels of a header block on it or below"),
            "labels_of_block": (1.5, "first of several labels, with no title above"),
            "noun_and_labels": (1.5, "names a kind of document, and a date and other labels follow"),
            "own_date": (0.8, "a date in its header block"),
            "alone": (0.8, "blank lines, or a page's edge, on both sides"),
            "title_below": (1.8, "a letterhead with a title below it"),
            "address_below": (0.8, "a letterhead with its address below"),
            "note_follows": (1.6, "the first heading of a note follows"),
            "heading_follows": (0.8, "further opening headings follow"),
            "salutation": (0.5, "a salutation follows"),
            "new_patient": (1.5, "names another patient than the last one"),
            "new_author": (0.5, "names another writer than the last one"),
            "looks_other": (0.5, "the lines from it on look other than those above, beyond what this file does"),
        },
    ),
    *_signals("against", {"twin_row": (-1.5, "another row of its form next to it")}),
)
_OF_NOTES = (
    *_signals(
        "for",
        {
            "note": (1.0, "a day and a sentence: a note, less so where more than a name stands before the day"),
            "note_behind_end": (1.0, "such a note, and the line above ends what it says"),
            "notes_often": (0.5, "such a note, and this file holds several"),
            "template_title": (1.5, "the title of a template's heading, its date on the next line"),
            "salutes_on_top": (1.5, "a salutation follows, on top of a page"),
            "section_headed": (2.0, "a section's name by itself, with a day or an animal told just below"),
        },
    ),
    *_signals(
        "against",
        {
            "charge": (-1.5, "a dated heading that ends with an amount of money"),
            "note_timed": (-0.5, "such a note, with a time behind its day"),
        },
    ),
)
_OF_HABITS = (
    *_signals(
        "for",
        {
            "opens_here": (2.0, "lines of this form begin other documents of this file"),
            "shape_opens": (0.8, "lines that look like it begin other documents of this file"),
            "break_opens": (0.8, "other documents of this file begin behind such a break"),
        },
    ),
    *_signals(
        "against",
        {
            "stays_here": (-2.5, "lines of this form stand within other documents of this file"),
            "shape_stays": (-0.8, "lines that look like it stand within other documents of this file"),
            "break_stays": (-0.8, "such a break stands within other documents of this file"),
        },
    ),
)
_OF_FORMS = (
    *_signals("for", {"repeats": (1.0, "a form of line that comes again and again in this file, at a distance")}),
    *_signals("against", {"crowded": (-1.5, "a form of line that comes again within few lines")}),
)
_OF_SPANS = (
    *_signals(
        "against",
        {
            "same_header": (-5.0, "still in the header block of the document before"),
            "after_one": (-1.5, "the document before would have one line"),
            "after_few": (-0.7, "the document before would have two or three lines"),
            "after_little": (0.0, "the document before would have four to seven lines"),
            "early_heading": (-4.0, "the note before has not come past its opening"),
        },
    ),
    *_signals(
        "for",
        {
            "stage_back": (1.2, "an opening behind the findings or conclusions of a note"),
            "heading_again": (1.2, "a heading that this note has had already"),
            "long_before": (2.2, "the document before has gone on for long"),
        },
    ),
)

SIGNALS = (*_OF_BREAKS, *_OF_LINES, *_OF_WHAT_FOLLOWS, *_OF_NOTES, *_OF_FORMS, *_OF_HABITS, *_OF_SPANS)
NAMES = tuple(signal.name for signal in SIGNALS)
SPEAK_FOR = frozenset(signal.name for signal in SIGNALS if signal.way == "for")
OF_SPANS = frozenset(signal.name for signal in _OF_SPANS)
