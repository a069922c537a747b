"""Archives, Word documents and web pages through their confined processes."""

import io
import stat
import zipfile
from dataclasses import replace
from typing import Any

import pytest

from documents.extraction.limits import ExtractionLimits
from documents.extraction.registry import ExtractionProblem, extract
from tests.unit.extraction.drawing import draw, draw_lines
from tests.unit.extraction.mail import write_mail
from tests.unit.extraction.office import paragraph, write_word, write_zip

LIMITS = ExtractionLimits(seconds=30, tesseract="")
LUNA = "Luna\nWeight 4.1 kg\n"


def read(content: bytes, *, name: str = "record.zip", **limits: Any):
    return extract(content=content, name=name, limits=replace(LIMITS, **limits))


def refusal(content: bytes, **limits: Any) -> ExtractionProblem:
    with pytest.raises(ExtractionProblem) as refused:
        read(content, **limits)
    return refused.value


def link(target: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo("record.txt")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, target)
    return buffer.getvalue()


def locked() -> bytes:
    """An archive whose entry says that it is encrypted."""
    content = bytearray(write_zip({"a.txt": LUNA}))
    content[6] |= 1
    content[content.rfind(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def test_the_files_of_an_archive_are_parts_in_the_order_of_their_names():
    files: dict[str, str | bytes] = {
        "scan 10.txt": "ten",
        "scan 9.txt": "nine",
        "letters/letter.docx": write_word(paragraph("a letter")),
        "mail.eml": write_mail("Luna is well.").as_bytes(),
        "lab.pdf": draw_lines(["Glucose 95", "Urea 6"]),
        "page.html": "<html><body><p>Luna<table><tr><td>ALT<td>121</table></html>",
        "__MACOSX/._lab.pdf": "x",
        "letters/.DS_Store": "x",
    }
    source = read(write_zip(files))
    assert [(part.name, part.kind) for part in source.parts] == [
        ("lab.pdf", "pdf"),
        ("letters/letter.docx", "word"),
        ("message body", "email"),
        ("page.html", "html"),
        ("scan 9.txt", "text"),
        ("scan 10.txt", "text"),
    ]
    assert source.lines[:3] == ("Glucose 95", "Urea 6", "")
    assert [source.pages[part.first_line - 1] for part in source.parts] == [1, 2, 3, 4, 5, 6]
    assert source.lines[-1] == "ten"
    assert source.warnings == ()


def test_a_part_begins_behind_the_blank_last_pages_of_the_one_before_it():
    def words(canvas):
        canvas.drawString(50, 700, "words")

    pdf = draw(words, lambda canvas: None, lambda canvas: None)
    source = read(write_zip({"1.pdf": pdf, "2.txt": LUNA, "3.pdf": pdf}))
    assert [source.pages[part.first_line - 1] for part in source.parts] == [1, 4, 5]
    assert source.page_count == 7


def test_a_large_archive_is_unpacked_in_batches_and_nothing_is_lost(monkeypatch):
    monkeypatch.setattr("documents.extraction.archive._BATCH_BYTES", 40)
    source = read(write_zip({f"{number}.txt": f"file {number}\n" + "x" * 20 for number in range(7)}))
    assert [line for line in source.lines if line.startswith("file")] == [f"file {number}" for number in range(7)]


def test_an_unreadable_file_is_a_warning_and_the_others_are_read():
    old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    source = read(write_zip({"a.txt": LUNA, "b.pdf": b"%PDF-1.7 broken", "c.doc": old, "d.pdf": LUNA}))
    assert [part.name for part in source.parts] == ["a.txt"]
    broken, kind, name = source.warnings
    assert broken.startswith("File not read: b.pdf. The file is damaged or cut off. Send or export it again")
    assert kind.startswith("File not read: c.doc. This kind of file cannot be read: an old Office document")
    assert name.endswith("Send the right file, or give it its right extension.")
    assert all("Accepted" not in warning for warning in source.warnings)  # the whole list, a hundred times over


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (write_zip({"../record.txt": LUNA}), "unsafe_archive"),
        (write_zip({"a/../../record.txt": LUNA}), "unsafe_archive"),
        (write_zip({"/etc/record.txt": LUNA}), "unsafe_archive"),
        (write_zip({"C:\\record.txt": LUNA}), "unsafe_archive"),
        (write_zip({"..\\record.txt": LUNA}), "unsafe_archive"),
        (link("/etc/passwd"), "unsafe_archive"),
        (locked(), "encrypted"),
        (write_zip({"inner.zip": write_zip({"a.txt": LUNA}), "a.txt": LUNA}), "too_deep"),
        (write_zip({f"{number}.txt": LUNA for number in range(6)}), "too_many_parts"),
        (write_zip({"a.txt": b"0" * 2_000_000}), "too_large"),
        (write_zip({f"{number}.txt": bytes(range(256)) * 2_000 for number in range(4)}, pack=False), "too_large"),
        (write_zip({}), "no_text"),
        (write_zip({"a.exe": b"\x7fELF"}), "no_text"),
        (write_zip({"a.txt": LUNA})[:-30], "corrupt"),
        (b"PK\x03\x04" + bytes(100), "corrupt"),
    ],
)
def test_an_archive_that_is_broken_or_made_to_harm_is_refused_as_a_whole(content, code):
    problem = refusal(content, zip_entries=5, zip_bytes=2_000_000)
    assert problem.code == code
    assert "record" not in problem.detail.split("Accepted")[0]


def test_entries_that_lie_over_one_another_do_not_unfold_without_end():
    content = bytearray(write_zip({"a.txt": "x" * 500, "b.txt": LUNA}))
    directory = content.find(b"PK\x01\x02")
    second = content.find(b"PK\x01\x02", directory + 4)
    content[second + 42 : second + 46] = (0).to_bytes(4, "little")  # b begins where a does
    source_or_problem = None
    try:
        source_or_problem = read(bytes(content)).warnings
    except ExtractionProblem as problem:
        source_or_problem = problem.code
    assert source_or_problem in ("corrupt", "no_text") or any("b.txt" in told for told in source_or_problem)


def test_an_archive_in_an_e_mail_is_read_and_one_in_that_is_not():
    mail = write_mail("See the attached.")
    mail.add_attachment(write_zip({"a.txt": LUNA}), maintype="application", subtype="zip", filename="record.zip")
    source = read(mail.as_bytes(), name="m.eml")
    assert [part.name for part in source.parts] == ["message body", "a.txt"]
    deep = write_mail("See the attached.")
    deep.add_attachment(
        write_zip({"inner.zip": write_zip({"a.txt": LUNA})}), maintype="application", subtype="zip", filename="r.zip"
    )
    assert refusal(deep.as_bytes(), name="m.eml").code == "too_deep"


def test_all_parts_together_may_have_no_more_text_than_one_file():
    files = {f"{number}.txt": "word " * 100 for number in range(5)}
    assert refusal(write_zip(files), max_characters=1_500).code == "too_large"


def test_a_word_document_is_read_with_its_pages():
    body = paragraph("one") + '<w:p><w:r><w:br w:type="page"/></w:r></w:p>' + paragraph("two")
    source = read(write_word(body), name="letter.docx")
    assert (source.lines, source.pages) == (("one", "two"), (1, 2))
    assert [(part.name, part.kind) for part in source.parts] == [("letter.docx", "word")]


@pytest.mark.parametrize(
    ("html", "lines"),
    [
        ("<!DOCTYPE html><title>t</title><p>Luna</p><p>4,1&nbsp;kg", ["Luna", "", "4,1 kg"]),
        ("<html><script>alert(1)</script><style>p{}</style><p>Luna<br>Cat", ["Luna", "Cat"]),
        ("<html><table><tr><td>ALT<td>121<tr><td>AST<td>30</table>", ["ALT  121", "AST  30"]),
        ("<html>" + "<div>" * 1_500 + "deep" + "</div>" * 1_500, ["deep"]),
    ],
)
def test_a_web_page_is_read_as_it_is_shown(html, lines):
    source = read(html.encode(), name="page.html")
    assert [line for line in map(str.strip, source.lines) if line or "" in lines] == lines
    assert source.parts[0].kind == "html"


@pytest.mark.parametrize(
    "content",
    [
        '<html><meta charset="iso-8859-2"><p>Łódź'.encode("iso-8859-2"),
        '<html><meta charset="windows-1250"><p>Łódź'.encode("windows-1250"),
        "<html><p>Łódź".encode("utf-16"),
        '<html><meta charset="iso-8859-1"><p>Łódź'.encode(),
        '<html><meta charset="nonsense"><p>Łódź'.encode(),
    ],
)
def test_a_web_page_is_decoded_as_it_says_where_that_fits(content):
    assert read(content, name="page.html").lines == ("Łódź",)


def test_a_web_page_nested_so_deeply_that_words_would_be_lost_is_refused():
    assert refusal(b"<html>" + b"<div>" * 3_000 + b"deep", name="page.html").code == "too_deep"


def test_a_web_page_that_loads_or_declares_things_loads_nothing():
    html = (
        '<!DOCTYPE html [<!ENTITY a SYSTEM "file:///etc/hostname">]><html><p>&a;Luna'
        '<img src="http://127.0.0.1:9/x"><iframe src="file:///etc/passwd"></iframe>'
    )
    assert "Luna" in read(html.encode(), name="page.html").lines[-1]
    assert "root:" not in read(html.encode(), name="page.html").text
