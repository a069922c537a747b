import json
from io import BytesIO, StringIO, TextIOWrapper

import pytest
from django.core.management.base import OutputWrapper

from jobs.terminal import ending_quietly, show_plain, write_drawing, write_json, write_text


def written(write, value, *, encoding: str) -> bytes:
    raw = BytesIO()
    stream = TextIOWrapper(raw, encoding=encoding)
    write(value, stream=OutputWrapper(stream))
    stream.flush()
    return raw.getvalue()


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_json_can_be_written_in_every_encoding_and_says_the_same(encoding):
    value = {"title": "Größe „12“ 🐕", "file": "odd\udcff.txt", "bidi": "\u202e\x9b"}
    line = written(write_json, value, encoding=encoding)
    assert json.loads(line.decode(encoding)) == value
    assert ("Größe".encode() in line) is (encoding == "utf-8")


def test_json_holds_nothing_raw_that_steers_a_terminal():
    line = written(write_json, "\x1b[2J\x7f\x9b\u202e", encoding="utf-8")
    assert line.decode().strip().isascii()
    assert b"\x1b" not in line


@pytest.mark.parametrize(
    ("encoding", "line"), [("ascii", b"Gr\\xf6\\u2026"), ("latin-1", b"Gr\xf6\\u2026"), ("utf-8", "Grö…".encode())]
)
def test_text_that_the_stream_cannot_hold_is_numbered(encoding, line):
    assert written(write_text, "Grö…", encoding=encoding) == line


def test_a_drawing_is_as_wide_as_asked_and_without_colours_where_no_terminal_shows_it():
    out = StringIO()
    write_drawing(lambda console: console.rule("x", style="red"), stream=OutputWrapper(out), piped_width=11)
    assert out.getvalue() == "──── x ────\n"


def test_what_is_shown_is_one_line_of_visible_characters():
    assert show_plain("a\x1b]0;title\x07\nb\u200bc") == "a ]0;title  bc"


def test_ctrl_c_ends_with_a_sentence_and_its_exit_code():
    errors = StringIO()
    with (
        pytest.raises(SystemExit) as ended,
        ending_quietly(stdout=OutputWrapper(StringIO()), stderr=OutputWrapper(errors)),
    ):
        raise KeyboardInterrupt
    assert ended.value.code == 130
    assert errors.getvalue() == "Stopped; nothing was kept.\n"
