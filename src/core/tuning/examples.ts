/** Labelled ranges as what heads learn from. Letters: E entities, F features. */
import type { Adapter } from '../adaptation/adapter.js';
import { rankTypes } from '../heads/headWeights.js';
import { ascribe, trustLearned } from '../heads/learnedCauses.js';
import { toCauseRows } from '../heads/tunedHeads.js';
import { adaptTypeRow, toTypeRow } from '../heads/tunedTypes.js';
import type { RunModel } from '../run/runModel.js';
import type { ScoredWindows } from '../run/scanRun.js';
import { judgeSlices, type JudgedSlices, type RangeVerdict } from '../run/sliceVerdicts.js';
import { addSurroundings, fuseRange, gridOf, hearSlices, judgeAround } from '../run/surroundings.js';
import type { SliceEmbeddings } from '../tokens/sliceTensors.js';

/** A run as heads are tuned on it; `judged` is what the default heads say. */
export interface TunableRun {
  readonly model: RunModel;
  readonly scan: ScoredWindows;
  readonly embeddings: SliceEmbeddings;
  readonly judged: JudgedSlices;
}

export interface BinLabel {
  /** Half-open, absolute bins. */
  readonly fromBin: number;
  readonly toBin: number;
  readonly type: string;
  /** Service at fault, null when none is named. */
  readonly entity: string | null;
}

export interface SliceExample {
  /** What the default detection head reads. */
  readonly detection: Float64Array;
  /** What the type head reads. */
  readonly type: Float32Array;
  /** Probabilities of the default head's types. */
  readonly defaultTypes: Float64Array;
  /** Share in states that pretraining knows, 0 to 1. */
  readonly familiarity: number;
  /** Of `ascribe`. */
  readonly contributions: Float64Array;
  /** Probability to be abnormal by the default head and the slice alone. */
  readonly anomaly: number;
}

export interface CauseExample {
  /** Entity slot of the labelled service. */
  readonly target: number;
  /** [E, CAUSE_FEATURES] */
  readonly rows: Float32Array;
  /** [E] of the default ranking. */
  readonly scores: Float64Array;
  /** Of `ascribe`. */
  readonly contributions: Float64Array;
}

export interface LabelledIncident {
  readonly type: string;
  readonly entity: string | null;
  /** Of the run. */
  readonly entities: readonly string[];
  /** At least one: what is learned from. */
  readonly slices: readonly SliceExample[];
  /** What is asked for the type of the range, as a diagnosis does (`hearSlices`): shares sum to 1. Absent: each of `slices` alike. */
  readonly heard?: readonly { readonly slice: SliceExample; readonly share: number }[];
  /** Null when no service is named, or it is not in the run. */
  readonly cause: CauseExample | null;
  /** What the default head says of the range. */
  readonly defaultType: string;
  /** Incidents of one occasion share slices and are left out together; absent: it shares none with another. */
  readonly occasion?: number;
}

export const NORMAL = 'normal';
/** A long range gives no more examples than this, spread over it: it is one incident all the same. */
const MAX_SLICES = 5;

export function toTunableRun(model: RunModel, scan: ScoredWindows, embeddings: SliceEmbeddings): TunableRun {
  return { model, scan, embeddings, judged: judgeSlices(scan, model.bins, embeddings, model.heads) };
}

/** @returns undefined where no slice of the run shares at least half of the shorter of both with the label */
export function toIncident(run: TunableRun, label: BinLabel): LabelledIncident | undefined {
  const { model, judged } = run;
  const covered = findCovered(run, label);
  if (covered.length === 0) {
    return undefined;
  }
  const kept = covered.filter(
    (_, i) =>
      covered.length <= MAX_SLICES || Math.floor((i * MAX_SLICES) / covered.length) !== Math.floor(((i - 1) * MAX_SLICES) / covered.length),
  );
  const grid = gridOf(model);
  const verdict = judgeAround(judged, grid, label.fromBin, label.toBin);
  const heard = hearSlices(judged, grid, label.fromBin, label.toBin);
  return {
    type: label.type,
    entity: label.entity,
    entities: model.entities,
    slices: kept.map((slice) => toSliceExample(run, slice)),
    ...(heard.length > 0 && { heard: heard.map(({ slice, share }) => ({ slice: toSliceExample(run, slice), share })) }),
    cause: toCauseExample(run, label, verdict),
    defaultType: rankTypes(model.heads, verdict.types)[0]?.type ?? '',
  };
}

/** The same incidents by adapted embeddings. @param adapter undefined to read them as they are */
export function adaptIncidents(incidents: readonly LabelledIncident[], adapter: Adapter | undefined): readonly LabelledIncident[] {
  return adapter === undefined
    ? incidents
    : incidents.map((incident) => mapSlices(incident, (slice) => ({ ...slice, type: adaptTypeRow(adapter, slice.type) })));
}

/** With each of its slices, learned from or heard, as `change` makes it. */
export function mapSlices(incident: LabelledIncident, change: (slice: SliceExample) => SliceExample): LabelledIncident {
  const { slices, heard } = incident;
  return {
    ...incident,
    slices: slices.map(change),
    ...(heard && { heard: heard.map(({ slice, share }) => ({ slice: change(slice), share })) }),
  };
}

function findCovered({ model, judged }: TunableRun, { fromBin, toBin }: BinLabel): number[] {
  const needed = Math.min(model.lengthBins, toBin - fromBin);
  return Array.from(judged.starts.keys()).filter((slice) => {
    const start = judged.starts[slice] ?? 0;
    return (Math.min(toBin, start + model.lengthBins) - Math.max(fromBin, start)) * 2 >= needed;
  });
}

function toSliceExample({ model, embeddings, judged }: TunableRun, slice: number): SliceExample {
  const { dim, slices } = embeddings;
  const { detection, type } = judged.features[slice] ?? { detection: new Float64Array(0), type: new Float64Array(0) };
  const nTypes = model.heads.failureType.types.length;
  return {
    detection,
    type: toTypeRow(type, slices.subarray(slice * dim, (slice + 1) * dim)),
    defaultTypes: judged.types.slice(slice * nTypes, (slice + 1) * nTypes),
    familiarity: judged.familiarity[slice] ?? 0,
    contributions: judged.ascribed[slice] ?? new Float64Array(0),
    anomaly: judged.alone[slice] ?? 0,
  };
}

function toCauseExample({ model }: TunableRun, { entity, fromBin, toBin }: BinLabel, verdict: RangeVerdict): CauseExample | null {
  const target = entity === null ? -1 : model.entities.indexOf(entity);
  if (target < 0) {
    return null;
  }
  const fused = fuseRange(model, fromBin, toBin);
  const scores = trustLearned(addSurroundings(model, fromBin, toBin, fused.entity), verdict, model.heads);
  return {
    target,
    rows: toCauseRows(scores, verdict.roots, fused.contributions),
    scores,
    contributions: ascribe(fused, verdict, model.heads),
  };
}
