"""Bundles for tests, made of events that never happened: same seed, same bytes."""

import base64
import hashlib
import io
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from audit import merkle, verifier
from audit.bundles import layout
from audit.canonical import canonical_bytes, commitment

ORIGIN = "example.test/log/{}"
WITNESS = "witness.test/w1"
SOFTWARE = "countersign test"
AT = "2026-11-20T10:00:00.000000Z"


@dataclass(frozen=True)
class Signer:
    """A key under a name. Algorithm 1 signs notes, 4 cosigns them."""

    name: str
    secret: bytes
    algorithm: int = 1

    @property
    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.secret)

    @property
    def _material(self) -> bytes:
        public = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return bytes([self.algorithm]) + public

    @property
    def _id(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + self._material).digest()[:4]

    @property
    def vkey(self) -> str:
        return f"{self.name}+{self._id.hex()}+{base64.b64encode(self._material).decode()}"

    def line(self, text: str, time: int = 1_800_000_000) -> str:
        said, stamp = text.encode(), b""
        if self.algorithm == 4:
            stamp = time.to_bytes(8, "big")
            said = f"cosignature/v1\ntime {time}\n{text}".encode()
        raw = base64.b64encode(self._id + stamp + self._key.sign(said)).decode()
        return f"\N{EM DASH} {self.name} {raw}\n"


LOG_SIGNERS = {n: Signer(ORIGIN.format(n), bytes([n]) * 32) for n in (1, 2)}
COSIGNER = Signer(WITNESS, b"w" * 32, algorithm=4)
KEYS = [verifier.read_vkeys(signer.vkey)[0] for signer in LOG_SIGNERS.values()]
WITNESSES = verifier.read_vkeys(COSIGNER.vkey)


def checkpoint(number: int, leaves: list[bytes]) -> str:
    """A signed state of log `number` over the hashes of its leaves."""
    root = base64.b64encode(merkle.root_hash(leaves)).decode()
    text = f"{ORIGIN.format(number)}\n{len(leaves)}\n{root}\n"
    return f"{text}\n{LOG_SIGNERS[number].line(text)}"


@dataclass
class World:
    """Events of one or two logs, and what a bundle says about them."""

    seed: int
    leaves: int = 700
    restarted_at: int | None = None
    """Where log 2 begins."""
    whole: bool = True
    openings: bool = True
    stamp: Callable[[bytes], bytes] | None = None
    """An authority: gives a token about these bytes."""
    bodies: list[bytes] = field(default_factory=list)
    opened: list[list[layout.Opened]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.bundle = UUID(int=self.random.getrandbits(128))
        self.filter: dict[str, Any] = dict(layout.EVERYTHING)
        if not self.whole:
            self.filter["system"] = str(UUID(int=7))
        self._versions: dict[str, int] = {}
        self._known: list[str] = []
        while len(self.bodies) < self.leaves - 1:
            self._add_event()
        self._add(kind=verifier.REQUESTED, entity=f"bundle:{self.bundle}", details={
            "filter": self.filter, "format": verifier.FORMAT, "openings": self.openings, "software": SOFTWARE,
        })  # fmt: skip

    def _add_event(self) -> None:
        position = len(self.bodies)
        if position == self.restarted_at:
            hashes = self.hashes(0, position)
            text = checkpoint(1, hashes[: position - position % 3])
            details = {
                "former_log": 1, "former_origin": ORIGIN.format(1), "former_size": position,
                "former_root": merkle.root_hash(hashes).hex(), "anchored": text, "reason": "restored",
            }  # fmt: skip
            return self._add(kind=verifier.RESTARTED, entity=f"log:{UUID(int=2)}", details=details)
        known = self._known
        if position % 50 == 49:
            gone = [known[0].partition(":")[2]]
            return self._add(
                kind=verifier.ERASED, entity=f"erasure:{UUID(int=position)}", details={"predictions": gone}
            )
        fresh = f"prediction:{UUID(int=self.random.getrandbits(128))}"
        name = self.random.choice(known) if known and self.random.random() < 0.4 else fresh
        value, salt = (
            self.random.choice(["Zoë \N{MATHEMATICAL FRAKTUR CAPITAL U}", "because", "x" * 300]),
            self.random.randbytes(32),
        )
        details: dict[str, Any] = {"n": position, "ünï": [1, {"b": None, "a": True}], "confidence": "0.61"}
        if self.random.random() < 0.5:
            details["reason_commitment"] = commitment(value.encode(), salt).hex()
            self._add(kind="test.noted", entity=name, details=details)
            start = self.restarted_at if self.restarted_at and position >= self.restarted_at else 0
            self.opened[-1].append(layout.Opened(position - start, "reason", value, salt))
            return None
        return self._add(kind="test.noted", entity=name, details=details)

    def _add(self, *, kind: str, entity: str, details: dict[str, Any]) -> None:
        type_, _, id_ = entity.partition(":")
        if entity not in self._versions and type_ == "prediction":
            self._known.append(entity)
        self._versions[entity] = self._versions.get(entity, 0) + 1
        said = {
            "actor": "operator", "at": AT, "details": details, "entity_id": id_, "entity_type": type_,
            "entity_version": self._versions[entity], "kind": kind,
            "system": str(UUID(int=7)) if len(self.bodies) % 5 == 0 else None,
        }  # fmt: skip
        self.bodies.append(canonical_bytes(said))
        self.opened.append([])

    def hashes(self, start: int, end: int) -> list[bytes]:
        return [merkle.leaf_hash(body) for body in self.bodies[start:end]]

    def parts(self) -> list[layout.LogPart]:
        cut = self.restarted_at
        spans = [(1, 0, self.leaves)] if cut is None else [(1, 0, cut), (2, cut, self.leaves)]
        return [self._part(*span) for span in spans]

    def _part(self, number: int, start: int, end: int) -> layout.LogPart:
        hashes = self.hashes(start, end)
        is_last = end == self.leaves
        sizes = sorted({1, 2, 255, 256, 257, len(hashes) // 2, len(hashes) - (0 if is_last else 1)})
        notes = [checkpoint(number, hashes[:size]) for size in sizes if 0 < size <= len(hashes)]
        text = notes[-1].rpartition("\n\n")[0] + "\n"
        cosigned = COSIGNER.line(text)
        size = int(text.split("\n")[1])
        anchors = [layout.Anchor("file", size, notes[-1]), layout.Anchor("witness", size, cosigned)]
        if self.stamp is not None:
            for note in (notes[0], notes[-1]):
                evidence = base64.b64encode(self.stamp(note.encode())).decode()
                anchors.append(layout.Anchor("rfc3161", int(note.split("\n")[1]), evidence))
            anchors.sort(key=lambda each: (each.size, each.kind, each.evidence))
        tiles = [self._tile(start, at, min(at + 256, len(hashes))) for at in range(0, len(hashes), 256)]
        return layout.LogPart(
            number, ORIGIN.format(number), start, len(hashes), notes[-1] + cosigned, notes, anchors, tiles
        )

    def _tile(self, base: int, start: int, end: int) -> layout.Tile:
        hashes = b"".join(self.hashes(base + start, base + end))
        chosen = [index for index in range(start, end) if self.whole or self._is_chosen(base + index)]
        entries = [(index, self.bodies[base + index]) for index in chosen]
        opened = [each for index in chosen for each in self.opened[base + index]] if self.openings else []
        return layout.Tile(hashes, entries, opened)

    def _is_chosen(self, position: int) -> bool:
        body = self.bodies[position]
        always = (verifier.ERASED, verifier.RESTARTED, verifier.REQUESTED)
        return position % 5 == 0 or any(f'"{kind}"'.encode() in body for kind in always)

    @property
    def order(self) -> layout.Order:
        number, base = (1, 0) if self.restarted_at is None else (2, self.restarted_at)
        request = {"log": number, "index": self.leaves - 1 - base}
        return layout.Order(self.bundle, AT, self.filter, self.openings, SOFTWARE, request)

    def build(self) -> bytes:
        file = io.BytesIO()
        layout.write(file, self.order, self.parts(), lambda leaves: None)
        return file.getvalue()


def check(bundle: bytes, **given: Any) -> verifier.Report:
    """What the verifier says, with the right keys unless others are given."""
    asked = {"keys": KEYS, "witnesses": WITNESSES} | given
    return verifier.check_bundle(io.BytesIO(bundle), **asked)
