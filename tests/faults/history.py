"""What clients were promised: written down as the answers came in, and held against the copy afterwards."""

import itertools
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

ANSWER_WITHIN = 90.0
"""Seconds after which a client gives up for good: the copy did not come back."""
CLASSES = ["fraud", "ok"]


@dataclass
class History:
    """Acknowledged writes. Only what a 2xx answered is in here."""

    url: str
    key: str
    tokens: list[str]
    predictions: dict[str, dict[str, Any]] = field(default_factory=dict)
    judgements: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By review."""
    retries: int = 0
    stop: threading.Event = field(default_factory=threading.Event)
    troubles: list[str] = field(default_factory=list)

    def client(self, secret: str) -> httpx.Client:
        return httpx.Client(
            base_url=f"{self.url}/api/v1", headers={"Authorization": f"Bearer {secret}"}, timeout=15
        )

    def prepare(self) -> None:
        """A system, a model and a policy that sends the unsure half to people."""
        schema = {"type": "object", "properties": {"label": {"enum": CLASSES}}, "required": ["label"]}
        with self.client(self.key) as client:
            for path, body in (
                ("/systems", {"slug": "payments", "name": "Payments"}),
                ("/models", {"slug": "screen", "system": "payments", "task": "t", "output_schema": schema}),
                ("/models/screen/versions", {"version": "1"}),
                ("/models/screen/policies", {"queue": "payments-inbox", "threshold": 0.8}),
                ("/models/screen/policies/1/publish", {}),
            ):
                answer = client.post(path, json=body)
                assert answer.is_success, (path, answer.text)

    def run_load(self) -> list[threading.Thread]:
        """Two services and a reviewer per token, until `stop`."""
        works: list[Callable[[], None]] = [lambda: self._post("a"), lambda: self._post("b"), self._post_many]
        works += [lambda token=token: self._review(token) for token in self.tokens]  # type: ignore[misc]
        threads = [threading.Thread(target=self._guarded, args=(work,)) for work in works]
        for thread in threads:
            thread.start()
        return threads

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:
            self.troubles.append(repr(error))

    def _post(self, name: str) -> None:
        with self.client(self.key) as client:
            for n in itertools.count():
                if self.stop.is_set():
                    return
                body = prediction(f"{name}-{n}")
                answer = self._until_answered(lambda body=body: client.post("/predictions", json=body))  # type: ignore[misc]
                assert answer.status_code in (200, 201), answer.text
                self.predictions[body["external_id"]] = answer.json()
                time.sleep(0.005)

    def _post_many(self) -> None:
        with self.client(self.key) as client:
            for n in itertools.count():
                if self.stop.is_set():
                    return
                rows = [prediction(f"bulk-{n}-{m}") for m in range(20)]
                content = "\n".join(json.dumps(row) for row in rows)
                answer = self._until_answered(
                    lambda content=content: client.post(  # type: ignore[misc]
                        "/predictions", content=content, headers={"Content-Type": "application/x-ndjson"}
                    )
                )
                for line in answer.text.splitlines():
                    told = json.loads(line)
                    assert "error" not in told, told
                    self.predictions[told["external_id"]] = told
                time.sleep(0.05)

    def _review(self, token: str) -> None:
        with self.client(token) as client:
            while not self.stop.is_set():
                answer = self._until_answered(lambda: client.post("/queues/payments-inbox/claim", json={}))
                assert answer.is_success, answer.text
                claimed = answer.json()
                if claimed["review"] is None:
                    time.sleep(0.05)
                    continue
                self._judge(client, claimed)

    def _judge(self, client: httpx.Client, claimed: dict[str, Any]) -> None:
        review = claimed["review"]["id"]
        label = random.choice(CLASSES)
        body = {
            "token": claimed["lease"]["token"],
            "submission_id": str(uuid4()),
            "output": {"label": label},
            "reasons": ["wrong_label"],
        }
        answer = self._until_answered(lambda: client.post(f"/reviews/{review}/judgement", json=body))
        if answer.status_code == 409:
            return  # the lease went to somebody else meanwhile: nothing was promised
        assert answer.status_code == 201, answer.text
        assert review not in self.judgements, f"{review} was judged twice"
        self.judgements[review] = {
            "prediction": claimed["review"]["prediction"]["id"],
            "judgement": answer.json()["judgement"],
            "label": label,
        }

    def _until_answered(self, send: Callable[[], httpx.Response]) -> httpx.Response:
        """Send the same request until it is answered, as a careful client does."""
        deadline = time.monotonic() + ANSWER_WITHIN
        while True:
            try:
                answer = send()
                if answer.status_code < 500 and answer.status_code != 429:
                    return answer
            except httpx.HTTPError:
                pass
            self.retries += 1
            assert time.monotonic() < deadline, "the copy did not come back"
            time.sleep(0.1)

    # --- afterwards ---

    def check(self) -> None:
        """Hold every promise against the copy."""
        with self.client(self.key) as client:
            self._check_predictions(client)
            outcomes = read_feed(client, "/outcomes", include="model")
            labels = read_feed(client, "/labels")
            events = read_feed(client, "/audit/events")
            self._check_judgements(client, outcomes, labels)
        told = Counter((row["prediction"], row["outcome"]["version"]) for row in outcomes if row["outcome"])
        assert max(told.values(), default=1) == 1, "an outcome stands twice in the feed"
        check_events(events)

    def _check_predictions(self, client: httpx.Client) -> None:
        for external_id, told in self.predictions.items():
            answer = client.get("/predictions", params={"model": "screen", "external_id": external_id})
            assert answer.status_code == 200, f"{external_id} was acknowledged and is lost"
            assert answer.json()["id"] == told["id"], external_id
            assert answer.json()["decision"] == told["decision"], external_id

    def _check_judgements(
        self, client: httpx.Client, outcomes: list[dict[str, Any]], labels: list[dict[str, Any]]
    ) -> None:
        decided = {
            row["prediction"]: row["outcome"] for row in outcomes if row["outcome"]["source"] == "human"
        }
        labelled = Counter(row["prediction"] for row in labels)
        for review, promised in self.judgements.items():
            prediction_id = promised["prediction"]
            assert prediction_id in decided, f"the judgement of {review} was acknowledged and is lost"
            assert decided[prediction_id]["output"] == {"label": promised["label"]}, review
            assert labelled[prediction_id] == 1, review
        twice = [one for one, count in labelled.items() if count > 1]
        assert not twice, f"labelled twice: {twice}"


def prediction(external_id: str) -> dict[str, Any]:
    """One that a person decides, or not: by the last digit of its name."""
    sure = int(external_id.rsplit("-", 1)[1]) % 2 == 0
    return {
        "model": "screen",
        "version": "1",
        "external_id": external_id,
        "input": {"amount": 12.5},
        "output": {"label": "ok"},
        "confidence": 0.95 if sure else 0.4,
    }


def read_feed(client: httpx.Client, path: str, **parameters: str) -> list[dict[str, Any]]:
    """A feed from its beginning to its end."""
    rows: list[dict[str, Any]] = []
    cursor = ""
    while True:
        answer = client.get(path, params={"after": cursor, "limit": "500", **parameters})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        rows += page["results"]
        if page["cursor"] == cursor or not page["results"]:
            return rows
        cursor = page["cursor"]


def check_events(events: list[dict[str, Any]]) -> None:
    """Each event once; the versions of every entity from one on without a gap."""
    ids = Counter(event["id"] for event in events)
    assert max(ids.values()) == 1, "an event stands twice in the feed"
    versions: dict[str, list[int]] = {}
    for event in events:
        versions.setdefault(str(event["entity"]), []).append(event["entity_version"])
    for entity, found in versions.items():
        assert sorted(found) == list(range(1, len(found) + 1)), entity
