/** From slices with embeddings to states, incidents and a model that can be asked about any range. */
import { adaptRows } from '../adaptation/adapter.js';
import type { TelemetryBins } from '../aggregate/telemetryBins.js';
import { FAMILY_COUNT } from '../features/families.js';
import { leadingEntity } from '../heads/fusion.js';
import type { HeadWeights } from '../heads/headWeights.js';
import type { TunedHeads } from '../heads/tunedHeads.js';
import { MODALITIES } from '../records.js';
import { sumRange } from '../slices/windowSet.js';
import { identifyStates, toAnchors, toCompact, type KnownState, type StateIdentity } from '../states/knownStates.js';
import { calibrateLimit } from '../states/novelty.js';
import { cosine, toAbnormalVector } from '../states/stateVectors.js';
import { joinPartition, partitionSlices, UNKNOWN_STATE, type Partition, type PartitionInput } from '../states/partition.js';
import { projectToMap } from '../states/projection.js';
import { nameAbnormalState, nameUsualState } from '../states/stateNames.js';
import { diagnoseBins, type RangeDiagnosis } from './diagnoseRange.js';
import { findSliceRuns, type SliceProbabilities } from './incidentSlices.js';
import { toSentence } from './rangeSentence.js';
import type { RunModel, StateAnchor } from './runModel.js';
import type { ScoredWindows } from './scanRun.js';
import type { SliceEmbeddings } from '../tokens/sliceTensors.js';
import { judgeSlices } from './sliceVerdicts.js';

export interface Incident {
  /** Half-open, absolute bins. */
  readonly fromBin: number;
  readonly toBin: number;
  /** Highest slice probability inside. */
  readonly anomaly: number;
  readonly diagnosis: RangeDiagnosis;
  readonly sentence: string;
}

export interface ConcludedState extends StateAnchor {
  readonly members: readonly number[];
  readonly evidence: readonly string[];
  readonly isPinned: boolean;
}

export interface RunConclusion {
  readonly model: RunModel;
  readonly states: readonly ConcludedState[];
  /** Those of them that were not known. */
  readonly newStates: readonly KnownState[];
  /** What the slices were put into states by. */
  readonly partitioned: PartitionInput;
  /** [S] index into `states`, UNKNOWN_STATE for none. */
  readonly stateOfSlice: Int32Array;
  readonly membership: Float64Array;
  readonly anomaly: Float64Array;
  /** [S] entity with the highest score, -1 when none scores. */
  readonly cause: Int32Array;
  /** [S, 2] */
  readonly map: Float64Array;
  /** By falling sum of slice probabilities: long and certain before short or doubtful. */
  readonly incidents: readonly Incident[];
  readonly headline: string;
}

const STATE_EVIDENCE = 3;

/**
 * @param tuned heads that take the place of the default ones, null when none was tuned
 * @param known states of earlier runs, with what the user made of them
 */
export function concludeRun(
  bins: TelemetryBins,
  scan: ScoredWindows,
  embeddings: SliceEmbeddings,
  heads: HeadWeights,
  tuned: TunedHeads | null,
  known: readonly KnownState[] = [],
): RunConclusion {
  const { dim } = embeddings;
  const nSlices = scan.windows.starts.length;
  const rows = adaptRows(tuned?.adapter, embeddings.slices);
  const { causes, ascribed, starts, anomaly, alone, types, roots, familiarity } = judgeSlices(scan, bins, embeddings, heads, tuned);
  const cause = Int32Array.from(causes, leadingEntity);
  const partitioned: PartitionInput = {
    nSlices,
    nEntities: bins.entities.length,
    anomaly,
    threshold: heads.detection.threshold,
    presence: scan.presence,
    contributions: ascribed,
    embeddings: rows,
    dim,
    anchors: toAnchors(known, bins.entities),
  };
  const { lengthBins, stepBins } = scan.windows;
  const model = {
    entities: bins.entities,
    bins,
    lengthBins,
    stepBins,
    isReference: scan.isReference,
    bank: scan.bank,
    calibration: scan.calibration,
    heads,
    tuned,
    verdicts: { starts, anomaly, alone, types, roots, familiarity },
  };
  const { states, partition, newStates } = placeInStates({ ...model, states: [] }, scan, partitioned, known);
  const complete: RunModel = { ...model, states: states.map(toAnchor) };
  const incidents = findIncidents(complete, scan, { anomaly, alone });
  const vectors = ascribed.map((contributions, slice) => toAbnormalVector(contributions, rows.subarray(slice * dim, (slice + 1) * dim)));
  return {
    model: complete,
    states,
    newStates,
    partitioned,
    stateOfSlice: partition.stateOfSlice,
    membership: partition.membership,
    anomaly,
    cause,
    map: projectToMap(vectors),
    incidents,
    headline: toHeadline(complete, scan, incidents),
  };
}

interface PlacedSlices {
  readonly states: readonly ConcludedState[];
  readonly newStates: readonly KnownState[];
  readonly partition: Partition;
}

function placeInStates(model: RunModel, scan: ScoredWindows, input: PartitionInput, known: readonly KnownState[]): PlacedSlices {
  const { entities } = model;
  const found = partitionSlices(input);
  const described = describeStates(model, scan, found, input.anomaly);
  const toShared = (centroid: Float32Array): Float32Array => centroid.slice(0, entities.length * FAMILY_COUNT);
  const identities = identifyStates(
    found.states.map(({ abnormal, centroid, anchor }, i) => ({
      name: described[i]?.name ?? '',
      abnormal,
      centroid: toShared(centroid),
      anchor,
    })),
    entities,
    known,
  );
  const partition = joinPartition(
    input,
    found,
    identities.map(({ id }) => id),
  );
  const first = new Map<string, number>();
  identities.forEach(({ id }, i) => first.set(id, first.get(id) ?? i));
  const placed = [...first.values()].flatMap((place, i) => {
    const [identity, state] = [identities[place], partition.states[i]];
    return identity === undefined || state === undefined ? [] : [{ identity, state, evidence: described[place]?.evidence ?? [] }];
  });
  const states = placed.map(({ identity: { id, name, isPinned }, state, evidence }): ConcludedState => {
    const centroid = state.abnormal ? toShared(state.centroid) : new Float32Array(0);
    const { abnormal, members, presence } = state;
    const limit = abnormal ? limitOf(input, members, centroid) : 0;
    return { id, name, abnormal, members, size: members.length, presence, evidence, centroid, limit, isPinned };
  });
  const isNew = (identity: StateIdentity | undefined): boolean => identity?.isNew === true;
  return {
    states,
    partition,
    newStates: states.filter((_, i) => isNew(placed[i]?.identity)).map((state) => toKnownState(state, entities)),
  };
}

function toKnownState({ id, name, abnormal, centroid, limit = 0, size }: ConcludedState, entities: readonly string[]): KnownState {
  const compact = toCompact(abnormal ? entities : [], centroid);
  return { id, name, abnormal, isNamed: false, isPinned: false, isPart: false, mergedInto: null, ...compact, limit, size };
}

/** @param centroid [E × FAMILY_COUNT] */
export function limitOf({ contributions }: PartitionInput, members: readonly number[], centroid: Float32Array): number {
  const none = new Float32Array(0);
  return calibrateLimit(members.map((slice) => cosine(toAbnormalVector(contributions[slice] ?? new Float64Array(0), none), centroid)));
}

function describeStates(
  model: RunModel,
  scan: ScoredWindows,
  partition: Partition,
  anomaly: Float64Array,
): { readonly name: string; readonly evidence: readonly string[] }[] {
  const everywhere = scan.presence.reduce((bits, presence) => bits | presence, 0);
  const traffic = partition.states.map((state) => meanRecords(model, scan, state.members));
  return partition.states.map((state, index) => {
    if (!state.abnormal) {
      // The largest usual state of each kind comes first in the partition.
      const main = partition.states.findIndex((other) => !other.abnormal && other.presence === state.presence);
      const usualTraffic = traffic[main] ?? 0;
      const ratio = usualTraffic > 0 ? (traffic[index] ?? 0) / usualTraffic : 1;
      return { name: nameUsualState(state.presence, everywhere, ratio), evidence: [] as string[] };
    }
    const typical = state.members.reduce(
      (best, slice) => ((anomaly[slice] ?? 0) > (anomaly[best] ?? 0) ? slice : best),
      state.members[0] ?? 0,
    );
    const start = scan.windows.starts[typical] ?? 0;
    const diagnosis = diagnoseBins(model, start, start + model.lengthBins);
    const leading = diagnosis.rootCauses[0]?.entity ?? -1;
    return {
      name: nameAbnormalState(model.entities[leading] ?? 'system', diagnosis.evidence, leading),
      evidence: diagnosis.evidence.slice(0, STATE_EVIDENCE).map((item) => `${item.text} (${item.detail})`),
    };
  });
}

/** Log lines and spans per slice. */
function meanRecords({ bins: { density }, lengthBins }: RunModel, scan: ScoredWindows, slices: readonly number[]): number {
  const [log, trace] = [MODALITIES.indexOf('log'), MODALITIES.indexOf('trace')];
  const total = slices.reduce((sum, slice) => {
    const start = scan.windows.starts[slice] ?? 0;
    const count = (row: number): number => sumRange(density, density.counts, row, start, start + lengthBins);
    return sum + count(log) + count(trace);
  }, 0);
  return total / Math.max(1, slices.length);
}

function toAnchor({ id, name, abnormal, centroid, presence, size, limit = 0 }: ConcludedState): StateAnchor {
  return { id, name, abnormal, centroid, presence, size, limit };
}

function findIncidents(model: RunModel, scan: ScoredWindows, said: SliceProbabilities): Incident[] {
  const { starts } = scan.windows;
  return findSliceRuns(scan.windows, said, model.heads.detection.threshold)
    .map(({ first, last }) => {
      const { fromBin, toBin } = trimOverlap(model, starts, first, last);
      const diagnosis = diagnoseBins(model, fromBin, toBin);
      let strongest = 0;
      let weight = 0;
      for (let slice = first; slice <= last; slice++) {
        const p = said.anomaly[slice] ?? 0;
        strongest = Math.max(strongest, p);
        weight += p;
      }
      // The sentence gives the probability that diagnosing the range gives, so that all views agree.
      const isCertain = diagnosis.anomaly >= model.heads.detection.threshold;
      const shown = { ...diagnosis, anomaly: isCertain ? diagnosis.anomaly : strongest };
      const sentence = toSentence(model, shown, toNs(model, fromBin), toNs(model, toBin));
      return { incident: { fromBin, toBin, anomaly: strongest, diagnosis: shown, sentence }, weight };
    })
    .sort((a, b) => b.weight - a.weight)
    .map(({ incident }) => incident);
}

/**
 * The first abnormal window overlaps a normal one: what is abnormal lies in its later part, and in the earlier part of the last.
 * A single abnormal window is kept whole, and so is a range whose trimmed part holds no records.
 */
function trimOverlap(model: RunModel, starts: Uint32Array, first: number, last: number): { fromBin: number; toBin: number } {
  const { lengthBins, stepBins } = model;
  const firstStart = starts[first] ?? 0;
  const lastStart = starts[last] ?? 0;
  const trim = Math.max(0, lengthBins - stepBins);
  const overlapsBefore = first > 0 && firstStart - (starts[first - 1] ?? 0) <= stepBins;
  const overlapsAfter = last + 1 < starts.length && (starts[last + 1] ?? 0) - lastStart <= stepBins;
  const fromBin = firstStart + (overlapsBefore ? trim : 0);
  const toBin = lastStart + lengthBins - (overlapsAfter ? trim : 0);
  return toBin - fromBin >= stepBins && holdsRecords(model, fromBin, toBin)
    ? { fromBin, toBin }
    : { fromBin: firstStart, toBin: lastStart + lengthBins };
}

function holdsRecords({ bins: { density } }: RunModel, fromBin: number, toBin: number): boolean {
  return MODALITIES.some((_, row) => sumRange(density, density.counts, row, fromBin, toBin) > 0);
}

function toHeadline(model: RunModel, scan: ScoredWindows, incidents: readonly Incident[]): string {
  const strongest = incidents[0];
  if (strongest === undefined) {
    const { starts, lengthBins } = scan.windows;
    if (starts.length === 0) {
      return 'The files hold no records in this range.';
    }
    const from = starts[0] ?? 0;
    const to = (starts[starts.length - 1] ?? 0) + lengthBins;
    return toSentence(model, diagnoseBinsQuietly(model, from, to), toNs(model, from), toNs(model, to));
  }
  const others = incidents.length - 1;
  return others === 0 ? strongest.sentence : `${strongest.sentence} ${others} more abnormal ${others === 1 ? 'range' : 'ranges'}.`;
}

/** The whole run when no slice is abnormal: its checks are of interest, its probability is that of its slices. */
function diagnoseBinsQuietly(model: RunModel, fromBin: number, toBin: number): RangeDiagnosis {
  return { ...diagnoseBins(model, fromBin, toBin), anomaly: 0 };
}

export function toNs(model: Pick<RunModel, 'bins'>, bin: number): bigint {
  return BigInt(bin) * model.bins.binNs;
}

export function stateIdOf(conclusion: Pick<RunConclusion, 'states' | 'stateOfSlice'>, slice: number): string {
  const state = conclusion.stateOfSlice[slice] ?? UNKNOWN_STATE;
  return conclusion.states[state]?.id ?? 'unknown';
}
