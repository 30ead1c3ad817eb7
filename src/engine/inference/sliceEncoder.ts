/** Slices of tokens → embeddings, by the ONNX slice encoder. */
import type { SliceEmbeddings, SliceTokens } from '../../core/tokens/sliceTensors.js';
import { TEXT_VECTOR_DIM } from '../../core/tokens/sliceTensors.js';
import { EngineError } from '../../protocol/engineError.js';
import type { ProviderAttempt, ProviderChoice } from '../../protocol/views.js';
import { findInstallation } from '../installation.js';
import type { SliceEncoder } from './encoders.js';
import { readManifest, readModelFile } from './manifest.js';
import { listKnownProviders, openSession, type ModelSession } from './onnxRuntime.js';
import { chooseProvider } from './providers.js';
import { checkSlice, MODALITY_COUNT, padBatch, planBatches, type BatchLimits } from './sliceBatch.js';
import { findLargestDifference, readSliceReference } from './sliceReference.js';
import { findMissingLibraries, findObstacle } from './gpuLibraries.js';

const OUTPUTS = ['slice_embedding', 'modality_embeddings', 'entity_embeddings'] as const;

/**
 * What stays in the caches of a core: with 65,536 places a full slice took 14.6 ms of CPU time instead of 11.1, and 170 MB more.
 */
const CPU_LIMITS: BatchLimits = { slices: 16, places: 6_144 };
/** A run on a GPU has about 5 ms of fixed cost, and slows down when a batch grows too large (DESIGN section 6). */
const GPU_LIMITS: BatchLimits = { slices: 32, places: 262_144 };

export interface SliceEncoderOptions {
  readonly choice: ProviderChoice;
  /** Called for every provider tried, also when none works in the end. */
  readonly onAttempt?: (attempt: ProviderAttempt) => void;
  /** Default: the folder of the installation. */
  readonly folder?: string;
}

/** @throws EngineError `model` when a file is missing, damaged or made for another build, `provider` when nothing can run it. */
export async function createSliceEncoder({ choice, onAttempt, folder }: SliceEncoderOptions): Promise<SliceEncoder> {
  const manifest = readManifest(folder ?? findInstallation().encoderFolder);
  const { dim, files } = manifest.slice;
  // The int8 graph is 2.5 times smaller and a sixth slower on a CPU with VNNI (widths of 64 to 256 are too small for it).
  const model = readModelFile(manifest.folder, files.fp32);
  const reference = readSliceReference(manifest);
  const never = new AbortController().signal;
  const chosen = await chooseProvider(
    choice,
    listKnownProviders(),
    manifest.slice.reference.tolerance,
    {
      findObstacle,
      findMissingLibraries,
      open: (provider) => openSession(model, provider),
      async warmUp(session) {
        const run = (): Promise<SliceEmbeddings> => encodeSlices(session, dim, CPU_LIMITS, reference.textTable, reference.slices, never);
        const difference = findLargestDifference(await run(), reference.expected);
        const started = performance.now();
        await run();
        return { difference, runMs: performance.now() - started };
      },
      dispose: (session) => session.dispose(),
    },
    onAttempt,
  );
  const limits = chosen.provider === 'cpu' ? CPU_LIMITS : GPU_LIMITS;
  let disposed = false;
  return {
    fingerprint: files.fp32.sha256,
    dim,
    provider: chosen.provider,
    attempts: chosen.attempts,
    async encode(textTable, slices, signal, onProgress) {
      if (disposed) {
        throw new EngineError('internal', 'the slice encoder was used after it was disposed');
      }
      return encodeSlices(chosen.opened, dim, limits, textTable, slices, signal, onProgress);
    },
    async dispose() {
      if (!disposed) {
        disposed = true;
        await chosen.opened.dispose();
      }
    },
  };
}

/**
 * @param textTable [V, 384] f32 row-major
 * @throws EngineError `bad-argument` for input that cannot be encoded; the signal's reason once it is aborted.
 */
export async function encodeSlices(
  session: ModelSession,
  dim: number,
  limits: BatchLimits,
  textTable: Float32Array,
  slices: readonly SliceTokens[],
  signal: AbortSignal,
  onProgress?: (done: number) => void,
): Promise<SliceEmbeddings> {
  signal.throwIfAborted();
  if (textTable.length % TEXT_VECTOR_DIM !== 0) {
    throw new EngineError('bad-argument', `the text table has ${textTable.length} values, expected rows of ${TEXT_VECTOR_DIM}`);
  }
  const bad = textTable.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new EngineError('bad-argument', `text vector ${Math.floor(bad / TEXT_VECTOR_DIM)} holds a number that is not finite`);
  }
  const textCount = textTable.length / TEXT_VECTOR_DIM;
  const shapes = slices.map((slice, index) => checkSlice(slice, index, textCount));
  const result = {
    dim,
    slices: new Float32Array(slices.length * dim),
    modalities: new Float32Array(slices.length * MODALITY_COUNT * dim),
    entities: slices.map((slice) => new Float32Array(slice.nEntities * dim)),
  };
  let done = 0;
  for (const batch of planBatches(shapes, limits)) {
    signal.throwIfAborted();
    const { feeds, entities } = padBatch(textTable, slices, batch);
    const out = await session.run(feeds, OUTPUTS);
    batch.forEach(({ index }, b) => {
      result.slices.set(out.slice_embedding.subarray(b * dim, (b + 1) * dim), index * dim);
      const width = MODALITY_COUNT * dim;
      result.modalities.set(out.modality_embeddings.subarray(b * width, (b + 1) * width), index * width);
      const target = result.entities[index];
      const first = b * entities * dim;
      target?.set(out.entity_embeddings.subarray(first, first + target.length));
    });
    done += batch.length;
    onProgress?.(done);
    // Lets a cancel message in: the run above blocked this thread.
    await new Promise((resolve) => setImmediate(resolve));
  }
  signal.throwIfAborted();
  return result;
}
