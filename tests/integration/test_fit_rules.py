"""`manage.py fit_rules`: weights from labelled records, and clear words where there are none."""

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from documents.domain.rules.model import packaged_model, read_model

pytest.importorskip("numpy")

from jobs import fitting
from jobs.management.commands.fit_rules import WEIGHTS

NOTE = "CONSULTATION NOTE\nDate: 03/{day}/2019\nPatient: Biscuit\n\nThe dog was bright and alert in the room today.\n\n"


def write_record(folder: Path, *, name: str = "notes", start_lines: tuple[int, ...] = (1, 7, 13)) -> None:
    (folder / f"{name}.txt").write_text("".join(NOTE.format(day=day) for day in (11, 12, 13)), encoding="utf-8")
    documents = [{"start_line": line, "end_line": line + 4} for line in start_lines]
    (folder / f"{name}.truth.json").write_text(json.dumps({"layout": name, "documents": documents}), encoding="utf-8")


def test_weights_are_written_that_can_be_read(tmp_path, capsys):
    write_record(tmp_path)
    out = tmp_path / "weights.json"
    call_command("fit_rules", records=[tmp_path], out=out, version_name="mine")
    assert read_model(out.read_text(encoding="utf-8")).version == "mine"
    assert "mean boundary F1" in capsys.readouterr().out


def test_leaving_out_layouts_writes_nothing(tmp_path, capsys):
    for name in ("notes", "others"):
        write_record(tmp_path, name=name)
    out = tmp_path / "weights.json"
    call_command("fit_rules", records=[tmp_path], out=out, leave_out="layout")
    assert not out.exists()
    assert {"notes", "others"} <= set(capsys.readouterr().out.split())
    assert packaged_model().version != "others"


def test_a_folder_without_records_and_a_wrong_label_are_told(tmp_path):
    with pytest.raises(CommandError, match="holds no records"):
        call_command("fit_rules", records=[tmp_path], version_name="mine")
    write_record(tmp_path, start_lines=(1, 1))
    (tmp_path / "unlabelled.txt").write_text("Luna\n", encoding="utf-8")
    with pytest.raises(CommandError, match=r"notes\.truth\.json: documents\[1\]\.start_line") as refused:
        call_command("fit_rules", records=[tmp_path], version_name="mine")
    assert "unlabelled.txt: its truth is missing" in str(refused.value)


def test_other_weights_need_a_name_and_a_file_that_can_be_written(tmp_path):
    write_record(tmp_path)
    with pytest.raises(CommandError, match="--version-name"):
        call_command("fit_rules", records=[tmp_path], out=tmp_path / "weights.json")
    with pytest.raises(CommandError, match="Name a file that can be written"):
        call_command("fit_rules", records=[tmp_path], out=tmp_path / "none" / "weights.json", version_name="mine")


def read_weights(path: Path) -> dict[str, dict[str, float]]:
    weights: dict[str, dict[str, float]] = json.loads(path.read_text(encoding="utf-8"))
    return weights


@pytest.fixture
def kept(tmp_path):
    """Weights as they were before a signal was thought of, each of a value that no fit would give it."""
    table = read_weights(WEIGHTS)
    for reading in ("first", "second"):
        table[reading] = dict.fromkeys(table[reading], 0.125) | {"gone_since": 9.0}
        del table[reading]["as_first"]
    path = tmp_path / "kept.json"
    path.write_text(json.dumps(table), encoding="utf-8")
    return path


def test_kept_weights_stay_and_only_signals_that_they_lack_are_fitted(tmp_path, kept):
    write_record(tmp_path)
    out = tmp_path / "weights.json"
    call_command("fit_rules", records=[tmp_path], out=out, version_name="mine", keep=kept)
    for reading in ("first", "second"):
        fitted = read_weights(out)[reading]
        assert {name for name, weight in fitted.items() if weight != 0.125} == {"as_first"}
        assert fitted.keys() == read_weights(WEIGHTS)[reading].keys()


def test_kept_weights_that_are_named_are_fitted_again(tmp_path, kept):
    write_record(tmp_path)
    out = tmp_path / "weights.json"
    call_command("fit_rules", records=[tmp_path], out=out, version_name="mine", keep=kept, again=["labels", "no_blank"])
    fitted = read_weights(out)["second"]
    assert {name for name, weight in fitted.items() if weight != 0.125} == {"as_first", "labels", "no_blank"}


def test_leaving_out_layouts_keeps_weights_as_well(tmp_path, kept, monkeypatch):
    for name in ("notes", "others"):
        write_record(tmp_path, name=name)
    fits = []
    fit = fitting.fit

    def keep_fit(*args, **options):
        fits.append(fit(*args, **options))
        return fits[-1]

    monkeypatch.setattr(fitting, "fit", keep_fit)
    call_command("fit_rules", records=[tmp_path], leave_out="layout", keep=kept)
    assert len(fits) == 3
    assert all(model.second["labels"] == 0.125 != model.second["as_first"] for model in fits)


@pytest.mark.parametrize(
    "text", ["", "[]", '{"version": "mine"}', '{"version": "x", "first": {}, "second": {"page": 1}}']
)
def test_a_file_that_holds_no_weights_is_told(tmp_path, text):
    write_record(tmp_path)
    path, out = tmp_path / "kept.json", tmp_path / "weights.json"
    path.write_text(text, encoding="utf-8")
    for keep in (path, tmp_path / "none.json"):
        with pytest.raises(CommandError, match="Name a file that this command wrote"):
            call_command("fit_rules", records=[tmp_path], out=out, version_name="mine", keep=keep)
    assert not out.exists()


def test_weights_are_drawn_to_those_that_are_named_for_it(tmp_path, capsys):
    """What the records do not tell stays as it was there, in place of the catalogue's guess."""
    write_record(tmp_path)
    former, out = tmp_path / "former.json", tmp_path / "weights.json"
    table = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    untold = "letterhead_above" if "letterhead_above" in table["first"] else sorted(table["first"])[0]
    for reading in ("first", "second"):
        table[reading][untold] = 7.5 if table[reading][untold] >= 0 else -7.5
    former.write_text(json.dumps(table), encoding="utf-8")
    call_command("fit_rules", records=[tmp_path], out=out, near=former, version_name="mine")
    assert abs(read_model(out.read_text(encoding="utf-8")).second[untold]) == 7.5
    with pytest.raises(CommandError, match="no weights"):
        call_command("fit_rules", records=[tmp_path], out=out, near=tmp_path / "notes.txt", version_name="mine")
