/**
 * Trains small heads by the ONNX step graph of models/pretraining/head_step.py: forward, backward and Adam in one run per step.
 * Letters as in src/core/heads/headTraining.ts.
 */
import { findMisfit, type TrainedWeights, type TrainHead, type TrainingOptions, type TrainingSet } from '../../core/heads/headTraining.js';
import { Random } from '../../core/math/random.js';
import { EngineError } from '../../protocol/engineError.js';
import { findInstallation } from '../installation.js';
import { readManifest, readModelFile } from './manifest.js';
import { openSession, type Feeds, type ModelSession } from './onnxRuntime.js';
import { followSteps, toScalar, toZeros, type FloatTensor } from './stepTraining.js';

export interface HeadTrainer {
  /**
   * Equal sets, options and seeds give equal bytes. Ends early once the loss has settled. Rejects with EngineError `bad-argument` for what
   * cannot be trained on and `model` when the loss is not finite, and with the signal's reason once it is aborted.
   */
  readonly train: TrainHead;
  dispose(): Promise<void>;
}

/** What a step changes. */
type State = Record<'base' | 'mix' | 'basis' | 'm_base' | 'v_base' | 'm_mix' | 'v_mix' | 'm_basis' | 'v_basis', FloatTensor>;

/** Training ends when the lowest loss has fallen by less than this share within so many steps. */
const LEAST_IMPROVEMENT = 1e-3;
const PATIENCE_STEPS = 20;
/** Spread of the basis at the start: enough to tell ranks apart, and no more than what a step or two of training move it. */
const BASIS_DEVIATION = 0.02;

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
  const { state, losses } = await followSteps({
    session,
    start: startState(set, options),
    feeds: repeat(toFixedFeeds(set, options), options.steps),
    ...options,
    isDone: hasSettled,
  });
  return { base: state.base.data, mix: state.mix.data, basis: state.basis.data, losses };
}

function* repeat(feeds: Feeds, times: number): Generator<Feeds> {
  for (let i = 0; i < times; i++) {
    yield feeds;
  }
}

function findBadOption({ steps, rank, learningRate, pull, statePull }: TrainingOptions): string | undefined {
  if (!Number.isInteger(steps) || steps < 1 || !Number.isInteger(rank) || rank < 1) {
    return `${steps} steps and rank ${rank}, expected whole numbers of at least 1`;
  }
  return [learningRate, pull, statePull].every((value) => Number.isFinite(value) && value >= 0)
    ? undefined
    : `learning rate ${learningRate}, pulls ${pull} and ${statePull}, expected finite numbers of at least 0`;
}

function toFixedFeeds(set: TrainingSet, { pull, statePull }: TrainingOptions): Feeds {
  const { examples: n, candidates: c, features: f, rows: p, states: s } = set;
  return {
    x: { data: set.x, dims: [n, c, f] },
    offset: { data: set.offset, dims: [n, c] },
    target: { data: BigInt64Array.from(set.target, BigInt), dims: [n] },
    weight: { data: set.weight, dims: [n] },
    membership: { data: set.membership, dims: [n, s] },
    tie: { data: set.tie, dims: [c, p] },
    anchor: { data: set.anchor, dims: [p, f] },
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

function hasSettled(losses: readonly number[]): boolean {
  if (losses.length <= PATIENCE_STEPS) {
    return false;
  }
  const lowest = (from: readonly number[]): number => from.reduce((least, loss) => Math.min(least, loss), Infinity);
  const before = lowest(losses.slice(0, -PATIENCE_STEPS));
  return before - lowest(losses) <= LEAST_IMPROVEMENT * before;
}
