import { describe, expect, it } from 'vitest';
import { drawProfile } from '../../../src/simulation/system/drawProfile.js';
import { Random } from '../../../src/core/math/random.js';
import { randomSystemOptions } from '../../../src/simulation/randomSystemOptions.js';
import { simulate } from '../../../src/simulation/simulate.js';
import { LOAD_SHAPES, TOPOLOGY_SHAPES } from '../../../src/simulation/system/systemProfile.js';

const PROFILES = Array.from({ length: 400 }, (_, seed) => drawProfile(new Random(seed, 'profile')));

function valuesOf(get: (profile: (typeof PROFILES)[number]) => number): { readonly lowest: number; readonly highest: number } {
  const values = PROFILES.map(get);
  return { lowest: Math.min(...values), highest: Math.max(...values) };
}

function within(get: (profile: (typeof PROFILES)[number]) => number, low: number, high: number): void {
  const { lowest, highest } = valuesOf(get);
  expect(lowest).toBeGreaterThanOrEqual(low);
  expect(highest).toBeLessThanOrEqual(high);
  // Most of the range is used.
  expect(highest - lowest).toBeGreaterThan(0.8 * (high - low));
}

describe('drawn profiles', () => {
  it('use the range that each knob documents', () => {
    within(({ topology }) => topology.services, 3, 60);
    within(({ topology }) => topology.operationFactor, 1, 12);
    within(({ topology }) => topology.branching, 0, 0.8);
    within(({ topology }) => topology.swallowing, 0, 0.6);
    within(({ topology }) => topology.carelessness, 0, 1);
    within(({ topology }) => topology.parallel, 0, 0.4);
    within(({ load }) => load.tracesPerMinute, 20, 800);
    within(({ logs }) => logs.linesPerOperation, 0, 5);
    within(({ metrics }) => metrics.stepSeconds, 10, 60);
    within(({ metrics }) => metrics.noise, 0, 0.08);
    within(({ metrics }) => metrics.missing, 0, 0.1);
    within(({ gaps }) => gaps.withoutTraces, 0, 0.4);
    within(({ faults }) => faults.count, 1, 25);
    within(({ faults }) => faults.lateShare, 0, 0.7);
  });

  it('meet every shape, layout, load and vocabulary, and systems without any branching', () => {
    const distinct = (get: (profile: (typeof PROFILES)[number]) => unknown): number => new Set(PROFILES.map(get)).size;
    expect(distinct(({ topology }) => topology.shape)).toBe(TOPOLOGY_SHAPES.length);
    expect(distinct(({ recording }) => recording.layout)).toBe(3);
    expect(distinct(({ load }) => load.shape)).toBe(LOAD_SHAPES.length);
    expect(distinct(({ metrics }) => metrics.vocabulary)).toBe(10);
    expect(distinct(({ logs }) => logs.ids)).toBe(3);
    const steady = PROFILES.filter(({ topology }) => topology.branching === 0).length / PROFILES.length;
    expect(steady).toBeGreaterThan(0.25);
    expect(steady).toBeLessThan(0.45);
  });

  it('repeat services and types in bursts', () => {
    const bursts = PROFILES.filter(({ recording }) => recording.layout === 'bursts');
    expect(bursts.every(({ faults }) => faults.count >= 8 && faults.types.length <= 5 && faults.targets > 0)).toBe(true);
  });
});

describe('options of varied systems', { timeout: 120_000 }, () => {
  const drawn = Array.from({ length: 60 }, (_, seed) => randomSystemOptions(seed));

  it('are possible, hold faults, and stay affordable', () => {
    for (const options of drawn) {
      const { labels } = simulate(options);
      expect({ seed: options.seed, hasFault: labels.some(({ type }) => type !== 'normal') }).toEqual({
        seed: options.seed,
        hasFault: true,
      });
      expect(options.minutes).toBeLessThanOrEqual(120);
      expect(options.minutes).toBeGreaterThanOrEqual(10);
    }
  });

  it('contaminate the usual heavily in bursts', () => {
    const shares = drawn
      .filter(({ profile }) => profile?.recording.layout === 'bursts')
      .map((options) => simulate(options).labels.filter(({ type }) => type !== 'normal'));
    expect(shares.length).toBeGreaterThan(10);
    const many = shares.filter((faults) => faults.length >= 8 && new Set(faults.map(({ entity }) => entity)).size < faults.length);
    expect(many.length / shares.length).toBeGreaterThan(0.7);
  });

  it('keep to what is asked for', () => {
    const options = randomSystemOptions(3, { services: 9, minutes: 14 });
    expect(options).toMatchObject({ services: 9, minutes: 14 });
    expect(simulate(options).services).toHaveLength(9);
  });

  it('give the same bytes for the same seed', () => {
    const text = (): string =>
      [...simulate(randomSystemOptions(5)).files].map(({ path, content }) => path + [...content].join('')).join('');
    expect(text() === text()).toBe(true);
  });
});
