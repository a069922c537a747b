"""The words of an HTML page, in a confined process: UTF-8 bytes in, JSON out. Nothing is loaded from anywhere.

Answers `{"text": …}` or `{"problem": code, "found": …}`.
"""

import json
import sys
from collections.abc import Sequence

from inscriptis.html_engine import Inscriptis
from lxml import etree, html

from documents.extraction.refusing import Refused

_DEEPEST = 20_000  # calls in one another: several for each of the 2,048 elements that libxml2 nests


def main(arguments: Sequence[str]) -> None:
    """Read HTML from standard input. Argument: the most characters to answer with."""
    try:
        answer = {"text": read_page(sys.stdin.buffer.read(), max_characters=int(arguments[0]))}
    except Refused as refusal:
        answer = refusal.answer
    sys.stdout.write(json.dumps(answer))


def read_page(content: bytes, *, max_characters: int) -> str:
    """Raises Refused: what is nested too deeply would be left out without a word, by lxml."""
    sys.setrecursionlimit(_DEEPEST)
    parser = html.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True, no_network=True)
    try:
        tree = html.document_fromstring(content, parser=parser, ensure_head_body=True)
    except etree.ParserError:  # nothing but comments
        return ""
    if any("Excessive depth" in entry.message for entry in parser.error_log):
        raise Refused("too_deep", "elements of the web page stand in one another more than 2,000 times")
    text = str(Inscriptis(tree).get_text())
    if len(text) > max_characters:
        raise Refused("too_large", f"its text unfolds to more than {max_characters:,} characters")
    return text
