import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.extraction.limits import ExtractionLimits
from documents.extraction.problems import ExtractionProblem
from documents.extraction.text import decode_text, extract_text

LIMITS = ExtractionLimits()
WORDS = "Señora Núñez\nPaciente: Luna, 4,1 kg\n"
printable = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1)


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (WORDS.encode(), "UTF-8"),
        (WORDS.encode("utf-8-sig"), "UTF-8"),
        (b"\xff\xfe" + WORDS.encode("utf-16-le"), "UTF-16"),
        (b"\xfe\xff" + WORDS.encode("utf-16-be"), "UTF-16"),
        (WORDS.encode("utf-16-le"), "UTF-16"),
        (WORDS.encode("utf-16-be"), "UTF-16"),
        (WORDS.encode("windows-1252"), "Windows-1252"),
        ("“Luna” – 5 € €".encode("windows-1252"), "Windows-1252"),
    ],
)
def test_reads_each_encoding(content, encoding):
    decoded = decode_text(content)
    assert decoded.encoding == encoding
    assert decoded.text in (WORDS, "“Luna” – 5 € €")
    assert not decoded.damaged


@pytest.mark.parametrize("byte", [0x81, 0x8D, 0x8F, 0x90, 0x9D])
def test_reads_latin_1_where_windows_1252_has_no_character_and_says_so(byte):
    content = "Núñez ".encode("latin-1") + bytes([byte])
    assert decode_text(content).text == "Núñez " + chr(byte)
    assert "Latin-1" in extract_text(content=content, name="a.txt", limits=LIMITS).warnings[0]


@given(printable)
def test_utf_8_comes_back_as_it_was(text):
    assert decode_text(text.encode("utf-8-sig")).text == text
    if not text.startswith("\ufeff"):
        assert decode_text(b"A" + text.encode()).text == "A" + text


@given(printable)
def test_utf_16_with_a_mark_comes_back_as_it_was(text):
    assert decode_text(b"\xff\xfe" + text.encode("utf-16-le")).text == text
    assert decode_text(b"\xfe\xff" + text.encode("utf-16-be")).text == text


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1))
def test_utf_16_without_a_mark_comes_back_as_it_was(text):
    assert decode_text(text.encode("utf-16-le")).text == text
    assert decode_text(text.encode("utf-16-be")).text == text


@given(st.text(st.characters(codec="windows-1252", min_codepoint=0x20, exclude_characters="\x7f"), min_size=1))
def test_windows_1252_comes_back_as_it_was(text):
    content = b"\xe9t\xe9 " + text.encode("windows-1252")
    try:
        expected = content.decode("utf-8")
    except UnicodeDecodeError:
        expected = "été " + text
    assert decode_text(content).text == expected


@pytest.mark.parametrize(
    "content", [b"\x00", b"name\x00value", bytes(range(256)), b"\x01\x02\x03", "a\0b".encode("utf-16"), b"\xff\xfe\0\0"]
)
def test_refuses_binary_data(content):
    with pytest.raises(ExtractionProblem) as refused:
        decode_text(content)
    assert refused.value.code == "unsupported_kind"


def test_one_stray_control_code_in_a_long_text_is_tolerated():
    assert decode_text(b"Weight \x02 4.1 kg, temperature normal, heart normal").text.count("\x02") == 1


def test_a_damaged_text_is_read_and_the_damage_is_told():
    source = extract_text(content=b"\xef\xbb\xbfname\xff: Luna", name="a.txt", limits=LIMITS)
    assert source.lines == ("name\ufffd: Luna",)
    assert "UTF-8" in source.warnings[0]
    odd = extract_text(content=b"\xff\xfea\x00b\x00c", name="a.txt", limits=LIMITS)
    assert odd.lines == ("ab\ufffd",)
    assert odd.warnings


def test_line_ends_and_form_feeds():
    source = extract_text(content=b"one\r\ntwo\rthree\n\x0cfour\n\n\x0cfive\n", name="a.txt", limits=LIMITS)
    assert source.lines == ("one", "two", "three", "\x0cfour", "", "\x0cfive")
    assert source.pages == (1, 1, 1, 2, 2, 3)
    assert source.warnings == ()
    assert [(part.name, part.kind, part.first_line) for part in source.parts] == [("a.txt", "text", 1)]
