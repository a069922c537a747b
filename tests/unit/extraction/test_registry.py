import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from documents.domain.lines import is_blank
from documents.extraction.limits import ExtractionLimits
from documents.extraction.registry import ExtractionProblem, extract

LIMITS = ExtractionLimits(max_bytes=10_000_000, max_pages=50)


def refusal(content: bytes, name: str = "record.txt") -> ExtractionProblem:
    with pytest.raises(ExtractionProblem) as refused:
        extract(content=content, name=name, limits=LIMITS)
    return refused.value


@pytest.mark.parametrize(
    ("content", "code", "status"),
    [
        (b"", "empty_file", 422),
        (b" \r\n\t\n\x0c", "no_text", 422),
        (b"\xef\xbb\xbf", "no_text", 422),
        ("\u200b\u2060\n".encode(), "no_text", 422),
        (b"\xff\xfe", "no_text", 422),
        (b"x" * 10_000_001, "too_large", 413),
        (b"words\n" + b"\x0cwords\n" * 50, "too_many_pages", 413),
        (b"\x00\x01\x02", "unsupported_kind", 415),
    ],
)
def test_refuses_with_a_code_and_a_status(content, code, status):
    problem = refusal(content)
    assert (problem.code, problem.status) == (code, status)


def test_a_problem_names_no_file():
    assert "Biscuit" not in refusal(b"%PDF-1.7", "Biscuit Smith.txt").detail


def test_a_part_is_named_without_its_folders():
    source = extract(content=b"words", name="C:\\records\\2020/luna.txt", limits=LIMITS)
    assert source.parts[0].name == "luna.txt"


def test_one_line_of_a_million_characters_is_one_line():
    assert [len(line) for line in extract(content=b"x" * 10**6, name="", limits=LIMITS).lines] == [10**6]


HEADERS = st.sampled_from(
    [b"Subject: a\n", b"Content-Type: multipart/mixed; boundary=b\n", b"Content-Transfer-Encoding: base64\n", b"\n",
     b"--b\n", b"--b--\n", b"Content-Type: message/rfc822\n", b"Content-Type: text/plain; charset=\xff; name*0*=a\n",
     b"Content-Disposition: attachment; filename*=x''%ff\n", b"Content-Type: text/plain; format=flowed\n", b"From: <\n",
     b"Subject: =?utf-8?b?/w=?=\n"]
)  # fmt: skip
mails = st.lists(st.one_of(HEADERS, st.binary(max_size=12)), max_size=25).map(
    lambda lines: b"From: a\n" + b"".join(lines)
)


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.tuples(
            st.binary(max_size=200).filter(lambda content: b"%PDF-" not in content), st.sampled_from(["", "a.txt"])
        ),
        st.tuples(st.text(max_size=80).map(lambda text: text.encode("utf-16")), st.just("a.log")),
        st.tuples(mails, st.just("a.eml")),
    )
)
def test_any_bytes_give_sound_lines_or_a_problem(file):
    content, name = file
    try:
        source = extract(content=content, name=name, limits=LIMITS)
    except ExtractionProblem:
        return
    assert len(source.lines) == len(source.pages)
    assert list(source.pages) == sorted(source.pages)
    assert source.pages[0] >= 1
    assert source.parts[0].first_line == 1
    assert [part.first_line for part in source.parts] == sorted({part.first_line for part in source.parts})
    assert source.parts[-1].first_line <= len(source.lines)
    assert not all(is_blank(line) for line in source.lines)
    assert not set("\r\n\0") & set("".join(source.lines))
    assert source.text.encode("utf-8") is not None
