"""`manage.py fit_types`: a table from labelled records, and clear words where there are none."""

import json

import pytest
from django.core.management import CommandError, call_command

from documents.domain.rules.type_model import read_type_model

pytest.importorskip("numpy")

TEXTS = {"financial": "INVOICE\nTotal $12.00 paid in full\n", "consult_note": "EXAM\nLungs clear, ears clean\n"}


def write_records(folder, *, confident=True):
    for number in range(8):
        for kind, text in TEXTS.items():
            name = f"{kind}{number}"
            document = {"start_line": 1, "end_line": 2, "type": kind, "type_confident": confident}
            (folder / f"{name}.txt").write_text(text, encoding="utf-8")
            (folder / f"{name}.truth.json").write_text(json.dumps({"documents": [document]}), encoding="utf-8")


def test_a_table_is_written_that_tells_the_types(tmp_path, capsys):
    write_records(tmp_path)
    out = tmp_path / "types.json"
    call_command("fit_types", records=[tmp_path], out=out, version_name="mine")
    model = read_type_model(out.read_text(encoding="utf-8"))
    assert model.version == "mine"
    assert model.choose({"body:paid": 1.0}) == "financial"
    assert "1.000" in capsys.readouterr().out
    out.unlink()
    call_command("fit_types", records=[tmp_path], out=out, leave_out="layout")
    assert not out.exists()


def test_records_that_say_nothing_are_told(tmp_path):
    with pytest.raises(CommandError, match="holds no records"):
        call_command("fit_types", records=[tmp_path], version_name="mine")
    write_records(tmp_path, confident=False)
    with pytest.raises(CommandError, match="No document of these records"):
        call_command("fit_types", records=[tmp_path], version_name="mine")
    with pytest.raises(CommandError, match="--version-name"):
        call_command("fit_types", records=[tmp_path])
