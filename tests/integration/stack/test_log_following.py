"""`make logs`: each line once, with the name of its process."""

from pathlib import Path

from pennie.stack.log_following import follow_logs


def test_last_lines_then_new_ones_of_old_new_and_set_aside_logs(tmp_path: Path) -> None:
    web, worker = tmp_path / "web.log", tmp_path / "worker1.log"
    web.write_text("".join(f"old {number}\n" for number in range(20)))
    steps = iter(
        (
            lambda: None,
            lambda: web.write_text(web.read_text() + "new\n"),
            lambda: worker.write_text("begun\n"),
            lambda: (web.rename(tmp_path / "web.log.1"), web.write_text("after\n")),
        )
    )
    shown: list[str] = []

    def until() -> bool:
        step = next(steps, None)
        if step is not None:
            step()
        return step is None

    follow_logs(folder=tmp_path, show=shown.append, until=until)
    lines = [tuple(line.split(maxsplit=1)) for line in shown]
    assert lines == [
        *(("web", f"old {number}") for number in range(15, 20)),
        ("web", "new"),
        ("worker1", "begun"),
        ("web", "after"),
    ]
