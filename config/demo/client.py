"""A caller of our own REST API, as any service would be: standard library only."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterable
from typing import Any


class Refused(Exception):
    """The API said no; the message is its problem document."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        super().__init__(message)


class Client:
    """Speaks to the API at `base` with a service key."""

    def __init__(self, base: str, key: str) -> None:
        self.root = base.rstrip("/")
        self.base = self.root + "/api/v1"
        self.key = key

    def await_ready(self, seconds: float) -> None:
        """Wait until the copy answers that it is ready.

        Raises:
            TimeoutError: it did not within `seconds`.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(self.root + "/readyz", timeout=5).close()  # noqa: S310 - our own
                return
            except OSError:
                time.sleep(0.1)
        raise TimeoutError(f"{self.root} is not ready after {seconds:.0f} s")

    def get(self, path: str) -> Any:
        """GET; answer the parsed answer."""
        return json.loads(self._send("GET", path, None, "application/json"))

    def post(self, path: str, body: Any) -> Any:
        """POST a JSON body; answer the parsed answer."""
        return json.loads(self._send("POST", path, json.dumps(body).encode(), "application/json"))

    def ensure(self, path: str, body: Any) -> None:
        """POST something that may be there already from a run that was cut off."""
        try:
            self.post(path, body)
        except Refused as refusal:
            if refusal.status != 409:
                raise

    def patch(self, path: str, body: Any) -> Any:
        """PATCH with a JSON body."""
        return json.loads(self._send("PATCH", path, json.dumps(body).encode(), "application/json"))

    def post_lines(self, path: str, rows: Iterable[Any]) -> list[Any]:
        """POST rows as NDJSON; answer one parsed line per row."""
        body = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
        answer = self._send("POST", path, body, "application/x-ndjson")
        return [json.loads(line) for line in answer.splitlines() if line]

    def _send(self, method: str, path: str, body: bytes | None, media_type: str) -> bytes:
        request = urllib.request.Request(  # noqa: S310 - the address is our own
            self.base + path,
            data=body,
            method=method,
            headers={"Authorization": f"Bearer {self.key}", "Content-Type": media_type},
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
                answer: bytes = response.read()
        except urllib.error.HTTPError as error:
            detail = f"{method} {path}: {error.code} {error.read().decode()}"
            raise Refused(error.code, detail) from None
        return answer
