"""Everything that learns, as one module: so that one state dict holds it, and DistributedDataParallel sees one forward."""

from __future__ import annotations

import torch
import torch.distributed as dist
from torch import Tensor
from torch.nn import functional as F

from config import Config
from loader import Batch
from losses import Temperature, alignment_loss, anomaly_loss, masked_loss, root_cause_loss, temporal_loss, type_loss, window_overlap
from model import Heads, MaskedDecoder, SliceEncoder

LOSSES = ("alignment", "temporal", "masked", "anomaly", "type", "root_cause")


class Trainer(torch.nn.Module):
    def __init__(self, cfg: Config, types: int) -> None:
        super().__init__()
        self.weights = cfg.loss
        self.encoder = SliceEncoder(cfg.model)
        self.heads = Heads(cfg.model, types)
        self.decoder = MaskedDecoder(cfg.model)
        self.alignment_scale, self.temporal_scale = Temperature(), Temperature()

    def objectives(self) -> dict[str, Tensor]:
        """What only training needs: the decoder and the temperatures."""
        return {name: value for name, value in self.state_dict().items() if not name.startswith(("encoder.", "heads."))}

    def forward(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """-> the weighted sum, and each term without its weight (0 for a term that is left out)."""
        inputs = (batch.table, batch.text, batch.family, batch.numbers, batch.lengths, batch.calls, batch.scores)
        parts, groups, present = self.encoder.encode_packed(*inputs)
        slices = torch.cat([part.slices for part in parts]).float()  # similarities and softmaxes in full precision
        modalities = torch.cat([part.modalities for part in parts]).float()
        overlap = window_overlap(batch.start, batch.end, batch.run)
        anomaly, failure_type = (logits.float() for logits in self.heads.of_slices(slices))
        widest = max(scores.shape[1] for scores in batch.scores)
        # Padded with slots that hold nothing: (B, E) over the widest rectangle.
        root = torch.cat([F.pad(self.heads.of_entities(part.entities), (0, widest - part.entities.shape[1])) for part in parts]).float()
        there = torch.cat([F.pad((part.amax(-1) > 0).to(root), (0, widest - part.shape[1])) for part in present]) > 0
        terms = {
            "alignment": alignment_loss(modalities, torch.cat([part.amax(1) > 0 for part in present]), overlap, self.alignment_scale()),
            "temporal": temporal_loss(slices, overlap, self.temporal_scale()),
            "masked": self.reconstruct(batch, groups) if self.weights.masked > 0 else groups.new_zeros(()),
            "anomaly": anomaly_loss(anomaly, batch.label_type),
            "type": type_loss(failure_type, batch.label_type),
            "root_cause": root_cause_loss(root, there, batch.label_entity),
        }
        total = sum((getattr(self.weights, name) * term for name, term in terms.items()), torch.zeros((), device=groups.device))
        if dist.is_initialized():
            # Every parameter takes part, with a gradient of 0 where its term is left out: DistributedDataParallel waits for each.
            total = total + 0.0 * sum(p.sum() for p in self.parameters())
        return total, {name: term.detach() for name, term in terms.items()}

    def reconstruct(self, batch: Batch, groups: Tensor) -> Tensor:
        what = self.encoder.token.describe(batch.table, batch.hidden_text, batch.hidden_family)  # (H, C)
        predicted = self.decoder(groups[batch.hidden_group], what).float()
        return masked_loss(predicted, batch.hidden_target, (batch.lengths > 0)[batch.hidden_group])
