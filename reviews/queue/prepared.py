"""The reviews wing's name for `audit.prepared`."""

from audit.prepared import execute, pipelined

__all__ = ["execute", "pipelined"]
