/** Heads applied to one range: is it abnormal, in which state, what kind, which service, and by what evidence. */
import { FAMILY_COUNT, FEATURE_FAMILIES } from '../features/families.js';
import { scanRange } from '../features/rangeScan.js';
import { attribute, ObservedRange, type Attribution } from '../heads/attribution.js';
import { timesLabelled } from '../heads/causePrior.js';
import { EvidenceCollector, type Evidence } from '../heads/evidence.js';
import { fuse, modalityShares, rankEntities, type FusedScores } from '../heads/fusion.js';
import { rankTypes, rootCauseProbabilities } from '../heads/headWeights.js';
import { ascribe, trustLearned } from '../heads/learnedCauses.js';
import { toMembership } from '../heads/stateSpace.js';
import { rescoreCauses, toCauseRows } from '../heads/tunedHeads.js';
import { MODALITIES, type Modality } from '../records.js';
import { sumRange } from '../slices/windowSet.js';
import { cosine, toAbnormalVector } from '../states/stateVectors.js';
import { MIN_STATE_SIMILARITY } from '../states/partition.js';
import { toCallGraph, type GraphEdge } from './callGraph.js';
import type { RunModel, StateAnchor } from './runModel.js';
import { typeNamesOf, type RangeVerdict } from './sliceVerdicts.js';
import { gridOf, joinSurroundings, judgeAround, listenAround } from './surroundings.js';
import { explainRunnerUp, type RunnerUp } from './whyNot.js';

export interface RootCause {
  readonly entity: number;
  readonly score: number;
  readonly p: number;
  readonly modalities: Record<Modality, number>;
}

export interface Check {
  readonly outcome: 'usual' | 'abnormal' | 'not checked';
  readonly text: string;
}

export interface AttributedEvidence extends Evidence {
  /** Share of what the evidence carries of the likely cause's score that is this one's, 0 for evidence against others: see `attribute`. */
  readonly share: number;
}

export interface RangeDiagnosis {
  readonly fromBin: number;
  readonly toBin: number;
  readonly anomaly: number;
  /** undefined = `unknown`. */
  readonly state: StateAnchor | undefined;
  readonly membership: number;
  readonly failureTypes: readonly { readonly type: string; readonly p: number }[];
  /** Every entity, best first. */
  readonly rootCauses: readonly RootCause[];
  readonly evidence: readonly AttributedEvidence[];
  /** Why the second cause comes second. */
  readonly runnerUp: RunnerUp | undefined;
  readonly checks: readonly Check[];
  readonly edges: readonly GraphEdge[];
  readonly records: Record<Modality, number>;
  /** [E × FAMILY_COUNT] calibrated. */
  readonly familyScores: Float32Array;
}

const MAX_EVIDENCE = 60;
/** Evidence of entities below this rank is not listed: it would be noise by construction. */
const EVIDENCE_ENTITIES = 8;

/** A range as the root-cause head sees it. */
export interface ScoredRange {
  readonly range: ObservedRange;
  /** Strongest first. */
  readonly evidence: readonly Evidence[];
  readonly verdict: RangeVerdict;
  /** @returns [E] the ranking order, for family scores of the range or of what is left of it */
  readonly scoreCauses: (fused: FusedScores) => Float64Array;
}

/** @param fromBin,toBin half-open, in absolute bins, `toBin > fromBin` */
export function scoreRangeCauses(model: RunModel, fromBin: number, toBin: number): ScoredRange {
  const { bins, calibration, heads } = model;
  const collector = new EvidenceCollector(bins, calibration);
  scanRange(bins, model.bank, fromBin, toBin, (observation) => {
    collector.add(observation);
  });
  const verdict = judgeAround(model.verdicts, gridOf(model), fromBin, toBin);
  const range = new ObservedRange(bins, calibration, collector.observations);
  const surroundings = listenAround(model, fromBin, toBin, fuse(range.familyScores, bins.edges).entity);
  return {
    range,
    evidence: collector.finishEvidence(fromBin, toBin),
    verdict,
    scoreCauses: (fused) => rankCauses(model, fused, trustLearned(joinSurroundings(fused.entity, surroundings), verdict, heads), verdict),
  };
}

/** @param fromBin,toBin half-open, in absolute bins, `toBin > fromBin` */
export function diagnoseBins(model: RunModel, fromBin: number, toBin: number): RangeDiagnosis {
  const { bins, heads } = model;
  const { range, evidence: found, verdict, scoreCauses } = scoreRangeCauses(model, fromBin, toBin);
  const fused = fuse(range.familyScores, bins.edges);
  const causeScores = scoreCauses(fused);
  const order = rankEntities(causeScores);
  const probabilities = rootCauseProbabilities(heads, causeScores);
  const records = countRecords(model, fromBin, toBin);
  const anyRecords = MODALITIES.some((modality) => records[modality] > 0);
  const anomaly = anyRecords ? verdict.anomaly : 0;
  const leading = order[0] ?? -1;
  const attributions = attribute(
    range,
    found.filter(({ entity }) => entity === leading).map(({ observation }) => observation),
    (familyScores) => scoreCauses(fuse(familyScores, bins.edges))[leading] ?? 0,
  );
  const prior = model.tuned?.rootCause?.prior;
  const { state, membership } = assignState(model, ascribe(fused, verdict, heads), anomaly, records);
  return {
    fromBin,
    toBin,
    anomaly,
    state,
    membership,
    failureTypes: rankVerdict(model, verdict),
    rootCauses: order.map((entity) => ({
      entity,
      score: causeScores[entity] ?? 0,
      p: probabilities[entity] ?? 0,
      modalities: modalityShares(fused, entity),
    })),
    evidence: rankEvidence(found, attributions, order, causeScores),
    runnerUp: explainRunnerUp(model.entities, fused, order, causeScores, range.signedScores, (service) =>
      prior === undefined ? 0 : timesLabelled(prior, service),
    ),
    checks: toChecks(range.familyScores, records),
    edges: toCallGraph(bins, fromBin, toBin, { evidence: found, observations: range.observations }),
    records,
    familyScores: range.familyScores,
  };
}

/** [E] the default ranking, or what a tuned head makes of it. */
function rankCauses({ tuned, entities, heads }: RunModel, fused: FusedScores, scores: Float64Array, verdict: RangeVerdict): Float64Array {
  const rootCause = tuned?.rootCause ?? null;
  if (tuned === null || rootCause === null) {
    return scores;
  }
  const rows = toCauseRows(scores, verdict.roots, fused.contributions);
  const membership = toMembership(tuned.states, entities, ascribe(fused, verdict, heads));
  return rescoreCauses(rootCause, { entities, scores, rows, membership }, heads.rootCause.sharpness);
}

/** A default head calls a type unknown when none is likely enough; a tuned one has its own probability of that. */
function rankVerdict({ heads, tuned }: RunModel, { types }: RangeVerdict): { type: string; p: number }[] {
  if ((tuned?.failureType ?? null) === null) {
    return rankTypes(heads, types);
  }
  return typeNamesOf(heads, tuned)
    .map((type, i) => ({ type, p: types[i] ?? 0 }))
    .sort((a, b) => b.p - a.p);
}

/**
 * First what the score of the likely cause rests on, largest share first; then the rest, by the score of the entity it speaks against and
 * by its own.
 */
function rankEvidence(
  evidence: readonly Evidence[],
  attributions: readonly Attribution[],
  order: readonly number[],
  scores: Float64Array,
): AttributedEvidence[] {
  const leading = new Set(order.slice(0, EVIDENCE_ENTITIES));
  const shares = new Map(attributions.map(({ observation, share }) => [observation, share]));
  const places = new Map(attributions.map(({ observation }, place) => [observation, place]));
  const seen = new Set<string>();
  return evidence
    .filter((item) => leading.has(item.entity))
    .map((item) => ({
      item: { ...item, share: shares.get(item.observation) ?? 0 },
      place: places.get(item.observation) ?? Infinity,
      weight: item.score * (0.1 + (scores[item.entity] ?? 0)),
    }))
    .sort((a, b) => (a.place === b.place ? b.weight - a.weight : a.place - b.place))
    .filter(({ item }) => !seen.has(item.text) && seen.add(item.text))
    .slice(0, MAX_EVIDENCE)
    .map(({ item }) => item);
}

function assignState(
  model: RunModel,
  contributions: Float64Array,
  anomaly: number,
  records: Record<Modality, number>,
): { state: StateAnchor | undefined; membership: number } {
  if (anomaly < model.heads.detection.threshold) {
    const presence = MODALITIES.reduce((bits, modality, i) => bits | (records[modality] > 0 ? 1 << i : 0), 0);
    const usual = model.states.filter((state) => !state.abnormal).sort((a, b) => b.size - a.size);
    return { state: usual.find((state) => state.presence === presence) ?? usual[0], membership: 1 - anomaly };
  }
  const vector = toAbnormalVector(contributions, new Float32Array(0));
  let best: StateAnchor | undefined;
  let similarity = -Infinity;
  for (const state of model.states) {
    const value = state.abnormal ? cosine(vector, state.centroid) : -1;
    if (value > similarity && value >= (state.limit ?? MIN_STATE_SIMILARITY)) {
      similarity = value;
      best = state;
    }
  }
  return { state: best, membership: best === undefined ? anomaly : anomaly * Math.min(1, similarity) };
}

function countRecords(model: RunModel, fromBin: number, toBin: number): Record<Modality, number> {
  const { density } = model.bins;
  const count = (row: number): number => sumRange(density, density.counts, row, fromBin, toBin);
  return { log: count(0), trace: count(1), metric: count(2) };
}

function toChecks(familyScores: Float32Array, records: Record<Modality, number>): Check[] {
  const checks: Check[] = [];
  const nEntities = familyScores.length / FAMILY_COUNT;
  for (const modality of MODALITIES) {
    const name = { log: 'logs', trace: 'traces', metric: 'metrics' }[modality];
    if (records[modality] === 0) {
      checks.push({ outcome: 'not checked', text: `There are no ${name} in this range.` });
    }
  }
  FEATURE_FAMILIES.forEach((family, index) => {
    if (records[family.modality] === 0 && family.modality !== 'metric') {
      return;
    }
    let observed = 0;
    let unusual = 0;
    for (let entity = 0; entity < nEntities; entity++) {
      const score = familyScores[entity * FAMILY_COUNT + index] ?? 0;
      observed += score > 0 ? 1 : 0;
      unusual += score > 1 ? 1 : 0;
    }
    if (observed > 0) {
      const label = `${family.label.charAt(0).toUpperCase()}${family.label.slice(1)}`;
      checks.push(
        unusual > 0
          ? { outcome: 'abnormal', text: `${label}: unusual in ${unusual} of ${observed} services.` }
          : { outcome: 'usual', text: `${label}: nothing unusual in ${observed} services.` },
      );
    }
  });
  return checks;
}
