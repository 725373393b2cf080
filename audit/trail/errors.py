"""Refusals of the trail."""


class OutsideTransaction(RuntimeError):
    """An event was to be written without a transaction around it and the change it reports. A bug."""
