"""The circuit breaker before the model that the settings name: what operators see of it, and close by hand."""

import logging

from django.conf import settings

from jobs.llm.breaker import BreakerState
from jobs.llm.configured import shared_breaker

logger = logging.getLogger(__name__)


def describe_breaker() -> BreakerState | None:
    """As it is now; None where no model is asked, for want of a key. Never raises because Redis is away."""
    return shared_breaker().describe() if settings.OPENAI_API_KEY else None


def close_breaker() -> BreakerState | None:
    """Let calls through again at once, whatever it had opened for. As `describe_breaker`; where the state `is_local`,
    Redis is away and the other processes were not reached."""
    if not settings.OPENAI_API_KEY:
        return None
    state = shared_breaker().close()
    logger.info("The circuit breaker before the model was closed by hand.")
    return state
