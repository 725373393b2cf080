"""Every environment variable that is read, as data.

`config.settings` reads them; `config.reference` writes `docs/reference/settings.md` from them. No
Django import: the supervisor and the commands read them before Django is set up.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")

BASE_DIR = Path(__file__).resolve().parent.parent


class Misconfigured(Exception):
    """A variable cannot be used as it is. The message names it."""


@dataclass(frozen=True, slots=True)
class Variable(Generic[T]):
    """One variable: how its text becomes a value, and what holds without it."""

    name: str
    parse: Callable[[str], T]
    default: T
    help: str
    shown_default: str = ""
    """What the reference prints for the default where its text would tell a newcomer nothing."""

    def read(self, environ: Mapping[str, str] | None = None) -> T:
        """The value in `environ` (without it: the process's own). Blank is absent.

        Raises:
            Misconfigured: the text is not of the right kind.
        """
        text = (os.environ if environ is None else environ).get(self.name, "").strip()
        if not text:
            return self.default
        try:
            return self.parse(text)
        except ValueError as error:
            raise Misconfigured(f"{self.name}: {error}") from None


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _whole(least: int, most: int | None = None) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.isascii() or not text.isdigit() or int(text) < least:
            raise ValueError(f"a whole number of at least {least} is needed, not {text!r}")
        if most is not None and int(text) > most:
            raise ValueError(f"a whole number of at most {most} is needed, not {text!r}")
        return int(text)

    return parse


def _one_of(*choices: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text.lower() not in choices:
            raise ValueError(f"one of {', '.join(choices)} is needed, not {text!r}")
        return text.lower()

    return parse


def _origin(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(f"an address such as https://countersign.example.org is needed, not {text!r}")
    return text.rstrip("/")


def _folder(text: str) -> Path:
    return Path(text).expanduser().absolute()


NO_WORDS: tuple[str, ...] = ()

# Where things are.
VAR_DIR = Variable(
    "VAR_DIR", _folder, BASE_DIR / "var",
    "Folder of everything that is not the program: the embedded database, generated secrets, logs, files "
    "of exports. Two copies run side by side with different folders and ports.",
    "`var/` in the checkout",
)  # fmt: skip
PORT = Variable("PORT", _whole(1), 8000, "Port on loopback that `manage.py up` serves on.")

# What production has to say.
SECRET_KEY = Variable(
    "SECRET_KEY", str, "",
    "Signs sessions and forms; at least 50 characters. Without it the file `VAR_DIR/secret_key` is used, "
    "which "
    "`manage.py up` makes at random and readable for its owner only.",
)  # fmt: skip
ALLOWED_HOSTS = Variable(
    "ALLOWED_HOSTS", _words, NO_WORDS,
    "Host names under which the pages are reached, separated by commas. Production refuses to start "
    "without it.",
    "loopback under `manage.py up`",
)  # fmt: skip
TLS = Variable(
    "TLS", _one_of("proxy", "direct", "off"), "",
    "Who ends TLS. `proxy`: a reverse proxy that sets (and never passes on) `X-Forwarded-Proto`; `direct`: "
    "granian "
    "itself; `off`: nobody, which is refused unless every allowed host is loopback. Production refuses to "
    "start without it.",
    "`off` under `manage.py up`",
)  # fmt: skip
PROXY_COUNT = Variable(
    "PROXY_COUNT", _whole(0), 0,
    "How many reverse proxies stand in front and append to `X-Forwarded-For`. Lock-out and rate limits "
    "count by "
    "the address that the outermost of them saw.",
)  # fmt: skip
RECEIPT_KEY_FILE = Variable(
    "RECEIPT_KEY_FILE", str, "",
    "File with the Ed25519 private key (PKCS 8, PEM) that signs the gate's receipts, the same for every web "
    "process. Public keys of before lie beside it as `retired-<keyid>.pub`.",
    "`VAR_DIR/keys/receipt.pem`, made at the first start",
)  # fmt: skip

# The audit log.
AUDIT_LOG_KEY_FILE = Variable(
    "AUDIT_LOG_KEY_FILE", str, "",
    "File with the Ed25519 private key (PKCS 8, PEM) that signs the audit log's checkpoints. Only the signer "
    "reads it. Public keys of before lie beside it as `log-retired-<id>.pub`.",
    "`VAR_DIR/keys/log.pem`, made at the first start",
)  # fmt: skip
AUDIT_ANCHOR_FILE = Variable(
    "AUDIT_ANCHOR_FILE", str, "",
    "File outside the database to which the signer adds every checkpoint, and which it reads before it signs "
    "the next. Best on another machine or where it can only be appended to.",
    "`VAR_DIR/anchors/log.jsonl`",
)  # fmt: skip
AUDIT_WITNESSES = Variable(
    "AUDIT_WITNESSES", _words, NO_WORDS,
    "Witnesses that cosign checkpoints (C2SP tlog-witness), separated by commas: the address, a space, and "
    "the witness's verification key, such as `https://witness.example.org example.org/w+1a2b3c4d+BAkj...`.",
    "none",
)  # fmt: skip
AUDIT_TSA_URL = Variable(
    "AUDIT_TSA_URL", str, "",
    "Address of a time-stamp authority (RFC 3161), such as `https://tsa.example.org/tsr`, that stamps "
    "checkpoints for the signer. Needs the optional packages of `requirements/tsa.txt` and "
    "`AUDIT_TSA_CERTIFICATES`.",
    "none",
)  # fmt: skip
AUDIT_TSA_CERTIFICATES = Variable(
    "AUDIT_TSA_CERTIFICATES", str, "",
    "File with the root certificates (PEM) that time stamps have to lead to, also those of authorities used "
    "before. The signer keeps no other stamp, and `audit_verify` checks the kept ones with it.",
    "none",
)  # fmt: skip
AUDIT_TSA_MINUTES = Variable(
    "AUDIT_TSA_MINUTES", _whole(1, most=1440), 60,
    "Minutes from one time stamp of the growing log to the next, at most a day.",
)  # fmt: skip

# Services.
DATABASE_URL = Variable(
    "DATABASE_URL", str, "",
    "The application's login, `postgres://<database>_app:password@host:5432/<database>`; PostgreSQL 15 or "
    "later.",
    "the database that `manage.py up` runs under `VAR_DIR`",
)  # fmt: skip
DATABASE_ADMIN_URL = Variable(
    "DATABASE_ADMIN_URL", str, "",
    "The migrator's login to the same database. Needed by `migrate` and `database_roles` only; web and "
    "workers "
    "should not have it. Without it migrations run as the application, which then owns its tables: guards "
    "weakened.",
)  # fmt: skip
DATABASE_SEQUENCER_URL = Variable(
    "DATABASE_SEQUENCER_URL", str, "",
    "The login of sequencer and signer, `postgres://<database>_sequencer:...`. Needed by these two only, "
    "where "
    "`database_roles` has made that role: the application's login may then not place facts.",
    "the application's login",
)  # fmt: skip
DATABASE_AUDITOR_URL = Variable(
    "DATABASE_AUDITOR_URL", str, "",
    "The login of verification, `postgres://<database>_auditor:...`: it reads the trail, the log and the "
    "versions "
    "of audited rows, and changes nothing.",
    "the application's login",
)  # fmt: skip
DATABASE_POOL_SIZE = Variable(
    "DATABASE_POOL_SIZE", _whole(1), 20,
    "Most connections of one web process: for requests that work. Those that wait for an outcome hold none.",
)  # fmt: skip
REDIS_URL = Variable(
    "REDIS_URL", str, "",
    "Broker and cache: `redis://host:6379/0`, `rediss://...` or `unix:///path`. Nothing is lost when it is "
    "emptied: PostgreSQL holds the state.",
    "a local redis-server or valkey-server if there is one, else files under `VAR_DIR`",
)  # fmt: skip
BROKER_URL = Variable(
    "BROKER_URL", str, "", "A Celery broker other than `REDIS_URL`, such as `amqp://...`.", "`REDIS_URL`"
)
EMAIL_URL = Variable(
    "EMAIL_URL", str, "",
    "Where mail goes: `smtp://user:password@host:587` (STARTTLS) or `smtps://user:password@host:465`.",
    "mail is kept in the database, where an administrator can read it",
)  # fmt: skip
MAIL_FROM = Variable("MAIL_FROM", str, "countersign@localhost", "Sender of mail.")
PUBLIC_URL = Variable(
    "PUBLIC_URL", _origin, "",
    "Where people reach Countersign, such as `https://countersign.example.org`: links in mail begin with it.",
    "mail names paths only",
)  # fmt: skip

# How much at once.
WEB_PROCESSES = Variable("WEB_PROCESSES", _whole(1), 2, "Web processes of `manage.py up`.")
WEB_THREADS = Variable(
    "WEB_THREADS",
    _whole(1),
    48,
    "Threads of each web process: those that work and those that wait for outcomes.",
)
WAITING_PLACES = Variable(
    "WAITING_PLACES", _whole(0), 32,
    "Requests with `?wait=` that one web process lets wait at a time; others are answered at once with "
    "`Retry-After`. Keep it well below `WEB_THREADS`.",
)  # fmt: skip
WORKER_THREADS = Variable(
    "WORKER_THREADS",
    _whole(1),
    2,
    "Threads of the worker of `manage.py up`; exports have a worker of their own.",
)
CALLS_PER_SECOND = Variable(
    "CALLS_PER_SECOND", _whole(0), 1000,
    "Calls per second that one service key or one person may make to one web process, with a burst of two "
    "seconds' worth; more is answered 429 with `Retry-After`. A batch of predictions is one call. 0: no "
    "limit.",
)  # fmt: skip
SIGN_INS_PER_MINUTE = Variable(
    "SIGN_INS_PER_MINUTE", _whole(1), 30,
    "Attempts to sign in per minute that one web process takes from one address. Apart from it, ten failures "
    "lock an account for that address for fifteen minutes.",
)  # fmt: skip

# Watching it.
LOG_LEVEL = Variable(
    "LOG_LEVEL", _one_of("debug", "info", "warning", "error"), "info",
    "Least severe lines that are logged: JSON, one object per line, on standard error, without payloads.",
)  # fmt: skip
METRICS_TOKEN = Variable(
    "METRICS_TOKEN", str, "",
    "Bearer token for `/metrics`. Without it, `/metrics` answers to loopback only.",
)  # fmt: skip
PROMETHEUS_MULTIPROC_DIR = Variable(
    "PROMETHEUS_MULTIPROC_DIR", str, "",
    "Folder, empty at start, in which the web processes of one machine add up their metrics. Without it each "
    "process reports its own.",
    "set by `manage.py up`",
)  # fmt: skip
COUNTERSIGN_PROCESS = Variable(
    "COUNTERSIGN_PROCESS", _one_of("web", "worker", "beat", "sequencer", "signer", "command", "test"),
    "command",
    "What this process is. `web` takes its database connections from a pool and refuses an insecure set-up; "
    "`sequencer` and `signer` log in by `DATABASE_SEQUENCER_URL`.",
)  # fmt: skip
COUNTERSIGN_UP = Variable(
    "COUNTERSIGN_UP", _one_of("1"), "",
    "Set by `manage.py up` for its children: they serve loopback only, so that host names and TLS need not "
    "be said.",
)  # fmt: skip
COUNTERSIGN_PASSWORD = Variable(
    "COUNTERSIGN_PASSWORD", str, "",
    "The password that `manage.py user create` and `user password` set.", "one is generated and printed",
)  # fmt: skip

SECTIONS: dict[str, tuple[Variable[Any], ...]] = {
    "Where things are": (VAR_DIR, PORT),
    "What production has to say": (SECRET_KEY, ALLOWED_HOSTS, TLS, PROXY_COUNT, RECEIPT_KEY_FILE),
    "The audit log": (
        AUDIT_LOG_KEY_FILE, AUDIT_ANCHOR_FILE, AUDIT_WITNESSES,
        AUDIT_TSA_URL, AUDIT_TSA_CERTIFICATES, AUDIT_TSA_MINUTES,
    ),
    "Services": (
        DATABASE_URL, DATABASE_ADMIN_URL, DATABASE_SEQUENCER_URL, DATABASE_AUDITOR_URL, DATABASE_POOL_SIZE,
        REDIS_URL, BROKER_URL, EMAIL_URL, MAIL_FROM, PUBLIC_URL,
    ),
    "How much at once": (
        WEB_PROCESSES, WEB_THREADS, WAITING_PLACES, WORKER_THREADS, CALLS_PER_SECOND, SIGN_INS_PER_MINUTE,
    ),
    "Watching it": (LOG_LEVEL, METRICS_TOKEN, PROMETHEUS_MULTIPROC_DIR),
    "Processes and commands": (COUNTERSIGN_PROCESS, COUNTERSIGN_UP, COUNTERSIGN_PASSWORD),
}  # fmt: skip
