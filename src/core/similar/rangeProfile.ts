/** What a range is compared with others by: kept for each labelled range, so that comparing needs no run's model. Letters: E entities, D embedding. */
import { PartScoreCollector, toSignedFamilyScores } from '../features/familyScores.js';
import { scanRange } from '../features/rangeScan.js';
import { fuse } from '../heads/fusion.js';
import { ascribe } from '../heads/learnedCauses.js';
import type { RunModel } from '../run/runModel.js';
import { judgeRange, shareSlices } from '../run/sliceVerdicts.js';
import { meanUnit } from '../states/stateVectors.js';
import type { SliceEmbeddings } from '../tokens/sliceTensors.js';

export interface RangeProfile {
  /** Encoder of the embedding: those of different encoders cannot be compared. */
  readonly encoder: string;
  /** All of the run. */
  readonly entities: readonly string[];
  /** [E, FAMILY_COUNT] calibrated, below 0 where below usual. */
  readonly scores: Float32Array;
  /** [E, FAMILY_COUNT] >= 0 of `ascribe`: what states are told by, without what callees explain. */
  readonly contributions: Float32Array;
  /** [D] unit vector; zeros where the range overlaps no slice. */
  readonly embedding: Float32Array;
}

/** What is needed of a run. */
type ProfiledModel = Pick<RunModel, 'bins' | 'bank' | 'calibration' | 'entities' | 'lengthBins' | 'verdicts'> & {
  readonly heads: Pick<RunModel['heads'], 'encoder' | 'rootCause'>;
};

/**
 * @param embeddings of the run's slices, rows in the order of `model.verdicts.starts`
 * @param fromBin,toBin half-open, in absolute bins, `toBin > fromBin`
 */
export function profileRange(
  model: ProfiledModel,
  embeddings: Pick<SliceEmbeddings, 'dim' | 'slices'>,
  fromBin: number,
  toBin: number,
): RangeProfile {
  const { bins, bank, calibration, entities, heads, verdicts, lengthBins } = model;
  const parts = new PartScoreCollector(bins, 1);
  scanRange(bins, bank, fromBin, toBin, (observation) => {
    observation.window = 0;
    parts.add(observation);
  });
  const scores = toSignedFamilyScores(parts.finish(), 0, calibration);
  return {
    encoder: heads.encoder,
    entities,
    scores,
    contributions: Float32Array.from(
      ascribe(fuse(scores.map(Math.abs), bins.edges), judgeRange(verdicts, lengthBins, fromBin, toBin), heads),
    ),
    embedding: meanEmbedding(model, embeddings, fromBin, toBin),
  };
}

/** Mean over the slices that the range overlaps, as types and causes are told of a range. */
function meanEmbedding(
  { verdicts, lengthBins }: ProfiledModel,
  { dim, slices }: Pick<SliceEmbeddings, 'dim' | 'slices'>,
  fromBin: number,
  toBin: number,
): Float32Array {
  const weighted = shareSlices(verdicts, lengthBins, fromBin, toBin).map(({ slice, share }) =>
    slices.subarray(slice * dim, (slice + 1) * dim).map((value) => share * value),
  );
  return meanUnit(weighted, dim);
}
