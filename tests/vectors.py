"""Vectors of other people's, which lie beside the repository: it holds no copy of them."""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any, Final

from config.environment import BASE_DIR

BESIDE: Final = BASE_DIR.parent / "shared" / "data"


@cache
def tlog_vectors() -> dict[str, Any]:
    """Vectors for logs, notes and tiles, or nothing where there are none; `SHARED_DATA` names the folder.

    A test over them loops, so that without them it has nothing to say; our own vectors always run.
    """
    path = Path(os.environ.get("SHARED_DATA") or BESIDE) / "tlog_vectors.json"
    found: dict[str, Any] = json.loads(path.read_bytes()) if path.exists() else {}
    return found
