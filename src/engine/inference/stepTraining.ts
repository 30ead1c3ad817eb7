/** Training by an ONNX graph that is one step of it: what a step leaves is what the next one starts from. */
import type { CancelSignal } from '../../core/cancelSignal.js';
import { EngineError } from '../../protocol/engineError.js';
import type { Feeds, ModelSession, TensorData } from './onnxRuntime.js';

export interface FloatTensor extends TensorData {
  readonly data: Float32Array;
}

export interface StepTraining<Name extends string> {
  readonly session: ModelSession;
  /** What a step changes; the graph gives `next_<name>` for each. */
  readonly start: Readonly<Record<Name, FloatTensor>>;
  /** What else each step reads; training ends with the last. */
  readonly feeds: Iterable<Feeds>;
  readonly learningRate: number;
  /** Looked at before each step. */
  readonly signal: CancelSignal;
  /** @param step 1-based */
  readonly onStep?: (step: number, loss: number) => void;
  /** Ends training early. @param losses so far */
  readonly isDone?: (losses: readonly number[]) => boolean;
}

/** How long steps may follow each other before other messages have their turn. */
const TURN_MS = 16;

/** @throws EngineError `model` when training leaves the range of numbers, and the signal's reason once it is aborted */
export async function followSteps<Name extends string>(
  training: StepTraining<Name>,
): Promise<{ readonly state: Readonly<Record<Name, FloatTensor>>; readonly losses: readonly number[] }> {
  const { session, start, feeds, learningRate, signal, onStep, isDone } = training;
  const names = Object.keys(start) as Name[];
  const outputs = ['loss', ...names.map((name) => `next_${name}`)];
  let state = start;
  const losses: number[] = [];
  let turnMs = performance.now();
  for (const feed of feeds) {
    if (isDone?.(losses) === true) {
      break;
    }
    signal.throwIfAborted();
    const step = losses.length + 1;
    const out = await session.run({ ...feed, ...state, step: toScalar(step), learning_rate: toScalar(learningRate) }, outputs);
    const [loss = Number.NaN] = out.loss ?? [];
    checkFinite(Float32Array.of(loss), step, learningRate);
    state = Object.fromEntries(
      names.map((name) => [name, { data: out[`next_${name}`] ?? new Float32Array(0), dims: state[name].dims }]),
    ) as Record<Name, FloatTensor>;
    losses.push(loss);
    onStep?.(step, loss);
    if (performance.now() - turnMs >= TURN_MS) {
      await new Promise((resolve) => setImmediate(resolve));
      turnMs = performance.now();
    }
  }
  signal.throwIfAborted();
  for (const name of names) {
    checkFinite(state[name].data, losses.length, learningRate);
  }
  return { state, losses };
}

function checkFinite(values: Float32Array, step: number, learningRate: number): void {
  if (!values.every(Number.isFinite)) {
    throw new EngineError(
      'model',
      `training left the range of numbers at step ${step} (learning rate ${learningRate}): features are too large or the rate too high; embed the runs again and train once more`,
    );
  }
}

export function toZeros(dims: readonly number[]): FloatTensor {
  return { data: new Float32Array(dims.reduce((product, size) => product * size, 1)), dims };
}

export function toScalar(value: number): FloatTensor {
  return { data: Float32Array.of(value), dims: [] };
}
