"""HTTP clients that cost little: one process each, one connection kept, no parsing to speak of."""

import multiprocessing
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import quantiles
from typing import Any


@dataclass(frozen=True, slots=True)
class Measured:
    """What some clients saw together."""

    per_second: float
    latencies: list[float]
    """Seconds, of every request."""
    failed: int

    def percentile(self, n: int) -> float:
        return quantiles(self.latencies, n=100)[n - 1]


class Connection:
    """One kept connection to a local server."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), 60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """Send a request, wait for its answer; its status and body."""
        self.socket.sendall(request)
        buffer = self.socket.recv(65536)
        while b"\r\n\r\n" not in buffer:
            buffer += self.socket.recv(65536)
        head, _, body = buffer.partition(b"\r\n\r\n")
        fields = head.lower()
        parts, have = [body], len(body)
        if b"transfer-encoding: chunked" in fields:
            while not parts[-1].endswith(b"0\r\n\r\n"):
                parts.append(self.socket.recv(1 << 20))
        else:
            length = int(fields.partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
            while have < length:
                parts.append(self.socket.recv(1 << 20))
                have += len(parts[-1])
        return int(head[9:12]), b"".join(parts)


def request(
    method: str,
    path: str,
    body: bytes = b"",
    *,
    authorization: str,
    kind: str = "application/json",
    more: str = "",
) -> bytes:
    """An HTTP/1.1 request as bytes."""
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {authorization}\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    )
    return head.encode() + body


def run(
    clients: int, port: int, make: Callable[[str], bytes], *, seconds: float, status: int = 201
) -> Measured:
    """Let `clients` processes post what `make` makes of a fresh name, as fast as they are answered."""
    context = multiprocessing.get_context("fork")
    answers: Any = context.Queue()
    begin = context.Barrier(clients + 1)
    processes = [
        context.Process(target=_client, args=(n, port, make, seconds, status, begin, answers))
        for n in range(clients)
    ]
    for process in processes:
        process.start()
    begin.wait()
    found = [answers.get() for _ in processes]
    for process in processes:
        process.join()
    latencies = [latency for seen, _, _ in found for latency in seen]
    rate = sum(len(seen) / took for seen, took, _ in found)
    return Measured(rate, latencies, sum(failed for _, _, failed in found))


def _client(
    number: int,
    port: int,
    make: Callable[[str], bytes],
    seconds: float,
    status: int,
    begin: Any,
    answers: Any,
) -> None:
    connection = Connection(port)
    stem = f"{time.time_ns():x}-{number}"
    latencies: list[float] = []
    failed = 0
    begin.wait()
    began = now = time.perf_counter()
    while now - began < seconds:
        asked = make(f"{stem}-{len(latencies)}")
        sent = time.perf_counter()
        answered, _ = connection.ask(asked)
        now = time.perf_counter()
        latencies.append(now - sent)
        failed += answered != status
    answers.put((latencies, now - began, failed))
