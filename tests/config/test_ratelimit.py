"""config.ratelimit: how often somebody may call."""

from types import SimpleNamespace

import pytest
from django.test import RequestFactory, override_settings

from audit.refusals import TooManyRequests
from config import ratelimit
from config.ratelimit import Buckets


def test_a_burst_passes_and_the_next_call_is_told_when_to_come_back():
    buckets = Buckets(rate=0.5, burst=3)
    for _ in range(3):
        buckets.take("key:a", now=100.0)

    with pytest.raises(TooManyRequests) as refused:
        buckets.take("key:a", now=100.0)

    assert refused.value.retry_after == 2


def test_tokens_flow_in_again_up_to_the_burst():
    buckets = Buckets(rate=1, burst=2)
    for moment in (0.0, 0.0, 1.0, 1_000.0, 1_000.0):
        buckets.take("key:a", now=moment)

    with pytest.raises(TooManyRequests):
        buckets.take("key:a", now=1_000.0)


def test_callers_do_not_pay_for_each_other():
    buckets = Buckets(rate=1, burst=1)
    buckets.take("key:a", now=0.0)

    buckets.take("key:b", now=0.0)


def test_forgets_callers_whose_bucket_is_full_again(monkeypatch):
    monkeypatch.setattr(ratelimit, "MOST_CALLERS", 10)
    buckets = Buckets(rate=1, burst=2)
    for number in range(10):
        buckets.take(f"key:{number}", now=0.0)

    buckets.take("key:late", now=60.0)

    assert len(buckets._levels) == 1


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "", "10.0.0.9"),
        (0, "1.2.3.4", "10.0.0.9"),  # nobody vouches for it
        (1, "1.2.3.4", "1.2.3.4"),
        (1, "6.6.6.6, 1.2.3.4", "1.2.3.4"),  # what came before the proxy is the client's own invention
        (2, "6.6.6.6, 1.2.3.4, 10.0.0.1", "1.2.3.4"),
        (2, "1.2.3.4", "10.0.0.9"),  # it did not come through both
    ],
)
def test_an_address_is_what_the_outermost_trusted_proxy_saw(proxies: int, forwarded: str, address: str):
    meta = {"REMOTE_ADDR": "10.0.0.9"} | ({"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {})

    with override_settings(PROXY_COUNT=proxies):
        assert ratelimit.client_address(SimpleNamespace(META=meta)) == address


@pytest.mark.django_db
def test_too_many_attempts_to_sign_in_are_refused_with_a_time(client, monkeypatch):
    monkeypatch.setattr(ratelimit, "_sign_ins", Buckets(rate=0.1, burst=1))
    attempt = {"login": "ada@example.org", "password": "wrong"}
    assert client.post("/sign-in", attempt).status_code == 200

    refused = client.post("/sign-in", attempt)

    assert refused.status_code == 429
    assert 1 <= int(refused["Retry-After"]) <= 10


@pytest.mark.django_db
def test_ten_failures_lock_the_account_for_that_address(client):
    attempt = {"login": "ada@example.org", "password": "wrong"}
    answers = [client.post("/sign-in", attempt).status_code for _ in range(11)]

    assert answers[:9] == [200] * 9
    assert answers[-1] == 429
    elsewhere = client.post("/sign-in", attempt, REMOTE_ADDR="10.1.1.1")
    assert elsewhere.status_code == 200


@pytest.mark.django_db
def test_the_api_answers_429_as_a_problem(client, monkeypatch, settings):
    settings.CALLS_PER_SECOND = 1
    monkeypatch.setattr(ratelimit, "_calls", Buckets(rate=1, burst=1))
    client.get("/api/v1/models")

    refused = client.get("/api/v1/models")

    assert refused.status_code in (401, 429)
    if refused.status_code == 429:
        assert refused["Content-Type"] == "application/problem+json"
        assert refused["Retry-After"] == "1"


def test_what_axes_answers_is_a_problem_page(settings):
    page = ratelimit.locked_out(RequestFactory().post("/sign-in"))

    assert page.status_code == 429
    assert page["Retry-After"] == "900"
