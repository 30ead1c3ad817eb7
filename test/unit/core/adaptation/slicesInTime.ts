/** Slices whose modalities show the same, turned: what an adapter can learn. */
import type { UnlabelledRun } from '../../../../src/core/adaptation/unlabelledSlices.js';
import { Random } from '../../../../src/core/math/random.js';

export interface RunOptions {
  readonly slices: number;
  readonly dim?: number;
  /** How far each modality lies from what it shows. */
  readonly offset?: number;
  /** Bits of modalities that slices hold. */
  readonly present?: number;
  readonly seed?: number;
}

/** Half-overlapping windows of 60 s over a slow walk; logs, traces and metrics show it from three sides. */
export function createRun({ slices, dim = 8, offset = 0.8, present = 7, seed = 1 }: RunOptions): UnlabelledRun {
  const random = new Random(seed, 'slices in time');
  const sides = Array.from({ length: 3 }, () => randomUnit(random, dim));
  let shown = randomUnit(random, dim);
  const whole: number[] = [];
  const modalities: number[] = [];
  for (let slice = 0; slice < slices; slice++) {
    const step = randomUnit(random, dim);
    shown = toUnit(shown.map((value, d) => value + (step[d] ?? 0)));
    whole.push(...shown);
    sides.forEach((side, modality) => {
      const isPresent = ((present >> modality) & 1) === 1;
      modalities.push(...(isPresent ? toUnit(shown.map((value, d) => value + offset * (side[d] ?? 0))) : side.map(() => 0)));
    });
  }
  return {
    embeddings: { dim, slices: Float32Array.from(whole), modalities: Float32Array.from(modalities) },
    startS: Float64Array.from({ length: slices }, (_, slice) => slice * 30),
    lengthS: 60,
  };
}

function randomUnit(random: Random, dim: number): number[] {
  return toUnit(Array.from({ length: dim }, () => random.normal()));
}

function toUnit(values: readonly number[]): number[] {
  const length = Math.hypot(...values);
  return values.map((value) => value / length);
}
