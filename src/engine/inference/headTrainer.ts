/**
 * Trains small heads by the ONNX step graph of models/pretraining/head_step.py: forward, backward and Adam in one run per step.
 * Letters as in src/core/heads/headTraining.ts.
 */
import { findMisfit, type TrainedWeights, type TrainHead, type TrainingOptions, type TrainingSet } from '../../core/heads/headTraining.js';
import { Random } from '../../core/math/random.js';
import { EngineError } from '../../protocol/engineError.js';
import { findInstallation } from '../installation.js';
import { readManifest, readModelFile } from './manifest.js';
import { openSession, type Feeds, type ModelSession, type TensorData } from './onnxRuntime.js';

export interface HeadTrainer {
  /**
   * Equal sets, options and seeds give equal bytes. Ends early once the loss has settled. Rejects with EngineError `bad-argument` for what
   * cannot be trained on and `model` when the loss is not finite, and with the signal's reason once it is aborted.
   */
  readonly train: TrainHead;
  dispose(): Promise<void>;
}

/** Order of the step's results. */
const STATE = ['base', 'mix', 'basis', 'm_base', 'v_base', 'm_mix', 'v_mix', 'm_basis', 'v_basis'] as const;
const OUTPUTS = ['loss', ...STATE.map((name) => `next_${name}` as const)] as const;

interface FloatTensor extends TensorData {
  readonly data: Float32Array;
}

type State = Record<(typeof STATE)[number], FloatTensor>;

/** Training ends when the lowest loss has fallen by less than this share within so many steps. */
const LEAST_IMPROVEMENT = 1e-3;
const PATIENCE_STEPS = 20;
/** Spread of the basis at the start: enough to tell ranks apart, and no more than what a step or two of training move it. */
const BASIS_DEVIATION = 0.02;
/** How long steps may follow each other before other messages have their turn. */
const TURN_MS = 16;

/**
 * @param folder default: the folder of the installation
 * @throws EngineError `model` when the graph is missing or damaged.
 */
export async function createHeadTrainer(folder?: string): Promise<HeadTrainer> {
  const manifest = readManifest(folder ?? findInstallation().encoderFolder);
  if (manifest.headStep === undefined) {
    throw new EngineError('model', `the manifest in ${manifest.folder} names no graph that trains heads; install RuntimeSlicer again`);
  }
  const session = await openSession(readModelFile(manifest.folder, manifest.headStep), 'cpu', 1);
  let disposed = false;
  return {
    async train(set, options) {
      if (disposed) {
        throw new EngineError('internal', 'the head trainer was used after it was disposed');
      }
      return trainHead(session, set, options);
    },
    async dispose() {
      if (!disposed) {
        disposed = true;
        await session.dispose();
      }
    },
  };
}

async function trainHead(session: ModelSession, set: TrainingSet, options: TrainingOptions): Promise<TrainedWeights> {
  const misfit = findMisfit(set) ?? findBadOption(options);
  if (misfit !== undefined) {
    throw new EngineError('bad-argument', `a head cannot be trained: ${misfit}`);
  }
  const { steps, signal, onStep } = options;
  const fixed = toFixedFeeds(set, options);
  let state = startState(set, options);
  const losses: number[] = [];
  const lowest: number[] = [];
  let turnMs = performance.now();
  for (let step = 1; step <= steps && !hasSettled(lowest); step++) {
    signal.throwIfAborted();
    const out = await session.run({ ...fixed, ...state, step: toScalar(step) }, OUTPUTS);
    checkFinite(out.loss, step, options);
    const [loss = Number.NaN] = out.loss;
    state = nextState(state, out);
    losses.push(loss);
    lowest.push(Math.min(loss, lowest.at(-1) ?? Infinity));
    onStep?.(step, loss);
    if (performance.now() - turnMs >= TURN_MS) {
      await new Promise((resolve) => setImmediate(resolve));
      turnMs = performance.now();
    }
  }
  signal.throwIfAborted();
  const [base, mix, basis] = [state.base.data, state.mix.data, state.basis.data];
  for (const values of [base, mix, basis]) {
    checkFinite(values, losses.length, options);
  }
  return { base, mix, basis, losses };
}

function findBadOption({ steps, rank, learningRate, pull, statePull }: TrainingOptions): string | undefined {
  if (!Number.isInteger(steps) || steps < 1 || !Number.isInteger(rank) || rank < 1) {
    return `${steps} steps and rank ${rank}, expected whole numbers of at least 1`;
  }
  return [learningRate, pull, statePull].every((value) => Number.isFinite(value) && value >= 0)
    ? undefined
    : `learning rate ${learningRate}, pulls ${pull} and ${statePull}, expected finite numbers of at least 0`;
}

function toFixedFeeds(set: TrainingSet, { learningRate, pull, statePull }: TrainingOptions): Feeds {
  const { examples: n, candidates: c, features: f, rows: p, states: s } = set;
  return {
    x: { data: set.x, dims: [n, c, f] },
    offset: { data: set.offset, dims: [n, c] },
    target: { data: BigInt64Array.from(set.target, BigInt), dims: [n] },
    weight: { data: set.weight, dims: [n] },
    membership: { data: set.membership, dims: [n, s] },
    tie: { data: set.tie, dims: [c, p] },
    anchor: { data: set.anchor, dims: [p, f] },
    learning_rate: toScalar(learningRate),
    pull: toScalar(pull),
    state_pull: toScalar(statePull),
  };
}

/** `base` at the anchor, `mix` 0 and `basis` random: so a state that no example belongs to keeps a mix of 0 and adds nothing. */
function startState({ anchor, features, rows, states }: TrainingSet, { rank, seed }: TrainingOptions): State {
  const random = new Random(seed, 'head basis');
  const basis = Float32Array.from({ length: rank * rows * features }, () => random.normal() * BASIS_DEVIATION);
  const [onBase, onMix, onBasis] = [
    [rows, features],
    [states, rank],
    [rank, rows, features],
  ] as const;
  return {
    base: { data: anchor.slice(), dims: onBase },
    mix: toZeros(onMix),
    basis: { data: basis, dims: onBasis },
    m_base: toZeros(onBase),
    v_base: toZeros(onBase),
    m_mix: toZeros(onMix),
    v_mix: toZeros(onMix),
    m_basis: toZeros(onBasis),
    v_basis: toZeros(onBasis),
  };
}

function nextState(state: State, out: Readonly<Record<(typeof OUTPUTS)[number], Float32Array>>): State {
  return Object.fromEntries(STATE.map((name) => [name, { data: out[`next_${name}`], dims: state[name].dims }])) as State;
}

/** @param lowest loss so far, after each step */
function hasSettled(lowest: readonly number[]): boolean {
  const [before, now] = [lowest.at(-1 - PATIENCE_STEPS), lowest.at(-1)];
  return before !== undefined && now !== undefined && before - now <= LEAST_IMPROVEMENT * before;
}

function checkFinite(values: Float32Array, step: number, { learningRate }: TrainingOptions): void {
  if (!values.every(Number.isFinite)) {
    throw new EngineError(
      'model',
      `training left the range of numbers at step ${step} (learning rate ${learningRate}): features are too large or the rate too high; embed the labelled runs again and train once more`,
    );
  }
}

function toZeros(dims: readonly number[]): FloatTensor {
  return { data: new Float32Array(dims.reduce((product, size) => product * size, 1)), dims };
}

function toScalar(value: number): FloatTensor {
  return { data: Float32Array.of(value), dims: [] };
}
