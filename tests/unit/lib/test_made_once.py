import threading

from pennie.lib.made_once import made_once


def test_threads_that_come_at_once_share_one():
    begun = threading.Barrier(8)
    made: list[object] = []

    @made_once(most=4)
    def make(name: str) -> object:
        threading.Event().wait(0.01)  # long enough for all to come meanwhile
        made.append(name)
        return object()

    def come() -> None:
        begun.wait(30)
        got.append(make("a"))

    got: list[object] = []
    threads = [threading.Thread(target=come) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert made == ["a"]
    assert len(got) == 8
    assert len(set(map(id, got))) == 1


def test_each_argument_has_its_own():
    @made_once(most=4)
    def make(name: str) -> object:
        return object()

    assert make("a") is make("a")
    assert make("a") is not make("b")
