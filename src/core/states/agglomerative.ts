/** Average-linkage clustering of unit vectors by cosine distance, cut where the silhouette is best. */

/** More points than this are clustered by a regular sample; the rest joins the nearest cluster. O(n²) memory: 4 MB at 1,000. */
export const MAX_LINKED = 1000;
const MAX_CLUSTERS = 40;
/** Below this mean silhouette a split is not better than none (Kaufman & Rousseeuw: < 0.25 "no substantial structure"). */
const MIN_SILHOUETTE = 0.25;
/** Clusters closer than this are one whatever the silhouette says. */
const SAME_DISTANCE = 0.15;

/** Clusters further apart than this have next to nothing in common: they stay apart even where no silhouette can say so (n = 2). */
const DIFFERENT_DISTANCE = 0.8;

/** @param distances [n, n] f32 symmetric, zero diagonal @returns [n] cluster of each point, 0-based in order of first appearance */
export function clusterByLinkage(distances: Float32Array, n: number): Int32Array {
  if (n <= 1) {
    return new Int32Array(n);
  }
  const merges = linkAverage(distances, n);
  const fewest = 1 + merges.filter((merge) => merge.distance > DIFFERENT_DISTANCE).length;
  let best: Int32Array = cut(merges, n, fewest);
  let bestSilhouette = MIN_SILHOUETTE;
  for (let k = Math.max(2, fewest); k <= Math.min(MAX_CLUSTERS, n - 1); k++) {
    // Merges are sorted by distance: with k clusters the last merge undone had this one.
    if ((merges[n - k]?.distance ?? 0) < SAME_DISTANCE) {
      break;
    }
    const labels = cut(merges, n, k);
    const value = meanSilhouette(distances, n, labels, k);
    if (value > bestSilhouette) {
      bestSilhouette = value;
      best = labels;
    }
  }
  return best;
}

/** Less of a cluster than this is an outlier, no half. */
const MIN_HALF = 0.05;

/**
 * The two best halves: the last merge of two clusters that are both more than outliers, everything else with the nearer one.
 * @param distances [n, n] f32 symmetric, zero diagonal
 * @returns [n] 0, 1, or -1 for outliers of both; undefined when no two points differ
 */
export function halveByLinkage(distances: Float32Array, n: number): Int32Array | undefined {
  const merges = n < 2 ? [] : linkAverage(distances, n);
  const furthest = merges[merges.length - 1]?.distance ?? 0;
  if (!(furthest > 1e-6)) {
    return undefined;
  }
  const least = Math.max(2, Math.ceil(MIN_HALF * n));
  for (let k = 2; k <= n; k++) {
    const labels = cut(merges, n, k);
    const bySize = [...Map.groupBy(labels, (label) => label)].sort((a, b) => b[1].length - a[1].length);
    const [first, second] = bySize;
    if (first !== undefined && second !== undefined && second[1].length >= least) {
      return labels.map((label) => (label === first[0] ? 0 : label === second[0] ? 1 : -1));
    }
  }
  return cut(merges, n, 2);
}

interface Merge {
  readonly a: number;
  readonly b: number;
  readonly distance: number;
}

/** Nearest-neighbour chain: O(n²) time, exact for average linkage, which is reducible. Merges name one point of each side. */
function linkAverage(input: Float32Array, n: number): Merge[] {
  const distances = input.slice();
  const size = new Float64Array(n).fill(1);
  const alive = new Uint8Array(n).fill(1);
  const merges: Merge[] = [];
  const chain: number[] = [];
  while (merges.length < n - 1) {
    if (chain.length === 0) {
      chain.push(alive.indexOf(1));
    }
    const top = chain[chain.length - 1] ?? 0;
    const before = chain[chain.length - 2] ?? -1;
    let nearest = before;
    let distance = before >= 0 ? (distances[top * n + before] ?? Infinity) : Infinity;
    for (let other = 0; other < n; other++) {
      if (alive[other] === 1 && other !== top && (distances[top * n + other] ?? Infinity) < distance) {
        distance = distances[top * n + other] ?? Infinity;
        nearest = other;
      }
    }
    if (nearest !== before) {
      chain.push(nearest);
      continue;
    }
    chain.length -= 2;
    merges.push({ a: nearest, b: top, distance });
    const sizeTop = size[top] ?? 1;
    const sizeNearest = size[nearest] ?? 1;
    for (let other = 0; other < n; other++) {
      if (alive[other] === 1 && other !== top && other !== nearest) {
        const joined =
          (sizeTop * (distances[top * n + other] ?? 0) + sizeNearest * (distances[nearest * n + other] ?? 0)) / (sizeTop + sizeNearest);
        distances[nearest * n + other] = joined;
        distances[other * n + nearest] = joined;
      }
    }
    alive[top] = 0;
    size[nearest] = sizeTop + sizeNearest;
  }
  return merges.sort((x, y) => x.distance - y.distance);
}

/** Labels after all but the last k - 1 merges. */
function cut(merges: readonly Merge[], n: number, k: number): Int32Array {
  const parent = Int32Array.from({ length: n }, (_, i) => i);
  const find = (i: number): number => {
    let root = i;
    while (parent[root] !== root) {
      root = parent[root] ?? root;
    }
    return root;
  };
  for (const merge of merges.slice(0, n - k)) {
    parent[find(merge.b)] = find(merge.a);
  }
  const labels = new Int32Array(n);
  const numbers = new Map<number, number>();
  for (let i = 0; i < n; i++) {
    const root = find(i);
    const label = numbers.get(root) ?? numbers.size;
    numbers.set(root, label);
    labels[i] = label;
  }
  return labels;
}

/** Rousseeuw 1987; a point alone in its cluster counts 0. */
export function meanSilhouette(distances: Float32Array, n: number, labels: Int32Array, k: number): number {
  const counts = new Float64Array(k);
  for (const label of labels) {
    counts[label] = (counts[label] ?? 0) + 1;
  }
  let total = 0;
  const sums = new Float64Array(k);
  for (let i = 0; i < n; i++) {
    sums.fill(0);
    for (let j = 0; j < n; j++) {
      const label = labels[j] ?? 0;
      sums[label] = (sums[label] ?? 0) + (distances[i * n + j] ?? 0);
    }
    const own = labels[i] ?? 0;
    const ownCount = counts[own] ?? 1;
    if (ownCount < 2) {
      continue;
    }
    const inside = (sums[own] ?? 0) / (ownCount - 1);
    let outside = Infinity;
    for (let label = 0; label < k; label++) {
      const count = counts[label] ?? 0;
      if (label !== own && count > 0) {
        outside = Math.min(outside, (sums[label] ?? 0) / count);
      }
    }
    const larger = Math.max(inside, outside);
    total += larger > 0 && Number.isFinite(outside) ? (outside - inside) / larger : 0;
  }
  return n === 0 ? 0 : total / n;
}

/** [n, n] f32: 1 - cosine of the rows of [n, dim]; rows of zeros are at distance 1 from everything. */
export function cosineDistances(vectors: Float32Array, n: number, dim: number): Float32Array {
  const norms = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let d = 0; d < dim; d++) {
      sum += (vectors[i * dim + d] ?? 0) ** 2;
    }
    norms[i] = Math.sqrt(sum);
  }
  const out = new Float32Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      let product = 0;
      for (let d = 0; d < dim; d++) {
        product += (vectors[i * dim + d] ?? 0) * (vectors[j * dim + d] ?? 0);
      }
      const norm = (norms[i] ?? 0) * (norms[j] ?? 0);
      const distance = norm > 0 ? Math.max(0, 1 - product / norm) : 1;
      out[i * n + j] = distance;
      out[j * n + i] = distance;
    }
  }
  return out;
}
