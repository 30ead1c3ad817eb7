/** How long it takes to put abnormal slices into states: grouped anew, and assigned to known states with only the rest grouped. */
import { FAMILY_COUNT } from '../../../../src/core/features/families.js';
import { Random } from '../../../../src/core/math/random.js';
import { meanUnit, toAbnormalVector } from '../../../../src/core/states/stateVectors.js';
import { partitionSlices, type PartitionInput } from '../../../../src/core/states/partition.js';
import { type Anchor } from '../../../../src/core/states/anchors.js';
import { reportProgress } from '../progress.js';
import type { Cell, Table } from '../table.js';

const SLICES = [1000, 10_000];
const SERVICES = 30;
const STATES = 20;
/** Of this share of the slices no state is known. */
const NEW_STATES = 2;
const DIM = 128;
const REPEATS = 3;

export function measureStateAssignment(): Table {
  const rows = SLICES.map((nSlices): Cell[] => {
    reportProgress(`assigning ${nSlices} slices`);
    const { input, anchors } = draw(nSlices);
    const grouped = timeOf(() => partitionSlices(input));
    const assigned = timeOf(() => partitionSlices({ ...input, anchors }));
    return [nSlices, grouped.ms, assigned.ms, grouped.ms / assigned.ms, grouped.states, assigned.states];
  });
  return {
    title: 'Assignment to known states',
    note: `Milliseconds, best of ${REPEATS}; slices of ${STATES} states of ${SERVICES} services, of which all but ${NEW_STATES} are known. Of more than 1,000 slices a sample is grouped and the others join it, so that grouping anew is bounded too.`,
    columns: ['slices', 'grouped anew, ms', 'assigned, ms', 'ratio', 'states, grouped', 'states, assigned'],
    rows,
  };
}

function draw(nSlices: number): { readonly input: PartitionInput; readonly anchors: readonly Anchor[] } {
  const random = new Random(5, 'assignment');
  const shared = SERVICES * FAMILY_COUNT;
  const profiles = Array.from({ length: STATES }, () => {
    const service = random.integer(0, SERVICES - 1);
    return new Map(Array.from({ length: 3 }, () => [service * FAMILY_COUNT + random.integer(0, FAMILY_COUNT - 1), 5 + 20 * random.next()]));
  });
  const stateOf = Array.from({ length: nSlices }, () => random.integer(0, STATES - 1));
  const contributions = Array.from({ length: nSlices }, (_, slice) =>
    Float64Array.from(
      { length: shared },
      (_, at) => 0.05 * random.next() + (profiles[stateOf[slice] ?? 0]?.get(at) ?? 0) * (0.8 + 0.4 * random.next()),
    ),
  );
  const none = new Float32Array(0);
  const anchors = profiles.slice(NEW_STATES).map((_, state): Anchor => {
    const members = contributions.filter((_, slice) => stateOf[slice] === state + NEW_STATES).slice(0, 20);
    const vectors = members.map((one) => toAbnormalVector(one, none));
    return { vector: meanUnit(vectors, shared), limit: 0.7, isFirst: true };
  });
  const input: PartitionInput = {
    nSlices,
    nEntities: SERVICES,
    anomaly: new Float64Array(nSlices).fill(0.9),
    threshold: 0.5,
    presence: new Uint8Array(nSlices).fill(7),
    contributions,
    embeddings: Float32Array.from({ length: nSlices * DIM }, () => (random.next() - 0.5) / 3),
    dim: DIM,
  };
  return { input, anchors };
}

function timeOf(act: () => { readonly states: readonly unknown[] }): { readonly ms: number; readonly states: number } {
  const runs = Array.from({ length: REPEATS }, () => {
    const startedMs = performance.now();
    const { states } = act();
    return { ms: performance.now() - startedMs, states: states.length };
  });
  return { ms: Math.min(...runs.map(({ ms }) => ms)), states: runs[0]?.states ?? 0 };
}
