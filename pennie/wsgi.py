"""The web process: API and admin."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pennie.settings.dev")
application = get_wsgi_application()
