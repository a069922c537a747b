"""Production: refuses to start without what it needs, and says which variable is missing."""

from pennie.settings.base import *  # noqa: F403
from pennie.settings.base import env

DEBUG = False
SECRET_KEY = env.secret(
    "SECRET_KEY",
    least=50,
    cure="Set it to 50 random characters or more, from: python -c 'import secrets; print(secrets.token_urlsafe(50))'",
)
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])  # former ones, so that what they sealed is read
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS", cure="Set it to the names under which people reach it, as pennie.example.")
env.needed("DATABASE_URL", cure="Set it to postgres://USER:PASSWORD@HOST:PORT/NAME.")
env.needed("REDIS_URL", cure="Set it to redis://:PASSWORD@HOST:PORT.")

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# TLS ends at a proxy in front, which must set this header itself and drop what a client sends of it.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
TRUSTED_PROXIES = env.count("TRUSTED_PROXIES", default=1)
SECURE_SSL_REDIRECT = True
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
