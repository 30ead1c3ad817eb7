/** How well a grouping agrees with another, and with distances. */

/** Adjusted Rand index (Hubert & Arabie 1985): 1 for equal groupings, about 0 for independent ones; 1 when both are one group or all single. */
export function adjustedRandIndex(a: readonly string[], b: readonly string[]): number {
  const pairs = (n: number): number => (n * (n - 1)) / 2;
  const sumPairs = (values: readonly string[]): number => {
    const counts = new Map<string, number>();
    for (const value of values) {
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    return [...counts.values()].reduce((sum, n) => sum + pairs(n), 0);
  };
  const both = sumPairs(a.map((value, i) => `${value}\u0000${b[i] ?? ''}`));
  const [inA, inB, all] = [sumPairs(a), sumPairs(b), pairs(a.length)];
  const expected = all === 0 ? 0 : (inA * inB) / all;
  const largest = (inA + inB) / 2;
  return largest === expected ? 1 : (both - expected) / (largest - expected);
}

/**
 * Silhouette (Rousseeuw 1987) of each item with these labels, in [-1, 1]; items alone in their label have 0, as is usual. Empty with fewer than two labels.
 * @param distance >= 0 between items i and j
 */
export function silhouettes(labels: readonly string[], distance: (i: number, j: number) => number): number[] {
  const groups = new Map<string, number[]>();
  labels.forEach((label, i) => {
    groups.set(label, [...(groups.get(label) ?? []), i]);
  });
  if (groups.size < 2) {
    return [];
  }
  const meanTo = (i: number, members: readonly number[]): number => members.reduce((sum, j) => sum + distance(i, j), 0) / members.length;
  return labels.map((label, i) => {
    const own = (groups.get(label) ?? []).filter((j) => j !== i);
    if (own.length === 0) {
      return 0;
    }
    const inside = meanTo(i, own);
    let outside = Infinity;
    for (const [other, members] of groups) {
      outside = other === label ? outside : Math.min(outside, meanTo(i, members));
    }
    const larger = Math.max(inside, outside);
    return larger === 0 ? 0 : (outside - inside) / larger;
  });
}
