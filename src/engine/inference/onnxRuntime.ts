/** The only file that imports ONNX Runtime: sessions by execution provider, tensors in and out as typed arrays. */
import os from 'node:os';
import * as ort from 'onnxruntime-node';
import type { ProviderName } from '../../protocol/views.js';

export interface TensorData {
  readonly data: Float32Array | BigInt64Array;
  readonly dims: readonly number[];
}

export type Feeds = Readonly<Record<string, TensorData>>;

export interface ModelSession {
  /**
   * Blocks the thread while it computes; callers yield between runs.
   * @returns the named f32 outputs, each copied out of the runtime. @throws what the runtime says, when an output is missing or not f32.
   */
  run<Name extends string>(feeds: Feeds, outputs: readonly Name[]): Promise<Record<Name, Float32Array>>;
  dispose(): Promise<void>;
}

// Failures reach callers as errors; the runtime's own lines on stderr would say them a second time.
ort.env.logLevel = 'fatal';

/** Threads of one operator: all cores, because the engine is a process of its own and runs one model at a time. */
const THREADS = Math.max(1, os.availableParallelism());

/** Providers this build of the runtime knows, whether or not this machine can use them. */
export function listKnownProviders(): readonly string[] {
  return ort.listSupportedBackends().map((backend) => backend.name);
}

/**
 * @param threads of one operator; with 1, equal inputs give equal bytes whatever the machine does besides
 * @throws what the provider says when it cannot be used on this machine. It never falls back by itself.
 */
export async function openSession(model: Uint8Array, provider: ProviderName, threads = THREADS): Promise<ModelSession> {
  const session = await ort.InferenceSession.create(model, {
    executionProviders: [provider],
    graphOptimizationLevel: 'all',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // Waiting threads sleep: a laptop has other work to do, and spinning costs most where cores are few.
    extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
    // Fatal only: see ort.env above.
    logSeverityLevel: 4,
  });
  return {
    async run(feeds, outputs) {
      const tensors = Object.fromEntries(Object.entries(feeds).map(([name, { data, dims }]) => [name, toTensor(data, dims)]));
      const results = await session.run(tensors, [...outputs]);
      return Object.fromEntries(outputs.map((name) => [name, toFloats(name, results[name])])) as Record<
        (typeof outputs)[number],
        Float32Array
      >;
    },
    async dispose() {
      await session.release();
    },
  };
}

function toTensor(data: Float32Array | BigInt64Array, dims: readonly number[]): ort.Tensor {
  return data instanceof Float32Array ? new ort.Tensor('float32', data, dims) : new ort.Tensor('int64', data, dims);
}

function toFloats(name: string, tensor: ort.OnnxValue | undefined): Float32Array {
  if (tensor === undefined || !(tensor.data instanceof Float32Array)) {
    throw new Error(`output ${name} is ${tensor === undefined ? 'missing' : tensor.type}, expected float32`);
  }
  return tensor.data;
}
