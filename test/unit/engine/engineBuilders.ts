import fs from 'node:fs';
import path from 'node:path';
import { createEngine, type Engine } from '../../../src/engine/engine.js';
import type { Installation } from '../../../src/engine/installation.js';
import type { EngineModules } from '../../../src/engine/modules.js';
import type { Pipeline, RunModel } from '../../../src/engine/pipeline/pipelineTypes.js';
import { EngineError } from '../../../src/protocol/engineError.js';
import type { CallContext } from '../../../src/protocol/engineRpc.js';
import { createDiagnosis, createRunRecord } from './store/storeBuilders.js';

/** A pipeline of fixed results, whose runs the test lets go on one by one. */
export interface TestPipeline extends Pipeline {
  /** Paths of the runs that were begun. */
  readonly begun: string[];
  /** Settles what the pipeline does once it is begun; replace it to hold or fail runs. */
  gate: (context: CallContext) => Promise<void>;
}

/** The engine hands models through without looking at them, so that any JSON will do. */
const TEST_MODEL = { test: 'model' } as unknown as RunModel;

export function createTestPipeline(): TestPipeline {
  const pipeline: TestPipeline = {
    begun: [],
    gate: () => Promise.resolve(),
    async embedRun(params, dependencies, context) {
      pipeline.begun.push(params.paths.join());
      context.onProgress({ phase: 'parse', fraction: 0.5, detail: 'traces.jsonl', records: 10 });
      await pipeline.gate(context);
      dependencies.textVectors.put(['a'], new Float32Array(384));
      const { result, timeline, embeddings } = createRunRecord();
      return { result, timeline, embeddings, model: TEST_MODEL, newStates: [] };
    },
    reconcludeRun: () => {
      const { result, timeline } = createRunRecord();
      return Promise.resolve({ result, timeline, model: TEST_MODEL, newStates: [] });
    },
    cutRunState: () => Promise.resolve(undefined),
    encodeRunModel: (model) => Buffer.from(JSON.stringify(model)),
    decodeRunModel: (bytes) => JSON.parse(Buffer.from(bytes).toString()) as RunModel,
    profileRange: () => {
      throw new EngineError('internal', 'the test pipeline does not compare');
    },
    diagnoseRange: (_model, fromNs, toNs) => createDiagnosis(fromNs.toString(), toNs.toString()),
  };
  return pipeline;
}

/** Modules without ONNX: loading the encoders is counted. */
export interface TestModules extends EngineModules {
  encoderLoads: number;
}

export function createTestModules(pipeline: Pipeline): TestModules {
  const modules: TestModules = {
    encoderLoads: 0,
    loadPipeline: () => Promise.resolve(pipeline),
    createTextEncoder() {
      modules.encoderLoads += 1;
      return Promise.resolve({ fingerprint: 'test', encode: (texts) => Promise.resolve(new Float32Array(texts.length * 384)) });
    },
    createSliceEncoder: () =>
      Promise.resolve({
        fingerprint: 'test',
        dim: 4,
        provider: 'cpu',
        attempts: [{ provider: 'cpu', chosen: true, reason: 'ok, parity 2e-7', warmUpMs: 1 }],
        encode: () => Promise.reject(new EngineError('internal', 'the test pipeline does not encode')),
        dispose: () => Promise.resolve(),
      }),
    createHeadTrainer: () => Promise.reject(new EngineError('internal', 'the test pipeline does not train')),
    createAdapterTrainer: () => Promise.reject(new EngineError('internal', 'the test pipeline does not train')),
  };
  return modules;
}

export function createTestInstallation(folder: string): Installation {
  const encoderFolder = path.join(folder, 'models', 'encoder');
  fs.mkdirSync(encoderFolder, { recursive: true });
  fs.writeFileSync(path.join(encoderFolder, 'manifest.json'), '{"slice":{"name":"test"}}');
  return { root: folder, encoderFolder, version: '1.2.3', build: 'test' };
}

export interface TestEngine {
  readonly engine: Engine;
  readonly pipeline: TestPipeline;
  readonly modules: TestModules;
  /** A telemetry file that may be changed. */
  readonly input: string;
  readonly installation: Installation;
  /** Opens the same store as another engine would later. */
  readonly reopen: () => Engine;
}

export function createTestEngine(folder: string): TestEngine {
  const pipeline = createTestPipeline();
  const modules = createTestModules(pipeline);
  const installation = createTestInstallation(folder);
  const input = path.join(folder, 'traces.jsonl');
  fs.writeFileSync(input, '{}\n');
  const reopen = (): Engine => createEngine({ store: { file: path.join(folder, 'store.db') }, installation, modules });
  return { engine: reopen(), pipeline, modules, input, installation, reopen };
}

export function createContext(signal: AbortSignal = new AbortController().signal): CallContext {
  return { signal, onProgress: () => undefined, onPartial: () => undefined };
}
