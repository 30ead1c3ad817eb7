import type { Diagnosis, EvidenceView, FailureTypeView, PerModality, RootCauseView } from '../../src/protocol/views.js';
import { MODALITIES, type Modality } from '../shared/modalities.js';
import { finiteOr } from '../shared/numberFormat.js';

/** One bar of the ranking; widths are shares of the longest bar, 0 to 1, or of the edge of the usual where nothing goes beyond it. */
export interface CauseBar {
  readonly rank: number;
  readonly entity: string;
  readonly p: number;
  readonly score: number;
  readonly width: number;
  /** Parts of the bar in the order of MODALITIES; they sum to `width`. */
  readonly parts: readonly { readonly modality: Modality; readonly width: number; readonly share: number }[];
}

/** Causes shown before “show all”: those worth a look, so that the evidence below them stays in sight. */
const FEWEST_CAUSES = 3;
const MOST_CAUSES = 8;
const WORTH_A_LOOK = 0.03;

/** How many causes are shown at first; where probabilities say nothing (a usual range) the fewest. */
export function countTopCauses(bars: readonly CauseBar[], abnormal: boolean): number {
  const worth = abnormal ? bars.filter((bar) => bar.p >= WORTH_A_LOOK).length : 0;
  return Math.min(bars.length, Math.max(FEWEST_CAUSES, Math.min(MOST_CAUSES, worth)));
}

/**
 * Bars in the order given (best first). Equal scores share a rank, because nothing tells them apart.
 * Scores that are not finite or below 0 have no bar; shares that do not sum to 1 are scaled, all 0 means one undivided bar without parts.
 */
export function causeBars(causes: readonly RootCauseView[]): readonly CauseBar[] {
  const scores = causes.map((cause) => Math.max(0, finiteOr(cause.score, 0)));
  // 1 is the edge of the usual: below it a bar must not look as if it filled the scale.
  const longest = scores.reduce((most, score) => Math.max(most, score), 1);
  let rank = 0;
  return causes.map((cause, index) => {
    const score = scores[index] ?? 0;
    if (index === 0 || score !== scores[index - 1]) {
      rank = index + 1;
    }
    const width = score / longest;
    return { rank, entity: cause.entity, p: finiteOr(cause.p, NaN), score, width, parts: barParts(cause.modalities, width) };
  });
}

function barParts(modalities: PerModality, width: number): CauseBar['parts'] {
  const weights = MODALITIES.map((modality) => Math.max(0, finiteOr(modalities[modality], 0)));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return MODALITIES.flatMap((modality, index) => {
    const share = sum === 0 ? 0 : (weights[index] ?? 0) / sum;
    return share === 0 ? [] : [{ modality, share, width: width * share }];
  });
}

/** Whether the range is abnormal. Evidence decides nothing here: the calibrated probability does. */
export function isAbnormal(diagnosis: Diagnosis, threshold: number): boolean {
  return finiteOr(diagnosis.anomaly, 0) >= threshold;
}

/** Failure types worth a word: the likeliest, and others that come near it, likeliest first. */
export function likelyTypes(types: readonly FailureTypeView[]): readonly FailureTypeView[] {
  const likely = types.filter((type) => finiteOr(type.p, 0) >= 0.01).sort((a, b) => b.p - a.p);
  return likely.filter((type, index) => index === 0 || type.p >= MIN_TYPE_P).slice(0, MOST_TYPES);
}

const MIN_TYPE_P = 0.05;
const MOST_TYPES = 4;

/** A piece of evidence that can be opened. */
export interface EvidencePlace {
  readonly path: string;
  readonly line: number;
}

export function placeOf(evidence: EvidenceView): EvidencePlace | null {
  return evidence.path === null || evidence.line === null ? null : { path: evidence.path, line: evidence.line };
}

export function fileName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}

/** Evidence in the order given; with an entity, that entity's first. */
export function orderEvidence(evidence: readonly EvidenceView[], entity: string | null): readonly EvidenceView[] {
  return entity === null
    ? evidence
    : [...evidence.filter((item) => item.entity === entity), ...evidence.filter((item) => item.entity !== entity)];
}

/** Names in the sentence that are set off: the causes and the state. */
export function namesIn(diagnosis: Diagnosis): readonly string[] {
  return diagnosis.rootCauses.slice(0, 3).map((cause) => cause.entity);
}
