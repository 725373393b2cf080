"""Why a backup or a restore does not happen. The messages say what to do."""


class CannotBackUp(Exception):
    """Nothing was written, or what was written is put aside as unfinished."""


class CannotRestore(Exception):
    """What stood there before is still there."""
