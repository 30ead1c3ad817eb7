/**
 * Simulated systems → tensors, many in one process: starting one costs more than simulating. Needs neither the store nor a model, so
 * texts are written as word-piece ids (`text_pieces`, `text_piece_offsets`) that pretraining turns into vectors, each distinct one once.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { CallContext } from '../../protocol/engineRpc.js';
import { randomSystemOptions } from '../../simulation/randomSystemOptions.js';
import { simulate } from '../../simulation/simulate.js';
import { readManifest } from '../inference/manifest.js';
import { createTokenizer } from '../inference/textTokenizer.js';
import { findInstallation } from '../installation.js';
import { writeSimulation } from '../sample.js';
import { toEngineError } from '../toEngineError.js';
import { scanFiles } from './embedRun.js';
import { toOffsets, writeTensors, type ExportReport } from './exportTensors.js';

export interface SimulatedExport {
  readonly written: readonly ExportReport[];
  /** Seeds whose file was there already. */
  readonly kept: number;
  readonly failed: readonly { readonly seed: number; readonly reason: string }[];
}

/** One process works on one system at a time: whoever wants more starts more processes. Nothing is read twice. */
const DEPENDENCIES = { parsedFiles: { find: () => undefined, put: () => undefined }, parserThreads: 0 };

/**
 * Writes `<outDir>/system-<seed>.safetensors` for each seed of [first, last], systems as `simulate --system varied` makes them, with
 * their labels. Files that exist are kept; a seed that fails does not keep the others from being written.
 * @throws the signal's reason once it is aborted
 */
export async function exportSimulated(first: number, last: number, outDir: string, context: CallContext): Promise<SimulatedExport> {
  const toIds = createTokenizer(readManifest(findInstallation().encoderFolder));
  const written: ExportReport[] = [];
  const failed: { seed: number; reason: string }[] = [];
  let kept = 0;
  for (let seed = first; seed <= last; seed++) {
    const file = path.join(outDir, `system-${String(seed).padStart(6, '0')}.safetensors`);
    if (fs.existsSync(file)) {
      kept++;
      continue;
    }
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'runtimeslicer-system-'));
    try {
      const { files, labels } = simulate(randomSystemOptions(seed));
      const paths = await writeSimulation(files, folder, context.signal);
      const telemetry = paths.filter((written) => path.basename(written) !== 'labels.csv');
      const scanned = await scanFiles({ paths: telemetry, window: 'auto', provider: 'cpu' }, DEPENDENCIES, context);
      const pieces = scanned.scan.texts.map(toIds);
      const texts = {
        text_pieces: { shape: [pieces.reduce((sum, ids) => sum + ids.length, 0)], data: Int32Array.from(pieces.flat()) },
        text_piece_offsets: { shape: [pieces.length + 1], data: toOffsets(pieces.map((ids) => ids.length)) },
      };
      written.push(writeTensors(file, scanned, texts, labels));
    } catch (error) {
      context.signal.throwIfAborted();
      failed.push({ seed, reason: toEngineError(error).message });
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  }
  return { written, kept, failed };
}
