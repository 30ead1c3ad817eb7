/** Rank-based scores. Ties share their mean rank (strict): a scorer that says the same of everything gains nothing. */

/** Mean rank of `truth` among `scores`, 1 = best; the worst rank when it is not among them. */
export function strictRank(scores: ArrayLike<number>, truth: number): number {
  if (truth < 0 || truth >= scores.length) {
    return scores.length + 1;
  }
  const own = scores[truth] ?? 0;
  let better = 0;
  let ties = 0;
  for (let i = 0; i < scores.length; i++) {
    if (i !== truth) {
      better += (scores[i] ?? 0) > own ? 1 : 0;
      ties += scores[i] === own ? 1 : 0;
    }
  }
  return 1 + better + ties / 2;
}

/** Share of ranks at most k; 0 when there are none. */
export function accuracyAt(ranks: readonly number[], k: number): number {
  return ranks.length === 0 ? 0 : ranks.filter((rank) => rank <= k).length / ranks.length;
}

/** Mean of AC@1 … AC@5, the root-cause literature's Avg@5. */
export function averageAtFive(ranks: readonly number[]): number {
  return [1, 2, 3, 4, 5].reduce((sum, k) => sum + accuracyAt(ranks, k), 0) / 5;
}

/** Area under the ROC curve by ranks (Mann–Whitney), ties count half; undefined when a class is empty. */
export function auroc(scores: readonly number[], isPositive: readonly boolean[]): number | undefined {
  const order = scores.map((_, i) => i).sort((a, b) => (scores[a] ?? 0) - (scores[b] ?? 0));
  let rankSum = 0;
  let positives = 0;
  for (let at = 0; at < order.length;) {
    let end = at;
    while (end < order.length && scores[order[end] ?? 0] === scores[order[at] ?? 0]) {
      end++;
    }
    const meanRank = (at + 1 + end) / 2;
    for (const i of order.slice(at, end)) {
      if (isPositive[i] === true) {
        rankSum += meanRank;
        positives++;
      }
    }
    at = end;
  }
  const negatives = scores.length - positives;
  return positives === 0 || negatives === 0 ? undefined : (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}
