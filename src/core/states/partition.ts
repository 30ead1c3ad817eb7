/**
 * Unsupervised partition of slices into runtime states, in two levels. Usual slices are told apart by what they hold (modalities)
 * and by their embedding; abnormal ones by *which entity* is at fault in *which way* (the contributions that rank causes) and by their
 * embedding. NMI with service × type, without and with symptoms explained by callees, that is of calibrated scores and of
 * contributions: TrainTicket .87 and .96, OnlineBoutique .96 and .97, 16 simulated systems .66 and .67.
 */
import { FAMILY_COUNT } from '../features/families.js';
import { getOrAdd } from '../math/getOrAdd.js';
import { clusterByLinkage, cosineDistances, MAX_LINKED } from './agglomerative.js';

export const UNKNOWN_STATE = -1;

export interface PartitionInput {
  readonly nSlices: number;
  readonly nEntities: number;
  /** [S] detection probability. */
  readonly anomaly: Float64Array;
  readonly threshold: number;
  /** [S] bit per modality that has records: 1 log, 2 trace, 4 metric. */
  readonly presence: Uint8Array;
  /** [S, E, FAMILY_COUNT] of `fuse`. */
  readonly contributions: readonly Float64Array[];
  /** [S, D] f32 L2-normalised. */
  readonly embeddings: Float32Array;
  readonly dim: number;
}

export interface PartitionState {
  readonly abnormal: boolean;
  /** Slices, ascending. */
  readonly members: readonly number[];
  /** Mean unit vector of the members in the space of `toAbnormalVector` (abnormal) or the mean embedding (usual). */
  readonly centroid: Float32Array;
  /** Modalities its slices hold, as in `PartitionInput.presence`; 0 for abnormal states. */
  readonly presence: number;
}

export interface Partition {
  readonly states: readonly PartitionState[];
  /** [S] index into `states`, UNKNOWN_STATE for slices that fit none. */
  readonly stateOfSlice: Int32Array;
  /** [S] soft membership in the own state, [0, 1]. */
  readonly membership: Float64Array;
}

/** Weight of the embedding beside the contributions in the space of abnormal states. */
const EMBEDDING_WEIGHT = 0.3;
/** Temperature of soft membership on cosine similarities. */
export const MEMBERSHIP_TEMPERATURE = 0.1;
/** Cosine below which something fits no known abnormal state: about that of unrelated incidents on simulated systems. */
export const MIN_STATE_SIMILARITY = 0.5;
/** A state needs two slices: one alone fits no state yet and is `unknown`. */
const MIN_MEMBERS = 2;

export function partitionSlices(input: PartitionInput): Partition {
  const stateOfSlice = new Int32Array(input.nSlices).fill(UNKNOWN_STATE);
  const states: PartitionState[] = [];
  const usual = new Map<number, number[]>();
  const abnormal: number[] = [];
  for (let slice = 0; slice < input.nSlices; slice++) {
    if ((input.anomaly[slice] ?? 0) >= input.threshold) {
      abnormal.push(slice);
    } else {
      const presence = input.presence[slice] ?? 0;
      getOrAdd(usual, presence, () => [] as number[]).push(slice);
    }
  }
  const embeddingOf = (slice: number): Float32Array => input.embeddings.subarray(slice * input.dim, (slice + 1) * input.dim);
  for (const [presence, slices] of [...usual].sort((a, b) => b[1].length - a[1].length)) {
    addStates(slices, embeddingOf, input.dim, false, presence);
  }
  const dim = input.nEntities * FAMILY_COUNT + input.dim;
  const vectors = new Map<number, Float32Array>();
  const vectorOf = (slice: number): Float32Array => {
    let vector = vectors.get(slice);
    if (vector === undefined) {
      vector = toAbnormalVector(input.contributions[slice] ?? new Float64Array(0), embeddingOf(slice));
      vectors.set(slice, vector);
    }
    return vector;
  };
  addStates(abnormal, vectorOf, dim, true, 0);
  return { states, stateOfSlice, membership: memberships(input, states, stateOfSlice, embeddingOf, vectorOf) };

  function addStates(
    slices: readonly number[],
    vector: (slice: number) => Float32Array,
    size: number,
    isAbnormal: boolean,
    presence: number,
  ): void {
    const clusters = clusterSlices(slices, vector, size);
    const [largest] = clusters;
    const kept = clusters.filter((members) => members.length >= MIN_MEMBERS || (!isAbnormal && members === largest));
    if (!isAbnormal) {
      // A usual slice is never unknown: an odd one belongs to the main usual state.
      for (const members of clusters.filter((cluster) => !kept.includes(cluster))) {
        largest?.push(...members);
      }
      largest?.sort((a, b) => a - b);
    }
    for (const members of kept) {
      const centroid = meanUnit(members.map(vector), size);
      for (const slice of members) {
        stateOfSlice[slice] = states.length;
      }
      states.push({ abnormal: isAbnormal, members, centroid, presence });
    }
  }
}

/** Log-compressed contributions per (entity, family) as a vector of length 1, then the embedding at a lower weight. */
export function toAbnormalVector(contributions: Float64Array, embedding: Float32Array): Float32Array {
  const { length } = contributions;
  const vector = new Float32Array(length + embedding.length);
  vector.set(contributions.map(Math.log1p));
  const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  for (let i = 0; i < length && norm > 0; i++) {
    vector[i] = (vector[i] ?? 0) / norm;
  }
  for (let d = 0; d < embedding.length; d++) {
    vector[length + d] = EMBEDDING_WEIGHT * (embedding[d] ?? 0);
  }
  return vector;
}

/** Clusters of slices by falling size. */
function clusterSlices(slices: readonly number[], vector: (slice: number) => Float32Array, dim: number): number[][] {
  if (slices.length === 0) {
    return [];
  }
  const stride = Math.ceil(slices.length / MAX_LINKED);
  const sample = slices.filter((_, i) => i % stride === 0);
  const rows = new Float32Array(sample.length * dim);
  sample.forEach((slice, i) => {
    rows.set(vector(slice), i * dim);
  });
  const labels = clusterByLinkage(cosineDistances(rows, sample.length, dim), sample.length);
  const clusters: number[][] = Array.from({ length: Math.max(...labels) + 1 }, () => []);
  sample.forEach((slice, i) => clusters[labels[i] ?? 0]?.push(slice));
  if (stride > 1) {
    const centroids = clusters.map((members) => meanUnit(members.map(vector), dim));
    slices.forEach((slice, i) => {
      if (i % stride !== 0) {
        clusters[nearest(vector(slice), centroids)]?.push(slice);
      }
    });
  }
  return clusters.map((members) => members.sort((a, b) => a - b)).sort((a, b) => b.length - a.length);
}

function nearest(vector: Float32Array, centroids: readonly Float32Array[]): number {
  let best = 0;
  let most = -Infinity;
  centroids.forEach((centroid, i) => {
    const similarity = cosine(vector, centroid);
    if (similarity > most) {
      most = similarity;
      best = i;
    }
  });
  return best;
}

/** Cosine similarity; 0 when either is all zeros. */
export function cosine(a: Float32Array, b: Float32Array): number {
  let product = 0;
  let squaresA = 0;
  let squaresB = 0;
  for (let d = 0; d < a.length; d++) {
    const x = a[d] ?? 0;
    const y = b[d] ?? 0;
    product += x * y;
    squaresA += x * x;
    squaresB += y * y;
  }
  const norm = Math.sqrt(squaresA * squaresB);
  return norm > 0 ? product / norm : 0;
}

export function meanUnit(vectors: readonly Float32Array[], dim: number): Float32Array {
  const mean = new Float64Array(dim);
  for (const vector of vectors) {
    for (let d = 0; d < dim; d++) {
      mean[d] = (mean[d] ?? 0) + (vector[d] ?? 0);
    }
  }
  const norm = Math.sqrt(mean.reduce((sum, value) => sum + value * value, 0));
  return Float32Array.from(mean, (value) => (norm > 0 ? value / norm : 0));
}

/** Detection probability times the softmax of the similarity to the states of the same kind. */
function memberships(
  input: PartitionInput,
  states: readonly PartitionState[],
  stateOfSlice: Int32Array,
  embeddingOf: (slice: number) => Float32Array,
  vectorOf: (slice: number) => Float32Array,
): Float64Array {
  return Float64Array.from(stateOfSlice, (state, slice) => {
    const own = states[state];
    const anomaly = input.anomaly[slice] ?? 0;
    if (own === undefined) {
      return anomaly;
    }
    const vector = own.abnormal ? vectorOf(slice) : embeddingOf(slice);
    const rivals = states.filter((other) => other.abnormal === own.abnormal && other.presence === own.presence);
    const similarities = rivals.map((rival) => cosine(vector, rival.centroid));
    const largest = Math.max(...similarities);
    const weights = similarities.map((similarity) => Math.exp((similarity - largest) / MEMBERSHIP_TEMPERATURE));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    const share = (weights[rivals.indexOf(own)] ?? 0) / sum;
    return share * (own.abnormal ? anomaly : 1 - anomaly);
  });
}
