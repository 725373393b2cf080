"""Refusals about exports."""

from audit.refusals import Refusal


class ExportFinished(Refusal):
    """This export has ended already."""


class ExportNotDone(Refusal):
    """This export has no files: only one that is done has."""


class ExportPurged(Refusal):
    """The files of this export were deleted. Its record and digests stay; ask for it again."""


class FileUnavailable(Refusal):
    """This file should be here and is not: is the folder of exports shared with the worker that wrote it?"""


class IllegalTransition(Refusal):
    """This is not possible in the state that the export is in."""
