"""manage.py audit_sample: the same draw for the same seed, each event with a proof that verifies."""

import base64
import csv
import io
from collections.abc import Callable

import pytest
from django.core.management import CommandError, call_command

from audit import merkle
from audit.bundles.models import Bundle
from audit.verifier import sample_rank
from governance.access.roles import Role
from tests import factories

pytestmark = pytest.mark.usefixtures("db")


def drawn(seed: str, *more: str) -> list[dict[str, str]]:
    out = io.StringIO()
    call_command("audit_sample", "--seed", seed, "--size", "4", "--kind", "grants", *more, stdout=out)
    return list(csv.DictReader(io.StringIO(out.getvalue())))


def test_draws_the_same_events_with_proofs(sign: Callable[[], None]) -> None:
    for _ in range(9):
        factories.person(Role.AUDITOR)
    sign()

    rows = drawn("a word")

    assert rows == drawn("a word")
    assert rows != drawn("another")
    assert {row["kind"] for row in rows} == {"access.role.granted"}
    for row in rows:
        proof = [base64.b64decode(each) for each in row["inclusion_proof"].split()]
        leaf, root = base64.b64decode(row["leaf_hash"]), base64.b64decode(row["tree_root"])
        assert merkle.verify_inclusion(leaf, int(row["index"]), int(row["tree_size"]), proof, root)
        assert row["rank"] == sample_rank("a word", int(row["position"])).hex()


def test_refuses_before_anything_is_signed() -> None:
    with pytest.raises(CommandError, match="signed"):
        drawn("a word")


def test_asks_for_a_bundle_instead(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("audit_sample", "--seed", "s", "--size", "1", "--kind", "grants", "--bundle")

    assert str(Bundle.objects.get().pk) in capsys.readouterr().out
