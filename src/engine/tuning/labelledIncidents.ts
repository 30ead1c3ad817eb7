/** The labels of the store on the runs that hold their time. */
import type { HeadWeights } from '../../core/heads/headWeights.js';
import type { StatesOfRun } from '../../core/heads/stateSpace.js';
import { rescanRunInSteps } from '../../core/run/scanRun.js';
import { NORMAL, toIncident, toTunableRun, type BinLabel, type LabelledIncident, type TunableRun } from '../../core/tuning/examples.js';
import type { LabelView } from '../../protocol/views.js';
import { takeSteps } from '../pipeline/takeSteps.js';
import type { TuningDependencies } from './tuningDependencies.js';

/** What is kept of a run: its telemetry is let go before the next is opened. */
export interface LabelledRun extends StatesOfRun {
  readonly name: string;
  readonly heads: HeadWeights;
}

export interface CollectedIncidents {
  readonly incidents: readonly { readonly label: LabelView; readonly run: string; readonly incident: LabelledIncident }[];
  readonly withoutRun: readonly LabelView[];
  /** Those with an incident, newest first. */
  readonly runs: readonly LabelledRun[];
}

export interface RunSpan {
  readonly name: string;
  readonly startNs: string;
  readonly endNs: string;
}

/** Labels on runs that this encoder embedded. */
export async function readIncidents(
  { store, library, runs, modules }: TuningDependencies,
  signal: AbortSignal,
): Promise<CollectedIncidents> {
  const encoder = library.encoder();
  const open = async (run: string): Promise<TunableRun | undefined> => {
    const kept = await runs.findModel(run);
    const source = store.runs.findSource(run);
    if (kept?.heads.encoder !== encoder || source === undefined) {
      return undefined;
    }
    // The states of a run are those of the heads that judged it last: equal labels give equal heads, whichever are in use.
    const pipeline = await modules.loadPipeline();
    const model =
      kept.tuned === null
        ? kept
        : (await pipeline.reconcludeRun({ ...source, model: kept }, null, signal, store.stateBook.read().states)).model;
    const scan = await takeSteps(rescanRunInSteps({ ...model, starts: model.verdicts.starts }), signal);
    return toTunableRun(model, scan, source.embeddings);
  };
  const spans = store.runs.list().flatMap(({ run }) => {
    const timeline = store.runs.findTimeline(run);
    return timeline === undefined || timeline.slices.length === 0 ? [] : [{ name: run, startNs: timeline.startNs, endNs: timeline.endNs }];
  });
  return collectIncidents(store.labels.list(), spans, open, toIncident);
}

/**
 * Each label is taken from the newest run that covers it: the same files are often embedded more than once.
 * @param spans newest first @param open undefined for a run that cannot be read any more
 */
export async function collectIncidents(
  labels: readonly LabelView[],
  spans: readonly RunSpan[],
  open: (run: string) => Promise<TunableRun | undefined>,
  toIncident: (run: TunableRun, label: BinLabel) => LabelledIncident | undefined,
): Promise<CollectedIncidents> {
  const incidents: CollectedIncidents['incidents'][number][] = [];
  const runs: LabelledRun[] = [];
  let left = labels;
  for (const { name, startNs, endNs } of spans) {
    const [from, to] = [BigInt(startNs), BigInt(endNs)];
    const inside = left.filter((label) => BigInt(label.startNs) < to && BigInt(label.endNs) > from);
    const tunable = inside.length === 0 ? undefined : await open(name);
    if (tunable === undefined) {
      continue;
    }
    const found = inside.flatMap((label) => {
      const incident = toIncident(tunable, toBinLabel(label, tunable.model.bins.binNs));
      return incident === undefined ? [] : [{ label, run: name, incident }];
    });
    if (found.length > 0) {
      const { entities, states, heads } = tunable.model;
      runs.push({ name, entities, states, heads });
      incidents.push(...found);
      const taken = new Set(found.map(({ label }) => label));
      left = left.filter((label) => !taken.has(label));
    }
  }
  return { incidents: markOccasions(incidents), withoutRun: left, runs };
}

/** Overlapping labels of failures, or of usual ranges, are of one occasion, also where one leads to the next. */
function markOccasions(incidents: CollectedIncidents['incidents']): CollectedIncidents['incidents'] {
  const occasions = new Map<CollectedIncidents['incidents'][number], number>();
  for (const members of Map.groupBy(incidents, ({ label }) => label.type === NORMAL).values()) {
    let untilNs: bigint | undefined;
    let occasion = occasions.size;
    for (const member of members.toSorted((a, b) => Number(BigInt(a.label.startNs) - BigInt(b.label.startNs)))) {
      const [startNs, endNs] = [BigInt(member.label.startNs), BigInt(member.label.endNs)];
      if (untilNs === undefined || startNs >= untilNs) {
        occasion = occasions.size;
        untilNs = endNs;
      }
      untilNs = endNs > untilNs ? endNs : untilNs;
      occasions.set(member, occasion);
    }
  }
  return incidents.map((member, i) => ({ ...member, incident: { ...member.incident, occasion: occasions.get(member) ?? i } }));
}

function toBinLabel({ startNs, endNs, type, entity }: LabelView, binNs: bigint): BinLabel {
  const fromBin = Number(BigInt(startNs) / binNs);
  // Half a bin or more at the end counts as one.
  const toBin = Number((BigInt(endNs) + binNs / 2n) / binNs);
  return { fromBin, toBin: Math.max(fromBin + 1, toBin), type, entity };
}
