"""models/encoder/manifest.json: what each file is, its hash and dimensions. The engine checks it before it loads anything."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

MANIFEST_VERSION = 1


def update_manifest(folder: Path, part: str, content: dict[str, Any]) -> None:
    """Replaces one part (`text`, `slice`, `headStep` or `adapterStep`) and keeps the others."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text()) if path.exists() else {}
    manifest = {**manifest, "version": MANIFEST_VERSION, part: content}
    path.write_text(json.dumps(dict(sorted(manifest.items())), indent=2) + "\n")
