"""audit/verifier.py bundle: whatever is changed in a bundle is found, and nothing is found in a clean one.

The suite tries 120 changes with a fixed seed; `MUTATIONS=1000` tries that many, and 100 clean bundles.
"""

import io
import os
import random
import zipfile
from collections.abc import Callable

import pytest

from audit import verifier
from audit.bundles import layout
from audit.bundles.archive import ArchiveWriter
from tests.audit.verifier.builder import World, check

MANY = int(os.environ.get("MUTATIONS", "120"))
SEED = int(os.environ.get("MUTATIONS_SEED", "20261120"))

Members = list[tuple[str, bytes]]


def worlds() -> list[World]:
    return [
        World(1, leaves=300),
        World(2, leaves=600, restarted_at=280),
        World(3, leaves=520, whole=False),
        World(4, leaves=40),
    ]


def flipped(content: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(content) * 8)
    changed = bytearray(content)
    changed[at // 8] ^= 1 << at % 8
    return bytes(changed)


def spliced(content: bytes, chance: random.Random) -> bytes:
    """Cut a few bytes out, put a few in, or repeat some."""
    at = chance.randrange(len(content))
    span = chance.randrange(1, 40)
    change = chance.choice(["cut", "put", "repeat"])
    if change == "cut":
        return content[:at] + content[at + span :]
    return (
        content[:at] + (chance.randbytes(span) if change == "put" else content[at : at + span]) + content[at:]
    )


def of_a_line(content: bytes, chance: random.Random) -> bytes:
    """Take a line out, say it twice, or swap two."""
    lines = content.splitlines(keepends=True)
    at, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    change = chance.choice(["drop", "double", "swap"])
    if change == "drop":
        del lines[at]
    elif change == "double":
        lines.insert(at, lines[at])
    else:
        lines[at], lines[other] = lines[other], lines[at]
    return b"".join(lines)


def in_a_member(members: Members, chance: random.Random) -> Members:
    """Change one member and mend the archive around it, as somebody would who wants it not to be seen."""
    kinds = sorted({name.rpartition("/")[0].split("/")[-1] for name, _ in members})
    kind = chance.choice(kinds)  # or the many tiles would be all that is ever changed
    at = chance.choice(
        [n for n, (name, _) in enumerate(members) if name.rpartition("/")[0].split("/")[-1] == kind]
    )
    name, content = members[at]
    change = chance.choice([flipped, spliced, of_a_line])
    return [*members[:at], (name, change(content, chance)), *members[at + 1 :]]


def of_the_list(members: Members, chance: random.Random) -> Members:
    """Leave a member out, repeat one, swap two, rename one, or add one."""
    found, at = list(members), chance.randrange(len(members))
    change = chance.choice(["drop", "double", "swap", "rename", "add"])
    if change == "drop":
        del found[at]
    elif change == "double":
        found.insert(at, found[at])
    elif change == "swap":
        other = chance.randrange(len(found))
        found[at], found[other] = found[other], found[at]
    elif change == "rename":
        found[at] = (chance.choice(["../x", "/etc/passwd", found[at][0] + "x"]), found[at][1])
    else:
        found.insert(at, (chance.choice(["README.md", "logs/1/checkpoint", "logs/3/tile/0/000"]), b"x"))
    return found


def members_of(bundle: bytes) -> Members:
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        return [(info.filename, archive.read(info)) for info in archive.infolist()]


def packed(members: Members) -> bytes:
    file = io.BytesIO()
    writer = ArchiveWriter(file)
    for name, content in members:
        writer.add(name, content)
    writer.finish()
    return file.getvalue()


def rewritten(world: World, chance: random.Random) -> bytes:
    """An event is changed, cut or put in, and the whole tree made anew: all but the signatures."""
    signed = world.parts()
    at = chance.randrange(len(world.bodies) - 1)
    if chance.random() < 0.5:
        world.bodies[at] = world.bodies[at].replace(b'"operator"', b'"nobody99"')
    else:
        other = chance.randrange(len(world.bodies) - 1)
        world.bodies[at], world.bodies[other] = world.bodies[other], world.bodies[at]
    parts = [
        fresh._replace(newest=old.newest, checkpoints=old.checkpoints, anchors=old.anchors)
        for fresh, old in zip(world.parts(), signed, strict=True)
    ]
    file = io.BytesIO()

    layout.write(file, world.order, parts, lambda leaves: None)
    return file.getvalue()


CHANGES: list[Callable[[World, bytes, random.Random], bytes]] = [
    lambda world, bundle, chance: flipped(bundle, chance),
    lambda world, bundle, chance: spliced(bundle, chance),
    lambda world, bundle, chance: packed(in_a_member(members_of(bundle), chance)),
    lambda world, bundle, chance: packed(in_a_member(members_of(bundle), chance)),
    lambda world, bundle, chance: packed(of_the_list(members_of(bundle), chance)),
    lambda world, bundle, chance: rewritten(world, chance),
]


def test_packing_a_bundle_again_changes_nothing() -> None:
    bundle = World(4, leaves=40).build()

    assert packed(members_of(bundle)) == bundle


@pytest.mark.parametrize("part", range(4))
def test_every_change_is_found(part: int) -> None:
    chance = random.Random(SEED + part)
    for number in range(MANY // 4):
        world = worlds()[number % 4]
        bundle = world.build()
        changed = CHANGES[chance.randrange(len(CHANGES))](world, bundle, chance)
        if changed == bundle:
            continue  # two equal lines changed places
        try:
            report = check(changed)
        except (verifier.Disproved, verifier.Unreadable):
            continue
        else:
            pytest.fail(f"part {part}, change {number}: {report.facts}")


def test_nothing_is_found_in_clean_bundles() -> None:
    for seed in range(MANY // 10):
        leaves = 5 + seed * 37 % 700
        cut = leaves // 3 if seed % 3 == 0 and leaves > 20 else None
        check(
            World(seed, leaves=leaves, restarted_at=cut, whole=seed % 4 != 1, openings=seed % 2 == 0).build()
        )
