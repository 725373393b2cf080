"""How fast the offline verifier goes through a bundle of the whole log, and how much memory it takes.

    python bench/verify.py [LEAVES]

Writes a bundle of events like those of posted predictions (700 bytes, an entity each), then runs
`audit/verifier.py` alone on it. Reach: 1,000,000 leaves in 60 s and 200 MB. As a ratio: against hashing the
same file once, in the same run.
"""

import base64
import hashlib
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from audit import verifier
from audit.bundles import layout

ORIGIN, AT = "bench.example/log", "2026-11-20T10:00:00.000000Z"
KEY = Ed25519PrivateKey.from_private_bytes(b"b" * 32)
MATERIAL = b"\x01" + KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
KEY_ID = hashlib.sha256(ORIGIN.encode() + b"\n" + MATERIAL).digest()[:4]
EVERY = 1000
"""Leaves between two checkpoints, as the signer has it."""
PARTS = b"""{"actor":"key:0193f0c2-0000-7000-8000-000000000001","at":"2026-11-20T10:00:00.000000Z","details":\
{"commitment":"%s","confidence":"0.61","decision":"review","environment":"production","model":"fraud-screen",\
"policy":{"id":"0193f0c2-0000-7000-8000-000000000002","number":7},"posted_by":\
"key:0193f0c2-0000-7000-8000-000000000001","propensity":1,"reasons":["LOW_CONFIDENCE"],\
"schema":"0193f0c2-0000-7000-8000-000000000003","training_use":true,"version":"3.2.0"},"entity_id":"%s",\
"entity_type":"prediction","entity_version":1,"kind":"reviews.prediction.routed",\
"system":"0193f0c2-0000-7000-8000-000000000004"}"""


def bodies(start: int, end: int) -> list[bytes]:
    return [
        PARTS % (hashlib.sha256(b"%d" % n).hexdigest().encode(), str(UUID(int=n)).encode())
        for n in range(start, end)
    ]


def tiles(leaves: int) -> Iterator[layout.Tile]:
    for start in range(0, leaves, 256):
        found = bodies(start, min(start + 256, leaves))
        hashes = b"".join(hashlib.sha256(b"\x00" + body).digest() for body in found)
        yield layout.Tile(hashes, list(enumerate(found, start)), [])


def notes(leaves: int) -> list[str]:
    sizes = sorted({*range(EVERY, leaves, EVERY), leaves})
    tree = verifier.Tree(sizes)
    for tile in tiles(leaves):
        for _ in tree.add(tile.hashes):
            pass
    return [signed(size, tree.roots[size]) for size in sizes]


def signed(size: int, root: bytes) -> str:
    text = f"{ORIGIN}\n{size}\n{base64.b64encode(root).decode()}\n"
    raw = base64.b64encode(KEY_ID + KEY.sign(text.encode())).decode()
    return f"{text}\n\N{EM DASH} {ORIGIN} {raw}\n"


def main() -> None:
    leaves = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.zip"
        checkpoints = notes(leaves)
        part = layout.LogPart(1, ORIGIN, 0, leaves, checkpoints[-1], checkpoints, [], tiles(leaves))
        order = layout.Order(UUID(int=1), AT, layout.EVERYTHING, False, "bench", None)
        with path.open("wb") as file:
            layout.write(file, order, [part], lambda done: None)
        began = time.perf_counter()
        with path.open("rb") as file:
            hashlib.file_digest(file, "sha256")
        floor = time.perf_counter() - began
        vkey = f"{ORIGIN}+{KEY_ID.hex()}+{base64.b64encode(MATERIAL).decode()}"
        program = Path(verifier.__file__)
        command = [sys.executable, "-I", "-S", str(program), "bundle", str(path), "--key", vkey]
        began = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        seconds = time.perf_counter() - began
        size = path.stat().st_size
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    memory = used.ru_maxrss / 1024
    print(f"leaves       {leaves:>12,}  in a file of {size / 1e6:,.0f} MB, {len(checkpoints):,} checkpoints")
    print(f"verified in  {seconds:>12.1f} s   {leaves / seconds:,.0f} leaves/s")
    print(f"processor    {used.ru_utime + used.ru_stime:>12.1f} s   of one core")
    print(f"memory       {memory:>12.0f} MB")
    print(f"ratio        {seconds / floor:>12.1f} x hashing the file once ({floor:.1f} s)")


if __name__ == "__main__":
    main()
