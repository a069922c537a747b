"""Celery: messages that wake workers. They carry ids only; what is so stands in PostgreSQL.

Acknowledged early and not prefetched, because the lease in the database governs who works, not the broker. No results,
no retries and no countdowns of Celery's: those live in the database too.
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pennie.settings.dev")

app = Celery("pennie")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["jobs"])
