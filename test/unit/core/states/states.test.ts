import { describe, expect, test } from 'vitest';
import { FAMILY_COUNT } from '../../../../src/core/features/families.js';
import { clusterByLinkage, cosineDistances, meanSilhouette } from '../../../../src/core/states/agglomerative.js';
import { partitionSlices, UNKNOWN_STATE, type Partition } from '../../../../src/core/states/partition.js';
import { projectToMap } from '../../../../src/core/states/projection.js';
import { nameUsualState, toDistinct } from '../../../../src/core/states/stateNames.js';
import { createRandom } from '../builders.js';

/** Average linkage by its definition: joins the two clusters with the smallest mean distance until k are left. */
function bruteForce(distances: Float32Array, n: number, k: number): number[] {
  let clusters = Array.from({ length: n }, (_, i) => [i]);
  while (clusters.length > k) {
    let best = { a: 0, b: 1, distance: Infinity };
    clusters.forEach((first, a) => {
      clusters.slice(a + 1).forEach((second, offset) => {
        const sum = first.reduce((total, i) => total + second.reduce((part, j) => part + (distances[i * n + j] ?? 0), 0), 0);
        const distance = sum / (first.length * second.length);
        if (distance < best.distance) best = { a, b: a + 1 + offset, distance };
      });
    });
    const joined = [...(clusters[best.a] ?? []), ...(clusters[best.b] ?? [])];
    clusters = [...clusters.filter((_, i) => i !== best.a && i !== best.b), joined];
  }
  const labels = new Array<number>(n).fill(-1);
  let next = 0;
  for (let i = 0; i < n; i++) {
    if (labels[i] === -1) {
      for (const member of clusters.find((cluster) => cluster.includes(i)) ?? []) labels[member] = next;
      next++;
    }
  }
  return labels;
}

describe('clustering', () => {
  test('equals average linkage by definition at the cut it chooses', () => {
    const random = createRandom(3);
    let split = 0;
    for (let round = 0; round < 40; round++) {
      const n = 5 + Math.floor(random() * 10);
      const centres = [0, 2, 4].map((angle) => [Math.cos(angle), Math.sin(angle), random()]);
      const vectors = Float32Array.from({ length: n * 3 }, (_, i) => (centres[Math.floor(i / 3) % 3]?.[i % 3] ?? 0) + 0.3 * random());
      const distances = cosineDistances(vectors, n, 3);
      const labels = Array.from(clusterByLinkage(distances, n));
      const k = Math.max(...labels) + 1;
      split += k > 1 ? 1 : 0;
      expect(labels).toEqual(bruteForce(distances, n, k));
    }
    expect(split).toBeGreaterThan(20);
  });

  test('silhouette by hand', () => {
    // Points 0, 1 and 10 on a line: (1 - 1/10), (1 - 1/9), alone 0.
    const line = [0, 1, 10];
    const distances = Float32Array.from({ length: 9 }, (_, i) => Math.abs((line[Math.floor(i / 3)] ?? 0) - (line[i % 3] ?? 0)));
    expect(meanSilhouette(distances, 3, Int32Array.of(0, 0, 1), 2)).toBeCloseTo((0.9 + 8 / 9) / 3, 6);
    expect(meanSilhouette(distances, 3, Int32Array.of(0, 0, 0), 1)).toBe(0);
  });

  test('nothing, one point, equal points', () => {
    expect(Array.from(clusterByLinkage(new Float32Array(0), 0))).toEqual([]);
    expect(Array.from(clusterByLinkage(new Float32Array(1), 1))).toEqual([0]);
    expect(Array.from(clusterByLinkage(new Float32Array(16), 4))).toEqual([0, 0, 0, 0]);
  });

  test('a row of zeros is at distance 1 from everything, also from another', () => {
    expect(Array.from(cosineDistances(Float32Array.of(1, 0, 0, 0, 0, 0), 3, 2))).toEqual([0, 1, 1, 1, 0, 1, 1, 1, 0]);
  });
});

interface TestSlice {
  /** (entity, family) that is unusual; undefined = a usual slice. */
  readonly fault?: readonly [number, number];
  readonly presence?: number;
}

function partition(slices: readonly TestSlice[]): Partition {
  const random = createRandom(11);
  return partitionSlices({
    nSlices: slices.length,
    nEntities: 3,
    anomaly: Float64Array.from(slices, ({ fault }) => (fault === undefined ? 0.1 : 0.9)),
    threshold: 0.5,
    presence: Uint8Array.from(slices, ({ presence }) => presence ?? 7),
    contributions: slices.map(({ fault }) => {
      const contributions = Float64Array.from({ length: 3 * FAMILY_COUNT }, () => 0.1 * random());
      if (fault !== undefined) contributions[fault[0] * FAMILY_COUNT + fault[1]] = 5;
      return contributions;
    }),
    embeddings: Float32Array.from({ length: slices.length * 2 }, (_, i) => (i % 2 === 0 ? 1 : 0)),
    dim: 2,
  });
}

const usual = Array.from({ length: 6 }, (): TestSlice => ({}));
const first: TestSlice = { fault: [0, 2] };
const second: TestSlice = { fault: [2, 9] };

describe('partition', () => {
  test('two different incidents are two states, usual slices one', () => {
    const { states, stateOfSlice } = partition([...usual, first, first, first, ...usual, second, second, second]);
    expect(states.map(({ abnormal, members }) => [abnormal, members])).toEqual([
      [false, [0, 1, 2, 3, 4, 5, 9, 10, 11, 12, 13, 14]],
      [true, [6, 7, 8]],
      [true, [15, 16, 17]],
    ]);
    expect(Array.from(stateOfSlice.slice(5, 10))).toEqual([0, 1, 1, 1, 0]);
  });

  test('a lone abnormal slice is unknown, with or without another incident', () => {
    expect(partition([...usual, first]).stateOfSlice[6]).toBe(UNKNOWN_STATE);
    const beside = partition([...usual, first, first, first, second]);
    expect(Array.from(beside.stateOfSlice.slice(6))).toEqual([1, 1, 1, UNKNOWN_STATE]);
    expect(beside.membership[9]).toBeCloseTo(0.9, 12);
  });

  test('usual slices without traces are a state of their own', () => {
    const { states } = partition([...usual, { presence: 5 }, { presence: 5 }]);
    expect(states.map(({ presence, members }) => [presence, members.length])).toEqual([
      [7, 6],
      [5, 2],
    ]);
  });

  test('none, one, all the same', () => {
    expect(partition([]).states).toEqual([]);
    expect(Array.from(partition([{}]).stateOfSlice)).toEqual([0]);
    expect(partition(usual).states.length).toBe(1);
  });

  test('memberships are probabilities and the same each time', () => {
    const slices = [...usual, first, first, second, second];
    const { membership } = partition(slices);
    expect(membership.every((value) => value >= 0 && value <= 1)).toBe(true);
    expect(partition(slices)).toEqual(partition(slices));
  });

  test('more slices than are linked at once: the others join the nearest state', () => {
    const many = Array.from({ length: 1500 }, (_, i) => (i % 3 === 0 ? first : second));
    const { states } = partition(many);
    expect(states.map(({ members }) => members.length)).toEqual([1000, 500]);
    expect(states[1]?.members.every((slice) => slice % 3 === 0)).toBe(true);
  });
});

describe('map', () => {
  test('the first axis is the direction of largest spread, scaled to 1', () => {
    const points = [-4, -2, 2, 4].map((x, i) => Float32Array.of(x, i % 2 === 0 ? 1 : -1, 0));
    const map = projectToMap(points);
    expect(Math.max(...Array.from(map, Math.abs))).toBeCloseTo(1, 6);
    expect(Math.abs(map[0] ?? 0)).toBeCloseTo(1, 1);
    expect(Math.sign(map[0] ?? 0)).toBe(-Math.sign(map[6] ?? 0));
    expect(projectToMap(points)).toEqual(map);
  });

  test('nothing to see is zero, not the noise of rounding', () => {
    expect(Array.from(projectToMap([]))).toEqual([]);
    expect(Array.from(projectToMap(Array.from({ length: 7 }, () => Float32Array.of(0.1, 0.7, 0.3))))).toEqual(new Array(14).fill(0));
    const line = projectToMap([0.1, 0.2, 0.7].map((x) => Float32Array.of(x, 3 * x, 0.4)));
    expect([line[1], line[3], line[5]]).toEqual([0, 0, 0]);
    expect(Math.abs(line[4] ?? 0)).toBeCloseTo(1, 6);
  });
});

describe('names', () => {
  test('usual states by what they hold and how busy they are', () => {
    expect(nameUsualState(7, 7)).toBe('usual');
    expect(nameUsualState(7, 7, 1.3)).toBe('usual, busier');
    expect(nameUsualState(4, 7, 0.5)).toBe('usual, metrics only, quieter');
    expect(nameUsualState(3, 7)).toBe('usual, logs and traces only');
    expect(nameUsualState(0, 7)).toBe('no records');
  });

  test('equal names get numbers, ids never collide with `unknown`', () => {
    expect(toDistinct(['a b', 'a b', 'unknown', '…'])).toEqual([
      { id: 'a-b', name: 'a b' },
      { id: 'a-b-2', name: 'a b (2)' },
      { id: 'state-unknown', name: 'unknown' },
      { id: 'state-', name: '…' },
    ]);
  });

  test('ids are distinct where names differ in punctuation only', () => {
    const ids = toDistinct(['cart-v1: slow', 'cart v1 slow', 'größe', 'gr e']).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
