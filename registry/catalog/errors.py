"""Refusals about models and their versions."""

from audit.refusals import Refusal


class VersionExists(Refusal):
    """This version is registered already, and versions never change."""
