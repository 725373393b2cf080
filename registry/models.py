from registry.catalog.models import (
    Artifact,
    DatasetUse,
    Environment,
    Epoch,
    Model,
    ModelVersion,
    SchemaVersion,
)
from registry.systems.models import AISystem

__all__ = [
    "AISystem",
    "Artifact",
    "DatasetUse",
    "Environment",
    "Epoch",
    "Model",
    "ModelVersion",
    "SchemaVersion",
]
