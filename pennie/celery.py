"""Celery: messages that wake workers. They carry ids only; what is so stands in PostgreSQL.

Acknowledged early and not prefetched, because the lease in the database governs who works, not the broker. No results,
no retries and no countdowns of Celery's: those live in the database too.
"""

import os

from celery import Celery
from kombu.transport.redis import Channel

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pennie.settings.dev")

# What was received and not yet acknowledged when Redis goes away is not put back: the reaper sends again what nobody
# works on. Putting it back ends the whole worker where the connection is gone by then (kombu 5.7).
Channel.do_restore = False

app = Celery("pennie")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["jobs"])
