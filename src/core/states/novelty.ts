/** When a slice fits none of the states: novelty, calibrated on how similar the members of each state are to it. */
import { MIN_STATE_SIMILARITY } from './partition.js';

/** Share of its own slices that a state may take for foreign. */
const MEMBERS_LEFT_OUT = 0.05;
/** Members of which half of what they say is believed: few similar slices do not make a state narrow. */
const DOUBTED_MEMBERS = 10;

/**
 * Similarity to a state below which a slice does not fit it: a low quantile of the members' own similarities, drawn towards the floor
 * where they are few, and never below it.
 *
 * Abnormal slices of a type that is left out (should be unknown), and of another fault of a known kind (should not), that are called unknown; the
 * same by a fixed limit of .5, of .7: TrainTicket .95 and .25 (.95 and .16, .95 and .31), OnlineBoutique .68 and, for other slices of the same
 * fault, .00 (.30 and .00, .70 and .00), 16 simulated systems .89 and .20 (.86 and .16, .90 and .25). `npm run bench -- quality --only states`.
 * @param similarities cosines of the members to their centroid, in any order
 */
export function calibrateLimit(similarities: readonly number[], quantile = MEMBERS_LEFT_OUT): number {
  const sorted = similarities.toSorted((a, b) => a - b);
  const low = sorted[Math.floor(quantile * sorted.length)] ?? MIN_STATE_SIMILARITY;
  const trust = sorted.length / (sorted.length + DOUBTED_MEMBERS);
  return MIN_STATE_SIMILARITY + Math.max(0, low - MIN_STATE_SIMILARITY) * trust;
}
