"""What the clock starts: held decisions whose time is over."""

from celery import shared_task
from django.utils import timezone

from reviews.judging import services
from reviews.queue.models import ReviewItem
from reviews.queue.states import State

AT_ONCE = 1000


@shared_task(acks_late=True)
def settle_held() -> int:
    """Make final every held decision whose hold is over; answer how many that was.

    Safe to run twice or on two workers at once: each item is settled in its own transaction under its lock,
    and one that somebody took back or settled meanwhile is left as it is.
    """
    now = timezone.now()
    due = ReviewItem.objects.filter(state=State.HELD, held_until__lte=now).order_by("held_until")
    return sum(
        services.settle(item_id=item_id, now=now) for item_id in due.values_list("pk", flat=True)[:AT_ONCE]
    )
