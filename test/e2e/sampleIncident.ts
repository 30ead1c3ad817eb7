/** The sample incident as files, what is known to be wrong in it (its labels), and what the command line finds: the yardsticks for the panels. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { Diagnosis, EmbedResult, RunView } from '../../src/protocol/views.js';
import { readFaults, type Fault } from './labels.js';

export interface SampleIncident {
  /** Names of the telemetry files at the top of the folder: what a person selects in the Explorer. */
  readonly names: readonly string[];
  readonly label: Fault;
  readonly embed: EmbedResult;
  readonly diagnosis: Diagnosis;
}

/** The JSON document that a command prints; the command line is the installed package's own, so that yardstick and panels are one version. */
function runCli(extensionFolder: string, args: readonly string[]): unknown {
  const cli = path.join(extensionFolder, 'dist', 'cli.mjs');
  const out = execFileSync(process.execPath, [cli, ...args, '--json'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1 << 28,
  });
  return JSON.parse(out);
}

/** Writes the sample incident into `folder` and embeds it with the command line into a store of its own. */
export function writeSampleIncident(extensionFolder: string, folder: string, store: string): SampleIncident {
  const { embed, diagnosis } = runCli(extensionFolder, ['sample', '--out', folder, '--db', store]) as {
    embed: EmbedResult;
    diagnosis: Diagnosis | null;
  };
  const [label, ...others] = readFaults(path.join(folder, 'labels.csv'));
  if (label === undefined || others.length > 0) throw new Error('the sample incident is expected to hold exactly one labelled fault');
  if (diagnosis === null) throw new Error('the command line found nothing abnormal in the sample incident');
  const names = fs.readdirSync(folder).filter((name) => name !== 'labels.csv');
  return { names, label, embed, diagnosis };
}

export function readRuns(extensionFolder: string, store: string): readonly RunView[] {
  return (runCli(extensionFolder, ['runs', '--db', store]) as { runs: readonly RunView[] }).runs;
}
