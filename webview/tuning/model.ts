/** What the tuning panel says, from labels, reports and versions. Pure. */
import type { LossCurve } from '../../src/protocol/panelRpc.js';
import type { HeadVersionView, LabelView, ScoreView, TunedHeadView, TunedPart } from '../../src/protocol/views.js';
import { finiteOr, pluralise } from '../shared/numberFormat.js';
import { formatDay, formatTime, zoneName } from '../shared/timeFormat.js';
import { nsToMs } from '../shared/sliceLines.js';

export const HEAD_NAMES: Record<TunedPart, string> = {
  detection: 'What is abnormal',
  'failure-type': 'Kind of failure',
  'root-cause': 'Likely cause',
  encoder: 'Encoder adapted to this system',
};

/** What the scores of a head say, for a reader who does not know the measures by name. */
export const MEASURE_NAMES: Record<TunedHeadView['measure'], string> = {
  AUROC: 'how often an abnormal range is rated above a usual one',
  'macro-F1': 'how well the kinds are told apart, each kind counting the same (F1)',
  'AC@1': 'share of incidents whose likely cause came first',
  'match probability': 'how surely a slice is recognised in another kind of telemetry, on time that was left out',
};

/** The name of what is trained, which the engine tells as a head or in words of its own. */
export function headName(head: string): string {
  return Object.hasOwn(HEAD_NAMES, head) ? HEAD_NAMES[head as TunedPart] : head;
}

/** `7 labels of 3 kinds on 4 services`: what there is to learn from. */
export function trainedOn(labels: readonly LabelView[]): string {
  const kinds = new Set(labels.map((label) => label.type)).size;
  const services = new Set(labels.flatMap((label) => label.entity ?? [])).size;
  const where = services === 0 ? '' : ` on ${pluralise(services, 'service')}`;
  return `${pluralise(labels.length, 'label')} of ${pluralise(kinds, 'kind')}${where}`;
}

export interface TypeCount {
  readonly type: string;
  readonly labels: number;
  readonly services: number;
}

/** Most labels first. */
export function countTypes(labels: readonly LabelView[]): readonly TypeCount[] {
  const types = [...new Set(labels.map((label) => label.type))];
  return types
    .map((type) => {
      const members = labels.filter((label) => label.type === type);
      return { type, labels: members.length, services: new Set(members.flatMap((label) => label.entity ?? [])).size };
    })
    .sort((a, b) => b.labels - a.labels || (a.type < b.type ? -1 : 1));
}

/** `0.71 (0.55–0.84)`. */
export function scoreText({ score, low, high }: ScoreView): string {
  const two = (value: number): string => (Number.isFinite(value) ? value.toFixed(2) : '–');
  return `${two(finiteOr(score, NaN))} (${two(finiteOr(low, NaN))}–${two(finiteOr(high, NaN))})`;
}

/** `Mean loss fell from 2.30 to 0.41 in 120 steps.` */
export function lossText({ head, losses }: LossCurve): string {
  const first = losses[0];
  const last = losses.at(-1);
  if (first === undefined || last === undefined) {
    return `${headName(head)}: no step yet.`;
  }
  const way = last < first ? 'fell' : 'went';
  return `${headName(head)}: mean loss ${way} from ${first.toFixed(2)} to ${last.toFixed(2)} in ${pluralise(losses.length, 'step')}.`;
}

/** `Fri 1 Mar 08:05 UTC`, or that it is what everybody starts with. */
export function versionName(version: HeadVersionView, timeZone: string): string {
  if (isDefault(version) || version.createdNs === null) {
    return 'As shipped';
  }
  const ms = nsToMs(version.createdNs);
  return `${formatDay(ms, timeZone)} ${formatTime(ms, timeZone, 'minute')} ${zoneName(ms, timeZone)}`;
}

export function isDefault(version: HeadVersionView): boolean {
  return version.heads.length === 0;
}

/** Scores lie in [0, 1]; what came over a channel as null or lies outside is drawn at the edge. @returns 0..100 */
export function toPercentOf(value: number): number {
  return Math.max(0, Math.min(1, finiteOr(value, 0))) * 100;
}
