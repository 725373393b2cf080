"""The reviews wing, and what it hangs into the wings below it."""

from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    name = "reviews"

    def ready(self) -> None:
        from audit.bundles import choosing
        from governance.access import services as access
        from governance.suspensions import hooks as suspensions
        from registry.catalog import services as catalog
        from registry.systems import services as systems
        from reviews.cases.subject_things import things_about
        from reviews.desk import consequences
        from reviews.queue import access as queue_access
        from reviews.queue import selectors
        from reviews.queue import services as queue
        from reviews.retention import panels as retention
        from reviews.routing import panels

        if queue.make_inbox not in systems.attendants:
            systems.attendants.append(queue.make_inbox)
        if queue_access.derive_queue_rows not in access.derivers:
            access.derivers.append(queue_access.derive_queue_rows)
        if things_about not in choosing.subjects:
            choosing.subjects.append(things_about)
        catalog.queue_lookup = selectors.has_queue
        panels.hang()
        retention.hang()
        suspensions.consequences = consequences.consequences_of
