"""What a form's files may take up on disk, before it is known whose form it is and after."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.test import Client

from documents.models import Upload
from pennie.accounts.models import Clinic
from tests.integration.admin.test_sending import RECORD, SEND, send


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> list[int]:
    """How many bytes each file had on disk when it was closed."""
    sizes: list[int] = []
    close = TemporaryUploadedFile.close

    def note(file: Any) -> None:
        if not file.closed:
            file.flush()
            sizes.append(Path(file.temporary_file_path()).stat().st_size)
        close(file)

    monkeypatch.setattr(TemporaryUploadedFile, "close", note)
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    return sizes


@pytest.mark.parametrize("path", ["/admin/login/", SEND, "/nowhere/"])
def test_nothing_of_a_strangers_file_is_written(path: str, stored: None, written: list[int], tmp_path: Path) -> None:
    stranger = Client(enforce_csrf_checks=True)
    stranger.cookies["csrftoken"] = "a" * 32  # with one, the form is read to find its other half
    with (tmp_path / "sent.txt").open("wb+") as file:
        file.write(RECORD)
        file.seek(0)
        answer = stranger.post(path, {"records": file})
    assert answer.status_code in (403, 404)
    assert written == []


def test_a_members_file_that_is_too_large_takes_no_more_than_that_and_is_refused(
    insider: Client, clinic: Clinic, settings: Any, written: list[int]
) -> None:
    settings.UPLOAD_MAX_BYTES = 200_000
    answer = send(insider, ("large.txt", RECORD * 20_000), ("good.txt", RECORD))
    assert answer.status_code == 400
    assert "<strong>large.txt</strong>" in answer.content.decode()
    assert sorted(written) == [len(RECORD), 200_001]
    assert [upload.name for upload in Upload.objects.filter(clinic=clinic)] == ["good.txt"]
