/** The engine's log: one line per event, with a level; never the content of telemetry. */
import fs from 'node:fs';
import path from 'node:path';

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export type Logger = Readonly<Record<LogLevel, (message: string) => void>>;

/** A file is begun anew when it is larger than this at the start; the one before is kept as `<file>.1`. */
const MAX_FILE_BYTES = 5 * 2 ** 20;

export const silentLogger: Logger = { error: () => undefined, warn: () => undefined, info: () => undefined, debug: () => undefined };

/** @param write gets whole lines */
export function createLogger(level: LogLevel, write: (line: string) => void): Logger {
  const enabled = LOG_LEVELS.slice(0, LOG_LEVELS.indexOf(level) + 1);
  const toMethod = (name: LogLevel) => (message: string) => {
    if (enabled.includes(name)) {
      write(`${new Date().toISOString()} ${name.toUpperCase().padEnd(5)} ${message.replaceAll(/\s*\n\s*/g, ' | ')}\n`);
    }
  };
  return { error: toMethod('error'), warn: toMethod('warn'), info: toMethod('info'), debug: toMethod('debug') };
}

export function writeToStderr(line: string): void {
  process.stderr.write(line);
}

/** Appends to `file`. When that fails once, says so on stderr and goes on there. */
export function createFileWriter(file: string): (line: string) => void {
  let target: string | undefined = file;
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    if (fs.existsSync(file) && fs.statSync(file).size > MAX_FILE_BYTES) {
      fs.renameSync(file, `${file}.1`);
    }
  } catch (error) {
    target = undefined;
    writeToStderr(`log file ${file} cannot be written (${String(error)}); logging to stderr\n`);
  }
  return (line) => {
    if (target !== undefined) {
      try {
        fs.appendFileSync(target, line);
        return;
      } catch (error) {
        target = undefined;
        writeToStderr(`log file ${file} cannot be written (${String(error)}); logging to stderr\n`);
      }
    }
    writeToStderr(line);
  };
}
