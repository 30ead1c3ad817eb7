"""The safetensors format, read and written with numpy alone: u64 length of a JSON head, the head, the tensors.

A file is read where it is needed: opening it reads the head, `read` only the rows asked for. So thousands of runs cost next to no memory,
no file stays open, and the operating system's cache keeps what is used often.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np

DTYPES = {"F32": np.float32, "F16": np.float16, "I64": np.int64, "I32": np.int32, "U16": np.uint16, "U8": np.uint8}
NAMES = {np.dtype(kind): name for name, kind in DTYPES.items()}
#: A head names some 25 tensors and the entities of one run.
LONGEST_HEAD = 16 * 2**20


class TensorFile:
    """Raises ValueError that names the file when it is cut off or not of this format."""

    def __init__(self, path: Path) -> None:
        self.path = path
        size = path.stat().st_size
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if not 2 <= length <= min(LONGEST_HEAD, size - 8):
                raise ValueError(f"{path}: no safetensors file, or cut off at {size} bytes")
            try:
                head = json.loads(file.read(length))
            except ValueError as error:
                raise ValueError(f"{path}: the head is not JSON ({error})") from None
        self.metadata: dict[str, str] = head.pop("__metadata__", {})
        self.entries: dict[str, tuple[np.dtype, list[int], int]] = {}
        for name, entry in head.items():
            first, last = entry["data_offsets"]
            if entry["dtype"] not in DTYPES:
                raise ValueError(f"{path}: {name} has dtype {entry['dtype']}, expected one of {', '.join(DTYPES)}")
            dtype = np.dtype(DTYPES[entry["dtype"]])
            wanted = math.prod(entry["shape"]) * dtype.itemsize
            if last - first != wanted:
                raise ValueError(f"{path}: {name} has {last - first} bytes, its shape {entry['shape']} needs {wanted}")
            if 8 + length + last > size:
                raise ValueError(f"{path}: cut off at {size} bytes, {name} ends at {8 + length + last}")
            self.entries[name] = (dtype, entry["shape"], 8 + length + first)

    def __contains__(self, name: str) -> bool:
        return name in self.entries

    def rows(self, name: str) -> int:
        return self.shape(name)[0]

    def shape(self, name: str) -> list[int]:
        if name not in self.entries:
            raise ValueError(f"{self.path}: no tensor {name}; it has {', '.join(self.entries)}")
        return self.entries[name][1]

    def read(self, *names: str) -> list[np.ndarray]:
        return self.read_rows({name: (0, self.rows(name)) for name in names})

    def read_rows(self, ranges: Mapping[str, tuple[int, int]]) -> list[np.ndarray]:
        """Rows [first, last) of each tensor, in the order named, in the types of the file; read-only."""
        parts = []
        with self.path.open("rb", buffering=0) as file:
            for name, (first, last) in ranges.items():
                dtype, shape, offset = self.entries[name]
                row = math.prod(shape[1:])
                size = (last - first) * row * dtype.itemsize
                content = os.pread(file.fileno(), size, offset + first * row * dtype.itemsize)
                if len(content) != size:
                    raise ValueError(f"{self.path}: {name} was cut off while it was read")
                parts.append(np.frombuffer(content, dtype).reshape(last - first, *shape[1:]))
        return parts


def write_tensors(path: Path, tensors: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> None:
    """Under a name of its own first: a file that exists is whole."""
    head: dict[str, object] = {"__metadata__": dict(metadata)}
    offset = 0
    for name, values in tensors.items():
        head[name] = {"dtype": NAMES[values.dtype], "shape": list(values.shape), "data_offsets": [offset, offset + values.nbytes]}
        offset += values.nbytes
    text = json.dumps(head).encode()
    text += b" " * (-len(text) % 8)  # tensors begin at a multiple of 8 bytes
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
    with unfinished.open("wb") as file:
        file.write(len(text).to_bytes(8, "little"))
        file.write(text)
        for values in tensors.values():
            file.write(np.ascontiguousarray(values).tobytes())
    unfinished.replace(path)
