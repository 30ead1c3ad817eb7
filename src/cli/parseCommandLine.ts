/** Arguments to options and positionals, against a command's declaration. */
import { parseArgs } from 'node:util';
import { UsageError, type Options, type OptionSpec } from './command.js';
import { findSuggestion } from './suggestion.js';

export interface ParsedLine {
  readonly options: Options;
  readonly positionals: readonly string[];
}

/** Throws a `UsageError` that names the argument and, when one is close, what was probably meant. */
export function parseCommandLine(args: readonly string[], specs: readonly OptionSpec[]): ParsedLine {
  const byName = new Map(specs.map((spec) => [spec.name, spec]));
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(specs.map(({ name, value }) => [name, { type: value === undefined ? 'boolean' : 'string' } as const])),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values = new Map<string, string[]>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') {
      positionals.push(token.value);
    } else if (token.kind === 'option') {
      const spec = byName.get(token.name);
      if (spec === undefined) {
        throw unknownOption(token.rawName, [...byName.keys()]);
      }
      const given = values.get(spec.name) ?? [];
      if (given.length > 0 && spec.repeatable !== true) {
        throw new UsageError(`--${spec.name} is given twice`);
      }
      // `--at --db FILE`: the parser takes what follows as the value, whatever it looks like.
      const swallowed = token.inlineValue === false && token.value.startsWith('--');
      values.set(spec.name, [...given, toValue(spec, swallowed ? undefined : token.value)]);
    }
  }
  return { positionals, options: toOptions(values) };
}

function toValue(spec: OptionSpec, value: string | undefined): string {
  if (spec.value === undefined) {
    if (value !== undefined) {
      throw new UsageError(`--${spec.name} takes no value`);
    }
    return 'true';
  }
  if (value === undefined || value === '') {
    throw new UsageError(`--${spec.name} needs a value: --${spec.name} ${spec.value}`);
  }
  return value;
}

function unknownOption(rawName: string, known: readonly string[]): UsageError {
  const suggestion = findSuggestion(rawName.replace(/^-+/, ''), known);
  return new UsageError(`unknown option ${rawName}${suggestion === undefined ? '' : `; did you mean --${suggestion}?`}`);
}

function toOptions(values: ReadonlyMap<string, readonly string[]>): Options {
  return {
    has: (name) => values.has(name),
    find: (name) => values.get(name)?.at(-1),
    get(name) {
      const value = values.get(name)?.at(-1);
      if (value === undefined) {
        throw new UsageError(`--${name} is missing`);
      }
      return value;
    },
    all: (name) => values.get(name) ?? [],
  };
}
