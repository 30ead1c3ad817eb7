/** All that is kept of a run to answer questions about any of its ranges without reading a file again. */
import type { TelemetryBins } from '../aggregate/telemetryBins.js';
import type { Calibration } from '../features/familyScores.js';
import type { ReferenceBank } from '../features/referenceBank.js';
import type { HeadWeights } from '../heads/headWeights.js';
import type { TunedHeads } from '../heads/tunedHeads.js';
import type { SliceVerdicts } from './sliceVerdicts.js';

/** A state as a range is assigned to it: by contributions alone, which any range has. */
export interface StateAnchor {
  readonly id: string;
  readonly name: string;
  readonly abnormal: boolean;
  /** [E × FAMILY_COUNT] the part of the centroid without the embedding (abnormal states); empty for usual ones. */
  readonly centroid: Float32Array;
  /** Modalities of its slices as bits 1 log, 2 trace, 4 metric (usual states). */
  readonly presence: number;
  readonly size: number;
  /** Cosine to the centroid below which a range does not fit (abnormal states); runs that an earlier version stored have none. */
  readonly limit?: number;
}

export interface RunModel {
  readonly entities: readonly string[];
  readonly bins: TelemetryBins;
  readonly lengthBins: number;
  readonly stepBins: number;
  /** [S] 1 for slices that usual was learned from; runs that an earlier version stored have none: all. */
  readonly isReference?: Uint8Array;
  readonly bank: ReferenceBank;
  readonly calibration: Calibration;
  readonly heads: HeadWeights;
  /** What takes the place of the default heads, null when none was tuned. */
  readonly tuned: TunedHeads | null;
  readonly verdicts: SliceVerdicts;
  readonly states: readonly StateAnchor[];
}
