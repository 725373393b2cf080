"""A time-stamp authority of our own: `openssl ts -reply` behind HTTP on loopback, with keys for the test."""

import contextlib
import datetime as dt
import http.server
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl plays the authority")

NAME = "CN=Test Authority, O=Example Time"
CONFIG = """
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = {digests}
accuracy = secs:1
tsa_name = yes
ess_cert_id_alg = {ess}
"""


@dataclass
class Tsa:
    """Gives time stamps. `answer` is what HTTP answers to a question; a test may put another in its place."""

    folder: Path
    digests: str = "sha256, sha512"
    ess: str = "sha256"
    answer: Callable[[bytes], bytes] = field(init=False)
    status: int = 200
    asked: list[bytes] = field(default_factory=list)
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        self.answer = self.reply
        _make_certificates(self.folder)
        (self.folder / "serial").write_text("01\n")
        self.configure()

    @property
    def roots(self) -> Path:
        return self.folder / "root.pem"

    def configure(self) -> None:
        said = CONFIG.format(folder=self.folder, digests=self.digests, ess=self.ess)
        (self.folder / "tsa.cnf").write_text(said)

    def reply(self, question: bytes) -> bytes:
        """The answer to a question, as RFC 3161 has it."""
        with self._one_at_a_time:
            (self.folder / "question").write_bytes(question)
            return self._run("-reply", "-queryfile", str(self.folder / "question"))

    def token(self, content: bytes, digest: str = "sha256") -> bytes:
        """A time stamp of these bytes, without the answer around it."""
        with self._one_at_a_time:
            (self.folder / "content").write_bytes(content)
            asking = ["openssl", "ts", "-query", "-data", str(self.folder / "content"), f"-{digest}", "-cert"]
            question = subprocess.run(asking, check=True, capture_output=True).stdout
            (self.folder / "question").write_bytes(question)
            return self._run("-reply", "-queryfile", str(self.folder / "question"), "-token_out")

    def _run(self, *words: str) -> bytes:
        out = self.folder / "answer"
        subprocess.run(
            ["openssl", "ts", *words, "-config", str(self.folder / "tsa.cnf"), "-out", str(out)],
            check=True,
            capture_output=True,
        )
        return out.read_bytes()


@contextlib.contextmanager
def serving(tsa: Tsa) -> Iterator[str]:
    """The authority over HTTP on a free port of loopback; gives its address."""

    class Desk(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            question = self.rfile.read(int(self.headers["Content-Length"]))
            tsa.asked.append(question)
            answer = tsa.answer(question)
            with contextlib.suppress(OSError):  # who asked may have given up
                self.send_response(tsa.status)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.end_headers()
                self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing."""

    desk = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Desk)
    thread = threading.Thread(target=desk.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{desk.server_address[1]}/tsr"
    finally:
        desk.shutdown()
        desk.server_close()
        thread.join()


def openssl_verifies(token: Path, content: Path, roots: Path) -> bool:
    """What an auditor runs."""
    words = ["openssl", "ts", "-verify", "-token_in", "-in", token, "-data", content, "-CAfile", roots]
    return subprocess.run(words, check=False, capture_output=True).returncode == 0


def _make_certificates(folder: Path) -> None:
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root = _certificate("Test Root", root_key.public_key(), root_key, is_root=True)
    leaf = _certificate("Test Authority", key.public_key(), root_key, is_root=False)
    (folder / "root.pem").write_bytes(root.public_bytes(Encoding.PEM))
    (folder / "tsa.pem").write_bytes(leaf.public_bytes(Encoding.PEM))
    (folder / "tsa.key").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )


def _certificate(
    name: str, public: ec.EllipticCurvePublicKey, issuer: ec.EllipticCurvePrivateKey, *, is_root: bool
) -> x509.Certificate:
    now = dt.datetime.now(dt.UTC)
    purposes = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
        "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    usage = dict.fromkeys(purposes, False) | {"key_cert_sign" if is_root else "digital_signature": True}
    builder = (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named("Test Root"))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=365))
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key()), critical=False
        )
    )
    if not is_root:
        purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(purpose, critical=True)
    return builder.sign(issuer, hashes.SHA256())


def _named(name: str) -> x509.Name:
    attribute = x509.NameAttribute
    return x509.Name(
        [attribute(NameOID.ORGANIZATION_NAME, "Example Time"), attribute(NameOID.COMMON_NAME, name)]
    )
