import { parseArgs } from 'node:util';
import { EngineError } from '../../protocol/engineError.js';
import { LOG_LEVELS, type LogLevel } from '../logger.js';

export interface EngineArguments {
  readonly storeFile: string;
  /** Default: stderr. */
  readonly logFile: string | undefined;
  readonly logLevel: LogLevel;
  /** JSON-RPC over stdin and stdout rather than Node's IPC channel. */
  readonly stdio: boolean;
}

/** `--db FILE [--log FILE] [--log-level LEVEL] [--stdio]` */
export function toEngineArguments(args: readonly string[]): EngineArguments {
  const { values } = parseArgs({
    args: [...args],
    options: { db: { type: 'string' }, log: { type: 'string' }, 'log-level': { type: 'string' }, stdio: { type: 'boolean' } },
  });
  if (values.db === undefined) {
    throw new EngineError('bad-argument', 'the engine needs --db FILE');
  }
  const logLevel = LOG_LEVELS.find((level) => level === (values['log-level'] ?? 'info'));
  if (logLevel === undefined) {
    throw new EngineError('bad-argument', `--log-level is one of ${LOG_LEVELS.join(', ')}`);
  }
  return { storeFile: values.db, logFile: values.log, logLevel, stdio: values.stdio === true };
}
