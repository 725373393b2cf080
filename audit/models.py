from audit.bundles.models import Bundle
from audit.checking.models import CheckState
from audit.fingerprint.models import Fingerprint
from audit.log.models import Anchor, Checkpoint, Edge, Log, LogKey, SignerState, Tile
from audit.trail.models import Audited, Event, FeedState, Opening, Pending, Position

__all__ = [
    "Anchor",
    "Audited",
    "Bundle",
    "CheckState",
    "Checkpoint",
    "Edge",
    "Event",
    "FeedState",
    "Fingerprint",
    "Log",
    "LogKey",
    "Opening",
    "Pending",
    "Position",
    "SignerState",
    "Tile",
]
