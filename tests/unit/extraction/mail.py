"""E-mails for tests, and a reader of them without the registry's PDF process."""

from dataclasses import replace
from email.message import EmailMessage
from typing import Any

from documents.domain.lines import SourceText
from documents.extraction.limits import ExtractionLimits
from documents.extraction.registry import extract

LIMITS = ExtractionLimits()


def write_mail(body: str = "Luna is well.", *, subject: str = "Luna") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Ana Ruiz <ana@example.com>"
    message["To"] = "clinic@example.org"
    message["Date"] = "Tue, 3 Mar 2020 10:00:00 +0000"
    message["Subject"] = subject
    message.set_content(body)
    return message


def read(content: bytes | EmailMessage, **limits: Any) -> SourceText:
    raw = content.as_bytes() if isinstance(content, EmailMessage) else content
    return extract(content=raw, name="message.eml", limits=replace(LIMITS, **limits))
