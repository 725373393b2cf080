"""What goes wrong with the log. Neither can be mended by trying again, so neither is hidden."""

from audit.refusals import NotFound


class LogBroken(Exception):
    """What the database holds is no beginning of a log: somebody has to look."""


class OutsideLog(NotFound):
    """The log has no such leaf, tile or size (yet)."""


class CannotSign(Exception):
    """There is no usable key, or nowhere to anchor: nothing is signed."""


class WillNotSign(Exception):
    """What the database holds does not continue what was anchored: nothing is signed until somebody looks."""


class NothingToRestart(Exception):
    """The log continues what was anchored, so that a new one would only hide something."""
