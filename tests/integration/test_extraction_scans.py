"""Character recognition, through the confined process and Tesseract itself."""

import zlib
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image, ImageFilter
from reportlab.lib.utils import ImageReader

from documents.extraction.limits import ExtractionLimits
from documents.extraction.registry import ExtractionProblem, extract
from tests.unit.extraction.drawing import draw, draw_lines, draw_picture
from tests.unit.extraction.office import write_zip
from tests.unit.extraction.scans import (
    RECORD,
    draw_page,
    invisible,
    needs_tesseract,
    save,
    save_fax,
    scan_into_pdf,
)

LIMITS = ExtractionLimits(seconds=30, ocr_seconds=60, ocr_languages="eng", ocr_processes=2)
HELD_UPRIGHT = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06" + bytes(6)  # Exif orientation 6
WORDS = [line.split() for line in RECORD if line]


def read(content: bytes, name: str, **limits: Any):
    return extract(content=content, name=name, limits=replace(LIMITS, **limits))


def refusal(content: bytes, name: str, **limits: Any) -> ExtractionProblem:
    with pytest.raises(ExtractionProblem) as refused:
        read(content, name, **limits)
    return refused.value


def write_drawing(drawn: bytes) -> bytes:
    """A PDF of one page with these operators, a picture /I and a state /G that blends."""

    def stream(content: bytes, about: bytes = b"") -> bytes:
        packed = zlib.compress(content, 9)
        head = b"<<%s/Filter/FlateDecode/Length %d>>" % (about, len(packed))
        return head + b"stream\n" + packed + b"\nendstream"

    picture = b"/Type/XObject/Subtype/Image/Width 8/Height 8/BitsPerComponent 8/ColorSpace/DeviceGray"
    resources = b"<</ExtGState<</G<</ca 0.5/BM/Luminosity>>>>/XObject<</I 5 0 R>>>>"
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources%s>>" % resources,
        stream(drawn),
        stream(bytes(range(64)), picture),
    )
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (number, each) for number, each in enumerate(objects, 1))
    return b"%PDF-1.7\n" + body + b"trailer<</Root 1 0 R>>\n%%EOF"


def words(lines) -> list[list[str]]:
    return [line.split() for line in lines if line.strip()]


@needs_tesseract
def test_a_scan_gives_its_lines_with_blank_ones_gaps_and_confidences():
    source = read(save(draw_page(), "PNG"), "scan.png")
    assert [" ".join(line.split()) for line in source.lines] == [" ".join(line.split()) for line in RECORD]
    assert source.lines[2].startswith("Patient: Luna    ")
    assert [(part.name, part.kind) for part in source.parts] == [("scan.png", "image")]
    assert [sure is None for sure in source.confidences] == [not line for line in RECORD]
    assert min(filter(None, source.confidences)) > 80
    assert source.warnings == ()


@needs_tesseract
@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("scan.jpg", lambda: save(draw_page(), "JPEG", quality=80)),
        ("scan.bmp", lambda: save(draw_page(), "BMP")),
        ("scan.webp", lambda: save(draw_page(), "WEBP")),
        ("turned.png", lambda: save(draw_page().transpose(Image.Transpose.ROTATE_90), "PNG")),
        ("upside-down.png", lambda: save(draw_page().transpose(Image.Transpose.ROTATE_180), "PNG")),
        ("slanted.png", lambda: save(draw_page(dpi=300).rotate(3, expand=True, fillcolor=255), "PNG", dpi=(300, 300))),
        ("held.jpg", lambda: save(draw_page().transpose(Image.Transpose.ROTATE_90), "JPEG", exif=HELD_UPRIGHT)),
        ("colour.png", lambda: save(draw_page().convert("RGB"), "PNG")),
        ("fax.tif", lambda: save_fax([draw_page()])),
        ("fax.tif", lambda: save_fax([draw_page()], compression="group3")),
        ("coarse.tif", lambda: save_fax([draw_page()], coarse=True)),
        ("scan.pdf", lambda: scan_into_pdf(draw_page())),
        ("turned.pdf", lambda: scan_into_pdf(draw_page().transpose(Image.Transpose.ROTATE_90), rotate=90)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_page_is_read_whatever_way_it_came(name, make):
    assert words(read(make(), name).lines) == WORDS


@needs_tesseract
def test_the_pages_of_a_fax_keep_their_order_and_numbers():
    pages = [draw_page([f"This is page number {number}", "of the long fax"]) for number in (1, 2, 3)]
    source = read(save_fax([*pages[:2], Image.new("L", (1700, 2200), 255), pages[2]]), "fax.tif")
    assert [
        (page, line.split()[-1]) for page, line in zip(source.pages, source.lines, strict=True) if "page" in line
    ] == [
        (1, "1"),
        (2, "2"),
        (4, "3"),
    ]


@needs_tesseract
def test_blank_last_pages_of_a_fax_are_counted():
    blank = Image.new("L", (1700, 2200), 255)
    source = read(save_fax([draw_page(), blank, blank]), "fax.tif")
    assert ({*source.pages}, source.page_count) == ({1}, 3)


@needs_tesseract
def test_scanned_pages_among_others_are_read_in_their_place():
    def typed(canvas):
        canvas.drawString(50, 700, "A page that was typed, with words enough to be read.")

    def scanned(canvas):
        canvas.drawImage(ImageReader(draw_page()), 0, 0, 595, 792)

    source = read(draw(typed, scanned, typed, draw_picture), "record.pdf")
    assert words(source.lines)[1:-1] == WORDS
    assert (source.pages[0], source.pages[1], source.pages[-1]) == (1, 2, 3)
    assert source.confidences[0] is None
    assert source.confidences[1] is not None
    assert any("page 4" in warning for warning in source.warnings)


@needs_tesseract
@pytest.mark.parametrize(
    ("layer", "taken"),
    [
        (RECORD, "layer"),
        (["\x13\x14 3DWLHQW /XQD :HLJKW 4xk7q zz9t w3rt pl0k m5nb v8cx qq7w r4tz"] * 6, "picture"),
        (["FAX 03/04/2026 FROM RIVERSIDE P. 2/9"], "picture"),
        ([], "picture"),
    ],
    ids=["good", "garbage", "stamp", "empty"],
)
def test_a_scan_with_a_text_layer_gives_the_better_of_the_two(layer, taken):
    content = scan_into_pdf(draw_page(), over=invisible(layer * (4 if layer == RECORD else 1)))
    source = read(content, "record.pdf")
    assert bool(source.confidences) is (taken == "picture")
    assert (words(source.lines) == WORDS) is (taken == "picture")


@needs_tesseract
def test_a_text_layer_that_no_font_explains_is_read_from_the_page_itself():
    lines = ["3DWLHQW /XQD :HLJKW 4xk7q zz9t w3rt pl0k m5nb v8cx qq7w r4tz h6gf"] * 5
    source = read(draw_lines(lines, font="Helvetica", size=12), "record.pdf")
    assert len(words(source.lines)) == 5  # read again, and found to be no better or to be so: nothing is lost


@needs_tesseract
def test_lines_that_are_hard_to_read_are_told():
    source = read(save(draw_page(dpi=40), "PNG", dpi=(40, 40)), "coarse.png")
    assert source.doubtful_lines
    assert any("could not be read for certain" in warning for warning in source.warnings)


@needs_tesseract
def test_a_page_that_could_hardly_be_read_is_told_as_a_page_with_the_cure():
    blurred = draw_page(dpi=100).filter(ImageFilter.GaussianBlur(3))
    (warning,) = read(save(blurred, "PNG", dpi=(100, 100)), "blurred.png").warnings
    assert warning.startswith("Page 1 could hardly be read")
    assert "Scan it anew at 300 dpi" in warning


@needs_tesseract
def test_a_page_of_a_fax_without_a_word_is_told():
    source = read(save_fax([draw_page(), Image.new("L", (1700, 2200), 255)]), "fax.tif")
    assert source.warnings == ("No text on page 2: blank, or too pale to read.",)


@needs_tesseract
@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (save(Image.new("L", (800, 800), 255), "PNG"), "blank.png", "no_text"),
        (save(Image.new("L", (60, 20), 0), "PNG"), "icon.png", "no_text"),
        (save(draw_page(), "PNG")[:5_000], "cut.png", "corrupt"),
        (save(draw_page(), "JPEG")[:9_000], "cut.jpg", "corrupt"),
        (save_fax([draw_page()] * 3)[:9_000], "cut.tif", "corrupt"),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "broken.png", "corrupt"),
        (save(Image.new("1", (12_000, 12_000)), "PNG"), "bomb.png", "too_many_pixels"),
        (save(Image.new("1", (12_000, 12_000)), "TIFF", compression="group4"), "bomb.tif", "too_many_pixels"),
        (scan_into_pdf(Image.new("1", (12_000, 12_000))), "bomb.pdf", "too_many_pixels"),
        (save_fax([Image.new("L", (100, 100), 255)] * 4), "long.tif", "too_many_pages"),
        (draw(draw_picture), "record.pdf", "no_text"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_picture_that_cannot_be_read_is_refused(content, name, code):
    assert refusal(content, name, max_pages=3).code == code


@needs_tesseract
def test_what_takes_longer_than_there_is_time_for_is_refused_before_it_is_begun():
    content = scan_into_pdf(*[draw_page()] * 8)
    problem = refusal(content, "record.pdf", ocr_seconds=2.0)
    assert (problem.code, "8 pages" in problem.detail) == ("too_slow", True)


@needs_tesseract
def test_a_page_that_takes_too_long_is_left_out_and_named():
    problem = refusal(save(draw_page(), "PNG"), "scan.png", ocr_page_seconds=0.01)
    assert problem.code == "too_slow"


@needs_tesseract
def test_a_fax_in_an_archive_is_a_part_with_its_confidences():
    source = read(write_zip({"a.txt": "typed\n", "fax.tif": save_fax([draw_page()])}), "record.zip")
    fax = source.parts[1]
    assert (fax.name, fax.kind, source.pages[fax.first_line - 1]) == ("fax.tif", "image", 2)
    assert source.confidences[0] is None
    assert source.confidences[fax.first_line - 1] is not None


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (save(draw_page(), "PNG"), "scan.png"),
        (save_fax([draw_page()]), "fax.tif"),
        (scan_into_pdf(draw_page()), "scan.pdf"),
    ],
    ids=["picture", "fax", "PDF"],
)
@pytest.mark.parametrize("missing", [{"tesseract": ""}, {"tesseract": "/no/such/tesseract"}, {"ocr_languages": "tlh"}])
def test_without_tesseract_a_scan_is_refused_with_the_way_to_get_it(content, name, missing):
    problem = refusal(content, name, **missing)
    assert problem.code == "ocr_unavailable"
    assert "apt-get install tesseract-ocr" in problem.detail


def test_without_tesseract_the_pages_with_text_are_read_and_the_others_named():
    def typed(canvas):
        canvas.drawString(50, 700, "A page that was typed.")

    source = read(draw(typed, draw_picture), "record.pdf", tesseract="")
    assert source.lines == ("A page that was typed.",)
    assert any("page 2" in warning and "Tesseract" in warning for warning in source.warnings)


@needs_tesseract
def test_a_page_that_takes_for_ever_to_draw_is_given_up():
    """Half a thousand bytes; each fill blends the whole page anew."""
    fills = b"/G gs 0.9 g\nq 600 0 0 800 0 0 cm /I Do Q\n" + b"0 0 600 800 re f\n" * 20_000
    problem = refusal(write_drawing(fills), "scan.pdf", ocr_page_seconds=1.0)
    assert problem.code == "too_slow"
    assert "drawing page 1" in problem.detail
