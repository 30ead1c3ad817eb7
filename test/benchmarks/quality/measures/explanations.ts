/**
 * Does the evidence come from the head that made the finding? The deletion test: how much of the likely cause's score and of the probability
 * to be abnormal goes when the first pieces of evidence are taken away, beside as many random ones.
 */
import { fuse } from '../../../../src/core/heads/fusion.js';
import { toDetectionFeatures } from '../../../../src/core/heads/headFeatures.js';
import { logitOfFeatures } from '../../../../src/core/heads/detectSlices.js';
import { bootstrap, meanOf } from '../../../../src/core/evaluation/bootstrap.js';
import { Random } from '../../../../src/core/math/random.js';
import { diagnoseBins, scoreRangeCauses } from '../../../../src/core/run/diagnoseRange.js';
import type { PreparedRun } from '../cases/prepareRun.js';
import { reportProgress } from '../progress.js';
import type { Table } from '../table.js';

const REMOVED = [1, 3] as const;
const DRAWS = 10;
const SEED = 77;

interface Drop {
  /** Share of the likely cause's score that is gone, [0, 1]. */
  readonly cause: number;
  /** How much the probability of the range alone to be abnormal falls. */
  readonly anomaly: number;
  /** Whether another service leads now. */
  readonly isOvertaken: boolean;
}

const ORDERS = [
  'evidence as shown',
  'by deviation',
  'random evidence against the same service',
  'random evidence',
  'random observations',
] as const;
type Order = (typeof ORDERS)[number];

export function measureExplanations(group: string, runs: readonly PreparedRun[]): Table {
  const drops = new Map<string, Drop[]>();
  for (const { run } of runs) {
    reportProgress(`explanations: ${run.source.name}`);
    const random = new Random(SEED, run.source.name);
    for (const { fromBin } of run.faults) {
      const scored = scoreRangeCauses(run.model, fromBin, fromBin + run.lengthBins);
      const before = judge(run, scored, new Set());
      if (before.leading < 0 || before.score <= 0) {
        continue;
      }
      const own = scored.evidence.filter(({ entity }) => entity === before.leading).map(({ observation }) => observation);
      const shown = diagnoseBins(run.model, fromBin, fromBin + run.lengthBins).evidence.map(({ observation }) => observation);
      const all = scored.evidence.map(({ observation }) => observation);
      const everything = Array.from({ length: scored.range.size }, (_, i) => i);
      const choose: Record<Order, (count: number) => readonly number[]> = {
        'evidence as shown': (count) => shown.slice(0, count),
        'by deviation': (count) => own.slice(0, count),
        'random evidence against the same service': (count) => random.shuffle(own).slice(0, count),
        'random evidence': (count) => random.shuffle(all).slice(0, count),
        'random observations': (count) => random.shuffle(everything).slice(0, count),
      };
      for (const order of ORDERS) {
        for (const count of REMOVED) {
          const draws = order.startsWith('random') ? DRAWS : 1;
          const found = Array.from({ length: draws }, () => {
            const after = judge(run, scored, new Set(choose[order](count)), before.leading);
            return {
              cause: Math.max(0, 1 - after.score / before.score),
              anomaly: before.anomaly - after.anomaly,
              isOvertaken: after.leading !== before.leading,
            };
          });
          const key = `${order} ${count}`;
          drops.set(key, [
            ...(drops.get(key) ?? []),
            {
              cause: meanOf(found.map(({ cause }) => cause)),
              anomaly: meanOf(found.map(({ anomaly }) => anomaly)),
              isOvertaken: found.filter(({ isOvertaken }) => isOvertaken).length * 2 > draws,
            },
          ]);
        }
      }
    }
  }
  const mean = (key: string, read: (drop: Drop) => number) => {
    const list = drops.get(key) ?? [];
    return bootstrap(list.length, (units) => meanOf(units.map((unit) => (list[unit] === undefined ? NaN : read(list[unit])))));
  };
  return {
    title: `Explanations by deletion, ${group}`,
    note: `${drops.get(`${ORDERS[0]} 1`)?.length ?? 0} faults. Taken away: 1 or 3 pieces of evidence; mean over ${DRAWS} draws where random. Share of the likely cause's score that goes; share of faults where another service leads afterwards; fall of what the calibrated features say of this range to be abnormal (logit).`,
    columns: ['taken away', ...REMOVED.flatMap((count) => [`cause, ${count}`, `overtaken, ${count}`, `abnormal, ${count}`])],
    rows: ORDERS.map((order) => [
      order,
      ...REMOVED.flatMap((count) => [
        mean(`${order} ${count}`, ({ cause }) => cause),
        mean(`${order} ${count}`, ({ isOvertaken }) => (isOvertaken ? 1 : 0)),
        mean(`${order} ${count}`, ({ anomaly }) => anomaly),
      ]),
    ]),
  };
}

/** @param of entity whose score is asked for; default: the leading one */
function judge(
  { model, bins }: PreparedRun['run'],
  { range, scoreCauses }: ReturnType<typeof scoreRangeCauses>,
  removed: ReadonlySet<number>,
  of?: number,
): { readonly leading: number; readonly score: number; readonly anomaly: number } {
  const familyScores = range.without(removed);
  const scores = scoreCauses(fuse(familyScores, bins.edges));
  const leading = scores.indexOf(scores.reduce((most, score) => Math.max(most, score), -Infinity));
  return {
    leading,
    score: scores[of ?? leading] ?? 0,
    anomaly: logitOfFeatures(model.heads.detection, toDetectionFeatures(familyScores, bins.edges)),
  };
}
