"""Bodies of posts: encodings, sizes and bombs. Whatever is refused here leaves nothing."""

import gzip
import json
import zlib
from io import BytesIO
from typing import Any

import pytest

from tests.reviews.intake.making import Posting, a_posting, counts, lines

pytestmark = [pytest.mark.usefixtures("committed_db"), pytest.mark.any_server]

NDJSON = "application/x-ndjson"
MEBIBYTE = 1024 * 1024


def send(posting: Posting, body: bytes, *, kind: str = "application/json", encoding: str = "gzip") -> Any:
    headers = {"HTTP_CONTENT_ENCODING": encoding} if encoding else {}
    return posting.request("post", "/api/v1/predictions", body, content_type=kind, **headers)


def padded(posting: Posting, size: int) -> bytes:
    """A prediction of exactly so many bytes."""
    text = json.dumps(posting.body(input={"pad": ""}))
    return text.replace('"pad": ""', '"pad": "' + "x" * (size - len(text)) + '"').encode()


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "GZIP", "identity", ""])
def test_takes_the_encodings_it_knows(encoding: str) -> None:
    posting = a_posting()
    raw = json.dumps(posting.body()).encode()
    body = gzip.compress(raw) if "gzip" in encoding.lower() else raw

    assert send(posting, body, encoding=encoding).status_code == 201


def test_takes_gzip_in_several_members() -> None:
    posting = a_posting()
    body = b"".join(gzip.compress(json.dumps(posting.body()).encode() + b"\n") for _ in range(3))

    assert len(lines(send(posting, body, kind=NDJSON))) == 3


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "zstd"])
def test_refuses_other_encodings(encoding: str) -> None:
    assert send(a_posting(), b"x", encoding=encoding).status_code == 415


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data", ""])
def test_refuses_other_media_types(kind: str) -> None:
    posting = a_posting()

    response = send(posting, json.dumps(posting.body()).encode(), kind=kind, encoding="")

    assert response.status_code == 415
    assert response.json()["code"] == "UNSUPPORTED_MEDIA_TYPE"


def test_takes_parameters_of_the_media_type() -> None:
    posting = a_posting()
    body = json.dumps(posting.body()).encode()

    assert send(posting, body, kind="application/json; charset=utf-8", encoding="").status_code == 201


def test_takes_a_mebibyte_and_not_one_byte_more() -> None:
    posting = a_posting()

    assert send(posting, padded(posting, MEBIBYTE), encoding="").status_code == 201
    assert send(posting, gzip.compress(padded(posting, MEBIBYTE))).status_code == 201
    for body, encoding in ((padded(posting, MEBIBYTE + 1), ""), (padded(posting, 2 * MEBIBYTE), "")):
        response = send(posting, body, encoding=encoding)
        assert response.status_code == 413
        assert response.json()["code"] == "TOO_LARGE"
    assert send(posting, gzip.compress(padded(posting, MEBIBYTE + 1))).status_code == 413
    assert counts()["reviews_prediction"] == 2


def test_refuses_a_batch_beyond_its_size_and_keeps_nothing() -> None:
    posting = a_posting()
    line = padded(posting, 900 * 1024) + b"\n"
    bodies = [line.replace(b"external-", b"external-%d-" % n) for n in range(38)]

    for body, encoding in ((gzip.compress(b"".join(bodies), 1), "gzip"), (b"".join(bodies), "")):
        assert send(posting, body, kind=NDJSON, encoding=encoding).status_code == 413
    assert not any(counts().values())


@pytest.mark.parametrize("kind", ["application/json", NDJSON])
def test_stops_at_a_bomb(kind: str) -> None:
    posting = a_posting()
    squeeze = zlib.compressobj(9, wbits=31)
    bomb = b"".join([squeeze.compress(b" " * MEBIBYTE) for _ in range(512)]) + squeeze.flush()
    assert len(bomb) < MEBIBYTE

    response = send(posting, bomb, kind=kind)

    assert response.status_code == 413
    assert not any(counts().values())


def test_stops_at_a_bomb_in_a_bomb_and_at_members_without_end() -> None:
    posting = a_posting()

    nested = send(posting, gzip.compress(gzip.compress(b"{}" * 1000)))
    members = send(posting, gzip.compress(b"") * 20_000, kind=NDJSON)

    assert nested.json()["code"] == "MALFORMED_JSON"
    assert members.status_code == 422


@pytest.mark.parametrize(
    "broken", [b"", b"no gzip", gzip.compress(b"{}")[:-4], gzip.compress(b"{}") + b"junk"]
)
def test_refuses_gzip_that_is_none(broken: bytes) -> None:
    response = send(a_posting(), broken)

    assert response.status_code == 422
    assert response.json()["code"] == "BROKEN_ENCODING"


def test_an_empty_batch_is_answered_with_nothing() -> None:
    response = send(a_posting(), b"\n \n", kind=NDJSON, encoding="")

    assert response.status_code == 200
    assert response.content == b""


def in_chunks(posting: Posting, body: bytes, **headers: Any) -> Any:
    """A body of unknown length, as the server hands it on."""
    stream = {"wsgi.input": BytesIO(body), "HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""}
    return posting.request("post", "/api/v1/predictions", b"", **stream, **headers)


def test_takes_a_body_of_unknown_length_up_to_its_limit() -> None:
    posting = a_posting()

    assert in_chunks(posting, padded(posting, MEBIBYTE)).status_code == 201
    assert in_chunks(posting, padded(posting, MEBIBYTE + 1)).status_code == 413


def test_tells_bodies_of_unknown_length_apart_under_one_idempotency_key() -> None:
    posting = a_posting()
    body = json.dumps(posting.body()).encode()

    first, again, other = (
        in_chunks(posting, each, HTTP_IDEMPOTENCY_KEY="once") for each in (body, body, body + b" ")
    )

    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 409)
    assert again.content == first.content
