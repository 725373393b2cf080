"""From registration to rollback: risk questions, two signatures, the gate, a suspension, the one before."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from config.environment import BASE_DIR
from tests import factories
from tests.journeys.workplace import eventually
from tests.live import LiveCopy

pytestmark = pytest.mark.journey

SCOPES = ("registry:write", "policies:write", "predictions:write", "gate:read", "suspensions:write")
MODEL = "cv-ranker"
SYSTEM = "recruiting"
ANSWERS = {
    "ai_system": "yes",
    "outside": "none",
    "role": "provider",
    "acts_for": "private",
    "practices": "none",
    "product": "none",
    "areas": "work",
    "work_use": "recruit",
    "part": "influences",
    "transparency": "none",
    "gpai": "no",
}


@pytest.fixture
def service(live: LiveCopy) -> Iterator[httpx.Client]:
    scopes = [f"--scope={scope}" for scope in SCOPES]
    key = live.manage("service_key", "create", "pipeline", *scopes).stdout.strip()
    with httpx.Client(
        base_url=f"{live.url}/api/v1", headers={"Authorization": f"Bearer {key}"}, timeout=60
    ) as client:
        yield client


def test_a_version_goes_live_is_stopped_and_the_one_before_comes_back(
    service: httpx.Client,
    desk_of: Callable[[str], Page],
    staff: dict[str, str],
    live: LiveCopy,
    tmp_path: Path,
) -> None:
    owner, risk, compliance = (
        desk_of(staff[each]) for each in ("model_owner", "risk_officer", "compliance_officer")
    )
    _register(service, staff)
    assert _decision(service, "1.0") == ("deny", "UNCLASSIFIED")

    _classify(owner)
    for version in ("1.0", "1.1"):
        assert _decision(service, version) == ("deny", "NOT_APPROVED")
        _submit(owner, version)
        _refuses_its_requester(owner)
        _sign(risk, version)
        assert _decision(service, version) == ("deny", "NOT_APPROVED")
        _sign(compliance, version)
        assert _decision(service, version) == ("allow", None)
        _deploy(owner, version)
    receipt, key = _receipt(service, live)
    assert _post(service, "accepted") == ("accept", [])

    _suspend(risk)
    assert _decision(service, "1.1") == ("deny", "SUSPENDED")
    assert _post(service, "stopped") == ("review", ["SUSPENDED"])
    rolled_back = service.post("/deployments/rollback", json={"model": MODEL, "environment": "production"})

    assert rolled_back.status_code in (200, 201), rolled_back.text
    assert rolled_back.json()["version"] == "1.0"
    _verify(tmp_path, receipt, key)


def _register(service: httpx.Client, staff: dict[str, str]) -> None:
    owners = {
        "business_sponsor": staff["queue_manager"],
        "product_owner": staff["model_owner"],
        "technical_lead": staff["adjudicator"],
    }
    schema = {"type": "object", "properties": {"label": {"enum": ["invite", "decline"]}}}
    _made(service, "/systems", {"slug": SYSTEM, "name": "Recruiting", "owners": owners})
    model = {"slug": MODEL, "system": SYSTEM, "task": "ranking", "output_schema": schema}
    _made(service, "/models", model)
    for number, version in enumerate(("1.0", "1.1")):
        artifact = {"name": "m.bin", "uri": "file:m.bin", "sha256": f"{number}f" * 32, "size": 1}
        author = staff["adjudicator"]
        body = {"version": version, "artifacts": [artifact], "metrics": {"recall": 0.9}, "author": author}
        _made(service, f"/models/{MODEL}/versions", body)
    _made(service, f"/models/{MODEL}/policies", {"queue": f"{SYSTEM}-inbox", "threshold": 0.5})
    assert service.post(f"/models/{MODEL}/policies/1/publish", json={}).status_code == 200


def _made(service: httpx.Client, path: str, body: dict[str, Any]) -> None:
    answer = service.post(path, json=body)
    assert answer.status_code == 201, answer.text


def _classify(owner: Page) -> None:
    """Answer step by step what is asked, until nothing is."""
    owner.goto(f"/systems/{SYSTEM}/risk")
    with owner.expect_navigation():
        owner.get_by_role("button", name="Answer the questions").first.click()
    for _ in range(len(ANSWERS) + 3):
        questions = owner.locator("fieldset.risk-question")
        if not questions.count():
            break
        for name in [each.get_attribute("id") or "" for each in questions.all()]:
            question = name.removeprefix("q-")
            owner.locator(f"input[name={question}][value={ANSWERS[question]}]").check()
        with owner.expect_navigation():
            owner.get_by_role("button", name="Save and go on").click()
    owner.get_by_role("button", name="Keep this assessment").click()
    expect(owner.locator("main")).to_contain_text("high-risk")


def _submit(owner: Page, version: str) -> None:
    owner.goto(f"/models/{MODEL}/versions/{version}/submit?environment=production")
    owner.get_by_role("button", name="Submit").click()
    expect(owner.locator("h1")).to_contain_text(f"{MODEL} {version} for production")


def _refuses_its_requester(owner: Page) -> None:
    """Who asked for it is told why they cannot sign, and finds no form."""
    expect(owner.get_by_role("button", name="Sign", exact=True)).to_have_count(0)


def _sign(signer: Page, version: str) -> None:
    signer.goto("/approvals")
    signer.get_by_role("link", name=f"{MODEL} {version}").first.click()
    signer.get_by_label("Approve", exact=True).check()
    signer.get_by_label("Your password").fill("a wrong one")
    signer.get_by_role("button", name="Sign", exact=True).click()
    expect(signer.get_by_role("alert")).to_be_visible()
    signer.get_by_label("Your password").fill(factories.PASSWORD)
    signer.get_by_role("button", name="Sign", exact=True).click()
    expect(signer.get_by_role("button", name="Sign", exact=True)).to_have_count(0)


def _deploy(owner: Page, version: str) -> None:
    owner.goto(f"/models/{MODEL}/deployments")
    form = owner.locator("form[action$='/deploy']")
    form.locator("[name=version]").select_option(version)
    form.locator("[name=environment]").select_option("production")
    form.get_by_role("button", name="Deploy").click()
    expect(owner.locator("main")).to_contain_text(version)


def _suspend(risk: Page) -> None:
    risk.goto(f"/suspensions/_raise?model={MODEL}&version=1.1")
    expect(risk.locator("main")).to_contain_text("day")  # what follows comes first
    risk.locator("[name=reason]").fill("It drifts.")
    risk.get_by_label("I have read what follows").check()
    risk.get_by_role("button", name="Suspend", exact=True).click()
    expect(risk.locator("main")).to_contain_text("It drifts.")


def _ask(service: httpx.Client, version: str) -> dict[str, Any]:
    question = {"environment": "production", "model": MODEL, "version": version, "nonce": "n-1"}
    answer = service.post("/gate", json=question)
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


def _decision(service: httpx.Client, version: str) -> tuple[str, str | None]:
    """The gate's decision and its first reason."""
    said = _ask(service, version)
    return said["decision"], said["reasons"][0]["code"] if said["reasons"] else None


def _receipt(service: httpx.Client, live: LiveCopy) -> tuple[dict[str, Any], str]:
    keys = httpx.get(f"{live.url}/.well-known/countersign/keys.json").json()["keys"]
    return _ask(service, "1.1")["receipt"], keys[0]["public_key"]


def _post(service: httpx.Client, name: str) -> tuple[str, list[str]]:
    body = {
        "model": MODEL, "version": "1.1", "external_id": name, "input": {}, "output": {"label": "invite"},
        "confidence": 0.99,
    }  # fmt: skip

    def answered() -> Any:
        answer = service.post("/predictions", json=body)
        return answer.json() if answer.status_code in (200, 201) else None

    said = eventually(answered)
    return said["decision"], said["routing"]["reasons"]


def _verify(folder: Path, receipt: dict[str, Any], key: str) -> None:
    """Offline, in an empty folder, with the standard library alone."""
    verifier = folder / "verifier.py"
    verifier.write_bytes((BASE_DIR / "audit" / "verifier.py").read_bytes())
    forged = json.loads(base64.b64decode(receipt["payload"]))
    forged["predicate"]["version"] = "6.6"
    forgery = receipt | {"payload": base64.b64encode(json.dumps(forged).encode()).decode()}
    for document, status in ((receipt, 0), (forgery, 1)):
        (folder / "receipt.json").write_text(json.dumps(document))
        asked = ["verifier.py", "receipt", "receipt.json", "--key", key, "--nonce", "n-1"]
        done = subprocess.run(
            [sys.executable, "-I", "-S", *asked],
            cwd=folder,
            env={"PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == status, done.stdout + done.stderr
