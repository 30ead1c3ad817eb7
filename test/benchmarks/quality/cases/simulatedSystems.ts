/** Simulated systems with faults, written once into .cache as the files an observability stack would have exported. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { MODALITIES, type Modality } from '../../../../src/core/records.js';
import { writeSimulation } from '../../../../src/engine/sample.js';
import { randomSystemOptions } from '../../../../src/simulation/randomSystemOptions.js';
import type { SimulationOptions } from '../../../../src/simulation/simulationTypes.js';
import { simulate } from '../../../../src/simulation/simulate.js';
import { reportProgress } from '../progress.js';
import { removeStale } from '../staleCache.js';
import type { CaseSource } from './caseSource.js';

/** Requests a second: twenty minutes of a busy system take a while to read. */
const MAX_SHORT_RATE = 5;
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

/** Short recordings that are reported, and others that settings were chosen on. */
export const SHORT_SEED = 220_000;
export const SHORT_DEVELOPMENT_SEED = 97_000;

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

/** Where one incident lies in twenty minutes, as an export around it holds it. */
export const SHORT_LAYOUTS = {
  'five of twenty minutes, then over': { startMinute: 12, minutes: 5 },
  'the last half, still going on': { startMinute: 10, minutes: 10 },
  'the first half': { startMinute: 0.5, minutes: 9.5 },
} as const;
export type ShortLayout = keyof typeof SHORT_LAYOUTS;
export const SHORT_LAYOUT_NAMES = Object.keys(SHORT_LAYOUTS) as readonly ShortLayout[];

/** A system with all kinds of telemetry and the first of the faults drawn for it; none where it has none. */
export function shortSystemOptions(seed: number, layout: ShortLayout): SimulationOptions {
  const drawn = randomSystemOptions(seed, { minutes: 20 });
  const faults = typeof drawn.faults === 'object' ? drawn.faults.slice(0, 1) : [];
  const { profile } = drawn;
  return {
    ...drawn,
    ...(profile === undefined ? {} : { profile: { ...profile, recording: { ...profile.recording, layout: 'continuous' } } }),
    requestsPerSecond: Math.min(drawn.requestsPerSecond ?? MAX_SHORT_RATE, MAX_SHORT_RATE),
    modalities: MODALITIES,
    faults: faults.map((fault) => ({ ...fault, ...SHORT_LAYOUTS[layout] })),
  };
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
