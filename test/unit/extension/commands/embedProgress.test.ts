import { describe, expect, it } from 'vitest';
import { toOverallFraction, toProgressSummary, toProgressText } from '../../../../src/extension/commands/embedProgress.js';
import type { EnginePhase } from '../../../../src/protocol/engineRpc.js';

const PHASES: readonly EnginePhase[] = ['identify', 'parse', 'aggregate', 'features', 'text', 'encode', 'states', 'store'];
const step = (phase: EnginePhase, fraction: number) => ({ phase, fraction, detail: 'spans.csv', records: 1234 });

describe('toOverallFraction', () => {
  it('runs from 0 to 1 and never back', () => {
    const fractions = PHASES.flatMap((phase) => [0, 0.5, 1].map((fraction) => toOverallFraction(step(phase, fraction))));
    expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
    expect(fractions[0]).toBe(0);
    expect(fractions.at(-1)).toBeCloseTo(1, 10);
  });

  it('stays within its phase when a fraction is out of range', () => {
    expect(toOverallFraction(step('parse', 7))).toBe(toOverallFraction(step('parse', 1)));
    expect(toOverallFraction(step('parse', -1))).toBe(toOverallFraction(step('parse', 0)));
  });
});

describe('progress texts', () => {
  it('name phase, file and records', () => {
    expect(toProgressText(step('parse', 0.5))).toBe('Reading spans.csv, 1\u202f234 records');
    expect(toProgressText({ ...step('states', 0), detail: '', records: 0 })).toBe('Finding states');
    expect(toProgressSummary(step('parse', 0.5))).toBe('Reading 27 %');
    expect(toProgressSummary(null)).toBe('starting');
  });

  it('are different for every phase', () => {
    expect(new Set(PHASES.map((phase) => toProgressText(step(phase, 0)))).size).toBe(PHASES.length);
  });
});
