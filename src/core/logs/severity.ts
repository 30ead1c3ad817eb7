/** Severity of a log record from the names and numbers that loggers use, folded to the base of OpenTelemetry's ranges. */
import type { Severity } from '../records.js';

const BY_NAME: ReadonlyMap<string, Severity> = new Map<string, Severity>([
  ...names(1, 'trace verbose vrb finest finer all silly'),
  ...names(5, 'debug dbg debu fine config'),
  ...names(9, 'info information informational inf notice note log success audit default'),
  ...names(13, 'warn warning wrn'),
  ...names(17, 'error err eror severe failure fail exception'),
  ...names(21, 'fatal ftl critical crit emergency emerg alert panic dpanic'),
]);

/** One-letter levels, as klog, logcat and MongoDB write them. */
const BY_LETTER: ReadonlyMap<string, Severity> = new Map<string, Severity>([
  ['V', 1],
  ['T', 1],
  ['D', 5],
  ['I', 9],
  ['W', 13],
  ['E', 17],
  ['F', 21],
  ['C', 21],
]);

function names(severity: Severity, list: string): [string, Severity][] {
  return list.split(' ').map((name) => [name, severity]);
}

/** A level as written: `WARN`, `warning`, `E`, `DEBUG5`, `<4>`; 0 when it is none. */
export function toSeverityOfName(level: string): Severity {
  const trimmed = level.trim();
  if (trimmed.length === 1) {
    return BY_LETTER.get(trimmed.toUpperCase()) ?? 0;
  }
  return BY_NAME.get(trimmed.toLowerCase().replace(/\d+$/, '')) ?? 0;
}

/**
 * `otlp`: 1–24. `pino` (also bunyan): 10–60, 30 is information. `python`: 10–50, 20 is information. `monolog`: 100–600.
 * `syslog` (also journald, GELF): 0–7, low is severe.
 */
export type SeverityScale = 'otlp' | 'pino' | 'python' | 'monolog' | 'syslog';

/** 0 when `level` is outside the scale. */
export function toSeverityOfNumber(level: number, scale: SeverityScale): Severity {
  if (!Number.isFinite(level)) {
    return 0;
  }
  switch (scale) {
    case 'otlp':
      return level < 1 || level > 24 ? 0 : ((Math.floor((level - 1) / 4) * 4 + 1) as Severity);
    case 'pino':
      return level < 1 || level > 100 ? 0 : level >= 60 ? 21 : level >= 50 ? 17 : level >= 40 ? 13 : level >= 30 ? 9 : level >= 20 ? 5 : 1;
    case 'python':
      return level < 1 || level > 100 ? 0 : level >= 50 ? 21 : level >= 40 ? 17 : level >= 30 ? 13 : level >= 20 ? 9 : level >= 10 ? 5 : 1;
    case 'monolog':
      return level < 100 || level > 600 ? 0 : level >= 500 ? 21 : level >= 400 ? 17 : level >= 300 ? 13 : level >= 200 ? 9 : 5;
    case 'syslog':
      return level < 0 || level > 7 ? 0 : level <= 2 ? 21 : level === 3 ? 17 : level === 4 ? 13 : level <= 6 ? 9 : 5;
  }
}

/**
 * The field of a log record that holds a level: a name, or a number.
 * @param scale of numbers; default: what their size suggests (100 and up: Monolog, 10 and up: pino, below: syslog)
 */
export function toSeverityOfField(level: unknown, scale?: SeverityScale): Severity {
  if (typeof level === 'number') {
    return toSeverityOfNumber(level, scale ?? (level >= 100 ? 'monolog' : level >= 10 ? 'pino' : 'syslog'));
  }
  if (typeof level === 'string') {
    return /^\s*\d+\s*$/.test(level) ? toSeverityOfField(Number(level), scale) : toSeverityOfName(level);
  }
  return 0;
}

/** Levels count only near the start of a line, before the message proper. */
const SEARCHED_CHARS = 120;
const UPPER_LEVEL =
  /(?:^|[\s[(<|:=\]"])(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|ERR|SEVERE|FATAL|CRITICAL|CRIT|ALERT|EMERGENCY|EMERG|PANIC|LOG)\d?(?=$|[\s\])>|:,"])/;
const LEVEL_WORD = '(trace|debug|info|notice|note|warn|warning|error|err|fatal|critical|crit|panic)';
/** Serilog and .NET write `[22:13:20 INF]`; without the bracket these are abbreviations of other things. */
const BRACKETED_LEVEL = /(?:^|[\s[(])(VRB|DBG|INF|WRN|FTL)\]/;
/** In lower case only where it is no word of the message: first of all, in brackets, or before a colon. */
const LEADING_LEVEL = new RegExp(
  `^\\W*${LEVEL_WORD}(?=$|[\\s:\\])>|])|^(?:\\S+\\s+){0,4}?[[(<|]${LEVEL_WORD}[\\])>|:]|^(?:\\S+\\s+){1,4}?${LEVEL_WORD}:`,
  'i',
);
const LEVEL_FIELD = /\b(?:level|lvl|severity|levelname)["']?\s*[=:]\s*["']?([A-Za-z]+)/i;
const KLOG_PREFIX = /^([IWEF])\d{4} \d{2}:\d{2}:\d{2}/;
const STACK_TRACE = /(?:^|\n)\s*(?:Traceback \(most recent call last\)|panic: |Exception in thread|\s+at [\w$.<>]+\()/;

/** Level that a line of text shows, 0 when it shows none. */
export function findSeverityInText(text: string): Severity {
  const head = text.length > SEARCHED_CHARS ? text.slice(0, SEARCHED_CHARS) : text;
  const word =
    UPPER_LEVEL.exec(head)?.[1] ??
    BRACKETED_LEVEL.exec(head)?.[1] ??
    LEVEL_FIELD.exec(head)?.[1] ??
    LEADING_LEVEL.exec(head)
      ?.slice(1)
      .find((level) => level);
  if (word !== undefined) {
    return toSeverityOfName(word);
  }
  const letter = KLOG_PREFIX.exec(head)?.[1];
  if (letter !== undefined) {
    return toSeverityOfName(letter);
  }
  return STACK_TRACE.test(text.length > 4096 ? text.slice(0, 4096) : text) ? 17 : 0;
}
