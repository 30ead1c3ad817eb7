/** What a command of the command line is made of. */
import type { Engine } from '../engine/engine.js';
import type { CallContext } from '../protocol/engineRpc.js';
import type { Style } from './style.js';

export interface OptionSpec {
  readonly name: string;
  /** Placeholder of the value, as shown in the help; absent for a switch. */
  readonly value?: string;
  readonly summary: string;
  /** May be given more than once. */
  readonly repeatable?: boolean;
}

export interface Command {
  readonly name: string;
  readonly summary: string;
  /** Positional arguments as shown in the help, `PATH...`; absent when there are none. */
  readonly positionals?: string;
  readonly options: readonly OptionSpec[];
  run(invocation: Invocation): Promise<void>;
}

/** Options by name; a switch has the value `true`. */
export interface Options {
  readonly has: (name: string) => boolean;
  /** The last value given. */
  readonly find: (name: string) => string | undefined;
  /** Throws a `UsageError` when the option was not given. */
  readonly get: (name: string) => string;
  readonly all: (name: string) => readonly string[];
}

export interface Invocation {
  readonly positionals: readonly string[];
  readonly options: Options;
  /** Cancelled by Ctrl-C. Progress goes to stderr. */
  readonly context: CallContext;
  readonly style: Style;
  /** Opens the store named by `--db` on the first call; closed when the command ends. */
  readonly openEngine: () => Engine;
  /** The command's answer: `document` with `--json`, else `text`. Called once. */
  readonly answer: (document: unknown, text: () => string) => void;
  /** A line for a person, on stderr. */
  readonly note: (line: string) => void;
}

/** Wrong usage: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const RUN_OPTION: OptionSpec = { name: 'run', value: 'RUN', summary: 'A run of the store; default: the latest' };

/** Parameters that name the run, for the engine. */
export function toRunScope(options: Options): { readonly run?: string } {
  const run = options.find('run');
  return run === undefined ? {} : { run };
}

export function refusePositionals({ positionals }: Invocation): void {
  if (positionals[0] !== undefined) {
    throw new UsageError(`unexpected argument ${positionals[0]}`);
  }
}
