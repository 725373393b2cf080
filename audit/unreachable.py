"""The database cannot be reached: an exception of its own, so that commands can say how to start it."""

from django.db import OperationalError


class DatabaseUnreachable(OperationalError):
    """No connection to the database could be made."""
