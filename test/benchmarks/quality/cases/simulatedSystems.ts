/** Simulated systems with faults, written once into .cache as the files an observability stack would have exported. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { Modality } from '../../../../src/core/records.js';
import { writeSimulation } from '../../../../src/engine/sample.js';
import { randomSystemOptions } from '../../../../src/simulation/randomSystemOptions.js';
import type { SimulationOptions } from '../../../../src/simulation/simulationTypes.js';
import { simulate } from '../../../../src/simulation/simulate.js';
import { reportProgress } from '../progress.js';
import { removeStale } from '../staleCache.js';
import type { CaseSource } from './caseSource.js';

const ROOT = path.resolve(import.meta.dirname, '../../../..');
export const SIMULATED = 'Simulated';
/** Pretraining counts its seeds up from 1 and never comes near. */
export const HELD_OUT_SEED = 200_000;
/** Systems of the same kind that settings may be chosen on. */
export const HELD_OUT_DEVELOPMENT_SEED = 96_000;
export const PROBE_SEED = 90_000;
/** Systems to tune on that are reported, and others that settings were chosen on. */
export const LONG_SEED = 210_000;
export const LONG_DEVELOPMENT_SEED = 95_000;

/** Names of files start with these. */
const PREFIXES: Readonly<Record<Modality, string>> = { log: 'logs/', trace: 'traces', metric: 'metrics' };

/**
 * @param folder below .cache
 * @returns systems of the seeds `firstSeed`, `firstSeed + 1`, …; those without a fault are left out
 */
export async function prepareSimulatedSystems(
  folder: string,
  firstSeed: number,
  count: number,
  toOptions: (seed: number) => SimulationOptions = randomSystemOptions,
): Promise<CaseSource[]> {
  const fingerprint = fingerprintSimulation();
  const home = path.join(ROOT, '.cache', folder, fingerprint);
  removeStale(path.dirname(home), fingerprint);
  const sources: CaseSource[] = [];
  for (let seed = firstSeed; seed < firstSeed + count; seed++) {
    const system = simulate(toOptions(seed));
    const target = path.join(home, String(seed));
    if (!fs.existsSync(target)) {
      reportProgress(`simulating system ${seed}`);
      fs.rmSync(`${target}.part`, { recursive: true, force: true });
      await writeSimulation(system.files, `${target}.part`, new AbortController().signal);
      fs.renameSync(`${target}.part`, target);
    }
    const faults = system.labels
      .filter((label) => label.type !== 'normal')
      .map(({ startNs, endNs, type, entity }) => ({ startNs, endNs, type, service: entity }));
    if (faults.length > 0) {
      const files = fs.readdirSync(target, { recursive: true, encoding: 'utf8' }).map((file) => file.replaceAll('\\', '/'));
      sources.push({
        group: SIMULATED,
        name: `system ${seed}`,
        faults,
        hasNegatives: true,
        pathsOf: (modality) =>
          files
            .filter((file) => file.startsWith(PREFIXES[modality]))
            .map((file) => path.join(target, file))
            .filter((file) => fs.statSync(file).isFile()),
      });
    }
  }
  return sources;
}

/** A system of moderate size that is watched for four hours at a low load, so that failures of one kind come again. */
export function longSystemOptions(seed: number): SimulationOptions {
  return { ...randomSystemOptions(seed, { services: 12, minutes: 240 }), requestsPerSecond: 1.5 };
}

/** Another simulation writes other systems: its source names the folder. */
function fingerprintSimulation(): string {
  const folder = path.join(ROOT, 'src/simulation');
  const hash = createHash('sha256');
  const files = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  for (const file of [...files.sort(), '../core/math/random.ts']) {
    hash.update(file).update(fs.readFileSync(path.join(folder, file)));
  }
  return hash.digest('hex').slice(0, 12);
}
