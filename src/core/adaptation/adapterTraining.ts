/** Training of an adapter as the engine does it: models/pretraining/adapter_step.py, one step for each batch. */
import type { CancelSignal } from '../cancelSignal.js';
import type { Adapter } from './adapter.js';
import type { AdapterBatch } from './unlabelledSlices.js';

export interface AdapterTrainingOptions {
  readonly dim: number;
  readonly rank: number;
  readonly learningRate: number;
  /** Half the squared length of all weights counts this much beside the loss. */
  readonly pull: number;
  /** Of cosines as logits. */
  readonly scale: number;
  /** Weight of temporal consistency beside cross-modality alignment. */
  readonly temporal: number;
  readonly seed: number;
  /** Looked at before each step. */
  readonly signal: CancelSignal;
  /** @param step 1-based @param loss of the batch before the step */
  readonly onStep?: (step: number, loss: number) => void;
}

export interface TrainedAdapter {
  readonly adapter: Adapter;
  readonly losses: readonly number[];
}

export type TrainAdapter = (batches: Iterable<AdapterBatch>, options: AdapterTrainingOptions) => Promise<TrainedAdapter>;
