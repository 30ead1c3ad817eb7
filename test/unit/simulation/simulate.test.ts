import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { randomSystemOptions } from '../../../src/simulation/randomSystemOptions.js';
import { sampleIncident } from '../../../src/simulation/sampleIncident.js';
import { simulate } from '../../../src/simulation/simulate.js';
import { FAULT_TYPES } from '../../../src/simulation/faultTypes.js';
import { LOG_STYLES } from '../../../src/simulation/system/blueprint.js';
import type { SimulationOptions } from '../../../src/simulation/simulationTypes.js';
import { readIncident } from './readIncident.js';

function hashOf(options: SimulationOptions): string {
  const hash = createHash('sha256');
  for (const { path, content } of simulate(options).files) {
    hash.update(path);
    for (const piece of content) {
      hash.update(piece);
    }
  }
  return hash.digest('hex');
}

describe('simulate', { timeout: 60_000 }, () => {
  it('gives the same bytes for the same seed and others for another', () => {
    const options = { seed: 4, minutes: 4, faults: 2 };
    expect(hashOf(options)).toBe(hashOf(options));
    expect(hashOf({ ...options, seed: 5 })).not.toBe(hashOf(options));
  });

  it('simulates anew each time the files are iterated', () => {
    const { files } = simulate({ seed: 4, minutes: 2 });
    const sizes = (): number[] => [...files].map(({ content }) => [...content].join('').length);
    expect(sizes()).toEqual(sizes());
  });

  it('writes labels as CSV, last', () => {
    const { labelsCsv, paths } = readIncident({
      seed: 1,
      system: 'shop',
      minutes: 10,
      faults: [{ type: 'exception', service: 'cart', startMinute: 4, minutes: 2.5 }],
    });
    expect(paths.at(-1)).toBe('labels.csv');
    expect(labelsCsv.trim().split('\n')).toEqual([
      'start,end,type,entity',
      '2026-03-10T13:00:00Z,2026-03-10T13:04:00Z,normal,',
      '2026-03-10T13:04:00Z,2026-03-10T13:06:30Z,exception,cart',
      '2026-03-10T13:06:30Z,2026-03-10T13:10:00Z,normal,',
    ]);
  });

  it('labels only what is a fault: distractors are part of normal', () => {
    const { labels } = simulate({ seed: 9, minutes: 20, faults: 0, distractorRate: 60 });
    expect(labels.map(({ type }) => type)).toEqual(['normal']);
  });

  it('has only the distractors that are asked for', () => {
    const options: SimulationOptions = { seed: 9, system: 'shop', minutes: 6, faults: 0, requestsPerSecond: 1, distractorRate: 240 };
    const calm = readIncident({ ...options, distractorKinds: ['garbage-collection'] });
    const undisturbed = readIncident({ ...options, withDistractors: false });
    const podsOf = ({ spans }: typeof calm): Set<string> => new Set(spans.map(({ pod }) => pod));
    expect(podsOf(calm)).toEqual(podsOf(undisturbed));
    const pauses = ({ lines }: typeof calm): number => lines.filter(({ text }) => text.includes('Garbage collection took')).length;
    expect(pauses(calm)).toBeGreaterThan(0);
    expect(calm.lines.some(({ text }) => /Batch job|Started /.test(text))).toBe(false);
  });

  it('changes pods, mix and lines through distractors', () => {
    const options: SimulationOptions = { seed: 9, system: 'shop', minutes: 10, faults: 0, requestsPerSecond: 1 };
    const podsOf = (withDistractors: boolean): number =>
      new Set(readIncident({ ...options, withDistractors, distractorRate: 240 }).spans.map(({ pod }) => pod)).size;
    expect(podsOf(true)).toBeGreaterThan(podsOf(false));
  });
});

describe('the sample incident', { timeout: 60_000 }, () => {
  it('holds one fault and no file that an editor would not restore', () => {
    const { labels, files } = simulate(sampleIncident());
    expect(labels.map(({ type, entity }) => [type, entity])).toEqual([
      ['normal', ''],
      ['configuration-error', 'payment'],
      ['normal', ''],
    ]);
    for (const { path, content } of files) {
      let sizeBytes = 0;
      for (const piece of content) {
        sizeBytes += Buffer.byteLength(piece);
      }
      expect({ path, isSmall: sizeBytes < 5e6 }).toEqual({ path, isSmall: true });
    }
  });
});

describe('limits', { timeout: 60_000 }, () => {
  it('of time: zero minutes give labels without a range', () => {
    expect(readIncident({ seed: 1, minutes: 0 })).toMatchObject({ paths: ['labels.csv'], labelsCsv: 'start,end,type,entity\n' });
  });

  it('of size: one service works alone, sixty work together', () => {
    const alone = readIncident({ seed: 2, minutes: 4, services: 1, requestsPerSecond: 2 });
    expect(new Set(alone.spans.map(({ service }) => service)).size).toBe(1);
    expect(alone.spans.every(({ kind }) => kind === 1 || kind === 2)).toBe(true);
    const many = readIncident({ seed: 2, minutes: 1, services: 60, requestsPerSecond: 4 });
    expect(new Set(many.spans.map(({ service }) => service)).size).toBeGreaterThan(20);
  });

  it('of modalities: what is switched off is not written, the rest does not change', () => {
    const options: SimulationOptions = { seed: 6, minutes: 3, requestsPerSecond: 3 };
    const all = readIncident(options);
    for (const modality of ['log', 'trace', 'metric'] as const) {
      const only = readIncident({ ...options, modalities: [modality] });
      const folder = `${modality}s/`;
      expect(only.paths.filter((path) => path !== 'labels.csv')).toEqual(all.paths.filter((path) => path.startsWith(folder)));
      const kept = { log: [only.lines, all.lines], trace: [only.spans, all.spans], metric: [only.series, all.series] }[modality];
      expect(kept[0]).toEqual(kept[1]);
    }
  });

  it('of traffic: no requests leave only what pods do by themselves', () => {
    const { spans, series } = readIncident({ seed: 1, minutes: 3, requestsPerSecond: 0, withDistractors: false });
    expect(spans).toEqual([]);
    expect(series.length).toBeGreaterThan(0);
  });

  it('of memory: files rotate, every part stays near the bound, nothing is lost', () => {
    const options: SimulationOptions = { seed: 3, system: 'shop', minutes: 7, requestsPerSecond: 3 };
    const maxPartBytes = 1 << 18;
    let partBytes = 0;
    let largest = 0;
    let parts = 0;
    const paths = new Set<string>();
    for (const { path, content } of simulate({ ...options, maxPartBytes }).files) {
      expect(paths.has(path)).toBe(false);
      paths.add(path);
      for (const piece of content) {
        partBytes += piece.length;
      }
      if (path.startsWith('traces/')) {
        parts += 1;
        largest = Math.max(largest, partBytes);
        partBytes = 0;
      }
    }
    expect(parts).toBeGreaterThan(10);
    expect(largest).toBeLessThan(2 * maxPartBytes);
    const rotated = readIncident({ ...options, maxPartBytes });
    const whole = readIncident(options);
    expect(rotated.lines.length).toBe(whole.lines.length);
    expect(rotated.spans.length).toBe(whole.spans.length);
  });

  it('of files: one that is full is followed by the next, documents stay whole, nothing is lost or reordered', () => {
    const options: SimulationOptions = { seed: 3, system: 'shop', minutes: 7, requestsPerSecond: 3 };
    const maxFileBytes = 1 << 17;
    const texts = (more: Partial<SimulationOptions>): Map<string, string> =>
      new Map([...simulate({ ...options, ...more }).files].map(({ path, content }) => [path, [...content].join('')]));
    const cut = texts({ maxFileBytes });
    const whole = texts({});
    for (const [path, text] of cut) {
      expect(text.length < maxFileBytes + (1 << 16) || path.endsWith('.json')).toBe(true);
    }
    for (const [path, text] of whole) {
      const dot = path.lastIndexOf('.');
      const followers = Array.from({ length: cut.size }, (_, i) => cut.get(`${path.slice(0, dot)}.${i + 1}${path.slice(dot)}`) ?? '');
      expect((cut.get(path) ?? '') + followers.join('') === text).toBe(true);
    }
    expect(cut.size).toBeGreaterThan(whole.size);
  });

  it.each([
    [{ seed: -1 }, 'option seed'],
    [{ seed: 1.5 }, 'option seed'],
    [{ seed: 1, minutes: -1 }, 'option minutes'],
    [{ seed: 1, minutes: NaN }, 'option minutes'],
    [{ seed: 1, services: 0 }, 'option services'],
    [{ seed: 1, faults: 0.5 }, 'option faults'],
    [{ seed: 1, traceSampling: 2 }, 'option traceSampling'],
  ])('refuses %j', (options, message) => {
    expect(() => simulate(options)).toThrow(message);
  });

  it.each([
    [{ type: 'slow-database', service: 'payment', startMinute: 1, minutes: 1 }, 'possible: shop-db, payment-db'],
    [{ type: 'exception', service: 'nobody', startMinute: 1, minutes: 1 }, 'exception cannot befall nobody'],
    [{ type: 'exception', service: 'payment', startMinute: 9, minutes: 5 }, 'outside the run of 10 minutes'],
  ] as const)('refuses the fault %j', (fault, message) => {
    expect(() => simulate({ seed: 1, system: 'shop', minutes: 10, faults: [fault] })).toThrow(message);
  });
});

describe('options', { timeout: 60_000 }, () => {
  it('writes one log style for all when asked', () => {
    for (const logStyle of LOG_STYLES) {
      const { paths } = readIncident({ seed: 1, system: 'shop', minutes: 1, modalities: ['log'], logStyle });
      expect(paths).toContain(logStyle === 'java' || logStyle === 'python' ? 'logs/payment.log' : 'logs/payment.jsonl');
    }
  });

  it('samples whole traces', () => {
    const options: SimulationOptions = { seed: 1, system: 'shop', minutes: 5, requestsPerSecond: 4, faults: 0 };
    const all = readIncident(options);
    const sampled = readIncident({ ...options, traceSampling: 0.4 });
    const traces = (spans: typeof all.spans): Map<string, number> =>
      new Map([...Map.groupBy(spans, ({ traceId }) => traceId)].map(([id, members]) => [id, members.length]));
    const kept = traces(sampled.spans);
    const whole = traces(all.spans);
    expect(kept.size / whole.size).toBeGreaterThan(0.3);
    expect(kept.size / whole.size).toBeLessThan(0.5);
    expect([...kept].every(([id, size]) => whole.get(id) === size)).toBe(true);
  });

  it('describes a sample incident of one fault, small enough to ship', () => {
    const options = sampleIncident();
    expect(simulate(options).labels.map(({ type, entity }) => `${type} ${entity}`)).toEqual([
      'normal ',
      'configuration-error payment',
      'normal ',
    ]);
    let bytes = 0;
    for (const { content } of simulate(options).files) {
      for (const piece of content) {
        bytes += piece.length;
      }
    }
    expect(bytes).toBeLessThan(40e6);
    expect(bytes).toBeGreaterThan(5e6);
  });

  it('draws different systems for pretraining, each of them possible', () => {
    const drawn = Array.from({ length: 60 }, (_, seed) => randomSystemOptions(seed));
    const labels = drawn.flatMap((options) => simulate(options).labels);
    expect(new Set(labels.map(({ type }) => type)).size).toBe(FAULT_TYPES.length + 1);
    expect(new Set(drawn.map(({ services }) => services)).size).toBeGreaterThan(15);
    expect(new Set(drawn.map(({ modalities }) => modalities?.length)).size).toBe(3);
    expect(randomSystemOptions(7)).toEqual(randomSystemOptions(7));
  });
});
