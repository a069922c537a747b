"""Folders that scanners fill: nothing lost, nothing twice, nothing taken that is not whole."""

import errno
import os
import signal
import time
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from documents.models import Upload
from jobs.models import IntakeSource, Job
from jobs.operations import submitting
from jobs.operations.intake import watched_folder
from jobs.operations.intake.taking import Taker
from jobs.operations.intake.watched_folder import MARKER
from jobs.operations.intake.watching_folders import FolderUnfit, FolderWatch, Watching, prepare_folder
from pennie.accounts.models import Clinic, Membership
from pennie.accounts.principal import Principal
from tests.factories import UseLimitFactory, principal_at
from tests.integration.jobs.intake import Clock, attend, running

pytestmark = pytest.mark.django_db(transaction=True)

NOTE = "Visit note\nSeen for a cough.\n"
OTHER_NOTE = "Visit note\nSeen for a limp.\n"
SETTLE, PATIENCE = 10.0, 300.0


class Scanner:
    """A watched folder, its watcher, and their clock."""

    def __init__(self, folder: Path, principal: Principal, *, settle: float = 0.0, **options: Any) -> None:
        self.folder, self.principal, self.settle, self.options = folder, principal, settle, options
        self.clock = Clock()
        self.start()

    def start(self) -> None:
        """Anew, as after a crash: of the old watcher nothing is left, and its hold has run out."""
        IntakeSource.objects.update(holder=None, held_until=None)
        watched, self.source = prepare_folder(principal=self.principal, path=self.folder, name="Scanner", anew=False)
        pace = {name: self.options[name] for name in ("under_way", "at_most") if name in self.options}
        self.attendance = attend(self.principal, self.source, clock=self.clock, **pace)
        self.watch = FolderWatch(
            folder=watched,
            attendance=self.attendance,
            taker=Taker(kind="folder", engine="auto", priority="normal"),
            watching=Watching(
                settle_seconds=self.settle,
                pause_seconds=1.0,
                patience_seconds=PATIENCE,
                deletes=self.options.get("deletes", False),
            ),
            clock=self.clock,
        )

    def work(self, *, after: float = 2.0) -> None:
        """Time goes by, and the watcher does all that there is to do."""
        self.clock.now += after
        for _ in range(50):
            if not self.watch.work():
                return
        raise AssertionError("it never rests")

    def drop(self, name: str, content: str | bytes = NOTE) -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    @property
    def names(self) -> list[str]:
        """All that lies in the folder, by its path there, without the mark."""
        found = (path for path in self.folder.rglob("*") if path.name != MARKER and not path.is_dir())
        return sorted(str(path.relative_to(self.folder)) for path in found)

    @property
    def told(self) -> IntakeSource:
        return IntakeSource.objects.get(pk=self.source.pk)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "scans"
    path.mkdir()
    return path


@pytest.fixture
def scanner(principal: Principal, folder: Path) -> Scanner:
    return Scanner(folder, principal)


def test_each_file_is_sent_once_and_moved(scanner: Scanner) -> None:
    scanner.drop("a.txt")
    scanner.drop("b.txt", OTHER_NOTE)
    scanner.work()
    assert scanner.names == ["done/a.txt", "done/b.txt"]
    assert set(Upload.objects.values_list("name", "uploaded_by", "metadata__intake")) == {
        ("a.txt", scanner.principal.user.pk, "folder"),
        ("b.txt", scanner.principal.user.pk, "folder"),
    }
    assert set(Job.objects.values_list("priority", "state")) == {("normal", "pending")}
    scanner.work()
    told = scanner.told
    assert (told.taken, told.waiting, told.refused, told.trouble) == (2, 0, 0, "")
    assert None not in (told.taken_at, told.looked_at)


def test_another_clinic_sees_nothing_of_it(scanner: Scanner, outsider: APIClient, api: APIClient) -> None:
    scanner.drop("a.txt")
    scanner.work()
    assert len(api.get("/api/v1/uploads/").json()["results"]) == 1
    assert outsider.get("/api/v1/uploads/").json()["results"] == []


def test_a_file_that_is_still_written_to_is_not_taken(principal: Principal, folder: Path) -> None:
    scanner = Scanner(folder, principal, settle=SETTLE)
    path = scanner.drop("a.txt", "Visit note\n")
    scanner.work()
    with path.open("a") as file:
        file.write("Seen for a cough.\n")
    scanner.work(after=SETTLE - 1)
    scanner.work(after=SETTLE - 1)
    assert scanner.names == ["a.txt"]
    assert not Upload.objects.exists()
    scanner.work(after=2)
    assert scanner.names == ["done/a.txt"]
    assert Upload.objects.get().size == len(NOTE)


@pytest.mark.parametrize("name", ["a.txt.part", ".a.txt", "a.tmp", "~$a.txt"])
def test_partial_names_are_left_alone_until_they_are_renamed(scanner: Scanner, name: str) -> None:
    path = scanner.drop(name)
    scanner.work()
    assert scanner.names == [name]
    path.rename(scanner.folder / "a.txt")
    scanner.work()
    assert scanner.names == ["done/a.txt"]


def test_one_that_changes_while_it_is_read_is_read_again(scanner: Scanner, monkeypatch: pytest.MonkeyPatch) -> None:
    path = scanner.drop("a.txt", "Visit note\n")
    really = watched_folder._is_same
    looks = []

    def grow_at_the_second(opened: int, file: Any) -> bool:
        looks.append(1)
        if len(looks) == 2:
            path.write_text(NOTE)
        return really(opened, file)

    monkeypatch.setattr(watched_folder, "_is_same", grow_at_the_second)
    scanner.work()
    scanner.work()
    assert Upload.objects.get().size == len(NOTE)


def test_one_that_is_replaced_while_it_is_stored_is_taken_too(
    scanner: Scanner, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = scanner.drop("a.txt")
    really = submitting._keep
    monkeypatch.setattr(submitting, "_keep", lambda *a, **k: (path.write_text(OTHER_NOTE + " "), really(*a, **k))[1])
    scanner.work()
    monkeypatch.undo()
    scanner.work()
    assert scanner.names == ["done/a.txt"]
    assert set(Upload.objects.values_list("size", flat=True)) == {len(NOTE), len(OTHER_NOTE) + 1}


def test_two_files_of_one_name_are_both_kept(scanner: Scanner) -> None:
    for content in (NOTE, OTHER_NOTE):
        scanner.drop("a.txt", content)
        scanner.work()
    assert scanner.names == ["done/a (2).txt", "done/a.txt"]
    assert (scanner.folder / "done/a (2).txt").read_text() == OTHER_NOTE


class Killed(BaseException):
    """As kill -9 would."""


def test_a_crash_between_stored_and_moved_leads_to_no_second_upload(
    scanner: Scanner, monkeypatch: pytest.MonkeyPatch
) -> None:
    scanner.drop("a.txt")

    def die(*args: Any, **options: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(watched_folder, "_move", die)
        with pytest.raises(Killed):
            scanner.work()
    assert scanner.names == ["a.txt"]
    assert Upload.objects.count() == 1
    scanner.start()
    scanner.work()
    assert scanner.names == ["done/a.txt"]
    assert (Upload.objects.count(), Job.objects.count()) == (1, 1)
    assert scanner.attendance.counts == {"known": 1}


def test_a_crash_before_it_is_stored_loses_nothing(scanner: Scanner, monkeypatch: pytest.MonkeyPatch) -> None:
    scanner.drop("a.txt")

    def die(*args: Any, **options: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(submitting, "queue_job", die)
        with pytest.raises(Killed):
            scanner.work()
    assert (scanner.names, Upload.objects.count()) == (["a.txt"], 0)
    scanner.start()
    scanner.work()
    assert (scanner.names, Upload.objects.count()) == (["done/a.txt"], 1)


def test_what_is_on_record_is_deleted_where_that_is_asked_for(principal: Principal, folder: Path) -> None:
    scanner = Scanner(folder, principal, deletes=True)
    scanner.drop("a.txt")
    scanner.work()
    assert scanner.names == []
    assert Upload.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "content", "code", "words"),
    [
        ("a.pdf", b"Visit note\n", "extension_mismatch", "give it its right extension"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "unsupported_kind", "save it as .docx or PDF"),
    ],
)
def test_what_is_refused_lies_beside_a_note_that_names_the_cure(
    scanner: Scanner, name: str, content: bytes, code: str, words: str
) -> None:
    scanner.drop(name, content)
    scanner.work()
    assert scanner.names == [f"refused/{name}", f"refused/{name}.txt"]
    note = (scanner.folder / f"refused/{name}.txt").read_text()
    assert words in note
    assert f"problem {code}" in note
    assert (scanner.folder / f"refused/{name}").read_bytes() == content
    assert not Upload.objects.exists()
    scanner.work()
    assert (scanner.told.refused, scanner.told.refused_for) == (1, code)


def test_a_note_never_takes_the_place_of_another_file(scanner: Scanner) -> None:
    scanner.drop("a.pdf.txt", b"\x89PNG\r\n\x1a\nnone")  # refused under the name that a note would have
    scanner.work(after=PATIENCE + 5)
    scanner.drop("a.pdf", b"Visit note\n")
    scanner.work()
    assert scanner.names == [
        "refused/a (2).pdf",
        "refused/a (2).pdf.txt",
        "refused/a.pdf.txt",
        "refused/a.pdf.txt.txt",
    ]


@pytest.mark.parametrize(
    ("content", "code"), [(b"", "empty_file"), (b"%PDF-1.7\nnothing of a PDF", "corrupt"), (b"\n \n", "no_text")]
)
def test_what_may_not_be_written_to_its_end_is_waited_for(scanner: Scanner, content: bytes, code: str) -> None:
    path = scanner.drop("a.pdf" if code == "corrupt" else "a.txt", content)
    scanner.work()
    scanner.work(after=PATIENCE - 10)
    assert scanner.names == [path.name]
    scanner.work(after=20)
    assert scanner.names == [f"refused/{path.name}", f"refused/{path.name}.txt"]
    assert f"problem {code}" in (scanner.folder / f"refused/{path.name}.txt").read_text()


def test_an_empty_file_that_is_filled_late_is_taken(scanner: Scanner) -> None:
    path = scanner.drop("a.txt", "")
    scanner.work(after=100)
    path.write_text(NOTE)
    scanner.work()
    assert scanner.names == ["done/a.txt"]


def test_one_that_is_too_large_is_told_with_its_size(scanner: Scanner, settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = 20
    scanner.drop("a.txt", "Visit note, and so on.\n")
    scanner.work()
    note = (scanner.folder / "refused/a.txt.txt").read_text()
    assert "23 bytes; at most 20 are read" in note
    assert "Split it and send the pieces." in note


def test_links_folders_and_special_files_are_not_followed(
    scanner: Scanner, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("Not for this clinic.\n")
    (scanner.folder / "link.txt").symlink_to(secret)
    (scanner.folder / "out").symlink_to(tmp_path)
    (scanner.folder / "inner").mkdir()
    (scanner.folder / "inner" / "b.txt").write_text(NOTE)
    os.mkfifo(scanner.folder / "pipe.txt")
    scanner.work()
    assert not Upload.objects.exists()
    assert secret.exists()
    scanner.work()
    assert [record.message for record in caplog.records] == [
        "4 links, folders or special files lie in the folder; none of them is taken."
    ]
    assert sorted(os.listdir(scanner.folder)) == [MARKER, "done", "inner", "link.txt", "out", "pipe.txt", "refused"]


def test_a_file_that_becomes_a_link_between_look_and_reading_is_not_followed(
    scanner: Scanner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("Not for this clinic.\n")
    path = scanner.drop("a.txt")
    really = scanner.attendance.find_principal

    def swap() -> Principal | None:
        path.unlink(missing_ok=True)
        path.symlink_to(secret)
        return really()

    monkeypatch.setattr(scanner.attendance, "find_principal", swap)
    scanner.work()
    assert not Upload.objects.exists()


@pytest.mark.parametrize("name", ["done", "refused"])
def test_a_folder_for_what_is_done_that_is_a_link_is_refused(principal: Principal, folder: Path, name: str) -> None:
    (folder / name).symlink_to(folder.parent)
    with pytest.raises(FolderUnfit, match="neither of the two may be a link"):
        Scanner(folder, principal)
    assert not IntakeSource.objects.exists()


def failing(number: int) -> Callable[..., None]:
    def fail(*args: Any, **options: Any) -> None:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize(
    ("number", "outcome"),
    [
        (errno.EACCES, ["refused/a.txt", "refused/a.txt.txt"]),  # after all patience
        (errno.EBUSY, ["a.txt"]),
        (errno.EIO, ["a.txt"]),
    ],
)
def test_a_file_that_cannot_be_read(
    scanner: Scanner, monkeypatch: pytest.MonkeyPatch, number: int, outcome: list[str]
) -> None:
    scanner.drop("a.txt")
    really = os.open

    def refuse(name: Any, *args: Any, **options: Any) -> int:
        if name == "a.txt":
            failing(number)()
        return really(name, *args, **options)

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", refuse)
        if number == errno.EBUSY:
            for _ in range(3):  # it comes up at each look, and no oftener
                scanner.clock.now += 2
                scanner.watch.work()
        else:
            scanner.work()
            scanner.work(after=PATIENCE + 1)
    assert scanner.names == outcome
    if number == errno.EACCES:
        assert "Permission denied" in (scanner.folder / "refused/a.txt.txt").read_text()
    else:
        scanner.work(after=60)
        assert scanner.names == ["done/a.txt"]


def test_a_full_disk_keeps_the_file_and_is_told(
    scanner: Scanner, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    scanner.drop("Juniper Alder.txt")
    with monkeypatch.context() as patched:
        patched.setattr(default_storage, "save", failing(errno.ENOSPC))
        scanner.work()
        scanner.work(after=31)
    assert scanner.names == ["Juniper Alder.txt"]
    assert scanner.attendance.trouble == "storage"
    assert [record.message for record in caplog.records].count("A file could not be stored: OSError.") == 2
    assert "Juniper" not in caplog.text
    scanner.work(after=31)
    assert scanner.names == ["done/Juniper Alder.txt"]
    assert scanner.attendance.trouble is None
    assert "it goes on" in caplog.text


def test_what_cannot_be_moved_is_not_sent_again(scanner: Scanner, monkeypatch: pytest.MonkeyPatch) -> None:
    scanner.drop("a.txt")
    scanner.drop("b.pdf", b"Visit note\n")
    with monkeypatch.context() as patched:
        patched.setattr(os, "rename", failing(errno.EROFS))
        scanner.work()
        reads: list[str] = []
        patched.setattr(scanner.watch._taker, "take", lambda **options: reads.append(options["name"]))
        scanner.work(after=30)
        assert (scanner.attendance.trouble, reads) == ("set_aside", [])
    assert scanner.names == ["a.txt", "b.pdf"]
    scanner.work(after=61)
    assert scanner.names == ["done/a.txt", "refused/b.pdf", "refused/b.pdf.txt"]
    assert scanner.attendance.counts == {"new": 1, "refused": 1}
    scanner.work()
    assert scanner.attendance.trouble is None


@pytest.mark.parametrize("what", ["gone", "empty mount point"])
def test_a_folder_that_is_away_is_waited_for(scanner: Scanner, what: str, caplog: pytest.LogCaptureFixture) -> None:
    elsewhere = scanner.folder.parent / "elsewhere"
    scanner.drop("a.txt")
    scanner.folder.rename(elsewhere)
    if what == "empty mount point":
        scanner.folder.mkdir()
    for _ in range(5):
        scanner.work(after=11)
    assert scanner.attendance.trouble == ("away" if what == "gone" else "unmounted")
    assert len(caplog.records) == 1  # said once
    if what == "empty mount point":
        assert list(scanner.folder.iterdir()) == []
        scanner.folder.rmdir()
    elsewhere.rename(scanner.folder)
    scanner.work(after=11)
    assert scanner.names == ["done/a.txt"]


def test_a_share_that_is_not_mounted_at_the_start_is_told(scanner: Scanner) -> None:
    elsewhere = scanner.folder.parent / "elsewhere"
    scanner.folder.rename(elsewhere)
    scanner.folder.mkdir()
    with pytest.raises(FolderUnfit, match="not mounted"):
        scanner.start()
    assert list(scanner.folder.iterdir()) == []


def test_the_folder_of_one_clinic_is_not_another_s(scanner: Scanner, other_clinic: Clinic) -> None:
    scanner.drop("a.txt")
    other = principal_at(other_clinic)
    with pytest.raises(FolderUnfit, match="another clinic"):
        Scanner(scanner.folder, other)
    prepare_folder(principal=other, path=scanner.folder, name="Scanner", anew=True)
    scanner.work()
    assert scanner.attendance.trouble == "unmounted"  # by its mark, it is another folder now
    assert not Upload.objects.exists()


def test_two_watchers_take_turns_and_none_takes_what_the_other_has(scanner: Scanner) -> None:
    first_attendance, first = scanner.attendance, scanner.watch
    scanner.work()
    watched, source = prepare_folder(principal=scanner.principal, path=scanner.folder, name="Scanner", anew=False)
    second_attendance = attend(scanner.principal, source, clock=scanner.clock)
    second = FolderWatch(
        folder=watched,
        attendance=second_attendance,
        taker=Taker(kind="folder", engine="auto", priority="normal"),
        watching=Watching(settle_seconds=0, pause_seconds=1, patience_seconds=1),
        clock=scanner.clock,
    )
    scanner.drop("a.txt")
    scanner.clock.now += 2
    assert (second.work(), second_attendance.stands_by) == (0, True)
    assert scanner.names == ["a.txt"]
    assert first.work() == 1
    first_attendance.leave()
    scanner.drop("b.txt", OTHER_NOTE)
    scanner.clock.now += 6
    assert (second.work(), second_attendance.stands_by) == (1, False)
    scanner.clock.now += 6
    assert (first.work(), first_attendance.stands_by) == (0, True)
    assert scanner.names == ["done/a.txt", "done/b.txt"]


def test_the_hold_of_one_who_died_runs_out(scanner: Scanner) -> None:
    scanner.drop("a.txt")
    IntakeSource.objects.update(holder=scanner.principal.user.pk, held_until="2020-01-01T00:00Z")
    scanner.work()
    assert scanner.names == ["done/a.txt"]


def test_it_waits_while_too_many_jobs_are_under_way(principal: Principal, folder: Path) -> None:
    scanner = Scanner(folder, principal, under_way=3, at_most=3)
    scanner.drop("a.txt")
    scanner.work()
    scanner.work()
    assert (scanner.names, scanner.told.trouble, scanner.told.waiting) == (["a.txt"], "pace", 1)
    (folder / "a.txt").unlink()  # by hand
    scanner.work()
    assert (scanner.told.trouble, scanner.told.waiting) == ("", 0)


def test_it_waits_at_a_limit_of_use(scanner: Scanner, settings: Any) -> None:
    settings.OPENAI_API_KEY = "sk-fake-0000000000000000"
    limit = UseLimitFactory(clinic=scanner.principal.clinic, amount=1)
    scanner.drop("a.txt")
    scanner.drop("b.txt", OTHER_NOTE)
    scanner.work()
    assert (len(scanner.names), scanner.attendance.trouble) == (2, "use_limit")
    assert Upload.objects.count() == 1
    limit.delete()
    scanner.work(after=301)
    assert scanner.names == ["done/a.txt", "done/b.txt"]


def test_nothing_is_sent_for_who_is_no_member_any_more(scanner: Scanner) -> None:
    scanner.drop("a.txt")
    membership = Membership.objects.filter(user=scanner.principal.user)
    membership.update(clinic=principal_at(scanner.principal.clinic).clinic)
    scanner.principal.user.is_active = False
    scanner.principal.user.save(update_fields=["is_active"])
    scanner.work()
    assert (scanner.names, scanner.attendance.trouble) == (["a.txt"], "not_member")
    scanner.principal.user.is_active = True
    scanner.principal.user.save(update_fields=["is_active"])
    scanner.work(after=11)
    assert (scanner.names, scanner.attendance.trouble) == (["done/a.txt"], None)


def test_a_source_that_was_removed_in_the_admin_is_told(scanner: Scanner) -> None:
    scanner.drop("a.txt")
    IntakeSource.objects.all().delete()
    scanner.work()
    assert (scanner.names, scanner.attendance.trouble) == (["a.txt"], "removed")


def test_a_defect_of_ours_holds_up_no_other_file_and_ends(
    scanner: Scanner, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    scanner.drop("a.txt", "Juniper Alder\n")
    scanner.drop("b.txt")
    really = submitting.extract_quickly

    def fail(content: bytes, *, name: str) -> Any:
        if name == "a.txt":
            raise KeyError("Juniper")
        return really(content, name=name)

    monkeypatch.setattr(submitting, "extract_quickly", fail)
    scanner.work()
    assert scanner.names == ["a.txt", "done/b.txt"]
    scanner.work(after=31)
    scanner.work(after=31)
    assert scanner.names == ["done/b.txt", "refused/a.txt", "refused/a.txt.txt"]
    assert "Juniper" not in caplog.text + (scanner.folder / "refused/a.txt.txt").read_text()


def test_names_of_any_bytes_and_length_are_taken(scanner: Scanner) -> None:
    scanner.drop("x" * 250 + ".txt")
    scanner.drop(os.fsdecode(b"Bericht \xe4.txt"), OTHER_NOTE)
    scanner.drop("y" * 250 + ".pdf", "none\n")
    scanner.work()
    assert Upload.objects.count() == 2
    assert len(scanner.names) == 4
    assert {name.partition("/")[0] for name in scanner.names} == {"done", "refused"}


def test_at_a_terminal_it_ends_when_nothing_is_left(principal: Principal, folder: Path) -> None:
    (folder / "a.txt").write_text(NOTE)
    (folder / "torn.pdf").write_bytes(b"%PDF-1.7\nnothing of a PDF")
    out = StringIO()
    options = {"email": principal.user.email, "settle": 0.0, "every": 0.0, "once": True, "per_minute": 6000.0}
    call_command("watch_folder", str(folder), stdout=out, **options)
    assert out.getvalue().splitlines()[-1] == "1 submitted, 0 on record before, 1 refused."
    assert "torn" not in out.getvalue()
    assert IntakeSource.objects.get().holder is None


def test_a_folder_that_is_none_is_told(principal: Principal, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no folder that can be read"):
        call_command("watch_folder", str(tmp_path / "nowhere"), email=principal.user.email)


@pytest.mark.slow
def test_sigterm_ends_it_after_the_file_in_hand(principal: Principal, folder: Path, media: Path) -> None:
    for number in range(20):
        (folder / f"{number}.txt").write_text(f"Visit note\nSeen for a cough, {number}.\n")
    command = ("watch_folder", str(folder), "--as", principal.user.email, "--settle", "0", "--per-minute", "6000")
    with running(*command, media=media) as process:
        while not Upload.objects.exists():
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        out, errors = process.communicate(timeout=100)
    assert (process.returncode, errors) == (0, "")
    done = len(list((folder / "done").iterdir()))
    assert out.splitlines()[-1] == f"{done} submitted, 0 on record before, 0 refused."
    assert Upload.objects.count() == done
    assert IntakeSource.objects.get().holder is None
