import { meanOf } from '../../../src/core/evaluation/bootstrap.js';
import { calibrationError } from '../../../src/core/evaluation/classification.js';
import { Random } from '../../../src/core/math/random.js';

const SEED = 77;
const DRAWS = 200;

/** Calibration error that as many answers of a head show whose probabilities are true: what few answers cannot tell from one. */
export function calibrationNoise(said: readonly { readonly p: number }[]): number {
  const random = new Random(SEED, 'calibration');
  return meanOf(Array.from({ length: DRAWS }, () => calibrationError(said.map(({ p }) => ({ p, isSo: random.chance(p) })))));
}
