/** The command line of the quality benchmark. */
import path from 'node:path';
import { findInstallation } from '../../../src/engine/installation.js';

export const MEASURES = [
  'root-cause',
  'failure-type',
  'detection',
  'states',
  'missing',
  'explanations',
  'similar',
  'tuning',
  'adaptation',
  'services',
  'short',
  'cost',
] as const;
export type Measure = (typeof MEASURES)[number];

export interface BenchmarkOptions {
  readonly measures: ReadonlySet<Measure>;
  readonly details: boolean;
  /** Simulated systems to choose settings on, rather than those that are reported. */
  readonly isDevelopment: boolean;
  /** Simulated held-out systems; and simulated systems that probes are trained on. */
  readonly systems: number;
  readonly probeSystems: number;
  /** Simulated systems that are watched for hours, for tuning on labels of their own. */
  readonly longSystems: number;
  /** The first is the one that ships. */
  readonly encoders: readonly { readonly name: string; readonly folder: string }[];
  readonly jsonFile: string | undefined;
}

const USAGE =
  'usage: quality.ts [--only root-cause,failure-type,detection,states,missing,explanations,similar,tuning,adaptation,services,short,cost] [--details] [--systems N] [--probe-systems N] [--long-systems N] [--development] [--encoder NAME=FOLDER ...] [--json FILE]';

/** Values follow their option, after a space or `=`. @throws Error with the usage */
export function parseOptions(words: readonly string[]): BenchmarkOptions {
  const values = new Map<string, string[]>();
  for (let at = 0; at < words.length; at++) {
    const [name = '', ...rest] = (words[at] ?? '').split('=');
    if (!name.startsWith('--')) {
      throw new Error(`${words[at] ?? ''} is no option; ${USAGE}`);
    }
    const isFlag = name === '--details' || name === '--development';
    const value = rest.length > 0 ? rest.join('=') : isFlag ? '' : (words[++at] ?? '');
    values.set(name, [...(values.get(name) ?? []), value]);
  }
  const known = ['--only', '--details', '--systems', '--probe-systems', '--long-systems', '--development', '--encoder', '--json'];
  const unknown = [...values.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new Error(`${unknown} is unknown; ${USAGE}`);
  }
  const only = values.get('--only')?.flatMap((list) => list.split(','));
  const wrong = only?.find((name) => !MEASURES.some((measure) => measure === name));
  if (wrong !== undefined) {
    throw new Error(`--only ${wrong} is unknown; ${USAGE}`);
  }
  return {
    measures: new Set(MEASURES.filter((measure) => only === undefined || only.includes(measure))),
    details: values.has('--details'),
    systems: toCount(values.get('--systems')?.at(-1), 24),
    probeSystems: toCount(values.get('--probe-systems')?.at(-1), 40),
    longSystems: toCount(values.get('--long-systems')?.at(-1), 12),
    isDevelopment: values.has('--development'),
    encoders: [{ name: 'encoder', folder: findInstallation().encoderFolder }, ...(values.get('--encoder') ?? []).map(toEncoder)],
    jsonFile: values.get('--json')?.at(-1),
  };
}

function toCount(text: string | undefined, otherwise: number): number {
  const count = text === undefined ? otherwise : Number(text);
  if (!Number.isInteger(count) || count < 0) {
    throw new Error(`${text ?? ''} is no count; ${USAGE}`);
  }
  return count;
}

function toEncoder(text: string): { name: string; folder: string } {
  const at = text.indexOf('=');
  if (at < 1) {
    throw new Error(`--encoder ${text} is not NAME=FOLDER; ${USAGE}`);
  }
  return { name: text.slice(0, at), folder: path.resolve(text.slice(at + 1)) };
}
