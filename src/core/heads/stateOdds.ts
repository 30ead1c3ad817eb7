/**
 * What labels say of each state: how much of it was labelled as failing, and how much as normal. A deploy that looks like a failure is a
 * state; once labelled normal, it is one where the same looks mean less. Letter: S states.
 */

export interface StateOdds {
  /** [S] labelled ranges by membership. */
  readonly failing: Float32Array;
  readonly normal: Float32Array;
  /** What their logarithm counts in the logit. */
  readonly weight: number;
}

/** As much more of both: few labels say little. */
const UNLABELLED = 1;

/** @param labelled mean membership [S] of each labelled range, and whether it failed */
export function toStateOdds(
  labelled: readonly { readonly membership: Float32Array; readonly isFailing: boolean }[],
  states: number,
): StateOdds {
  const sumOf = (failing: boolean): Float32Array =>
    Float32Array.from({ length: states }, (_, state) =>
      labelled.reduce((sum, { membership, isFailing }) => sum + (isFailing === failing ? (membership[state] ?? 0) : 0), 0),
    );
  return { failing: sumOf(true), normal: sumOf(false), weight: 1 };
}

/** Log of how many times more often what belongs to the states like this was labelled as failing; 0 where nothing is known. */
export function logStateOdds({ failing, normal }: StateOdds, membership: Float32Array): number {
  const of = (counts: Float32Array): number => membership.reduce((sum, share, state) => sum + share * (counts[state] ?? 0), UNLABELLED);
  return Math.log(of(failing) / of(normal));
}
