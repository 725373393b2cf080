"""What reading a prediction costs: microseconds per call, best of several runs."""

import timeit
from collections.abc import Callable
from functools import partial

import orjson

from reviews.intake.reading import content_digest, read, read_prediction, stored_text

TYPICAL = (
    b'{"model": "fraud-screen", "version": "3.2.0", "external_id": "txn-8812", "input": {"amount": 1200.5, '
    b'"merchant": "Cafe Central", "country": "AT", "hour": 14, "card_present": true, '
    b'"previous": [12.5, 80.25, 9.99]}, '
    b'"output": {"label": "fraud"}, "confidence": 0.61, "scores": {"fraud": 0.61, "ok": 0.39}, '
    b'"segment": {"country": "AT"}, "correlation": {"trace": "0193a5b0c1d2"}, "usage": {"latency_ms": 41}}'
)
PIXELS = orjson.dumps(
    {
        "model": "digits",
        "version": "1",
        "external_id": "digit-1",
        "input": {"image": [[float(x * y % 17) for x in range(8)] for y in range(8)]},
        "output": {"label": "3"},
        "confidence": 0.4321,
        "scores": {str(digit): 0.1 for digit in range(10)},
    }
)
RECORD = orjson.dumps(
    {
        "model": "tumour",
        "version": "1",
        "external_id": "case-1",
        "input": {f"feature {n}": 1.0 / (n + 3) for n in range(30)},
        "output": {"label": "benign"},
        "confidence": 0.93,
        "explanation": {
            "features": [{"name": f"feature {n}", "value": n / 7, "contribution": -n / 9} for n in range(30)]
        },
    }
)
SLOW = TYPICAL.replace(b"1200.5", b"NaN")


def microseconds(call: Callable[[], object], number: int = 20_000) -> float:
    """Best of five runs: the machine's noise only ever adds."""
    return min(timeit.repeat(call, number=number, repeat=5)) / number * 1e6


def main() -> None:
    print(
        f"{'':24}{'bytes':>7}{'orjson':>9}{'read':>9}{'members':>9}{'digest':>9}{'text':>9}   (us per call)"
    )
    for name, raw in (
        ("typical", TYPICAL),
        ("64 pixels", PIXELS),
        ("30 features, explained", RECORD),
        ("with a NaN", SLOW),
    ):
        number = 20_000 if raw is not RECORD else 5_000
        reading = read(raw)
        value = reading.value
        assert isinstance(value, dict)
        costs = (
            microseconds(partial(_try, raw), number),
            microseconds(partial(read, raw), number),
            microseconds(partial(read_prediction, value, ordinary=reading.ordinary), number),
            microseconds(partial(content_digest, value), number),
            microseconds(partial(stored_text, value), number),
        )
        print(f"{name:24}{len(raw):7}" + "".join(f"{cost:9.2f}" for cost in costs))


def _try(raw: bytes) -> object:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None


if __name__ == "__main__":
    main()
