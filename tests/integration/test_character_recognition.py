"""The operator is told whether scans can be read."""

from io import StringIO

import pytest
from django.core.management import call_command

from tests.unit.extraction.scans import needs_tesseract


def told() -> str:
    out = StringIO()
    call_command("check_services", stdout=out)
    return out.getvalue()


@needs_tesseract
@pytest.mark.django_db
def test_check_services_names_the_languages_that_scans_are_read_in(settings) -> None:
    settings.OCR_LANGUAGES = "eng+tlh"
    assert "Character recognition: Tesseract with eng. Tesseract has no data for tlh." in told()


@pytest.mark.django_db
def test_check_services_tells_how_to_get_tesseract(settings) -> None:
    settings.TESSERACT = "/no/such/tesseract"
    assert "not there" in told()
    assert "apt-get install tesseract-ocr" in told()
