"""Refusals about bundles."""

from audit.refusals import Refusal


class BundleFinished(Refusal):
    """This bundle has ended already."""


class BundleNotDone(Refusal):
    """This bundle has no file: only one that is done has."""


class NoSample(Refusal):
    """This bundle is no sample: events were not drawn for it. Its file holds what it has."""


class BundlePurged(Refusal):
    """The file of this bundle was deleted, as it held what was erased. Its record and digest stay."""


class BundleFileMissing(Refusal):
    """The bundle's file should be here and is not: is the folder shared with the worker that wrote it?"""


class IllegalBundleMove(Refusal):
    """This is not possible in the state that the bundle is in."""
