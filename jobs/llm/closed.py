"""When the model may not be asked, though nothing is wrong with the question."""

from jobs.domain.parking import ParkReason


class Closed(Exception):
    """Nothing may be asked now: what is left of the run waits, or is read by the rules.

    `seconds` from now it is worth looking again; None: nobody knows when. `in_vain`: the run asked, and nothing came;
    False: something came; None: nothing was asked that could tell.
    """

    def __init__(self, *, reason: ParkReason, seconds: float | None) -> None:
        super().__init__(reason)
        self.reason: ParkReason = reason
        self.seconds = seconds
        self.in_vain: bool | None = None
        self.detail = ""  # what is known besides, in words of ours; no name, no content
