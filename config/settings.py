"""Settings, from the environment only: every variable stands in `config.environment`."""

import urllib.parse
from datetime import timedelta
from typing import Any

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from config import connections, environment, logging, services
from config.version import VERSION

BASE_DIR = environment.BASE_DIR
SOFTWARE = f"countersign {VERSION}"
"""What made a file, for the file's description."""
VAR_DIR = environment.VAR_DIR.read()
PROCESS = environment.COUNTERSIGN_PROCESS.read()
UNDER_UP = bool(environment.COUNTERSIGN_UP.read())
"""A child of `manage.py up`, which serves loopback only."""
EXTERNAL_DATABASE = bool(environment.DATABASE_URL.read())

# --- The frame -------------------------------------------------------------------------------------

DEBUG = False
ROOT_URLCONF = "config.urls"
CSRF_FAILURE_VIEW = "config.problems.csrf_failed"
WSGI_APPLICATION = "config.wsgi.application"
SILENCED_SYSTEM_CHECKS = [
    "guardian.W001",  # its rows are derived from role assignments, and our own backend reads them
    "security.W005",  # other applications of the domain are not ours to bind to TLS,
    "security.W021",  # nor is the domain ours to put on the browsers' lists
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = False
USE_THOUSAND_SEPARATOR = False
APPEND_SLASH = False
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "guardian",
    "allauth",
    "allauth.account",
    "axes",
    "csp",
    "django_htmx",
    "heroicons",
    "audit",
    "registry",
    "governance",
    "reviews",
    "config",
]

MIDDLEWARE = [
    "config.middleware.RequestContext",
    "config.middleware.WholeBody",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "config.middleware.KnownLength",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "axes.middleware.AxesMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.middleware.SignInLimit",
    "config.idempotency.middleware.IdempotencyMiddleware",
    "config.hall.context.PersonZone",
    "config.hall.context.PasswordFirst",
    "config.problems.ProblemPageMiddleware",
]

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
                "config.hall.context.frame",
            ],
        },
    },
]

# --- Secrets, hosts, TLS ---------------------------------------------------------------------------


def _secret_key() -> str:
    """The variable, else the file that `manage.py up` made.

    Raises:
        ImproperlyConfigured: neither is there, and this process serves.
    """
    if key := environment.SECRET_KEY.read():
        return key
    try:
        return (VAR_DIR / "secret_key").read_text().strip()
    except FileNotFoundError:
        pass
    if PROCESS in ("web", "worker", "beat", "sequencer", "signer"):
        raise ImproperlyConfigured(
            "SECRET_KEY is not set. Give it at least 50 random characters, the same for every process."
        )
    return ""  # Django refuses to sign anything with it.


SECRET_KEY = _secret_key()
TLS = environment.TLS.read()
PROXY_COUNT = environment.PROXY_COUNT.read()
LOOPBACK = ["127.0.0.1", "localhost", "[::1]"]
HOSTS_NAMED = bool(environment.ALLOWED_HOSTS.read())
ALLOWED_HOSTS = list(environment.ALLOWED_HOSTS.read()) or LOOPBACK
CSRF_TRUSTED_ORIGINS = [f"https://{host.lstrip('.')}" for host in ALLOWED_HOSTS] if TLS == "proxy" else []

_tls = TLS in ("proxy", "direct")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TLS == "proxy" else None
SECURE_SSL_REDIRECT = _tls
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000 if _tls else 0
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "config.problems.csrf_failed"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _tls
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 60 * 12
# Cookies know no ports: two copies on one machine must not sign each other out.
SESSION_COOKIE_NAME = "sessionid" if _tls else f"sessionid_{environment.PORT.read()}"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "font-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# --- Services --------------------------------------------------------------------------------------

_services = services.find()
DATABASES = connections.databases(_services, process=PROCESS, var_dir=VAR_DIR)
# Two copies may share one Redis: everything there carries the name of the copy's database.
_prefix = f"countersign:{DATABASES['default']['NAME']}"
CACHES = connections.caches(_services, prefix=_prefix)
SESSION_ENGINE = "django.contrib.sessions.backends.db"  # Caches are per process: no sign-out rests on one.

_broker = connections.broker(_services, prefix=_prefix, var_dir=VAR_DIR)
CELERY_BROKER_URL = _broker["url"]
CELERY_BROKER_TRANSPORT = _broker["transport"]
CELERY_BROKER_TRANSPORT_OPTIONS = _broker["options"]
# No result backend anywhere: results are rows.
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_DEFAULT_QUEUE = "countersign"
# Long work has a queue and a worker of its own, so that the clock's short tasks never wait for it.
CELERY_TASK_ROUTES = {
    "reviews.exports.tasks.*": {"queue": "export"},
    "audit.bundles.tasks.run_bundle": {"queue": "export"},
    "audit.checking.tasks.*": {"queue": "export"},
}
CELERY_TASK_PUBLISH_RETRY_POLICY = {
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.1,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "run" / "beat")


def _every(task: str, seconds: float) -> dict[str, Any]:
    """A message that nobody took before the next one is due is dropped: it would only find the same rows."""
    return {"task": task, "schedule": timedelta(seconds=seconds), "options": {"expires": max(seconds, 5)}}


CELERY_BEAT_SCHEDULE = {
    "settle held judgements": _every("reviews.judging.tasks.settle_held", 1),
    "wake snoozed reviews": _every("reviews.queue.tasks.wake_snoozed", 10),
    "resend waiting exports": _every("reviews.exports.tasks.resend_waiting", 10),
    "resend waiting bundles": _every("audit.bundles.tasks.resend_waiting", 10),
    "check the log since the last check": _every("audit.checking.tasks.check_since_last", 10 * 60),
    "resend waiting erasures": _every("reviews.erasure.tasks.resend_waiting", 10),
    "look at the calendar of approvals": _every("governance.approvals.tasks.look_at_the_calendar", 5 * 60),
    "tell about suspensions": _every("governance.suspensions.tasks.tell_untold", 10),
    "tidy access": _every("governance.access.tasks.tidy", 60 * 60),
    "forget old answers": _every("config.idempotency.tasks.forget_old_answers", 60 * 60),
    "look at the schema": _every("audit.fingerprint.tasks.look_at_the_schema", 10 * 60),
    "give a sign of life": _every("config.tasks.give_sign_of_life", 10),
    "let go what is past its retention": _every("reviews.retention.tasks.let_go", 60 * 60 * 24),
    "maintain partitions": _every("config.tasks.maintain_partitions", 60 * 60 * 24),
}

# --- People and sign-in ----------------------------------------------------------------------------

AUTH_USER_MODEL = "governance.Person"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # first: it ends the attempt of whoever is locked out
    "governance.access.backend.RoleBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
ANONYMOUS_USER_NAME = None  # guardian: nobody is somebody
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "governance.access.adapter.Adapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_RATE_LIMITS = False  # axes and config.ratelimit do that, for all web processes and for each

AXES_HANDLER = "axes.handlers.database.AxesDatabaseHandler"
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
# Both together: a stranger elsewhere cannot lock somebody out.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_FORM_FIELD = "login"
AXES_CLIENT_IP_CALLABLE = "config.ratelimit.client_address"
AXES_LOCKOUT_CALLABLE = "config.ratelimit.locked_out"
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
AXES_DISABLE_ACCESS_LOG = True  # sign-ins are audit events

# --- The API ---------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "governance.access.authentication.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["config.api.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["config.api.StrictJSONParser"],
    "DEFAULT_THROTTLE_CLASSES": ["config.throttle.CallerThrottle"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "config.api.OneRepresentation",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "config.problems.as_problem_json",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Countersign",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENABLE_DJANGO_DEPLOY_CHECK": False,  # the document has tests of its own
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024  # forms; the API reads its bodies under its own limits
WAITING_PLACES = environment.WAITING_PLACES.read()
CALLS_PER_SECOND = environment.CALLS_PER_SECOND.read()
SIGN_INS_PER_MINUTE = environment.SIGN_INS_PER_MINUTE.read()

# --- Files and mail --------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder", "config.static.LoadedFiles"]
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.static.StaticStorage"},
}
RECEIPT_KEY_FILE = environment.RECEIPT_KEY_FILE.read()
AUDIT_LOG_KEY_FILE = environment.AUDIT_LOG_KEY_FILE.read()
AUDIT_ANCHOR_FILE = environment.AUDIT_ANCHOR_FILE.read()
AUDIT_WITNESSES = environment.AUDIT_WITNESSES.read()
AUDIT_TSA_URL = environment.AUDIT_TSA_URL.read()
AUDIT_TSA_CERTIFICATES = environment.AUDIT_TSA_CERTIFICATES.read()
AUDIT_TSA_MINUTES = environment.AUDIT_TSA_MINUTES.read()
MEDIA_ROOT = VAR_DIR / "files"

PUBLIC_URL = environment.PUBLIC_URL.read()
DEFAULT_FROM_EMAIL = SERVER_EMAIL = environment.MAIL_FROM.read()
EMAIL_BACKEND = "config.mail.StoredMailBackend"
if _mail := environment.EMAIL_URL.read():
    _url = urllib.parse.urlsplit(_mail)
    if _url.scheme not in ("smtp", "smtps") or not _url.hostname:
        raise ImproperlyConfigured("EMAIL_URL: smtp://user:password@host:587 or smtps://... is needed")
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST = _url.hostname
    EMAIL_PORT = _url.port or (465 if _url.scheme == "smtps" else 587)
    EMAIL_HOST_USER = urllib.parse.unquote(_url.username or "")
    EMAIL_HOST_PASSWORD = urllib.parse.unquote(_url.password or "")
    EMAIL_USE_SSL = _url.scheme == "smtps"
    EMAIL_USE_TLS = _url.scheme == "smtp" and _url.hostname not in ("localhost", "127.0.0.1")
    EMAIL_TIMEOUT = 15

# --- Watching it -----------------------------------------------------------------------------------

LOG_LEVEL = environment.LOG_LEVEL.read().upper()
LOGGING_CONFIG = None
logging.set_up(LOG_LEVEL)
METRICS_TOKEN = environment.METRICS_TOKEN.read()
