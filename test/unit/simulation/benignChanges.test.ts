import { describe, expect, it } from 'vitest';
import { createLoadShape } from '../../../src/simulation/runtime/loadShape.js';
import { Random } from '../../../src/core/math/random.js';
import { simulate } from '../../../src/simulation/simulate.js';
import { BENIGN_CHANGE_KINDS } from '../../../src/simulation/faultTypes.js';
import type { SimulationOptions } from '../../../src/simulation/simulationTypes.js';
import { LOAD_SHAPES } from '../../../src/simulation/system/systemProfile.js';
import { readIncident } from './readIncident.js';
import type { ReadIncident } from './readIncident.js';

const BASE: SimulationOptions = { seed: 4, system: 'shop', minutes: 12, faults: 0, requestsPerSecond: 2, distractorRate: 40 };
const NEW_LINE = /experiment|feature flag|audit: access|new code path|schema version/;

describe('benign changes', { timeout: 60_000 }, () => {
  it.each(BENIGN_CHANGE_KINDS)('%s is no failure: labels say normal throughout', (kind) => {
    const options = { ...BASE, distractorKinds: [kind] };
    expect(simulate(options).labels.map(({ type }) => type)).toEqual(['normal']);
    const text = ({ files }: ReturnType<typeof simulate>): string => [...files].map(({ content }) => [...content].join('')).join('');
    expect(text(simulate(options)) === text(simulate({ ...BASE, distractorKinds: [] }))).toBe(false);
  });

  it('happen only where asked for', () => {
    expect(readIncident({ ...BASE, distractorRate: 120 }).lines.some(({ text }) => NEW_LINE.test(text))).toBe(false);
  });

  it('a new version says something new, or does another call, for good', () => {
    const released = readIncident({ ...BASE, distractorKinds: ['new-version'] });
    const fresh = released.lines.filter(({ text }) => NEW_LINE.test(text));
    expect(fresh.length).toBeGreaterThan(50);
    const last = Math.max(...fresh.map(({ timeMs }) => timeMs));
    expect(last).toBeGreaterThan(11 * 60_000);
    const calls = ({ spans }: ReadIncident): Set<string> => {
      const names = new Map(spans.map(({ spanId, name }) => [spanId, name]));
      return new Set(spans.map(({ parentId, name }) => `${names.get(parentId) ?? ''} calls ${name}`));
    };
    const usual = calls(readIncident({ ...BASE, withDistractors: false }));
    expect([...calls(released)].filter((call) => !usual.has(call)).length).toBeGreaterThan(0);
    // Anew: the system itself is as it was.
    expect(readIncident({ ...BASE, distractorKinds: ['new-version'] }).lines).toEqual(released.lines);
  });

  it('a benign surge brings more requests and no errors', () => {
    const counts = (options: SimulationOptions): number => readIncident(options).spans.filter(({ parentId }) => parentId === '').length;
    const surged = { ...BASE, distractorRate: 30, distractorKinds: ['benign-surge'] } as const;
    expect(counts(surged) / counts({ ...BASE, withDistractors: false })).toBeGreaterThan(1.15);
    const { spans } = readIncident(surged);
    expect(spans.filter(({ isError }) => isError).length / spans.length).toBeLessThan(0.01);
  });
});

describe('shapes of load', () => {
  const at = (shape: (typeof LOAD_SHAPES)[number]): number[] => {
    const factor = createLoadShape({ shape, tracesPerMinute: 100, amplitude: 0.5, periodMinutes: 10 }, 60, new Random(3, 'load'));
    return Array.from({ length: 3600 }, (_, second) => factor(second));
  };

  it.each(LOAD_SHAPES)('%s stays above 0 and near its mean', (shape) => {
    const values = at(shape);
    expect(Math.min(...values)).toBeGreaterThan(0.05);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean).toBeGreaterThan(0.6);
    expect(mean).toBeLessThan(1.5);
    expect(Math.max(...values) - Math.min(...values) > 0.1).toBe(shape !== 'constant');
  });

  it('differ: steps hold, bursts are short', () => {
    expect(new Set(at('steps')).size).toBeLessThanOrEqual(7);
    const bursts = at('bursts').filter((value) => value > 1).length / 3600;
    expect(bursts).toBeGreaterThan(0.02);
    expect(bursts).toBeLessThan(0.25);
    expect(new Set(at('random-walk')).size).toBeGreaterThan(1000);
  });
});
