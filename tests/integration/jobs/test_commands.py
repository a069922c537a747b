"""Commands that keep what they read: `analyze --save` and `import_folder`."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from documents.models import Upload
from jobs.models import Batch, Job
from pennie.accounts.models import Clinic
from pennie.accounts.principal import Principal
from tests.factories import MembershipFactory, UseLimitFactory

pytestmark = pytest.mark.django_db(transaction=True)

RECORDS = Path(__file__).parent.parent.parent / "records"


def analyze(*arguments: str) -> dict[str, object]:
    out = StringIO()
    call_command("analyze", "--json", *arguments, stdout=out)
    answer: dict[str, object] = json.loads(out.getvalue())
    return answer


def test_what_is_saved_is_what_would_be_printed(principal: Principal) -> None:
    path = str(RECORDS / "household_two_patients.txt")
    plain = analyze(path)
    saved = analyze(path, "--save", "--as", principal.user.email)
    differ = {key for key in plain if plain[key] != saved[key]}
    assert differ == {"file", "seconds"}
    assert Upload.objects.get().uploaded_by == principal.user


def test_a_file_that_was_saved_is_shown_and_not_read_again(principal: Principal) -> None:
    path = str(RECORDS / "befund_de.txt")
    first = analyze(path, "--save", "--as", principal.user.email)
    second = analyze(path, "--save", "--as", principal.user.email)
    assert first == second
    assert Job.objects.count() == 1


def test_a_file_that_cannot_be_read_is_not_kept(principal: Principal, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_bytes(b"")
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command(
            "analyze", "--json", "--save", "--as", principal.user.email, str(tmp_path / "empty.txt"), stdout=out
        )
    assert json.loads(out.getvalue())["problem"]["code"] == "empty_file"
    assert not Upload.objects.exists()


@pytest.mark.parametrize("given", [(), ("--as", "stranger@nowhere.example")])
def test_somebody_must_stand_for_it(clinic: Clinic, given: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match=r"on whose behalf|no active member"):
        call_command("analyze", "--save", str(RECORDS / "befund_de.txt"), *given)


def test_a_person_of_two_clinics_names_one(principal: Principal, other_clinic: Clinic) -> None:
    MembershipFactory(user=principal.user, clinic=other_clinic)
    path = str(RECORDS / "befund_de.txt")
    with pytest.raises(CommandError, match="several clinics"):
        call_command("analyze", "--save", path, "--as", principal.user.email)
    analyze(path, "--save", "--as", principal.user.email, "--clinic", other_clinic.name)
    assert Upload.objects.get().clinic == other_clinic


def test_a_folder_is_imported_and_the_second_time_passed_over(principal: Principal, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Visit note\nSeen for a cough.\n")
    (tmp_path / "b.txt").write_text("Visit note\nSeen for a limp.\n")
    (tmp_path / ".hidden.txt").write_text("Visit note\n")
    (tmp_path / "torn.pdf").write_bytes(b"%PDF-1.7\nnothing of a PDF")
    said = []
    for _ in range(2):
        out = StringIO()
        with pytest.raises(SystemExit):
            call_command("import_folder", str(tmp_path), "--as", principal.user.email, stdout=out)
        said.append(out.getvalue().strip())
    assert said == [
        "2 submitted, 0 on record before, 1 refused.",
        "0 submitted, 2 on record before, 1 refused.",
    ]
    assert set(Job.objects.values_list("priority", "state")) == {("bulk", "pending")}


def test_an_import_stops_at_a_limit_of_use_and_goes_on_after_it(
    principal: Principal, tmp_path: Path, settings: Any
) -> None:
    settings.OPENAI_API_KEY = "sk-fake-0000000000000000"
    for name in "abc":
        (tmp_path / f"{name}.txt").write_text(f"Visit note\nSeen for a cough, {name}.\n")
    limit = UseLimitFactory(clinic=principal.clinic, amount=1)
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("import_folder", str(tmp_path), "--as", principal.user.email, stdout=out)
    assert out.getvalue().splitlines() == [
        "1 submitted, 0 on record before, 0 refused.",
        f"2 left, because of a limit of use. To go on, give the same command with: --resume {Batch.objects.get().pk}",
    ]
    limit.delete()
    out = StringIO()
    call_command("import_folder", str(tmp_path), "--as", principal.user.email, stdout=out)
    assert out.getvalue().strip() == "2 submitted, 1 on record before, 0 refused."


def test_a_folder_that_is_none_is_told(principal: Principal, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no folder"):
        call_command("import_folder", str(tmp_path / "nowhere"), "--as", principal.user.email)
