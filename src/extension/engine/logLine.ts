/** A line the engine wrote: its own log lines carry time and level, which the output channel shows itself. */
export interface LogLine {
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  readonly text: string;
}

const ENGINE_LINE = /^\d{4}-\d\d-\d\dT[\d:.]+Z (ERROR|WARN|INFO|DEBUG) +(.*)$/;
const LEVELS: Readonly<Record<string, LogLine['level']>> = { ERROR: 'error', WARN: 'warn', INFO: 'info', DEBUG: 'debug' };

/** Anything else, such as what a native library prints, is information. */
export function parseLogLine(line: string): LogLine {
  const match = ENGINE_LINE.exec(line);
  return { level: LEVELS[match?.[1] ?? ''] ?? 'info', text: match?.[2] ?? line };
}
