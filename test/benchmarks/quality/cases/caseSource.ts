/** Where a labelled run comes from, before it is read. */
import type { Modality } from '../../../../src/core/records.js';

/** A fault as its injector lists it; `[startNs, endNs)`. */
export interface Fault {
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly type: string;
  readonly service: string;
}

export interface CaseSource {
  /** Data set the run is reported under. */
  readonly group: string;
  /** The run itself, unique. */
  readonly name: string;
  readonly faults: readonly Fault[];
  /** Whether time outside the listed faults can be trusted to be fault-free. */
  readonly hasNegatives: boolean;
  /** Files or folders of one modality; empty when the run has none. */
  pathsOf(modality: Modality): readonly string[];
}
