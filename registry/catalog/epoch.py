"""The count of changes to what web processes keep in memory."""

from typing import Final

from django.db.models import F

from registry.catalog.models import Epoch

EPOCH: Final = "n || '.' || xmin::text"
"""The epoch, as SQL over `registry_epoch`. The row's last writer is part of it: a number alone would come
again after a restore."""


def raise_epoch() -> None:
    """Tell every process that what it keeps in memory may be stale; in the transaction of the change.

    The row stays locked until that transaction ends, so writers of the catalogue stand in line behind
    each other from here on. Readers do not wait.
    """
    Epoch.objects.filter(pk=1).update(n=F("n") + 1)
