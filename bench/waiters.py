"""Callers that wait: `python -m bench.waiters PORT AUTHORIZATION PATH COUNT`, until it is ended.

Each asks again as soon as it may: at once after an answer, or after the Retry-After it was given.
"""

import asyncio
import sys

from bench.clients import request


async def wait(port: int, asked: bytes) -> None:
    while True:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while True:
            writer.write(asked)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
            await reader.readexactly(length)
            if b"retry-after:" in head:
                await asyncio.sleep(1)


async def main() -> None:
    port, authorization, path, count = sys.argv[1:]
    asked = request("GET", path, authorization=authorization)
    await asyncio.gather(*(wait(int(port), asked) for _ in range(int(count))))


if __name__ == "__main__":
    asyncio.run(main())
