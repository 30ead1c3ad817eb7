/** A varied system while it is drawn. */
import type { ServiceBlueprint, StepBlueprint } from './blueprint.js';
import type { Placement } from './topology.js';

export interface DraftOperation {
  readonly name: string;
  readonly verb: string;
  readonly noun: string;
  readonly steps: StepBlueprint[];
  readonly workMs: number;
  readonly sigma: number;
  /** Executions in the tree of this operation, itself included. */
  tree: number;
}

export interface DraftService {
  readonly blueprint: Omit<ServiceBlueprint, 'operations'>;
  readonly noun: string;
  readonly index: number;
  readonly placement: Placement;
  readonly operations: DraftOperation[];
  callers: number;
}
