"""Addresses of this room."""

from django.urls import URLPattern, path

from reviews.judging import api

api_urlpatterns: list[URLPattern] = [
    path("queues", api.Queues.as_view(), name="judging-queues"),
    path("queues/<str:slug>", api.OneQueue.as_view(), name="judging-queue"),
    path("queues/<str:slug>/claim", api.ClaimOfQueue.as_view(), name="judging-queue-claim"),
    path("claim", api.Claim.as_view(), name="judging-claim"),
    path("reviews", api.Reviews.as_view(), name="judging-reviews"),
    path("reviews/<uuid:review_id>", api.OneReview.as_view(), name="judging-review"),
    path("reviews/<uuid:review_id>/claim", api.ClaimOfReview.as_view(), name="judging-review-claim"),
    path("reviews/<uuid:review_id>/assign", api.Assign.as_view(), name="judging-assign"),
    path("reviews/<uuid:review_id>/unlock", api.Unlock.as_view(), name="judging-unlock"),
    path("reviews/<uuid:review_id>/heartbeat", api.Heartbeat.as_view(), name="judging-heartbeat"),
    path("reviews/<uuid:review_id>/release", api.Release.as_view(), name="judging-release"),
    path("reviews/<uuid:review_id>/draft", api.Draft.as_view(), name="judging-draft"),
    path("reviews/<uuid:review_id>/judgement", api.Judge.as_view(), name="judging-judgement"),
    path("reviews/<uuid:review_id>/undo", api.Undo.as_view(), name="judging-undo"),
    path("reviews/<uuid:review_id>/escalate", api.Escalate.as_view(), name="judging-escalate"),
    path("reviews/<uuid:review_id>/reopen", api.Reopen.as_view(), name="judging-reopen"),
    path("models/<str:slug>/reason-codes", api.ReasonCodes.as_view(), name="judging-reason-codes"),
]
urlpatterns: list[URLPattern] = []
