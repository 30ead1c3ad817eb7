/** States as the product forms them, on some of the slices of a run. */
import { FAMILY_COUNT } from '../../../src/core/features/families.js';
import { fuse } from '../../../src/core/heads/fusion.js';
import { ascribe } from '../../../src/core/heads/learnedCauses.js';
import { partitionSlices, type PartitionInput } from '../../../src/core/states/partition.js';
import { toAbnormalVector } from '../../../src/core/states/stateVectors.js';
import type { PreparedRun } from './cases/prepareRun.js';
import type { CaseRun } from './cases/readCase.js';

/** @param slices of the run, ascending; slice i of the input is `slices[i]` */
export function toPartitionInput({ run, ofSlices }: PreparedRun, encoder: string, slices: readonly number[]): PartitionInput {
  const embeddings = ofSlices.embeddings.get(encoder);
  const dim = embeddings?.dim ?? 0;
  const rows = new Float32Array(slices.length * dim);
  slices.forEach((slice, i) => {
    rows.set(embeddings?.slices.subarray(slice * dim, (slice + 1) * dim) ?? [], i * dim);
  });
  return {
    nSlices: slices.length,
    nEntities: run.bins.entities.length,
    anomaly: Float64Array.from(slices, (slice) => run.model.verdicts.anomaly[slice] ?? 0),
    threshold: run.model.heads.detection.threshold,
    presence: Uint8Array.from(slices, (slice) => run.scan.presence[slice] ?? 0),
    contributions: slices.map((slice) => ascribedContributions(run, slice)),
    embeddings: rows,
    dim,
  };
}

/** [E × FAMILY_COUNT] what the product tells the states of slices by. */
export function ascribedContributions({ bins, scan, model }: CaseRun, slice: number): Float64Array {
  const { roots, familiarity } = model.verdicts;
  const nEntities = bins.entities.length;
  const learned = { roots: roots.subarray(slice * nEntities, (slice + 1) * nEntities), familiarity: familiarity?.[slice] ?? 0 };
  return ascribe(fuse(scan.familyScores[slice] ?? new Float32Array(0), bins.edges), learned, model.heads);
}

export interface AbnormalState {
  /** Slices of the run. */
  readonly members: readonly number[];
  /** [E × FAMILY_COUNT] */
  readonly centroid: Float32Array;
  /** [members] of [E × FAMILY_COUNT] */
  readonly vectors: readonly Float32Array[];
}

/** The abnormal states of these slices, in the space in which runs are compared. */
export function findAbnormalStates(prepared: PreparedRun, encoder: string, slices: readonly number[]): AbnormalState[] {
  const input = toPartitionInput(prepared, encoder, slices);
  const shared = input.nEntities * FAMILY_COUNT;
  return partitionSlices(input)
    .states.filter(({ abnormal }) => abnormal)
    .map(({ members, centroid }) => ({
      members: members.map((member) => slices[member] ?? -1),
      centroid: centroid.slice(0, shared),
      vectors: members.map((member) => toAbnormalVector(input.contributions[member] ?? new Float64Array(0), new Float32Array(0))),
    }));
}
