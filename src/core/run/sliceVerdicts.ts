/**
 * What the heads say of each slice, and from that of any range. Heads read embeddings, which only slices have; a range, drawn by hand
 * or trimmed, is told from the slices it overlaps.
 */
import { adaptRows } from '../adaptation/adapter.js';
import { findTracedEdges, type TelemetryBins } from '../aggregate/telemetryBins.js';
import { detectSlices, judgeTogether } from '../heads/detectSlices.js';
import { fuse, rankEntities } from '../heads/fusion.js';
import { toDetectionFeatures, toTypeFeatures } from '../heads/headFeatures.js';
import { ascribe, trustLearned, type LearnedCauses } from '../heads/learnedCauses.js';
import { rootLogProbabilities, typeProbabilities, toLogit, type HeadWeights } from '../heads/headWeights.js';
import { toMembership } from '../heads/stateSpace.js';
import { detectTuned, toDetectionRow, type TunedHeads } from '../heads/tunedHeads.js';
import { answersOf, toTypeRow, typeProbabilitiesTuned, UNKNOWN_TYPE } from '../heads/tunedTypes.js';
import type { SliceEmbeddings } from '../tokens/sliceTensors.js';
import type { ScoredWindows } from './scanRun.js';

/** S slices, E entities, T failure types. */
export interface SliceVerdicts {
  /** [S] first bin of each slice, ascending. */
  readonly starts: Uint32Array;
  /** [S] probability to be abnormal, given the whole run. */
  readonly anomaly: Float64Array;
  /** [S] the same by the slice alone; runs that an earlier version stored have none: `anomaly`. */
  readonly alone?: Float64Array;
  /** [S, T] probability of each type, given that the slice is abnormal; rows sum to 1. The last is `unknown` where the head is tuned. */
  readonly types: Float64Array;
  /** [S, E] log-probability of each entity to be the cause, given that the slice is abnormal, by the entities' embeddings. */
  readonly roots: Float32Array;
  /** [S] share in states that pretraining knows, 0 to 1; runs that an earlier version stored have none. */
  readonly familiarity?: Float64Array;
}

export interface JudgedSlices extends Required<SliceVerdicts> {
  /** [S] of [E] the ranking order of its causes. */
  readonly causes: readonly Float64Array[];
  /** [S] of [E, FAMILY_COUNT] of `ascribe`: what states are told by. */
  readonly ascribed: readonly Float64Array[];
  /** [S] what the detection and the type head read beside embeddings. */
  readonly features: readonly { readonly detection: Float64Array; readonly type: Float64Array }[];
}

/**
 * @param tuned heads that take the place of the default ones where they are there
 * @throws Error when the heads were trained on embeddings of another size
 */
export function judgeSlices(
  scan: Pick<ScoredWindows, 'windows' | 'isReference' | 'familyScores' | 'signedScores'>,
  { edges, calls, entities }: Pick<TelemetryBins, 'edges' | 'calls' | 'entities'>,
  embeddings: SliceEmbeddings,
  heads: HeadWeights,
  tuned: TunedHeads | null = null,
): JudgedSlices {
  const { starts } = scan.windows;
  if (embeddings.dim !== heads.dim || embeddings.slices.length !== starts.length * heads.dim) {
    throw new Error(
      `the heads read embeddings of ${heads.dim} numbers, the encoder gave ${embeddings.slices.length} for ${starts.length} slices`,
    );
  }
  const nEntities = (embeddings.entities[0]?.length ?? 0) / heads.dim;
  const roots = new Float32Array(starts.length * nEntities);
  const causes: Float64Array[] = [];
  const ascribed: Float64Array[] = [];
  const nTypes = typeNamesOf(heads, tuned).length;
  const tracedEdges = findTracedEdges({ edges, calls });
  const detectionFeatures = scan.familyScores.map((scores) => toDetectionFeatures(scores, tracedEdges));
  const { alone: byDefault, familiarity } = detectSlices(heads, detectionFeatures, embeddings.slices, scan.isReference);
  const alone = byDefault.slice();
  const types = new Float64Array(starts.length * nTypes);
  const adapted = adaptRows(tuned?.adapter, embeddings.slices);
  const features = detectionFeatures.map((detection, slice) => {
    const fused = fuse(scan.familyScores[slice] ?? new Float32Array(0), edges);
    const logProbabilities = rootLogProbabilities(heads, embeddings.entities[slice] ?? new Float32Array(0));
    const learned: LearnedCauses = { roots: logProbabilities, familiarity: familiarity[slice] ?? 0 };
    const likely = trustLearned(fused.entity, learned, heads);
    const contributions = ascribe(fused, learned, heads);
    const membership = tuned === null ? new Float32Array(0) : toMembership(tuned.states, entities, contributions);
    causes.push(likely);
    ascribed.push(contributions);
    const type = toTypeFeatures(scan.signedScores[slice] ?? new Float32Array(0), rankEntities(likely)[0] ?? -1);
    const rowOf = (rows: Float32Array): Float32Array => rows.subarray(slice * heads.dim, (slice + 1) * heads.dim);
    const typeRow = toTypeRow(type, rowOf(adapted));
    const tunedDetection = tuned?.detection ?? null;
    if (tunedDetection !== null) {
      alone[slice] = detectTuned(tunedDetection, toDetectionRow(toLogit(byDefault[slice] ?? 0), detection, typeRow), membership);
    }
    const failureType = tuned?.failureType ?? null;
    const defaultTypes = typeProbabilities(heads, type, rowOf(embeddings.slices));
    types.set(
      failureType === null
        ? defaultTypes
        : typeProbabilitiesTuned(failureType, heads, {
            row: typeRow,
            byDefault: defaultTypes,
            familiarity: familiarity[slice] ?? 0,
            membership,
          }),
      slice * nTypes,
    );
    roots.set(logProbabilities, slice * nEntities);
    return { detection, type };
  });
  const anomaly = judgeTogether(heads, alone, scan.windows, scan.isReference);
  return { starts, anomaly, alone, types, roots, familiarity, causes, ascribed, features };
}

/** What the columns of `SliceVerdicts.types` stand for. */
export function typeNamesOf(heads: HeadWeights, tuned: TunedHeads | null): readonly string[] {
  const failureType = tuned?.failureType ?? null;
  return failureType === null ? heads.failureType.types : [...answersOf(failureType), UNKNOWN_TYPE];
}

export interface RangeVerdict {
  /** Probability to be abnormal, given the whole run. */
  readonly anomaly: number;
  /** The same by its slices alone, which tells sooner where something begins. */
  readonly alone: number;
  /** [T] */
  readonly types: Float64Array;
  /** [E] mean log-probabilities; empty where no slice overlaps: nothing is known of the range then. */
  readonly roots: Float64Array;
  /** Share in states that pretraining knows, a mean over slices, 0 to 1. */
  readonly familiarity: number;
}

/** A slice that overlaps a range, and how much of what is said of the range it says: by overlap and its own probability to be abnormal. */
export interface SliceShare {
  readonly slice: number;
  /** >= 0; those of a range sum to 1, or are all 0. */
  readonly share: number;
  readonly overlapBins: number;
}

/** @param fromBin,toBin half-open @returns in order of time */
export function shareSlices(
  { starts, anomaly, alone = anomaly }: Pick<SliceVerdicts, 'starts' | 'anomaly' | 'alone'>,
  lengthBins: number,
  fromBin: number,
  toBin: number,
): SliceShare[] {
  const found: SliceShare[] = [];
  let total = 0;
  for (const [slice, start] of starts.entries()) {
    const overlapBins = Math.min(toBin, start + lengthBins) - Math.max(fromBin, start);
    if (overlapBins > 0) {
      const share = overlapBins * (alone[slice] ?? 0);
      total += share;
      found.push({ slice, share, overlapBins });
    }
  }
  return total === 0 ? found : found.map((one) => ({ ...one, share: one.share / total }));
}

/**
 * A range is as abnormal as the worst slice that it shares at least half of the shorter one with; where there is none, as the slice that it
 * shares most with, or not at all. Types and causes are a mean over the slices it overlaps (`shareSlices`).
 * @param fromBin,toBin half-open
 */
export function judgeRange(verdicts: SliceVerdicts, lengthBins: number, fromBin: number, toBin: number): RangeVerdict {
  const { starts, anomaly, alone = anomaly, types, roots, familiarity } = verdicts;
  const nTypes = types.length / Math.max(1, starts.length);
  const nEntities = roots.length / Math.max(1, starts.length);
  const mean = new Float64Array(nTypes);
  const meanRoots = new Float64Array(nEntities);
  let familiar = 0;
  const shares = shareSlices(verdicts, lengthBins, fromBin, toBin);
  for (const { slice, share } of shares) {
    familiar += share * (familiarity?.[slice] ?? 0);
    for (let type = 0; type < nTypes; type++) {
      mean[type] = (mean[type] ?? 0) + share * (types[slice * nTypes + type] ?? 0);
    }
    for (let entity = 0; entity < nEntities; entity++) {
      meanRoots[entity] = (meanRoots[entity] ?? 0) + share * (roots[slice * nEntities + entity] ?? 0);
    }
  }
  const says = shares.some(({ share }) => share > 0);
  const needed = Math.min(toBin - fromBin, lengthBins) / 2;
  return {
    anomaly: worstOf(shares, anomaly, needed),
    alone: worstOf(shares, alone, needed),
    types: says ? mean : mean.map(() => 1 / Math.max(1, nTypes)),
    roots: says ? meanRoots : new Float64Array(0),
    familiarity: familiar,
  };
}

/** @param probabilities [S] @param needed bins that a slice shares with the range to speak for it where others do too */
function worstOf(shares: readonly SliceShare[], probabilities: Float64Array, needed: number): number {
  const most = shares.reduce((largest, { overlapBins }) => Math.max(largest, overlapBins), 0);
  const near = shares.filter(({ overlapBins }) => overlapBins >= needed);
  const speaking = near.length > 0 ? near : shares.filter(({ overlapBins }) => overlapBins === most).slice(0, 1);
  return speaking.reduce((worst, { slice }) => Math.max(worst, probabilities[slice] ?? 0), 0);
}
