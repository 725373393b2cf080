"""Who posts predictions."""

from typing import Any

from governance.access.models import ServiceKey
from governance.access.remembering import RememberedKey as RememberedKey
from governance.access.remembering import still_holds as still_holds
from governance.access.roles import POST_PREDICTIONS


def posts_anything(caller: Any) -> bool:
    """Whether there is any model the caller might post for. If not, nothing is looked at."""
    if isinstance(caller, ServiceKey):
        return caller.has_perm(POST_PREDICTIONS)
    return caller.rights.allow_somewhere(POST_PREDICTIONS)  # type: ignore[no-any-return]  # a Person
