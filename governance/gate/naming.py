"""Says in the log, once for each key, with which public key the gate's receipts are checked.

So that an auditor with a bundle knows the keys without asking the server for them.
"""

import base64
import datetime as dt
from functools import partial
from typing import Final

import orjson
from django.db import connection, transaction

from audit.prepared import execute
from audit.trail import services as trail
from audit.trail.actors import CLOCK, OPERATOR
from audit.trail.models import Event
from audit.verifier import RECEIPT_KEY, RECEIPT_KEY_CHANGED
from governance.gate import keys
from governance.gate.receipts import Signer

ENTITY: Final = "receipt_key"
_ONE_AT_A_TIME: Final = 0x72636B79
_LOCK: Final = "SELECT pg_advisory_xact_lock(%s)"

_named: set[tuple[str, str]] = set()
"""Database and id of the keys that this process found named there."""


def name(signer: Signer, *, now: dt.datetime) -> None:
    """See to it that the log names the key before it signs; the first answer with it writes the event.

    However a key came into its file (made at the start, put there, changed by a command that crashed before
    its commit), it is named. Safe in many processes at once.
    """
    known = (str(connection.settings_dict["NAME"]), signer.keyid)
    if known in _named:
        return
    with transaction.atomic():
        execute(_LOCK, [_ONE_AT_A_TIME])
        if not _is_named(signer.keyid):
            public = base64.b64encode(signer.key.public_key().public_bytes_raw()).decode()
            details = {"keyid": signer.keyid, "public_key": public}
            trail.remark(kind=RECEIPT_KEY, actor=CLOCK, entity_type=ENTITY, details=details, now=now)
        transaction.on_commit(partial(_named.add, known))


def _is_named(keyid: str) -> bool:
    bodies = Event.objects.filter(kind=RECEIPT_KEY).values_list("body", flat=True)
    return any(orjson.loads(bytes(body))["details"]["keyid"] == keyid for body in bodies)


@transaction.atomic
def rotate(*, now: dt.datetime) -> tuple[str, str]:
    """Sign receipts with a new key from now on; the ids of the former and the new one.

    Raises:
        CannotSign: there is no key that could be retired.
    """
    name(keys.signer(), now=now)
    former, present = keys.rotate()
    details = {"former": former, "present": present}
    trail.remark(kind=RECEIPT_KEY_CHANGED, actor=OPERATOR, entity_type=ENTITY, details=details, now=now)
    name(keys.signer(), now=now)
    return former, present
