/**
 * Slices of a run in their order: a chain of two hidden states, usual and abnormal, whose marginals say how likely each slice is abnormal
 * given all of them. What lasts is believed sooner than what shows in one slice and in no neighbour, and less is believed of a run whose
 * calmest slices look abnormal by themselves. Beside a hole in time stands a usual neighbour; what lies before and after the run is not known.
 * models/pretraining/chain.py learns it (a linear-chain conditional random field). Letters: S slices of one run.
 */
import { quantile } from '../math/robust.js';

export interface SliceChain {
  /** Of what a slice says by itself: scale · logit + calm · logit of the calmest slices + bias. */
  readonly scale: number;
  readonly calm: number;
  readonly bias: number;
  /** Log-potential of two slices that follow each other being alike, usual or abnormal; of one of each 0. */
  readonly stay: number;
}

/** What this share of the slices falls short of is the logit of the calmest. A failure may last for the rest of the run. */
const CALM_SHARE = 0.2;

/**
 * @param logits [S] of each slice by itself, finite
 * @param follows [S] whether the slice touches the one before; of the first not read
 * @param isReference [S] 1 for slices that usual is learned from
 * @returns [S] logits given all slices
 */
export function judgeInOrder(chain: SliceChain, logits: Float64Array, follows: readonly boolean[], isReference: Uint8Array): Float64Array {
  const calm = quantile(
    logits.filter((_, slice) => isReference[slice] === 1),
    CALM_SHARE,
  );
  const own = logits.map((logit) => chain.scale * logit + chain.calm * calm + chain.bias);
  // What one end of a link tells the other, ±stay at most: the log-odds of abnormal, from those that its own end has without that link.
  const tell = (odds: number): number => softplus(odds + chain.stay) - softplus(odds - chain.stay) - chain.stay;
  const before = new Float64Array(own.length);
  const after = new Float64Array(own.length);
  for (let slice = 1; slice < own.length; slice++) {
    before[slice] = follows[slice] === true ? tell((before[slice - 1] ?? 0) + (own[slice - 1] ?? 0)) : -chain.stay;
  }
  for (let slice = own.length - 2; slice >= 0; slice--) {
    after[slice] = follows[slice + 1] === true ? tell((after[slice + 1] ?? 0) + (own[slice + 1] ?? 0)) : -chain.stay;
  }
  return own.map((odds, slice) => odds + (before[slice] ?? 0) + (after[slice] ?? 0));
}

/** log(1 + e^x) */
function softplus(x: number): number {
  return Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x)));
}
