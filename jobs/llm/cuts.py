"""Where the windows of a clinic's earlier files began, so that a file sent again with changes is cut alike."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from jobs.leases import Lease
from jobs.models import WindowCut


def find_known_cuts(digests: Sequence[str], *, clinic_id: UUID, upload_id: UUID | None) -> frozenset[str]:
    """Which of `digests` are known: those of the upload itself, if it was cut before, else the clinic's. One query.

    `upload_id` None: a file that is no upload, or not yet.
    """
    cuts = WindowCut.objects.filter(clinic_id=clinic_id).extra(where=["digest = ANY(%s)"], params=[list(digests)])
    found = list(cuts.values_list("digest", "upload_id"))
    own = frozenset(digest for digest, cut_in in found if cut_in == upload_id)
    return own or frozenset(digest for digest, _ in found)


def keep_cuts(*, lease: Lease, cuts: Sequence[str], now: datetime) -> None:
    """Within a transaction. Raises LeaseLost."""
    job = lease.hold()
    WindowCut.objects.bulk_create(
        [WindowCut(clinic_id=job.clinic_id, upload_id=job.upload_id, digest=cut, created_at=now) for cut in cuts],
        ignore_conflicts=True,
    )
