"""The application's settings as the suite uses them: the database is filled in by `tests/conftest.py`."""

import os
import tempfile

os.environ["COUNTERSIGN_PROCESS"] = "test"
os.environ["COUNTERSIGN_UP"] = "1"
# Away from the developer's own `var/`.
os.environ["VAR_DIR"] = os.environ.get("TEST_VAR_DIR") or tempfile.mkdtemp(prefix="cs-")

from config.settings import *  # noqa: F403

SECRET_KEY = "only-for-the-suite-" * 4
ALLOWED_HOSTS = ["*"]

# Filled in place by `django_db_setup`, once it knows which server there is.
_NOT_YET = {"ENGINE": "config.postgresql", "NAME": "not-set-up-yet", "HOST": "/nonexistent"}
DATABASES = {
    "default": {**_NOT_YET, "OPTIONS": {}},
    "admin": {**_NOT_YET, "OPTIONS": {}},
}

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # not what is tested, and slow by design
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
CALLS_PER_SECOND = 0
SIGN_INS_PER_MINUTE = 1_000_000
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # noqa: F405 - WhiteNoise warns of a folder that is not there
