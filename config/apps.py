"""The hall, and what it hangs into the wings below."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"
    verbose_name = "Hall"

    def ready(self) -> None:
        from config import checks  # noqa: F401 - registers them
        from config.idempotency.forgetting import forget_answers
        from reviews.erasure import hooks

        hooks.forgetters["kept_answers"] = forget_answers
