/**
 * Trains an adapter of the slice encoder by the ONNX step graph of models/pretraining/adapter_step.py: forward, backward and Adam in one run
 * for each batch. Letters: B slices, M modalities, D embedding, R rank.
 */
import { Random } from '../../core/math/random.js';
import { MODALITIES } from '../../core/records.js';
import type { AdapterTrainingOptions, TrainAdapter, TrainedAdapter } from '../../core/adaptation/adapterTraining.js';
import type { AdapterBatch } from '../../core/adaptation/unlabelledSlices.js';
import { EngineError } from '../../protocol/engineError.js';
import { findInstallation } from '../installation.js';
import { readManifest, readModelFile } from './manifest.js';
import { openSession, type Feeds, type ModelSession } from './onnxRuntime.js';
import { followSteps, toScalar, toZeros } from './stepTraining.js';

export interface AdapterTrainer {
  /** Equal batches, options and seeds give equal bytes. Rejects with EngineError `model` when the loss is not finite, and with the signal's reason once it is aborted. */
  readonly train: TrainAdapter;
  dispose(): Promise<void>;
}

/** Spread of `down` at the start; `up` and the bias start at 0, so that training starts from the encoder as it is. */
const DOWN_DEVIATION = 0.05;

/**
 * @param folder default: the folder of the installation
 * @throws EngineError `model` when the graph is missing or damaged.
 */
export async function createAdapterTrainer(folder?: string): Promise<AdapterTrainer> {
  const manifest = readManifest(folder ?? findInstallation().encoderFolder);
  if (manifest.adapterStep === undefined) {
    throw new EngineError('model', `the manifest in ${manifest.folder} names no graph that trains adapters; install RuntimeSlicer again`);
  }
  const session = await openSession(readModelFile(manifest.folder, manifest.adapterStep), 'cpu', 1);
  return {
    train: (batches, options) => trainAdapter(session, batches, options),
    dispose: () => session.dispose(),
  };
}

async function trainAdapter(
  session: ModelSession,
  batches: Iterable<AdapterBatch>,
  options: AdapterTrainingOptions,
): Promise<TrainedAdapter> {
  const { dim, rank, seed } = options;
  const random = new Random(seed, 'adapter');
  const [onDown, onUp, onBias] = [[dim, rank], [rank, dim], [dim]] as const;
  const { state, losses } = await followSteps({
    session,
    start: {
      down: { data: Float32Array.from({ length: dim * rank }, () => random.normal() * DOWN_DEVIATION), dims: onDown },
      up: toZeros(onUp),
      bias: toZeros(onBias),
      m_down: toZeros(onDown),
      v_down: toZeros(onDown),
      m_up: toZeros(onUp),
      v_up: toZeros(onUp),
      m_bias: toZeros(onBias),
      v_bias: toZeros(onBias),
    },
    feeds: toFeeds(batches, options),
    ...options,
  });
  return { adapter: { dim, rank, down: state.down.data, up: state.up.data, bias: state.bias.data }, losses };
}

function* toFeeds(batches: Iterable<AdapterBatch>, { pull, scale, temporal }: AdapterTrainingOptions): Generator<Feeds> {
  for (const { size, dim, slices, modalities, present, overlap } of batches) {
    yield {
      slices: { data: slices, dims: [size, dim] },
      modalities: { data: modalities, dims: [size, MODALITIES.length, dim] },
      present: { data: present, dims: [size, MODALITIES.length] },
      overlap: { data: overlap, dims: [size, size] },
      pull: toScalar(pull),
      scale: toScalar(scale),
      temporal: toScalar(temporal),
    };
  }
}
