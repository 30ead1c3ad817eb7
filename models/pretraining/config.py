"""Settings of a training run, read from TOML. Unknown keys are refused: a typo must not train with a default."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from layers import ModelConfig

T = TypeVar("T")


@dataclass(frozen=True)
class BatchConfig:
    runs: int = 6
    #: Each is two slices: one drawn, and one that overlaps it.
    pairs_per_run: int = 4
    #: Share of drawn slices that hold a failure, where labels exist.
    failing: float = 0.6
    #: Share of a source: its number of slices to this power (sampling.py).
    source_power: float = 0.3
    drop_one_modality: float = 0.25
    drop_two_modalities: float = 0.1
    #: Per component; a component of a unit vector of 384 is about 0.05.
    text_noise: float = 0.015
    text_shift: float = 0.01
    text_dropout: float = 0.03
    #: Standard deviation of the logarithm of the factor on all deviations of a slice, and on those of a family in a run.
    scale_slice: float = 0.2
    scale_family: float = 0.2
    masked_tokens: float = 0.15
    #: Systems whose entities lie within this ratio share a rectangle of slots. On a CPU padding is what costs, on a GPU the number of
    #: kernels, which grows with that of rectangles.
    widest: float = 1.5


@dataclass(frozen=True)
class OptimiserConfig:
    steps: int = 4000
    warm_up: int = 200
    learning_rate: float = 1e-3
    weight_decay: float = 0.02
    clip: float = 1.0
    #: Training ends after this time too, and the learning rate falls to match; 0: `steps` alone count, so that equal seeds end alike.
    max_minutes: float = 0.0
    #: bf16 where the device is CUDA.
    mixed_precision: bool = True
    compile: bool = False


@dataclass(frozen=True)
class LossConfig:
    """Weights; 0 leaves a term out."""

    alignment: float = 0.5
    temporal: float = 0.25
    masked: float = 0.25
    anomaly: float = 1.0
    type: float = 1.0
    root_cause: float = 1.0


@dataclass(frozen=True)
class ReportConfig:
    every: int = 100


@dataclass(frozen=True)
class Config:
    name: str = "runtimeslicer-small"
    seed: int = 7
    model: ModelConfig = field(default_factory=ModelConfig)
    batch: BatchConfig = field(default_factory=BatchConfig)
    optimiser: OptimiserConfig = field(default_factory=OptimiserConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    report: ReportConfig = field(default_factory=ReportConfig)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


SECTIONS = {
    "model": ModelConfig,
    "batch": BatchConfig,
    "optimiser": OptimiserConfig,
    "loss": LossConfig,
    "report": ReportConfig,
}


def build(kind: type[T], values: dict[str, Any], where: str) -> T:
    known = {f.name: f.type for f in fields(kind)}  # type: ignore[arg-type]
    unknown = set(values) - set(known)
    if unknown:
        raise ValueError(f"{where} has unknown settings {sorted(unknown)}; known are {sorted(known)}")
    for name, value in values.items():
        # Types are names here: annotations are not evaluated. A whole number is a fine float.
        found = type(value).__name__
        if known[name] in ("int", "float", "bool", "str") and found != known[name] and (found, known[name]) != ("int", "float"):
            raise ValueError(f"{where}: {name} is {value!r}, expected {known[name]}")
    return kind(**values)


def merge(values: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """Settings of `more` take the place of those of `values`, section by section."""
    merged = dict(values)
    for key, value in more.items():
        merged[key] = merge(merged.get(key, {}), value) if isinstance(value, dict) else value
    return merged


def read_toml(path: Path) -> dict[str, Any]:
    """`base = "small.toml"` in a file means: those settings, then the ones of this file."""
    values = tomllib.loads(path.read_text())
    base = values.pop("base", None)
    return values if base is None else merge(read_toml(path.parent / base), values)


def read_config(path: Path, overrides: Sequence[str] = ()) -> Config:
    """@param overrides like `loss.alignment=0`, values written as in TOML"""
    values = read_toml(path)
    for override in overrides:
        try:
            values = merge(values, tomllib.loads(override))
        except tomllib.TOMLDecodeError as error:
            raise ValueError(f"--set {override}: {error}; write it as loss.alignment=0 or name='\"x\"'") from None
    sections = {name: build(kind, values.pop(name, {}), f"{path} [{name}]") for name, kind in SECTIONS.items()}
    return build(Config, {**values, **sections}, str(path))
