"""Tick boxes of forms: what is ticked counts, the rest is the form's own print."""

import re

_BOX = re.compile(r"(\[[ xX✓✔_]?\]|\([ xX✓✔_]\)|[☐☑☒✓✔□■])")
_TICKED = frozenset("xX✓✔☑☒■")


def tick_boxes(text: str) -> str:
    """Of a row of tick boxes the words of the ticked ones; any other text as it is.

    The words stand behind their boxes, or ahead of them where a row begins with words and ends with a box.
    """
    pieces = _BOX.split(text)
    if len(pieces) < 3:
        return text
    are_behind = bool(pieces[0].strip()) and not pieces[-1].strip()
    labelled = zip(pieces[1::2], pieces[:-1:2] if are_behind else pieces[2::2], strict=True)
    ticked = [words for box, words in labelled if _TICKED & set(box)]
    return " ".join(word.strip() for word in ticked)
