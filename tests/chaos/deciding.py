"""`python -m tests.chaos.deciding WHAT ...`: what people do by admin and API, done by the operations behind them.

`budget CLINIC AMOUNT` sets what the clinic may spend in a day, `close-breaker` says that the model can be asked again,
`unknown JOB ...` prints the ids of those jobs' calls of unknown outcome.
"""

import json
import sys
from decimal import Decimal
from uuid import UUID

import django


def main(what: str, *values: str) -> None:
    django.setup()
    from django.utils import timezone

    from jobs.models import Attempt
    from jobs.operations.breaking import close_breaker
    from jobs.operations.budgeting import set_budget
    from jobs.spending import find_unknown_outcomes

    if what == "budget":
        clinic, amount = values
        set_budget(scope="clinic", period="day", amount_usd=Decimal(amount), clinic_id=UUID(clinic), now=timezone.now())
    elif what == "close-breaker":
        close_breaker()
    elif what == "unknown":
        found = find_unknown_outcomes(Attempt.objects.filter(job_id__in=values)).values_list("id", flat=True)
        json.dump([str(each) for each in found], sys.stdout)
    else:
        raise SystemExit(f"nobody can decide {what}")


if __name__ == "__main__":
    main(*sys.argv[1:])
