import { describe, expect, it } from 'vitest';
import { findSeverityInText, toSeverityOfField, toSeverityOfName, toSeverityOfNumber } from '../../../../src/core/logs/severity.js';

describe('severity', () => {
  it.each([['WARN', 13], ['warning', 13], ['Information', 9], ['DEBUG5', 5], ['E', 17], ['FATAL', 21], ['dpanic', 21], ['Note', 9], ['loud', 0], ['', 0]] as const)('name %s', (name, severity) => {
    expect(toSeverityOfName(name)).toBe(severity);
  }); // prettier-ignore

  it.each([
    [1, 'otlp', 1], [8, 'otlp', 5], [10, 'otlp', 9], [24, 'otlp', 21], [0, 'otlp', 0], [25, 'otlp', 0],
    [10, 'pino', 1], [30, 'pino', 9], [35, 'pino', 9], [60, 'pino', 21], [0, 'pino', 0],
    [10, 'python', 5], [20, 'python', 9], [30, 'python', 13], [50, 'python', 21], [200, 'monolog', 9], [550, 'monolog', 21],
    [0, 'syslog', 21], [3, 'syslog', 17], [4, 'syslog', 13], [5, 'syslog', 9], [7, 'syslog', 5], [8, 'syslog', 0], [NaN, 'syslog', 0],
  ] as const)('%d on %s', (level, scale, severity) => {
    expect(toSeverityOfNumber(level, scale)).toBe(severity);
  }); // prettier-ignore

  it('reads fields of either kind', () => {
    expect([50, '50', 'error', 4, null, {}, true].map((level) => toSeverityOfField(level))).toEqual([17, 17, 17, 13, 0, 0, 0]);
  });

  it.each([
    ['INFO  o.s.Order started', 9],
    ['[main] ERROR o.s.Order failed', 17],
    ['level=warn msg="slow"', 13],
    ['[error] 17#0: *1 connect() failed', 17],
    ['E1114 22:13:20.1 1 x.go:1] boom', 17],
    ['java.lang.X: gone\n\tat a.b.C.d(C.java:1)', 17],
    ['Traceback (most recent call last):', 17],
    ['an error message in passing, but no level', 0],
    ['everything fine', 0],
  ])('in text %j', (text, severity) => {
    expect(findSeverityInText(text)).toBe(severity);
  });
});
