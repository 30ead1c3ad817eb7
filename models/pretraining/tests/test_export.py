"""The exported files agree with PyTorch and with their manifest."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from export import INPUTS, export, reference_slices
from layers import ModelConfig
from manifest import update_manifest
from model import Heads, SliceEncoder
from onnx_tools import row_cosine, session, sha256
from packing import collate

CFG = ModelConfig(dim=32, token_dim=16, lower_layers=1, upper_layers=1)
FIRST = {"minutes": 6.0, "steps": 60, "data": "8 runs"}


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SliceEncoder]:
    folder = tmp_path_factory.mktemp("encoder")
    measured = {"parityFp32": 1e-7, "int8CosineMin": 0.99, "sizeBytes": 1}
    text = {"name": "t", "license": "Apache-2.0", "file": "t.onnx", "maxTokens": 128, "measured": measured}
    update_manifest(folder, "text", text)
    torch.manual_seed(0)
    encoder, heads = SliceEncoder(CFG).eval(), Heads(CFG, 3)
    checkpoint = {
        "name": "test",
        "model_config": CFG.to_json(),
        "model": encoder.state_dict(),
        "heads": heads.state_dict(),
        "types": ["normal", "a", "b"],
        "commit": "none",
        "training": {"minutes": 3.0, "steps": 20, "before": {"minutes": 5.0, "steps": 40, "data": "7 runs", "before": FIRST}},
        "dataset": {"training": "none"},
        "metrics": {"root cause AC@1": {"encoder": 0.5, "chance": None}},
    }
    export(checkpoint, folder)
    return folder, encoder


def test_manifest_hashes_its_files(exported: tuple[Path, SliceEncoder]):
    folder, _ = exported
    manifest = json.loads((folder / "manifest.json").read_text())
    part = manifest["slice"]
    for entry in (*part["files"].values(), part["reference"]):
        assert sha256(folder / entry["file"]) == entry["sha256"]
    hashed = {entry["file"] for entry in (*part["files"].values(), part["reference"])}
    assert {path.name for path in folder.iterdir()} == hashed | {"manifest.json", "README.md"}
    assert manifest["text"]["name"] == "t"
    card = (folder / "README.md").read_text()
    assert "| root cause AC@1 | 0.500 | – |" in card
    earlier = ",\nfrom the weights of an earlier training on: "
    assert f"in 3.0 minutes\n(20 steps){earlier}5.0 minutes, 40 steps, 7 runs{earlier}6.0 minutes, 60 steps, 8 runs." in card


@pytest.mark.parametrize(("places", "entities"), [(1, 1), (3, 2), (17, 11)])
def test_graph_takes_any_size(exported: tuple[Path, SliceEncoder], places: int, entities: int):
    folder, encoder = exported
    texts, slices = reference_slices(CFG)
    inputs = collate([texts], slices[:1])
    rng = np.random.default_rng(0)
    shape = (4, entities, 3, places)
    inputs = inputs._replace(
        token_text=torch.from_numpy(rng.integers(0, len(texts), shape)),
        token_family=torch.from_numpy(rng.integers(0, CFG.families, shape)),
        token_numbers=torch.from_numpy(rng.normal(size=(*shape, CFG.numbers)).astype(np.float32)),
        token_mask=torch.from_numpy((rng.random(shape) < 0.7).astype(np.float32)),
        call_graph=torch.from_numpy(rng.random((4, entities, entities)).astype(np.float32)),
        family_scores=torch.from_numpy(rng.normal(size=(4, entities, CFG.families)).astype(np.float32) * 3),
    )
    with torch.no_grad():
        expected = encoder(*inputs)
    feed = {k: v.numpy() for k, v in zip(INPUTS, inputs, strict=True)}
    for name, limit in (("slice-encoder.onnx", 1e-5), ("slice-encoder.fp16.onnx", 1e-2), ("slice-encoder.int8.onnx", None)):
        for found, wanted in zip(session(folder / name).run(None, feed), expected, strict=True):
            if limit is not None:
                np.testing.assert_allclose(np.asarray(found), wanted.numpy(), atol=limit)
            assert row_cosine(np.asarray(found), wanted.numpy()).min() > 0.98
