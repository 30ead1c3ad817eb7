"""Settings of a training run, read from TOML. Unknown keys are refused: a typo must not train with a default."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from model import ModelConfig

T = TypeVar("T")


@dataclass(frozen=True)
class BatchConfig:
    runs: int = 6
    pairs_per_run: int = 4
    failing: float = 0.6
    drop_one_modality: float = 0.25
    drop_two_modalities: float = 0.1
    text_noise: float = 0.015


@dataclass(frozen=True)
class OptimiserConfig:
    steps: int = 4000
    warm_up: int = 200
    learning_rate: float = 1e-3
    weight_decay: float = 0.02
    clip: float = 1.0
    max_minutes: float = 20.0


@dataclass(frozen=True)
class LossConfig:
    alignment: float = 0.5
    temporal: float = 0.25
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
    known = {f.name for f in fields(kind)}  # type: ignore[arg-type]
    unknown = set(values) - known
    if unknown:
        raise ValueError(f"{where} has unknown settings {sorted(unknown)}; known are {sorted(known)}")
    return kind(**values)


def read_config(path: Path) -> Config:
    values = tomllib.loads(path.read_text())
    sections = {name: build(kind, values.pop(name, {}), f"{path} [{name}]") for name, kind in SECTIONS.items()}
    return build(Config, {**values, **sections}, str(path))
