/** What the same small head is given: one row of numbers per slice or range, by name. */
import { toTypeFeatures } from '../../../src/core/heads/headFeatures.js';
import type { RunScan } from '../../../src/core/run/scanRun.js';
import { countLogTemplates } from './baselines/logTemplates.js';
import type { PreparedRun, Vectors } from './cases/prepareRun.js';
import { detectionFeaturesOf, fusedScores } from './product.js';

export type Row = ArrayLike<number>;

/** A scan of R slices or ranges with their vectors. */
export interface Scanned {
  readonly scan: RunScan;
  readonly vectors: Vectors;
}

export interface FeatureSet {
  readonly name: string;
  /** Whether rows of different systems can be compared. */
  readonly isTransferable: boolean;
  /** @returns R rows of equal width */
  readonly read: (prepared: PreparedRun, scanned: Scanned) => readonly Row[];
}

export const ofSlices = (prepared: PreparedRun): Scanned => ({ scan: prepared.run.scan, vectors: prepared.ofSlices });
export const ofRanges = (prepared: PreparedRun): Scanned => ({ scan: prepared.ranges.scan, vectors: prepared.ofRanges });

export const detectionFeatures: FeatureSet = {
  name: 'calibrated features',
  isTransferable: true,
  read: ({ run }, { scan }) => scan.familyScores.map((scores) => detectionFeaturesOf(run, scores)),
};

/** With the service that the label-free fusion puts first. */
export const typeFeatures: FeatureSet = {
  name: 'calibrated features',
  isTransferable: true,
  read: ({ run }, { scan }) =>
    scan.signedScores.map((signed, i) =>
      toTypeFeatures(signed, indexOfLargest(fusedScores(run, scan.familyScores[i] ?? new Float32Array(0)))),
    ),
};

/** -1 when empty. */
function indexOfLargest(values: Float64Array): number {
  return values.indexOf(values.reduce((most, value) => Math.max(most, value), -Infinity));
}

/** Which entity is unusual in which family, on its own and with no regard to who calls whom: of one system only. */
export const abnormalVector: FeatureSet = {
  name: 'calibrated scores per service',
  isTransferable: false,
  read: (_, { scan }) => scan.familyScores.map((scores) => scores.map((score) => Math.log1p(Math.max(0, score - 1)))),
};

export const logTemplates: FeatureSet = {
  name: 'log template counts',
  isTransferable: true,
  read: ({ run }, { scan }) => Array.from(scan.windows.starts, (start) => countLogTemplates(run, start)),
};

export const sliceText: FeatureSet = {
  name: 'slice as text, untuned text encoder',
  isTransferable: true,
  read: (_, { vectors }) => vectors.texts,
};

export function embedding(encoder: string): FeatureSet {
  return {
    name: `embedding, ${encoder}`,
    isTransferable: true,
    read: (_, { vectors, scan }) => {
      const known = vectors.embeddings.get(encoder);
      const dim = known?.dim ?? 0;
      return scan.tokens.map((_tokens, i) => known?.slices.subarray(i * dim, (i + 1) * dim) ?? []);
    },
  };
}

export function join(first: FeatureSet, second: FeatureSet): FeatureSet {
  return {
    name: `${first.name} and ${second.name}`,
    isTransferable: first.isTransferable && second.isTransferable,
    read: (prepared, scanned) => {
      const others = second.read(prepared, scanned);
      return first.read(prepared, scanned).map((row, i) => [...Array.from(row), ...Array.from(others[i] ?? [])]);
    },
  };
}
