"""Which files the pages are served with: ours, and the few of other packages that a page loads.

Everything the installed apps bring along is 30 MB and takes half a minute to compress.
"""

import re
from collections.abc import Iterator
from typing import Any

import brotli
from django.contrib.staticfiles.finders import AppDirectoriesFinder
from django.contrib.staticfiles.storage import HashedFilesMixin
from django.core.files.storage import Storage
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

LOADED = re.compile(
    r"django_htmx/htmx-2\.min\.js"
    r"|drf_spectacular_sidecar/swagger-ui-dist/"
    r"(swagger-ui\.css|swagger-ui-bundle\.js|swagger-ui-standalone-preset\.js|favicon-32x32\.png)"
)


class LoadedFiles(AppDirectoriesFinder):
    """Files of installed packages that some page of ours loads."""

    def list(self, ignore_patterns: Any) -> Iterator[tuple[str, Storage]]:
        return ((path, storage) for path, storage in super().list(ignore_patterns) if LOADED.fullmatch(path))

    def find(self, path: str, *args: Any, **kwargs: Any) -> Any:
        return super().find(path, *args, **kwargs) if LOADED.fullmatch(path) else []


class QuickCompressor(Compressor):  # type: ignore[misc]
    """Brotli's best takes a hundred times as long for a tenth less."""

    @staticmethod
    def compress_brotli(data: bytes) -> bytes:
        compressed: bytes = brotli.compress(data, quality=6)
        return compressed


class StaticStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Names with digests, so that browsers keep files for ever. Source maps are not served."""

    patterns = tuple(
        (extension, tuple(p for p in found if "sourceMappingURL" not in (p if isinstance(p, str) else p[0])))
        for extension, found in HashedFilesMixin.patterns
    )

    def create_compressor(self, **kwargs: Any) -> Compressor:
        return QuickCompressor(**kwargs)
