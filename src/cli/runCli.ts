/** The command line as a function: arguments and streams in, exit code out. */
import { toIso } from '../core/time.js';
import { createEngine, type Engine } from '../engine/engine.js';
import { findInstallation } from '../engine/installation.js';
import { createLogger, LOG_LEVELS, type LogLevel } from '../engine/logger.js';
import { toEngineError } from '../engine/toEngineError.js';
import { renderInstants } from '../protocol/instants.js';
import { commands } from './commands.js';
import { UsageError, type Command, type OptionSpec } from './command.js';
import { toDefaultStorePath } from './defaultStorePath.js';
import { toCommandHelp, toHelp } from './help.js';
import { parseCommandLine, type ParsedLine } from './parseCommandLine.js';
import { createProgressLine } from './progressLine.js';
import { createStyle } from './style.js';
import { findSuggestion } from './suggestion.js';

export interface CliStreams {
  readonly writeOut: (text: string) => void;
  readonly writeError: (text: string) => void;
  readonly colourOut: boolean;
  readonly errorIsTerminal: boolean;
  readonly errorColumns: number;
}

/** 0: done. 1: failed. 2: wrong usage. */
export type ExitCode = 0 | 1 | 2;

export const COMMON_OPTIONS: readonly OptionSpec[] = [
  { name: 'db', value: 'FILE', summary: "The store; default: one in the user's data folder" },
  { name: 'json', summary: 'One JSON document on stdout; progress and logs on stderr' },
  { name: 'log-level', value: LOG_LEVELS.join('|'), summary: 'What is logged on stderr; default warn' },
  { name: 'help', summary: 'Show this help' },
];

/** Never rejects: what goes wrong is written to the error stream in one line. */
export async function runCli(args: readonly string[], streams: CliStreams, signal: AbortSignal): Promise<ExitCode> {
  const [name, ...rest] = args;
  try {
    if (name === undefined) {
      streams.writeError(toHelp(commands));
      return 2;
    }
    if (name === '--version' || name === 'version') {
      streams.writeOut(`${findInstallation().version}\n`);
      return 0;
    }
    if (name === '--help' || name === '-h' || name === 'help') {
      const topic = name === 'help' ? rest[0] : undefined;
      streams.writeOut(topic === undefined ? toHelp(commands) : toCommandHelp(getCommand(topic), COMMON_OPTIONS));
      return 0;
    }
    const command = getCommand(name);
    const line = parseCommandLine(rest, [...command.options, ...COMMON_OPTIONS]);
    if (line.options.has('help')) {
      streams.writeOut(toCommandHelp(command, COMMON_OPTIONS));
      return 0;
    }
    await runCommand(command, line, streams, signal);
    return 0;
  } catch (error) {
    if (error instanceof UsageError) {
      streams.writeError(`runtimeslicer: ${error.message}\nSee: runtimeslicer help${isCommand(name) ? ` ${name}` : ''}\n`);
      return 2;
    }
    const { code, message } = toEngineError(error, signal);
    streams.writeError(`runtimeslicer: ${message}\n`);
    return code === 'bad-argument' ? 2 : 1;
  }
}

function isCommand(name: string | undefined): name is string {
  return commands.some((command) => command.name === name);
}

function getCommand(name: string): Command {
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined) {
    const suggestion = findSuggestion(
      name,
      commands.map((candidate) => candidate.name),
    );
    throw new UsageError(`unknown command ${name}${suggestion === undefined ? '' : `; did you mean ${suggestion}?`}`);
  }
  return command;
}

async function runCommand(command: Command, { options, positionals }: ParsedLine, streams: CliStreams, signal: AbortSignal): Promise<void> {
  const progress = createProgressLine(streams.writeError, streams.errorIsTerminal, streams.errorColumns);
  const note = (text: string): void => {
    progress.clear();
    streams.writeError(text.endsWith('\n') ? text : `${text}\n`);
  };
  const log = createLogger(toLogLevel(options.find('log-level') ?? 'warn'), note);
  let engine: Engine | undefined;
  try {
    await command.run({
      positionals,
      options,
      note,
      style: createStyle(streams.colourOut && !options.has('json')),
      context: { signal, onProgress: progress.show, onPartial: () => undefined },
      openEngine: () => (engine ??= createEngine({ store: { file: options.find('db') ?? toDefaultStorePath() }, log })),
      answer(document, text) {
        progress.clear();
        const answer = options.has('json') ? JSON.stringify(document) : text();
        streams.writeOut(`${renderInstants(answer, toIso)}\n`);
      },
    });
  } finally {
    progress.clear();
    await engine?.dispose();
  }
}

function toLogLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((known) => known === text);
  if (level === undefined) {
    throw new UsageError(`--log-level ${text} is unknown; it is one of ${LOG_LEVELS.join(', ')}`);
  }
  return level;
}
