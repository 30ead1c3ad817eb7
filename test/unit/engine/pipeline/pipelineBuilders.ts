/** What the pipeline needs, with the encoders that ship, and files to run it on. */
import fs from 'node:fs';
import path from 'node:path';
import { createSliceEncoder } from '../../../../src/engine/inference/sliceEncoder.js';
import { createTextEncoder } from '../../../../src/engine/inference/textEncoder.js';
import type { PipelineDependencies } from '../../../../src/engine/pipeline/pipelineTypes.js';
import type { CallContext, EnginePhase } from '../../../../src/protocol/engineRpc.js';
import { sampleIncident } from '../../../../src/simulation/sampleIncident.js';
import type { SimulationOptions } from '../../../../src/simulation/simulationTypes.js';
import { simulate } from '../../../../src/simulation/simulate.js';

/** Texts are kept, parsed files are not. */
export async function createDependencies(): Promise<PipelineDependencies> {
  const vectors = new Map<string, Float32Array>();
  return {
    textEncoder: await createTextEncoder(),
    sliceEncoder: await createSliceEncoder({ choice: 'cpu' }),
    textVectors: {
      find: (texts) => texts.map((text) => vectors.get(text)),
      put: (texts, rows) => {
        texts.forEach((text, row) => vectors.set(text, rows.slice(row * 384, (row + 1) * 384)));
      },
    },
    parsedFiles: { find: () => undefined, put: () => undefined },
    tunedHeads: null,
  };
}

/** Aborts as soon as the phase is reported. */
export function createContext(abortAt?: EnginePhase): CallContext & { readonly phases: Set<string> } {
  const controller = new AbortController();
  const phases = new Set<string>();
  return {
    signal: controller.signal,
    phases,
    onPartial: () => undefined,
    onProgress: ({ phase }) => {
      phases.add(phase);
      if (phase === abortAt) {
        controller.abort(new Error(`aborted in ${phase}`));
      }
    },
  };
}

export function writeSample(folder: string): void {
  writeSimulated(folder, sampleIncident());
}

export function writeSimulated(folder: string, options: SimulationOptions): void {
  for (const file of simulate(options).files) {
    const target = path.join(folder, file.path);
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.writeFileSync(target, [...file.content].join(''));
  }
}
