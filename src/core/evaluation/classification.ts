/** Scores of predicted classes. */

export interface BinaryScores {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** All 0 when nothing is predicted or nothing is true. */
export function scoreBinary(predicted: readonly boolean[], actual: readonly boolean[]): BinaryScores {
  let hits = 0;
  let predictions = 0;
  let positives = 0;
  predicted.forEach((yes, i) => {
    const truth = actual[i] === true;
    predictions += yes ? 1 : 0;
    positives += truth ? 1 : 0;
    hits += yes && truth ? 1 : 0;
  });
  const precision = predictions === 0 ? 0 : hits / predictions;
  const recall = positives === 0 ? 0 : hits / positives;
  return { precision, recall, f1: precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall) };
}

/** Unweighted mean F1 over the classes that occur in `actual`; 0 when there are none. */
export function macroF1(predicted: readonly string[], actual: readonly string[]): number {
  const classes = [...new Set(actual)];
  const scores = classes.map(
    (name) =>
      scoreBinary(
        predicted.map((value) => value === name),
        actual.map((value) => value === name),
      ).f1,
  );
  return classes.length === 0 ? 0 : scores.reduce((sum, value) => sum + value, 0) / classes.length;
}

/**
 * Expected calibration error: how far the frequency of what was said is from its probability, over bins of equal width, weighted by how much
 * was said (Naeini et al., AAAI 2015). 0 when nothing was said.
 */
export function calibrationError(said: readonly { readonly p: number; readonly isSo: boolean }[], bins = 10): number {
  const groups = Map.groupBy(said, ({ p }) => Math.min(bins - 1, Math.floor(p * bins)));
  return [...groups.values()].reduce((sum, group) => {
    const gap = group.reduce((total, { p, isSo }) => total + p - (isSo ? 1 : 0), 0);
    return sum + Math.abs(gap) / said.length;
  }, 0);
}

/** Normalised mutual information, arithmetic mean of entropies; 0 when either labelling has one class only. */
export function normalisedMutualInformation(a: readonly string[], b: readonly string[]): number {
  const n = a.length;
  const joint = new Map<string, number>();
  a.forEach((value, i) => {
    const key = `${value}\u0000${b[i] ?? ''}`;
    joint.set(key, (joint.get(key) ?? 0) + 1);
  });
  const entropyA = entropy(a);
  const entropyB = entropy(b);
  const information = entropyA + entropyB - entropyOfCounts([...joint.values()], n);
  const mean = (entropyA + entropyB) / 2;
  return mean > 0 && entropyA > 0 && entropyB > 0 ? Math.max(0, information) / mean : 0;
}

function entropy(values: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const value of values) {
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return entropyOfCounts([...counts.values()], values.length);
}

function entropyOfCounts(counts: readonly number[], n: number): number {
  return counts.reduce((sum, count) => sum - (count / n) * Math.log(count / n), 0);
}
