"""Whether scans can be read on this machine, in a sentence for the operator."""

from documents.extraction.ocr import find_recognition
from documents.extraction.problems import ExtractionProblem
from jobs.configured_limits import extraction_limits


def tell_recognition() -> str:
    """What Tesseract there is; where there is none, what that means and how to get it."""
    state = find_recognition(extraction_limits())
    if not state.languages:
        return f"Character recognition: not there. {ExtractionProblem('ocr_unavailable', found=state.missing).detail}"
    missing = f" {state.missing}." if state.missing else ""
    return f"Character recognition: Tesseract with {', '.join(state.languages)}.{missing}"
