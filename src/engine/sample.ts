/** The sample incident that newcomers look at first: a simulated shop in which a roll-out of the payment service goes wrong. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { EngineError } from '../protocol/engineError.js';
import type { SimulatedFile } from '../simulation/simulationTypes.js';

/** @returns the telemetry files, without the labels, which stand beside them in labels.csv */
export async function writeSample(directory: string, signal: AbortSignal): Promise<string[]> {
  const [{ simulate }, { sampleIncident }] = await Promise.all([
    import('../simulation/simulate.js'),
    import('../simulation/sampleIncident.js'),
  ]);
  const written = await writeSimulation(simulate(sampleIncident()).files, directory, signal);
  return written.filter((file) => path.basename(file) !== 'labels.csv');
}

/** Writes simulated files below `directory`, which is created when missing. @returns their paths in order */
export async function writeSimulation(files: Iterable<SimulatedFile>, directory: string, signal: AbortSignal): Promise<string[]> {
  const paths: string[] = [];
  try {
    for (const file of files) {
      const target = path.resolve(directory, file.path);
      await fs.mkdir(path.dirname(target), { recursive: true });
      const handle = await fs.open(target, 'w');
      try {
        for (const piece of file.content) {
          signal.throwIfAborted();
          await handle.write(piece);
        }
      } finally {
        await handle.close();
      }
      paths.push(target);
      // The simulation computes between files; let cancellation and heartbeat in.
      await nextTurn();
    }
  } catch (error) {
    // Errors of the file system name the call that failed; an abort has a code as well.
    if (error instanceof Error && 'syscall' in error && 'code' in error) {
      throw new EngineError('bad-argument', `the folder ${directory} cannot be written (${String(error.code)}); name another one`, {
        cause: error,
      });
    }
    throw error;
  }
  return paths;
}
