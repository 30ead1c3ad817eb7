/** The two halves that a state of a run falls into, as the user asks for when it mixes two things. */
import { FAMILY_COUNT } from '../features/families.js';
import { toCompact, type KnownState } from '../states/knownStates.js';
import { halveState } from '../states/partition.js';
import { meanUnit, toAbnormalVector } from '../states/stateVectors.js';
import { limitOf, type RunConclusion } from './concludeRun.js';

export type StatePart = Pick<KnownState, 'entities' | 'centroid' | 'limit' | 'size'>;

/** @returns the larger part first; undefined where the state is not in the run, is usual, or its slices are all alike */
export function cutState(
  { model, states, partitioned }: Pick<RunConclusion, 'model' | 'states' | 'partitioned'>,
  id: string,
): readonly [StatePart, StatePart] | undefined {
  const state = states.find((candidate) => candidate.id === id);
  const halves = state?.abnormal === true ? halveState(partitioned, state.members) : undefined;
  if (halves === undefined) {
    return undefined;
  }
  const toPart = (members: readonly number[]): StatePart => {
    const vectors = members.map((slice) => toAbnormalVector(partitioned.contributions[slice] ?? new Float64Array(0), new Float32Array(0)));
    const centroid = meanUnit(vectors, model.entities.length * FAMILY_COUNT);
    return { ...toCompact(model.entities, centroid), limit: limitOf(partitioned, members, centroid), size: members.length };
  };
  return [toPart(halves[0]), toPart(halves[1])];
}
