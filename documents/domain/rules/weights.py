"""The points that signals give, and the thresholds they are held against: the rules' whole judgement in one place.

Chosen by hand on invented and published records; docs/algorithms/segmentation.md tells what each one stands for.
"""

LIKELY = 4.5  # points from which a line begins a document
SURE = 6.5  # points from which the rules outvote a silent model
PLAUSIBLE = 2.5  # points from which a line looks like a beginning when somebody else says that it is one

KNOWN_OPENING = 2.0  # a line of a form that opens other documents of this file
OPENS_MOSTLY = 0.3  # share of a form's places at which documents were found to begin, from which it is known
OPENS_OFTEN = 2  # such places at the least
KNOWN_SECTION = -2.5  # a line of a form that stands within documents of this file
OPENS_SELDOM = 0.2  # share of its places up to which a form is a section's
STANDS_OFTEN = 4  # places from which that can be said
REPLACES = 2.0  # points more that a line needs to take the place of a start in the same header block

HEADER_REACH = 8  # non-blank lines of a header block looked at behind a title
WHOLE_ENTRY = 30  # characters from which a dated line may be an entry all by itself
SIGNATURE_LINES = 3  # lines below a greeting that sign
BLOCK_REACH = 14  # non-blank lines within which a second candidate may belong to the same header block

# Points
FIRST_LINE = 6.0
PART_START = 6.0
NO_BREAK = -0.6
ONE_BLANK = 0.8
MORE_BLANKS = 1.4
RARE_BLANKS = 1.0  # more blank lines than this file mostly has
PAGE_BREAK = 1.5
FIRST_PAGE = 4.0  # the page's counter begins again at 1
LATER_PAGE = -6.0  # the page's counter goes on
RULER_BEFORE = 1.3
CLOSING_BEFORE = 1.5
OPEN_SENTENCE = -2.5  # the line before breaks off within a sentence
TITLE = 0.5  # times the likeness, up to 2
TITLE_NOUN = 2.0  # a noun that names documents
WEAK_NOUN = 1.0  # one that names sections of documents as well
LETTERHEAD = 0.8
EMAIL_HEADER = 5.0
TITLE_BELOW = 1.8  # a letterhead with a title directly below it
LETTERHEAD_AGAIN = 2.6  # a practice's or laboratory's name that heads other places of the file too
LETTER = 5.0  # a date alone on its line, then a salutation
VISIT_HEADING = 2.4
VISIT_STYLE = 2.2  # the file has several such headings
VISIT_WORD = 0.6
VISIT_COLUMNS = 0.6
DATED_TITLE = 0.8  # title and date are columns of one line
BEFORE_DATE = 30  # characters (a place) that may stand before a date that ends a letter's first line
BESIDE_DATE = 14  # characters (a weekday, a place, a time) that may stand beside a date that is alone
INDENTED = -1.0  # a title set in, as sections are, and not centred
CENTRED = 10  # spaces from which a line counts as centred
LABEL_GROUP = 0.9
OWN_DATE = 0.8
OPENING_FOLLOWS = 1.6
ALONE = 0.8  # a title line with blank lines, or the edge of a page, on both sides
STAGE_BACK = 1.2  # an opening heading after findings or conclusions
NEW_PATIENT = 1.5
LATE_OPENING = 2.2  # a heading that opens notes, far behind the beginning of the current one
LONG_BEGUN = 18  # lines with words after which a document is no longer at its beginning
EARLY = -2.0  # the document that this would end has hardly begun
