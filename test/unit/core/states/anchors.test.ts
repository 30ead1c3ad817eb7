import { describe, expect, it } from 'vitest';
import { FAMILY_COUNT } from '../../../../src/core/features/families.js';
import { halveByLinkage } from '../../../../src/core/states/agglomerative.js';
import { calibrateLimit } from '../../../../src/core/states/novelty.js';
import {
  halveState,
  joinPartition,
  MIN_STATE_SIMILARITY,
  partitionSlices,
  UNKNOWN_STATE,
  type PartitionInput,
} from '../../../../src/core/states/partition.js';
import { type Anchor } from '../../../../src/core/states/anchors.js';

const ENTITIES = 3;

/** Weight of families 0, 1, … of entity 0. */
type Slice = readonly number[];

const toContributions = (slice: Slice): Float64Array =>
  Float64Array.from({ length: ENTITIES * FAMILY_COUNT }, (_, at) => Math.expm1(slice[at] ?? 0));
const toVector = (slice: Slice): Float32Array => Float32Array.from({ length: ENTITIES * FAMILY_COUNT }, (_, at) => slice[at] ?? 0);
const toAnchor = (slice: Slice, isFirst: boolean, limit = 0.6): Anchor => ({ vector: toVector(slice), limit, isFirst });

function createInput(slices: readonly Slice[], anchors: readonly Anchor[] = []): PartitionInput {
  return {
    nSlices: slices.length,
    nEntities: ENTITIES,
    anomaly: new Float64Array(slices.length).fill(0.9),
    threshold: 0.5,
    presence: new Uint8Array(slices.length).fill(7),
    contributions: slices.map(toContributions),
    embeddings: new Float32Array(slices.length * 2).fill(Math.SQRT1_2),
    dim: 2,
    anchors,
  };
}

const repeat = (count: number, slice: Slice): Slice[] => Array.from({ length: count }, () => slice);
const A: Slice = [3, 0];
const NEAR_A: Slice = [3, 1];
const B: Slice = [0, 3];
const C: Slice = [0, 0, 3];

const membersOf = (input: PartitionInput): (readonly [anchor: number, members: readonly number[]])[] =>
  partitionSlices(input).states.map(({ anchor, members }) => [anchor, members]);

describe('known states in a partition', () => {
  it('leave slices that can be grouped to the grouping', () => {
    const slices = [...repeat(3, A), ...repeat(3, B)];
    expect(membersOf(createInput(slices, [toAnchor(A, false), toAnchor(C, false)]))).toEqual(membersOf(createInput(slices)));
  });

  it('take a slice that is alone and fits, so that it is not unknown', () => {
    const slices = [...repeat(3, A), B];
    expect(partitionSlices(createInput(slices)).stateOfSlice[3]).toBe(UNKNOWN_STATE);
    expect(membersOf(createInput(slices, [toAnchor(C, false), toAnchor(B, false)]))).toEqual([
      [1, [3]],
      [-1, [0, 1, 2]],
    ]);
    expect(partitionSlices(createInput(slices, [toAnchor(C, false)])).stateOfSlice[3]).toBe(UNKNOWN_STATE);
  });

  it('that come first take what fits, most similar first, and the rest is grouped', () => {
    const slices = [...repeat(2, A), ...repeat(2, NEAR_A), ...repeat(2, B)];
    expect(membersOf(createInput(slices))).toEqual([
      [-1, [0, 1, 2, 3]],
      [-1, [4, 5]],
    ]);
    expect(membersOf(createInput(slices, [toAnchor(A, true), toAnchor(NEAR_A, true)]))).toEqual([
      [0, [0, 1]],
      [1, [2, 3]],
      [-1, [4, 5]],
    ]);
  });

  it('take what fits before all is grouped where there are too many slices to group', () => {
    const slices = [...repeat(700, A), ...repeat(700, B), ...repeat(10, C)];
    const found = membersOf(createInput(slices, [toAnchor(A, false), toAnchor(B, false)]));
    expect(found.map(([anchor, members]) => [anchor, members.length])).toEqual([
      [0, 700],
      [1, 700],
      [-1, 10],
    ]);
  });

  it('give memberships that are probabilities', () => {
    const { membership } = partitionSlices(createInput([...repeat(3, A), B], [toAnchor(A, true), toAnchor(B, false)]));
    expect(membership.every((value) => value > 0 && value <= 0.9)).toBe(true);
  });
});

describe('states that are one', () => {
  const input = createInput([...repeat(3, A), ...repeat(2, B), ...repeat(2, C), [9, 9, 9, 9]]);
  const partition = partitionSlices(input);

  it('hold the slices of both; the others stay', () => {
    const joined = joinPartition(input, partition, ['x', 'y', 'x']);
    expect(joined.states.map(({ members }) => members)).toEqual([
      [0, 1, 2, 5, 6],
      [3, 4],
    ]);
    expect(Array.from(joined.stateOfSlice)).toEqual([0, 0, 0, 1, 1, 0, 0, UNKNOWN_STATE]);
    expect(joined.membership.every((value) => value > 0 && value <= 0.9)).toBe(true);
  });

  it('are as before when none are', () => {
    expect(joinPartition(input, partition, ['x', 'y', 'z'])).toBe(partition);
  });
});

describe('halves of a state', () => {
  it('are its two groups, the larger first; a single odd slice is no half', () => {
    const slices = [...repeat(3, NEAR_A), ...repeat(4, A), [0, 0, 0, 4]];
    expect(halveState(createInput(slices), [...slices.keys()])?.[0]).toEqual(expect.arrayContaining([3, 4, 5, 6]));
    expect(halveState(createInput(slices), [...slices.keys()])?.[1]).toEqual(expect.arrayContaining([0, 1, 2]));
  });

  it('of slices that are all alike there are none', () => {
    expect(halveState(createInput(repeat(4, A)), [0, 1, 2, 3])).toBeUndefined();
    expect(halveState(createInput([A]), [0])).toBeUndefined();
  });

  it('of two points are the two', () => {
    expect(Array.from(halveByLinkage(Float32Array.of(0, 1, 1, 0), 2) ?? [])).toEqual([0, 1]);
    expect(halveByLinkage(new Float32Array(0), 0)).toBeUndefined();
  });
});

describe('novelty', () => {
  it('is below a low quantile of the members, drawn to the floor where they are few', () => {
    const members = Array.from({ length: 100 }, (_, i) => 0.7 + i * 0.003);
    expect(calibrateLimit(members)).toBeCloseTo(0.5 + (0.715 - 0.5) * (100 / 110), 6);
    expect(calibrateLimit([0.9, 0.9])).toBeCloseTo(0.5 + 0.4 * (2 / 12), 6);
  });

  it('never is below the floor, also without members', () => {
    expect(calibrateLimit([0.1, 0.2, 0.9])).toBe(MIN_STATE_SIMILARITY);
    expect(calibrateLimit([])).toBe(MIN_STATE_SIMILARITY);
  });
});
