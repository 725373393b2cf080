"""What the repository may not contain: package hosts, addresses of one machine, looser pins than hashes."""

import re
import subprocess
from pathlib import Path

import pytest

from config.environment import BASE_DIR

LOCKS = sorted((BASE_DIR / "requirements").glob("*.txt"))

# In pieces, or this file would be its own finding.
FORBIDDEN = re.compile(
    "|".join(
        [
            "pypi" + r"\.org",
            "python" + r"hosted",
            "registry" + r"\.npmjs",
            "deb" + r"\.debian\.org",
            r"(?<![\w.])/(?:" + "work" + r"|farm)/\w",
            r"(?<![\w.])/(?:home|Users)/[a-z]\w+/",
        ]
    ),
    re.IGNORECASE,
)


def _tracked() -> list[Path]:
    """Files under version control, or about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    found = [BASE_DIR / name for name in listed.stdout.splitlines()]
    assert found
    return [path for path in found if path.is_file()]


def test_no_file_names_a_package_host_or_a_path_of_one_machine() -> None:
    found = []
    for path in _tracked():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        found += [
            f"{path.relative_to(BASE_DIR)}:{number}"
            for number, line in enumerate(text.splitlines(), start=1)
            if FORBIDDEN.search(line)
        ]

    assert not found


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_requirements_are_pinned_by_hash_and_name_no_index(lock: Path) -> None:
    lines = lock.read_text().replace("\\\n", " ").splitlines()

    assert lines
    for line in lines:
        assert re.match(
            r"[a-z0-9][a-z0-9._-]*(\[[a-z,]+\])?==\S+( ;.*?)?( +--hash=sha256:[0-9a-f]{64})+$", line
        )


def test_the_locks_agree() -> None:
    # A package may stand there twice, for older and newer Pythons.
    pins = [
        {name: sorted(version for other, version in found if other == name) for name, _ in found}
        for found in (
            re.findall(r"^([a-z0-9._-]+)==(\S+)", lock.read_text(), flags=re.MULTILINE) for lock in LOCKS
        )
    ]
    largest = max(pins, key=len)

    for smaller in pins:
        assert smaller == {name: largest[name] for name in smaller}
