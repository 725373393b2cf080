"""The registry wing."""

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    name = "registry"

    def ready(self) -> None:
        from registry.aliases import panels as aliases
        from registry.catalog import panels as catalog
        from registry.deployments import panels as deployments

        catalog.hang()
        deployments.hang()
        aliases.hang()
