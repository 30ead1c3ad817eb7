/** Which bins a fault is diagnosed from when a person gives one instant. */
import type { CaseRun } from '../cases/readCase.js';

export interface BinRange {
  readonly fromBin: number;
  readonly toBin: number;
}

export type RangeChooser = (run: CaseRun, atBin: number) => BinRange;

/** By name; `given` reads one slice length from the instant on. A localisation of the product's own goes beside it. */
export const RANGE_CHOOSERS: Readonly<Record<string, RangeChooser>> = {
  given: (run, atBin) => ({ fromBin: atBin, toBin: atBin + run.lengthBins }),
};
