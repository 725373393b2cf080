"""The registry wing."""

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    name = "registry"

    def ready(self) -> None:
        from audit.bundles import asking
        from registry.aliases import panels as aliases
        from registry.catalog import panels as catalog
        from registry.deployments import panels as deployments
        from registry.systems.selectors import id_of_slug

        if id_of_slug not in asking.systems:
            asking.systems.append(id_of_slug)
        catalog.hang()
        deployments.hang()
        aliases.hang()
