"""Files that hold files (e-mails, archives): their parts one behind the other, within limits that all share."""

from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Protocol

from documents.domain.lines import Part, SourceText, is_blank
from documents.extraction.limits import ExtractionLimits, check_lines
from documents.extraction.problems import ExtractionProblem

# These end the whole file, not one part of it.
STOPPERS = frozenset(("too_many_parts", "too_deep", "too_slow", "unsafe_archive"))


class ReadPart(Protocol):
    def __call__(self, *, content: bytes, name: str, limits: ExtractionLimits) -> SourceText: ...


@dataclass(kw_only=True, slots=True)
class Assembly:
    """Parts one behind the other: lines and pages go on counting, a blank line and a new page begin each part."""

    lines: list[str] = field(default_factory=list)
    pages: list[int] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    confidences: list[int | None] = field(default_factory=list)
    covered_lines: set[int] = field(default_factory=set)
    limits: ExtractionLimits
    _characters: int = 0
    _page_count: int = 0

    def add(self, source: SourceText) -> None:
        """Raises ExtractionProblem `too_large` where all parts together have too much text."""
        self._characters += sum(map(len, source.lines))
        if self._characters > self.limits.max_characters:
            raise ExtractionProblem("too_large", found=f"more than {self.limits.max_characters:,} characters of text")
        check_lines(len(self.lines) + len(source.lines), limits=self.limits)
        if self.lines and not is_blank(self.lines[-1]):
            self.lines.append("")
            self.pages.append(self.pages[-1])
            self.confidences.append(None)
        lines_before = len(self.lines)
        self.lines += source.lines
        self.pages += (self._page_count + page for page in source.pages)
        self._page_count += source.page_count
        self.confidences += source.confidences or [None] * len(source.lines)
        self.covered_lines |= {line + lines_before for line in source.covered_lines}
        self.parts += (replace(part, first_line=part.first_line + lines_before) for part in source.parts)

    def finish(self) -> SourceText:
        return SourceText(
            lines=tuple(self.lines),
            pages=tuple(self.pages),
            parts=tuple(self.parts),
            warnings=tuple(self.warnings),
            confidences=tuple(self.confidences) if any(sure is not None for sure in self.confidences) else (),
            covered_lines=frozenset(self.covered_lines),
            page_count=self._page_count,
        )


class Allowance:
    """What is left of a file's time for the parts that are still to be read."""

    def __init__(self, limits: ExtractionLimits) -> None:
        self._limits = limits
        self._begun = monotonic()
        self._recognition_before = limits.recognition_time.used

    def remaining(self) -> ExtractionLimits:
        """Raises ExtractionProblem `too_slow` where nothing is left."""
        recognising = self._limits.recognition_time.used - self._recognition_before
        seconds = self._limits.seconds - (monotonic() - self._begun - recognising)
        if seconds <= 0:
            raise ExtractionProblem("too_slow", found=f"more than {self._limits.seconds:g} seconds")
        return replace(self._limits, seconds=seconds, ocr_seconds=max(0.0, self._limits.ocr_seconds - recognising))
