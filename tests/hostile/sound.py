"""One small sound file of each kind: what the hostile ones are made of by breaking."""

from functools import cache

from PIL import Image

from tests.unit.extraction.drawing import draw_lines
from tests.unit.extraction.mail import write_mail
from tests.unit.extraction.office import paragraph, table, write_word, write_zip
from tests.unit.extraction.scans import draw_page, save, save_fax, scan_into_pdf

RECORD = [
    "RIVERSIDE ANIMAL HOSPITAL",
    "Patient: Luna   Species: Cat",
    "",
    "Seen on 03/04/2026 for vomiting.",
    "Weight 4.1 kg",
]
TEXT = "\n".join(RECORD * 6) + "\n"
HTML = f"<!DOCTYPE html><html><body><h1>Luna</h1><p>{'<br>'.join(RECORD)}</p><table><tr><td>ALT<td>121</table></html>"


@cache
def sound_files() -> dict[str, bytes]:
    """By file name."""
    page = _small_page()
    word = write_word(
        paragraph("Luna", style="Heading1") + paragraph("Weight 4.1 kg") + table([("ALT", "121"), ("AST", "30")]),
        headers=[paragraph("RIVERSIDE")],
    )
    return {
        "record.txt": TEXT.encode(),
        "page.html": HTML.encode(),
        "letter.docx": word,
        "record.pdf": draw_lines(RECORD * 3, per_page=6),
        "scan.pdf": scan_into_pdf(page),
        "scan.png": save(page, "PNG"),
        "scan.jpg": save(page, "JPEG", quality=60),
        "fax.tif": save_fax([page]),
        "scan.webp": save(page, "WEBP"),
        "scan.bmp": save(page.convert("1"), "BMP"),
        "message.eml": _mail(word),
        "record.zip": write_zip({"record.txt": TEXT, "letter.docx": word, "mail/message.eml": _mail(b"")}),
    }


def _small_page() -> Image.Image:
    """Few words on a small sheet: Tesseract is quick with it."""
    return draw_page(["Patient: Luna", "Weight 4.1 kg"], dpi=72, size=20, leading=30).crop((0, 0, 400, 200))


def _mail(attached: bytes) -> bytes:
    message = write_mail(TEXT)
    message.add_alternative(HTML, subtype="html")
    if attached:
        message.add_attachment(attached, maintype="application", subtype="octet-stream", filename="letter.docx")
    return message.as_bytes()
