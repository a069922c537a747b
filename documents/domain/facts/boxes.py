"""Tick boxes of forms: what is ticked counts, the rest is the form's own print."""

import re

_BOX = re.compile(r"(\[[ xX✓✔_]?\]|\([ xX✓✔_]\)|[☐☑☒✓✔□■])")
_TICKED = frozenset("xX✓✔☑☒■")


def tick_boxes(text: str) -> str:
    """Of a row of tick boxes the words behind the ticked ones; any other text as it is."""
    pieces = _BOX.split(text)
    if len(pieces) < 3:
        return text
    ticked = [words for box, words in zip(pieces[1::2], pieces[2::2], strict=True) if _TICKED & set(box)]
    return " ".join(word.strip() for word in ticked)
