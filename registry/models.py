from registry.aliases.models import Alias, Protection
from registry.catalog.models import (
    Artifact,
    CardRevision,
    DatasetUse,
    Environment,
    Epoch,
    Model,
    ModelVersion,
    SchemaVersion,
)
from registry.deployments.models import Deployment
from registry.systems.models import AISystem

__all__ = [
    "AISystem",
    "Alias",
    "Artifact",
    "CardRevision",
    "DatasetUse",
    "Deployment",
    "Environment",
    "Epoch",
    "Model",
    "ModelVersion",
    "Protection",
    "SchemaVersion",
]
