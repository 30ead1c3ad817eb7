"""Word-piece ids of texts -> vectors, by the text encoder that ships: for tensors that `export-tensors --simulated` wrote without them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from threading import Lock

import numpy as np
import onnxruntime as ort
import torch

from tensor_file import TensorFile, write_tensors
from text_weights import read_text_encoder

ENCODER = Path(__file__).resolve().parents[1] / "encoder"
#: Places of one run of the model on a core: 8 to 16 short texts: 540 texts/s, 240 at 8,192 places. On a GPU that many, not tuned.
MAX_PLACES, MAX_PLACES_GPU = 256, 16_384
#: Vectors of this many texts are kept (150 MB), then the memory is emptied: names repeat between systems, mostly of common things.
MAX_KEPT = 200_000
#: Word-piece ids and mask [B, L] i64 -> vectors [B, 384] f32
Model = Callable[[np.ndarray, np.ndarray], np.ndarray]


def on_core(graph: Path) -> Model:
    """Each run uses one core, so threads fill them."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = ort.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
    return lambda ids, mask: np.asarray(session.run(["embedding"], {"input_ids": ids, "attention_mask": mask})[0])


def on_device(graph: Path, device: str) -> Model:
    """In PyTorch, which is there where a GPU is. A core needs 1.7 s for a simulated system and 1.2 s for its texts."""
    module = read_text_encoder(graph).to(device)

    def encode(ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return module(torch.from_numpy(ids).to(device), torch.from_numpy(mask).to(device)).cpu().numpy()

    return encode


class TextVectors:
    """Encodes each distinct text once. Safe to share between threads."""

    def __init__(self, encoder: Path = ENCODER, device: str | None = None) -> None:
        manifest = json.loads((encoder / "manifest.json").read_text())["text"]
        graph = encoder / manifest["file"]
        self.model = on_device(graph, device) if device else on_core(graph)
        self.max_places = MAX_PLACES_GPU if device else MAX_PLACES
        self.dim = int(manifest["dim"])
        self.known: dict[bytes, np.ndarray] = {}
        self.lock = Lock()

    def encode(self, pieces: np.ndarray, offsets: np.ndarray) -> np.ndarray:
        """pieces (P,) i32 of all texts, offsets (V + 1,) -> (V, 384) f16"""
        texts = [pieces[a:b] for a, b in pairwise(offsets)]
        keys = [text.tobytes() for text in texts]
        with self.lock:
            found = {key: self.known[key] for key in keys if key in self.known}
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in found}
        order = sorted(missing, key=len)  # texts of like length share a batch: little padding
        batch: list[bytes] = []
        for i, key in enumerate(order):
            batch.append(key)
            following = len(missing[order[i + 1]]) if i + 1 < len(order) else 0
            if i + 1 == len(order) or (len(batch) + 1) * following > self.max_places:
                rows = self.run([missing[key] for key in batch])
                found.update(zip(batch, rows, strict=True))
                batch = []
        with self.lock:
            if len(self.known) + len(missing) > MAX_KEPT:
                self.known.clear()
            self.known.update((key, found[key]) for key in missing)
        return np.stack([found[key] for key in keys]) if keys else np.zeros((0, self.dim), np.float16)

    def run(self, texts: Sequence[np.ndarray]) -> np.ndarray:
        longest = max(map(len, texts))
        ids, mask = np.zeros((2, len(texts), longest), np.int64)
        for row, text in enumerate(texts):
            ids[row, : len(text)] = text
            mask[row, : len(text)] = 1
        return self.model(ids, mask).astype(np.float16)

    def complete(self, source: Path, target: Path) -> None:
        """The same tensors with `text_vectors` in place of the pieces; the source is removed once the target is whole."""
        file = TensorFile(source)
        tensors = dict(zip(file.entries, file.read(*file.entries), strict=True))
        vectors = self.encode(tensors.pop("text_pieces"), tensors.pop("text_piece_offsets"))
        write_tensors(target, {"text_vectors": vectors, **tensors}, file.metadata)
        source.unlink()
