/** Parts of the engine that are loaded when first needed: stored runs can be shown without the ONNX runtime. */
import type { ProviderAttempt, ProviderChoice } from '../protocol/views.js';
import { EngineError } from '../protocol/engineError.js';
import type { EngineErrorCode } from '../protocol/engineRpc.js';
import type { SliceEncoder, TextEncoder } from './inference/encoders.js';
import type { AdapterTrainer } from './inference/adapterTrainer.js';
import type { HeadTrainer } from './inference/headTrainer.js';
import type { Pipeline } from './pipeline/pipelineTypes.js';

export interface EngineModules {
  loadPipeline(): Promise<Pipeline>;
  createTextEncoder(): Promise<TextEncoder>;
  createSliceEncoder(options: {
    readonly choice: ProviderChoice;
    readonly onAttempt?: (attempt: ProviderAttempt) => void;
  }): Promise<SliceEncoder>;
  createHeadTrainer(): Promise<HeadTrainer>;
  createAdapterTrainer(): Promise<AdapterTrainer>;
}

export const engineModules: EngineModules = {
  loadPipeline: () => import('./pipeline/embedRun.js').catch(partFailure('internal', 'the pipeline')),
  async createTextEncoder() {
    const { createTextEncoder } = await import('./inference/textEncoder.js').catch(partFailure('model', 'the text encoder'));
    return createTextEncoder();
  },
  async createSliceEncoder(options) {
    const { createSliceEncoder } = await import('./inference/sliceEncoder.js').catch(partFailure('model', 'the slice encoder'));
    return createSliceEncoder(options);
  },
  async createHeadTrainer() {
    const { createHeadTrainer } = await import('./inference/headTrainer.js').catch(partFailure('model', 'the training of heads'));
    return createHeadTrainer();
  },
  async createAdapterTrainer() {
    const { createAdapterTrainer } = await import('./inference/adapterTrainer.js').catch(partFailure('model', 'the training of adapters'));
    return createAdapterTrainer();
  },
};

/** Words the failure of a dynamic import: `import(…).catch(partFailure(…))`. */
export function partFailure(code: EngineErrorCode, what: string): (error: unknown) => never {
  return (error) => {
    const [reason = ''] = error instanceof Error ? error.message.split('\n') : [];
    throw new EngineError(code, `${what} cannot be loaded (${reason}); install RuntimeSlicer again`, { cause: error });
  };
}
