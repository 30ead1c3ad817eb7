/**
 * Unsupervised partition of slices into runtime states, in two levels. Usual slices are told apart by what they hold (modalities)
 * and by their embedding; abnormal ones by *which entity* is at fault in *which way* (the contributions that rank causes, as embeddings
 * ascribe them where pretraining knows the state: heads/learnedCauses.ts has the figures) and by their embedding.
 */
import { FAMILY_COUNT } from '../features/families.js';
import { getOrAdd } from '../math/getOrAdd.js';
import { assignToAnchors, type Anchor } from './anchors.js';
import { clusterByLinkage, cosineDistances, halveByLinkage, MAX_LINKED } from './agglomerative.js';
import { cosine, dot, meanUnit, toAbnormalVector } from './stateVectors.js';

export const UNKNOWN_STATE = -1;

export interface PartitionInput {
  readonly nSlices: number;
  readonly nEntities: number;
  /** [S] detection probability. */
  readonly anomaly: Float64Array;
  readonly threshold: number;
  /** [S] bit per modality that has records: 1 log, 2 trace, 4 metric. */
  readonly presence: Uint8Array;
  /** [S, E, FAMILY_COUNT] of `ascribe`. */
  readonly contributions: readonly Float64Array[];
  /** [S, D] f32 L2-normalised. */
  readonly embeddings: Float32Array;
  readonly dim: number;
  /** Abnormal states of earlier runs; none when left out. */
  readonly anchors?: readonly Anchor[];
}

export interface PartitionState {
  readonly abnormal: boolean;
  /** Slices, ascending. */
  readonly members: readonly number[];
  /** Mean unit vector of the members in the space of `toAbnormalVector` (abnormal) or the mean embedding (usual). */
  readonly centroid: Float32Array;
  /** Modalities its slices hold, as in `PartitionInput.presence`; 0 for abnormal states. */
  readonly presence: number;
  /** Index into `PartitionInput.anchors` of the state that its slices were assigned to, -1 for slices that were grouped. */
  readonly anchor: number;
}

export interface Partition {
  readonly states: readonly PartitionState[];
  /** [S] index into `states`, UNKNOWN_STATE for slices that fit none. */
  readonly stateOfSlice: Int32Array;
  /** [S] soft membership in the own state, [0, 1]. */
  readonly membership: Float64Array;
}

/** Temperature of soft membership on cosine similarities. */
export const MEMBERSHIP_TEMPERATURE = 0.1;
/** Cosine below which something fits no known abnormal state: about that of unrelated incidents on simulated systems. */
export const MIN_STATE_SIMILARITY = 0.5;
/** A state needs two slices: one alone that fits no known state is `unknown`. */
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
  const vectors = createVectors(input);
  const { embeddingOf, vectorOf, partOf, dim } = vectors;
  for (const [presence, slices] of [...usual].sort((a, b) => b[1].length - a[1].length)) {
    addUsual(slices, presence);
  }
  addAbnormal();
  return { states, stateOfSlice, membership: memberships(input, states, stateOfSlice, vectors) };

  function addUsual(slices: readonly number[], presence: number): void {
    const clusters = clusterSlices(slices, embeddingOf, input.dim);
    const [largest] = clusters;
    const kept = clusters.filter((members) => members.length >= MIN_MEMBERS || members === largest);
    // A usual slice is never unknown: an odd one belongs to the main usual state.
    for (const members of clusters.filter((cluster) => !kept.includes(cluster))) {
      largest?.push(...members);
    }
    for (const members of kept) {
      add({ abnormal: false, members: ascending(members), centroid: meanUnit(members.map(embeddingOf), input.dim), presence, anchor: -1 });
    }
  }

  function addAbnormal(): void {
    const anchors = input.anchors ?? [];
    const tooMany = abnormal.length > MAX_LINKED;
    const first = assignToAnchors(
      abnormal,
      partOf,
      anchors.map((anchor) => (tooMany || anchor.isFirst ? anchor : undefined)),
    );
    const clusters = clusterSlices(first.rest, vectorOf, dim);
    const alone = clusters.filter(({ length }) => length < MIN_MEMBERS).flat();
    const second = assignToAnchors(ascending(alone), partOf, anchors);
    anchors.forEach((_, anchor) => {
      const members = ascending([...(first.assigned.get(anchor) ?? []), ...(second.assigned.get(anchor) ?? [])]);
      if (members.length > 0) {
        add({ abnormal: true, members, centroid: meanUnit(members.map(vectorOf), dim), presence: 0, anchor });
      }
    });
    for (const members of clusters.filter(({ length }) => length >= MIN_MEMBERS)) {
      add({ abnormal: true, members, centroid: meanUnit(members.map(vectorOf), dim), presence: 0, anchor: -1 });
    }
  }

  function add(state: PartitionState): void {
    for (const slice of state.members) {
      stateOfSlice[slice] = states.length;
    }
    states.push(state);
  }
}

interface SliceVectors {
  readonly embeddingOf: (slice: number) => Float32Array;
  /** [dim] of `toAbnormalVector` */
  readonly vectorOf: (slice: number) => Float32Array;
  /** [E × FAMILY_COUNT] the part without the embedding, in which runs can be compared; of length 1, or all zeros. */
  readonly partOf: (slice: number) => Float32Array;
  readonly dim: number;
}

function createVectors(input: PartitionInput): SliceVectors {
  const embeddingOf = (slice: number): Float32Array => input.embeddings.subarray(slice * input.dim, (slice + 1) * input.dim);
  const vectors = new Map<number, Float32Array>();
  const vectorOf = (slice: number): Float32Array =>
    getOrAdd(vectors, slice, () => toAbnormalVector(input.contributions[slice] ?? new Float64Array(0), embeddingOf(slice)));
  const shared = input.nEntities * FAMILY_COUNT;
  return { embeddingOf, vectorOf, partOf: (slice) => vectorOf(slice).subarray(0, shared), dim: shared + input.dim };
}

/**
 * The same partition with some states made one.
 * @param groupOf [states] equal for states that are one; which of them comes first stands for both in what they are
 */
export function joinPartition(input: PartitionInput, partition: Partition, groupOf: readonly string[]): Partition {
  const groups = Map.groupBy(partition.states.keys(), (state) => groupOf[state] ?? '');
  if (groups.size === partition.states.length) {
    return partition;
  }
  const vectors = createVectors(input);
  const { embeddingOf, vectorOf, dim } = vectors;
  const stateOfSlice = partition.stateOfSlice.slice();
  const states = [...groups.values()].flatMap((places, place): PartitionState[] => {
    const parts = places.flatMap((at) => partition.states[at] ?? []);
    const [first] = parts;
    if (first === undefined) {
      return [];
    }
    const members = ascending(parts.flatMap((part) => part.members));
    for (const slice of members) {
      stateOfSlice[slice] = place;
    }
    const centroid = first.abnormal ? meanUnit(members.map(vectorOf), dim) : meanUnit(members.map(embeddingOf), input.dim);
    return [parts.length === 1 ? first : { ...first, members, centroid }];
  });
  return { states, stateOfSlice, membership: memberships(input, states, stateOfSlice, vectors) };
}

/**
 * An abnormal state cut in two by average linkage, the larger part first.
 * @param members at least two of the run's abnormal slices
 * @returns undefined when its slices are all alike
 */
export function halveState(input: PartitionInput, members: readonly number[]): readonly [readonly number[], readonly number[]] | undefined {
  const { vectorOf, dim } = createVectors(input);
  const stride = Math.ceil(members.length / MAX_LINKED);
  const sample = members.filter((_, i) => i % stride === 0);
  const labels = halveByLinkage(distancesOf(sample, vectorOf, dim), sample.length);
  if (labels === undefined) {
    return undefined;
  }
  const centroids = [0, 1].map((half) =>
    meanUnit(
      sample.filter((_, i) => labels[i] === half).map((slice) => vectorOf(slice)),
      dim,
    ),
  );
  const halves = Map.groupBy(members, (slice) => nearest(vectorOf(slice), centroids));
  const [a = [], b = []] = [halves.get(0), halves.get(1)];
  return a.length === 0 || b.length === 0 ? undefined : a.length >= b.length ? [a, b] : [b, a];
}

function ascending(slices: readonly number[]): number[] {
  return slices.toSorted((a, b) => a - b);
}

/** Clusters of slices by falling size. */
function clusterSlices(slices: readonly number[], vector: (slice: number) => Float32Array, dim: number): number[][] {
  if (slices.length === 0) {
    return [];
  }
  const stride = Math.ceil(slices.length / MAX_LINKED);
  const sample = slices.filter((_, i) => i % stride === 0);
  const labels = clusterByLinkage(distancesOf(sample, vector, dim), sample.length);
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

/** [n, n] */
function distancesOf(slices: readonly number[], vector: (slice: number) => Float32Array, dim: number): Float32Array {
  const rows = new Float32Array(slices.length * dim);
  slices.forEach((slice, i) => {
    rows.set(vector(slice), i * dim);
  });
  return cosineDistances(rows, slices.length, dim);
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

/** Detection probability times the softmax of the similarity to the states of the same kind. */
function memberships(
  input: PartitionInput,
  states: readonly PartitionState[],
  stateOfSlice: Int32Array,
  { embeddingOf, vectorOf }: SliceVectors,
): Float64Array {
  return Float64Array.from(stateOfSlice, (state, slice) => {
    const own = states[state];
    const anomaly = input.anomaly[slice] ?? 0;
    if (own === undefined) {
      return anomaly;
    }
    const vector = own.abnormal ? vectorOf(slice) : embeddingOf(slice);
    const rivals = states.filter((other) => other.abnormal === own.abnormal && other.presence === own.presence);
    const length = Math.sqrt(dot(vector, vector));
    // Centroids are of length 1, or all zeros.
    const similarities = rivals.map((rival) => (length > 0 ? dot(vector, rival.centroid) / length : 0));
    const largest = Math.max(...similarities);
    const weights = similarities.map((similarity) => Math.exp((similarity - largest) / MEMBERSHIP_TEMPERATURE));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    const share = (weights[rivals.indexOf(own)] ?? 0) / sum;
    return share * (own.abnormal ? anomaly : 1 - anomaly);
  });
}
