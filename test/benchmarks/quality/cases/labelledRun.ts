/** A run with what its labels would be: one for each fault, and some for usual time. */
import type { Adapter } from '../../../../src/core/adaptation/adapter.js';
import type { TrainAdapter } from '../../../../src/core/adaptation/adapterTraining.js';
import type { HeadWeights } from '../../../../src/core/heads/headWeights.js';
import { joinStates, type StateSpace } from '../../../../src/core/heads/stateSpace.js';
import { Random } from '../../../../src/core/math/random.js';
import { concludeRun } from '../../../../src/core/run/concludeRun.js';
import { NORMAL, toIncident, toTunableRun, type LabelledIncident, type TunableRun } from '../../../../src/core/tuning/examples.js';
import { countLogTemplates } from '../baselines/logTemplates.js';
import { findAdapter } from '../measures/adaptation.js';
import type { PreparedRun } from './prepareRun.js';
import { NORMAL_SLICE } from './readCase.js';

const SEED = 77;
/** Usual time that is labelled normal: what a user would see first, the most abnormal of it by the default head, and more at random. */
const FALSE_ALARMS = 10;
const NORMALS = 10;

export interface LabelledRun {
  readonly name: string;
  /** In the order of time. */
  readonly incidents: readonly LabelledIncident[];
  /** The same with log-template counts in place of what the type head reads. */
  readonly templates: readonly LabelledIncident[];
  /** What embeddings are adapted to the system by where the product would; undefined where it would not. */
  readonly adapter: Adapter | undefined;
  readonly space: StateSpace;
  readonly normals: readonly LabelledIncident[];
  readonly heads: HeadWeights;
}

export async function toLabelledRun(prepared: PreparedRun, encoder: string, trainAdapter: TrainAdapter): Promise<LabelledRun[]> {
  const { run } = prepared;
  const embeddings = prepared.ofSlices.embeddings.get(encoder);
  if (embeddings === undefined || run.faults.length < 4) {
    return [];
  }
  const { model } = concludeRun(run.bins, run.scan, embeddings, run.model.heads, null);
  const tunable = toTunableRun(model, run.scan, embeddings);
  const faults = [...run.faults].sort((a, b) => a.fromBin - b.fromBin);
  let untilBin = -Infinity;
  let occasion = -1;
  const found = faults.flatMap(({ fromBin, toBin, type, service }) => {
    // Faults that share slices are of one occasion, as in the product.
    occasion += fromBin >= untilBin + run.lengthBins ? 1 : 0;
    untilBin = Math.max(untilBin, toBin);
    const incident = toIncident(tunable, { fromBin, toBin, type, entity: service });
    return incident === undefined ? [] : [{ incident: { ...incident, occasion }, fromBin }];
  });
  const normal = Array.from(run.faultOfSlice.keys()).filter((slice) => run.faultOfSlice[slice] === NORMAL_SLICE);
  const alarming = [...normal].sort((a, b) => (tunable.judged.anomaly[b] ?? 0) - (tunable.judged.anomaly[a] ?? 0));
  const alarms = pickApart(tunable, alarming, FALSE_ALARMS, []);
  const drawn = pickApart(tunable, new Random(SEED, run.source.name).shuffle([...normal]), NORMALS, alarms);
  return [
    {
      name: run.source.name,
      heads: run.model.heads,
      incidents: found.map(({ incident }) => incident),
      adapter: await findAdapter(prepared, encoder, trainAdapter),
      templates: found.map(({ incident, fromBin }) => {
        const counts = { type: toUnit(countLogTemplates(run, fromBin)), defaultTypes: new Float64Array(0), familiarity: 0 };
        const slices = incident.slices.slice(0, 1).map((slice) => ({ ...slice, ...counts }));
        return { ...incident, slices, heard: slices.map((slice) => ({ slice, share: 1 })) };
      }),
      space: joinStates([model]),
      normals: [...alarms, ...drawn].flatMap((slice) => {
        const start = run.scan.windows.starts[slice] ?? 0;
        return run.source.hasNegatives
          ? (toIncident(tunable, { fromBin: start, toBin: start + run.lengthBins, type: NORMAL, entity: null }) ?? [])
          : [];
      }),
    },
  ];
}

/** The first `count` of the slices that lie apart from each other and from those that are taken: none shares telemetry with another. */
function pickApart({ judged, model }: TunableRun, slices: readonly number[], count: number, taken: readonly number[]): number[] {
  const found: number[] = [];
  const startOf = (slice: number): number => judged.starts[slice] ?? 0;
  for (const slice of slices) {
    if (found.length < count && [...taken, ...found].every((other) => Math.abs(startOf(other) - startOf(slice)) >= 2 * model.lengthBins)) {
      found.push(slice);
    }
  }
  return found;
}

/** A row of length 1. */
export function toUnit(values: Float64Array | Float32Array): Float32Array {
  const norm = Math.hypot(...values);
  return Float32Array.from(values, (value) => (norm > 0 ? value / norm : 0));
}
