from audit.trail.models import Audited, Event, FeedState, Opening, Pending, Position

__all__ = ["Audited", "Event", "FeedState", "Opening", "Pending", "Position"]
