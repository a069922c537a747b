"""Settings that every environment shares. What differs by environment comes from environment variables."""

from datetime import timedelta
from pathlib import Path

from django.templatetags.static import static

from pennie.settings.environment import Environment

BASE_DIR = Path(__file__).resolve().parent.parent.parent
env = Environment()

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "rest_framework_simplejwt.token_blacklist",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "axes",
    "pennie.accounts",
    "patients",
    "documents",
    "jobs",
]
MIDDLEWARE = [
    "pennie.rest.request_ids.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "pennie.rest.content_policy.ContentPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
    "pennie.rest.query_parameters.QueryParametersMiddleware",
]
ROOT_URLCONF = "pennie.urls"
WSGI_APPLICATION = "pennie.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "var" / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]

# PostgreSQL is the truth. Without an address only the commands that keep nothing work.
JOB_THREADS = env.count("JOB_THREADS", default=4)  # jobs of one worker process at once
_FOR_JOBS = 2 * JOB_THREADS  # a job holds two connections: one to work, one to renew its lease
DATABASES = env.postgres("DATABASE_URL", pool_most=max(_FOR_JOBS, env.count("DATABASE_POOL", default=20)))
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Redis wakes and remembers; whatever it forgets is in PostgreSQL. One database for the broker, one for all else.
REDIS_URL = env.redis("REDIS_URL", database=1)
BROKER_URL = env.redis("BROKER_URL", database=0, falls_back_to="REDIS_URL")
REDIS_TIMEOUT_SECONDS = env.seconds("REDIS_TIMEOUT_SECONDS", default=3.0)
REDIS_PREFIX = "pennie"
_CACHE_OPTIONS = {
    "SOCKET_CONNECT_TIMEOUT": REDIS_TIMEOUT_SECONDS,
    "SOCKET_TIMEOUT": REDIS_TIMEOUT_SECONDS,
    "CONNECTION_POOL_KWARGS": {"max_connections": 200},
}
_CACHE = {
    "BACKEND": "django_redis.cache.RedisCache",
    "LOCATION": REDIS_URL,
    "KEY_PREFIX": REDIS_PREFIX,
    "OPTIONS": _CACHE_OPTIONS,
}
CACHES = {
    "default": _CACHE,
    # A session that Redis cannot tell is read from PostgreSQL; a throttle that cannot count must not look like this.
    "sessions": {**_CACHE, "OPTIONS": {**_CACHE_OPTIONS, "IGNORE_EXCEPTIONS": True}},
}
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_CACHE_ALIAS = "sessions"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_NAME = "pennie_session"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "admin:login"

TRUSTED_PROXIES = 0  # in front of the web process, whose X-Forwarded-For tells the caller's address

# Lockout: counted in PostgreSQL, by account and address together, so that a stranger cannot lock a colleague out.
AXES_FAILURE_LIMIT = env.count("SIGN_IN_FAILURES", default=5)
AXES_COOLOFF_TIME = timedelta(seconds=env.seconds("SIGN_IN_LOCKOUT_SECONDS", default=900.0))
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "pennie.accounts.lockout.refuse"
AXES_USERNAME_CALLABLE = "pennie.accounts.lockout.count_by_account"
AXES_CLIENT_IP_CALLABLE = "pennie.rest.addresses.find_address"
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # who tries again meanwhile is not punished for it
AXES_VERBOSE = False
AXES_DISABLE_ACCESS_LOG = True
AXES_USERNAME_FORM_FIELD = "username"

USE_TZ = True
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
LANGUAGE_CODE = "en-us"
FORMAT_MODULE_PATH = "pennie.formats"

# The model's API. Without a key the rules engine does the work.
OPENAI_API_KEY = env.str("OPENAI_API_KEY", default="")
OPENAI_BASE_URL = env.str("OPENAI_BASE_URL", default="")  # empty: the SDK's own default
OPENAI_MODEL = env.str("OPENAI_MODEL", default="gpt-6-luna")
OPENAI_API = env.choice("OPENAI_API", default="auto", among=("auto", "responses", "chat"))
OPENAI_TIMEOUT_SECONDS = env.seconds("OPENAI_TIMEOUT_SECONDS", default=120.0)
OPENAI_CONCURRENCY = env.count("OPENAI_CONCURRENCY", default=16)  # calls in flight of one process
# Upper bounds on what the provider tells, for an account that others use too; None: as told.
OPENAI_REQUESTS_PER_MINUTE = env.optional_count("OPENAI_REQUESTS_PER_MINUTE")
OPENAI_TOKENS_PER_MINUTE = env.optional_count("OPENAI_TOKENS_PER_MINUTE")
# US dollars for a million tokens, where the price list is wrong or knows none. None: by the list.
OPENAI_INPUT_PRICE = env.price("OPENAI_INPUT_PRICE", together_with="OPENAI_OUTPUT_PRICE")
OPENAI_OUTPUT_PRICE = env.price("OPENAI_OUTPUT_PRICE", together_with="OPENAI_INPUT_PRICE")

METRICS_TOKEN = env.str("METRICS_TOKEN", default="")  # opens /metrics; empty: to operators only
# How long answers of the model are found again, and how long a call shows what was sent and what came back.
ANSWERS_KEPT_DAYS = env.count("ANSWERS_KEPT_DAYS", default=90)
CALL_BODIES_KEPT_DAYS = env.count("CALL_BODIES_KEPT_DAYS", default=30)

# Calls to the model that a user may ask for in an hour, where no limit of use is set; 0: no limit.
DEFAULT_CALLS_PER_HOUR = env.count("DEFAULT_CALLS_PER_HOUR", default=100, least=0)

# What an upload may hold.
UPLOAD_MAX_BYTES = env.count("UPLOAD_MAX_BYTES", default=200 * 1024 * 1024)
UPLOAD_MAX_PAGES = env.count("UPLOAD_MAX_PAGES", default=2000)
UPLOAD_MAX_LINES = env.count("UPLOAD_MAX_LINES", default=300_000)
UPLOAD_MAX_PIXELS = env.count("UPLOAD_MAX_PIXELS", default=100_000_000)  # of one page
EMAIL_MAX_PARTS = env.count("EMAIL_MAX_PARTS", default=50)
EMAIL_MAX_DEPTH = env.count("EMAIL_MAX_DEPTH", default=5)
ZIP_MAX_ENTRIES = env.count("ZIP_MAX_ENTRIES", default=200)
ZIP_MAX_BYTES = env.count("ZIP_MAX_BYTES", default=500 * 1024 * 1024)  # unpacked
ZIP_MAX_RATIO = env.count("ZIP_MAX_RATIO", default=100)  # unpacked to packed
ZIP_MAX_DEPTH = env.count("ZIP_MAX_DEPTH", default=1, least=0)
EXTRACTION_TIMEOUT_SECONDS = env.seconds("EXTRACTION_TIMEOUT_SECONDS", default=120.0)
EXTRACTION_MEMORY_BYTES = env.count("EXTRACTION_MEMORY_BYTES", default=2 * 1024**3)

# Character recognition of scans, by Tesseract where it is installed.
TESSERACT = env.str("TESSERACT", default="tesseract")  # the program; empty: scans are refused
OCR_LANGUAGES = env.languages("OCR_LANGUAGES", default="eng+spa+fra+deu")  # those that are not installed are left out
OCR_PROCESSES = env.count("OCR_PROCESSES", default=0, least=0)  # pages of a file at once; 0: one for each core
OCR_TIMEOUT_SECONDS = env.seconds("OCR_TIMEOUT_SECONDS", default=3600.0)  # of one file
OCR_PAGE_TIMEOUT_SECONDS = env.seconds("OCR_PAGE_TIMEOUT_SECONDS", default=60.0)

# Where the bytes of uploads lie. Never served by the web server itself.
MEDIA_ROOT = env.path_to("MEDIA_ROOT", default="var/media", base=BASE_DIR)
MEDIA_URL = ""
FILE_UPLOAD_HANDLERS = ["pennie.rest.form_files.MembersFileHandler"]
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024  # of a request's body without its files

# Where docs/ of this release is published, as "https://docs.example.org/pennie/"; empty: paths below docs/ are told.
DOCS_URL = env.str("DOCS_URL", default="")

# Where callers reach the stream process, as "https://stream.example.org"; empty: at the API's own address, by a proxy.
STREAM_URL = env.str("STREAM_URL", default="").rstrip("/")

# Jobs.
JOB_LEASE_SECONDS = env.seconds("JOB_LEASE_SECONDS", default=60.0)
JOB_REAPER_SECONDS = env.seconds("JOB_REAPER_SECONDS", default=5.0)  # between two looks of the reaper
JOB_RELAY_SECONDS = env.seconds("JOB_RELAY_SECONDS", default=0.2)  # between two looks of the relay, when idle
JOB_GRACE_SECONDS = env.seconds("JOB_GRACE_SECONDS", default=20.0)  # for a worker to end in, its calls with it

# Mail to clinics' administrators, as smtp://USER:PASSWORD@HOST:PORT or smtp+tls://...; not set: none is sent.
_MAIL = env.mail("EMAIL_URL")
SENDS_MAIL = bool(_MAIL)
EMAIL_HOST, EMAIL_PORT = _MAIL.get("EMAIL_HOST", ""), _MAIL.get("EMAIL_PORT", 25)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _MAIL.get("EMAIL_HOST_USER", ""), _MAIL.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS, EMAIL_USE_SSL = _MAIL.get("EMAIL_USE_TLS", False), _MAIL.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10  # seconds
DEFAULT_FROM_EMAIL = env.str("MAIL_FROM", default="pennie@localhost")
IMAP_PASSWORD = env.verbatim("IMAP_PASSWORD")  # of the mailbox that `import_mailbox` reads

# Webhooks.
WEBHOOK_TIMEOUT_SECONDS = env.seconds("WEBHOOK_TIMEOUT_SECONDS", default=15.0)  # of one sending, to the last byte read
WEBHOOK_LOOK_SECONDS = env.seconds("WEBHOOK_LOOK_SECONDS", default=0.5)  # between two looks for what is due, when idle
WEBHOOK_PATIENCE_DAYS = env.count("WEBHOOK_PATIENCE_DAYS", default=3)  # with one that receives nothing
WEBHOOKS_KEPT_DAYS = env.count("WEBHOOKS_KEPT_DAYS", default=30)  # what was sent and came back
WEBHOOK_TRUSTED_NETWORKS = env.networks("WEBHOOK_TRUSTED_NETWORKS")  # of our own, that may be named all the same

CELERY_BROKER_URL = BROKER_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "normal"
CELERY_TASK_CREATE_MISSING_QUEUES = True
CELERY_TASK_ACKS_LATE = False
CELERY_WORKER_POOL = "threads"  # they wait for the model; what is heavy on the processor is a process of its own
CELERY_WORKER_CONCURRENCY = JOB_THREADS
CELERY_WORKER_DISABLE_PREFETCH = True
CELERY_WORKER_ENABLE_REMOTE_CONTROL = True
CELERY_WORKER_SEND_TASK_EVENTS = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = JOB_GRACE_SECONDS
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # Celery gives up after 100, and its worker ends
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 5.0,
    "socket_connect_timeout": 3.0,
    "max_connections": 50,
    "global_keyprefix": f"{REDIS_PREFIX}:",
    "queue_order_strategy": "priority",  # in the order in which a worker names its queues
}
CELERY_TIMEZONE = "UTC"
# Housekeeping only: what jobs need is seen to by relay and reaper, which do not go through the queues they repair.
CELERY_BEAT_SCHEDULE = {"tidy": {"task": "jobs.tidy", "schedule": 3600.0, "options": {"queue": "bulk"}}}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "pennie.accounts.authentication.TokenAuthentication",
        "pennie.accounts.authentication.ApiKeyAuthentication",
        "pennie.accounts.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["pennie.accounts.permissions.IsMember"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["pennie.rest.parsers.JSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "pennie.rest.pagination.CursorPagination",
    "DEFAULT_SCHEMA_CLASS": "pennie.accounts.openapi.ScopedSchema",
    "DEFAULT_VERSIONING_CLASS": None,
    "EXCEPTION_HANDLER": "drf_standardized_errors.handler.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "UNAUTHENTICATED_USER": None,
}
DRF_STANDARDIZED_ERRORS = {
    "EXCEPTION_HANDLER_CLASS": "pennie.rest.problems.ExceptionHandler",
    "EXCEPTION_FORMATTER_CLASS": "pennie.rest.problems.ExceptionFormatter",
    "ENABLE_IN_DEBUG_FOR_UNHANDLED_EXCEPTIONS": True,
}
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=15),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=7),
    "ROTATE_REFRESH_TOKENS": True,
    "BLACKLIST_AFTER_ROTATION": True,
    "UPDATE_LAST_LOGIN": False,
    "USER_ID_CLAIM": "sub",
    "ISSUER": "pennie",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "PennieAI",
    "VERSION": "1.0.0",
    "DESCRIPTION": "Takes a veterinary practice's long record and gives back its documents and its patients' data, "
    "each fact with the words and the line it was read from.",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "SORT_OPERATIONS": True,  # else the methods of an address have another order in each process
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "ENUM_NAME_OVERRIDES": {  # where fields of one name have different choices
        "JobState": "jobs.domain.states.STATES",
        "JobPriority": "jobs.domain.states.PRIORITIES",
        "AttemptState": "jobs.models.Attempt.State",
        "EngineAsked": ["auto", "rules", "openai"],
        "EngineChosen": ["rules", "openai"],
        "SubjectState": "documents.models.Subject.State",
        "BudgetScope": "jobs.models.Budget.Scope",
        "BudgetScopeOfClinic": ["clinic", "user", "upload"],
        "LimitScope": "jobs.domain.use_limits.SCOPES",
        "DeliveryState": "jobs.domain.webhooks.DELIVERY_STATES",
    },
    "PREPROCESSING_HOOKS": ["pennie.rest.schema.order_methods"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "pennie.rest.schema.describe_problems",
        "pennie.rest.schema.name_pages",
    ],
    "TAGS": [
        {"name": "uploads", "description": "Files as received, their text and their segmentation."},
        {"name": "documents", "description": "The documents of an upload, and corrections to them."},
        {"name": "patients", "description": "Patients, their facts and their documents."},
        {"name": "subjects", "description": "The animals of a file, and which patients they are."},
        {"name": "owners", "description": "The patients' owners: the clients."},
        {"name": "jobs", "description": "The runs over uploads."},
        {"name": "dead letters", "description": "Jobs that failed for good, until retried or discarded."},
        {"name": "batches", "description": "Files that are sent together, followed as one."},
        {"name": "queues", "description": "What waits, and pausing it."},
        {"name": "webhooks", "description": "Messages to your server when a job has ended."},
        {"name": "budgets", "description": "What calls to the model may cost."},
        {"name": "ai", "description": "The model."},
        {"name": "usage", "description": "What the model cost."},
        {"name": "auth", "description": "Signing in, and keys for machines."},
    ],
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "()": "pennie.observability.logs.DiscreetFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s: %(message)s",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {
        "handlers": ["stderr"],
        "level": env.choice("LOG_LEVEL", default="WARNING", among=("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")),
    },
    # Below WARNING these tell addresses with all that stands in them, and what was sent.
    "loggers": {name: {"level": "WARNING"} for name in ("httpx2", "httpcore2", "openai")},
}

UNFOLD = {
    "SITE_TITLE": "PennieAI",
    "SITE_HEADER": "PennieAI",
    "SITE_SYMBOL": "pets",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("pennie/favicon.svg")},
    ],
    "SITE_URL": None,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "6px",
    "STYLES": [lambda request: static("pennie/admin.css")],
    "SCRIPTS": [lambda request: static("pennie/admin.js")],
    "GLOBAL_CALLBACK": "pennie.accounts.clinic_choice.tell_clinics",
    "DASHBOARD_CALLBACK": "pennie.dashboard.welcome",
    "COLORS": {
        "primary": {
            "50": "#f0fdfa",
            "100": "#ccfbf1",
            "200": "#99f6e4",
            "300": "#5eead4",
            "400": "#2dd4bf",
            "500": "#14b8a6",
            "600": "#0d9488",
            "700": "#0f766e",
            "800": "#115e59",
            "900": "#134e4a",
            "950": "#042f2e",
        }
    },
    "SIDEBAR": {"navigation": "pennie.navigation.list_pages"},
}
