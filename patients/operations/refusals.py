"""Why something is not done to the register."""

from patients.models import Registered
from pennie.lib.refusals import Refusal


class FieldRefused(Refusal):
    """What is said of one field cannot be. Never repeats the value: it may be a person's."""

    def __init__(self, code: str, *, field: str, detail: str) -> None:
        errors = [{"pointer": f"/{field}", "code": code, "detail": detail}]
        super().__init__(
            code,
            title="The value cannot be taken",
            detail=f"{field}: {detail}",
            status=422,
            extra={"errors": errors},
        )


class ExternalIdTaken(Refusal):
    """`holder` is the row that has it, of the same clinic."""

    def __init__(self, what: str, *, holder: Registered | None) -> None:
        is_archived = holder is not None and holder.is_archived
        cure = "Restore that one" if is_archived else "Change that one"
        super().__init__(
            "external_id_taken",
            title="The external id is taken",
            detail=f"Another {'archived ' * is_archived}{what} of the clinic has this external id. {cure}, "
            "or send another id.",
            status=409,
            extra={"existing": str(holder.pk)} if holder else None,
        )


class Stale(Refusal):
    def __init__(self) -> None:
        super().__init__(
            "stale",
            title="It was changed meanwhile",
            detail="Its ETag is no longer the one that If-Match names. Read it again, then decide anew.",
            status=412,
        )


class RowArchived(Refusal):
    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what}_archived",
            title=f"The {what} is archived",
            detail=f"Nothing about an archived {what} is changed. Restore it first.",
            status=409,
        )


class NotArchived(Refusal):
    def __init__(self, what: str) -> None:
        super().__init__(
            "not_archived",
            title=f"The {what} is not archived",
            detail=f"Only what was archived is purged, for that cannot be undone. Archive the {what} first.",
            status=409,
        )


class OwnerHasPatients(Refusal):
    def __init__(self, *, count: int, cure: str) -> None:
        super().__init__(
            "owner_has_patients",
            title="The owner has patients",
            detail=f"The owner has {count} of them. {cure}",
            status=409,
            extra={"patients": count},
        )
