import { beforeAll, describe, expect, test } from 'vitest';
import { FAMILY_COUNT, FEATURE_FAMILIES } from '../../../../src/core/features/families.js';
import { detectSlices } from '../../../../src/core/heads/detectSlices.js';
import { DETECTION_FEATURES, TYPE_FEATURES } from '../../../../src/core/heads/headFeatures.js';
import {
  parseHeadWeights,
  rankTypes,
  rootCauseProbabilities,
  typeProbabilities,
  type HeadWeights,
} from '../../../../src/core/heads/headWeights.js';
import { concludeRun, toNs, type RunConclusion } from '../../../../src/core/run/concludeRun.js';
import { diagnoseBins } from '../../../../src/core/run/diagnoseRange.js';
import { decodeModel, encodeModel } from '../../../../src/core/run/modelCodec.js';
import { listenAround, scoreRange } from '../../../../src/core/run/surroundings.js';
import type { RunModel } from '../../../../src/core/run/runModel.js';
import { scanRun, type RunScan } from '../../../../src/core/run/scanRun.js';
import { MAX_GROUP_TOKENS } from '../../../../src/core/tokens/tokenBuilder.js';
import { TOKEN_NUMBER_COUNT, TOKEN_NUMBERS } from '../../../../src/core/tokens/sliceTensors.js';
import { withoutDeviation } from './earlierHeads.js';
import { createBins, createRandom, ORIGIN_BIN, ORIGIN_NS, type TestLog, type TestSpan } from '../builders.js';

/** Abnormal from a leading score of about 1.7 on; one failure type per weight row. */
function createHeads(): HeadWeights {
  const detector = { weights: DETECTION_FEATURES.map((name) => (name === 'fused.first' ? 4 : 0)), bias: -4, deviation: [0, 0] };
  return {
    version: 'test',
    provenance: 'by hand',
    encoder: 'none',
    dim: 2,
    pretrainedStates: { centres: [[0, 0]], width: 0.1, reach: 1, usualShare: 0.5 },
    detection: {
      features: DETECTION_FEATURES,
      ...detector,
      byState: [{ ...detector, embedding: [0, 0] }],
      chain: { scale: 1, calm: 0, bias: 0, stay: 0 },
      threshold: 0.5,
    },
    failureType: {
      features: TYPE_FEATURES,
      types: ['exception', 'delay'],
      weights: [TYPE_FEATURES.map((_, i) => (i === 9 ? 1 : 0)), TYPE_FEATURES.map(() => 0)],
      embedding: [
        [0, 0],
        [0, 0],
      ],
      bias: [0, 0],
      unknownBelow: 0,
    },
    rootCause: { embedding: [0, 0], trust: 0, trustKnown: 0, pool: 1, sharpness: 1 },
  };
}

const FROM_S = 600;
const UNTIL_S = 720;
const encode = (value: unknown): Uint8Array => encodeModel(value, (text) => new TextEncoder().encode(text));
const decode = (bytes: Uint8Array): unknown => decodeModel(bytes, (part) => new TextDecoder().decode(part));

/** 20 minutes of gateway → payment, stock; from minute 10 to 12 payment fails and logs an error that never occurred before. */
function createRun(): { scan: RunScan; conclusion: RunConclusion } {
  const random = createRandom(17);
  const spans: TestSpan[] = [];
  const logs: TestLog[] = [];
  for (let i = 0; i < 2400; i++) {
    const atMs = i * 500 + Math.floor(random() * 100);
    const fails = atMs >= FROM_S * 1000 && atMs < UNTIL_S * 1000;
    const id = i * 3 + 1;
    spans.push({ id, service: 'gateway', operation: 'GET', atMs, ms: 60 + 10 * random(), line: i + 1 });
    spans.push({
      id: id + 1,
      parent: id,
      service: 'payment',
      operation: 'pay',
      atMs: atMs + 2,
      ms: 30 + 5 * random(),
      failed: fails,
      line: i + 1,
    });
    spans.push({ id: id + 2, parent: id, service: 'stock', operation: 'get', atMs: atMs + 40, ms: 10 + 5 * random(), line: i + 1 });
    const text = fails ? 'declined' : 'paid';
    logs.push({ atMs: atMs + 3, service: 'payment', text, severity: fails ? 17 : 9, span: id + 1, line: i + 1 });
  }
  const bins = createBins([{ spans }, { logs }]);
  const scan = scanRun(bins, { lengthBins: 6, stepBins: 3, reference: [] });
  const embeddings = {
    dim: 2,
    slices: new Float32Array(scan.windows.starts.length * 2).map((_, i) => (i % 2 === 0 ? 1 : 0)),
    modalities: new Float32Array(scan.windows.starts.length * 6),
    entities: Array.from(scan.windows.starts, () => new Float32Array(bins.entities.length * 2)),
  };
  return { scan, conclusion: concludeRun(bins, scan, embeddings, createHeads(), null) };
}

let scan: RunScan;
let conclusion: RunConclusion;
let model: RunModel;
beforeAll(() => {
  ({ scan, conclusion } = createRun());
  ({ model } = conclusion);
});

describe('a run with one incident', () => {
  test('finds it at its time and in its service', () => {
    expect(conclusion.incidents.length).toBe(1);
    const [incident] = conclusion.incidents;
    const from = Number(toNs(model, incident?.fromBin ?? 0) - ORIGIN_NS) / 1e9;
    const until = Number(toNs(model, incident?.toBin ?? 0) - ORIGIN_NS) / 1e9;
    expect(Math.abs(from - FROM_S)).toBeLessThanOrEqual(15);
    expect(Math.abs(until - UNTIL_S)).toBeLessThanOrEqual(15);
    expect(model.entities[incident?.diagnosis.rootCauses[0]?.entity ?? -1]).toBe('payment');
    expect(conclusion.headline).toBe(incident?.sentence);
    expect(conclusion.headline).toMatch(/^Abnormal from \{\d+\} to \{\d+\} \(p .*\), most likely payment, /u);
  });

  test('a range that misses the incident by a minute still ranks its service first; what it says of itself stays its own', () => {
    const [from, until] = [FROM_S - 60, FROM_S - 30].map((seconds) => ORIGIN_BIN + seconds / 5) as [number, number];
    const diagnosis = diagnoseBins(model, from, until);
    expect(model.entities[diagnosis.rootCauses[0]?.entity ?? -1]).toBe('payment');
    expect(diagnosis.anomaly).toBeLessThan(model.heads.detection.threshold);
    const alone = scoreRange(model, from, until);
    expect(Math.max(...alone)).toBeLessThan((diagnosis.rootCauses[0]?.score ?? 0) / 2);
    const far = diagnoseBins(model, from - 18, until - 18);
    expect(far.rootCauses[0]?.score).toBeLessThan((diagnosis.rootCauses[0]?.score ?? 0) / 2);
  });

  test('the scores of a range count by how much of the change near it falls into it', () => {
    const ownOf = (sinceS: number): number => {
      const [from, until] = [ORIGIN_BIN + sinceS / 5, ORIGIN_BIN + sinceS / 5 + 6];
      const { own, change } = listenAround(model, from, until, scoreRange(model, from, until));
      expect(own).toBeGreaterThanOrEqual(0);
      expect(own).toBeLessThanOrEqual(1);
      expect(change.every((value) => value >= 0)).toBe(true);
      return own;
    };
    expect(ownOf(FROM_S)).toBeGreaterThan(0.9);
    expect(ownOf(FROM_S - 60)).toBeLessThan(0.2);
    expect(ownOf(FROM_S + 60)).toBeLessThan(0.2);
    expect(listenAround(model, 10, 16, scoreRange(model, 10, 16))).toEqual({
      own: 1,
      change: new Float64Array(model.entities.length),
    });
  });

  test('states: usual ones and one that names payment', () => {
    expect(conclusion.states.filter((state) => state.abnormal).map((state) => state.name)).toEqual([expect.stringMatching(/^payment: /u)]);
    expect(conclusion.states.filter((state) => !state.abnormal).map((state) => state.name)).toEqual(['usual']);
  });

  test('evidence says what is new, more frequent and gone, and points into the range', () => {
    const from = ORIGIN_BIN + FROM_S / 5;
    const until = ORIGIN_BIN + UNTIL_S / 5;
    const { evidence, checks, rootCauses } = diagnoseBins(model, from, until);
    const findEvidence = (text: string): (typeof evidence)[number] | undefined => evidence.find((item) => item.text === text);
    const declined = evidence.find((item) => item.text.startsWith('“declined” in pay on payment'));
    expect(declined?.bin).toBeGreaterThanOrEqual(from);
    expect(declined?.bin).toBeLessThan(until);
    expect([declined?.file, declined?.modality]).toEqual([1, 'log']);
    expect(declined?.line).toBeGreaterThan(1190);
    expect(declined?.detail).toMatch(/^240 of 240, usually /u);
    const stopped = findEvidence('“paid” in pay on payment stopped');
    expect(stopped?.detail).toMatch(/^0 of 240, usually .*; last seen at the line shown$/u);
    expect(stopped?.bin).toBeLessThan(from);
    expect(checks).toContainEqual({ outcome: 'not checked', text: 'There are no metrics in this range.' });
    expect(checks.some((check) => check.outcome === 'abnormal' && check.text.startsWith('Failed operations: unusual in '))).toBe(true);
    expect(rootCauses.reduce((sum, cause) => sum + cause.p, 0)).toBeCloseTo(1, 12);
  });

  test('a usual range is usual, an empty one is not abnormal', () => {
    expect(diagnoseBins(model, ORIGIN_BIN + 30, ORIGIN_BIN + 36)).toMatchObject({ state: { name: 'usual' } });
    expect(diagnoseBins(model, 10, 20)).toMatchObject({ anomaly: 0, evidence: [], edges: [], records: { log: 0, trace: 0, metric: 0 } });
  });

  test('call graph of the range', () => {
    const { edges } = diagnoseBins(model, ORIGIN_BIN, ORIGIN_BIN + 12);
    expect(edges.map((edge) => [model.entities[edge.caller], model.entities[edge.callee], edge.calls])).toEqual([
      ['gateway', 'payment', 120],
      ['gateway', 'stock', 120],
    ]);
  });

  test('tokens are bounded, finite and say what was folded', () => {
    const merged = TOKEN_NUMBERS.indexOf('merged');
    for (const slice of scan.tokens) {
      expect(slice.numbers.length).toBe(slice.text.length * TOKEN_NUMBER_COUNT);
      expect(slice.numbers.every((value) => Number.isFinite(value) && Math.abs(value) <= 8)).toBe(true);
      const groups = new Map<string, number>();
      slice.text.forEach((text, token) => {
        expect(text).toBeLessThan(scan.texts.length);
        const group = `${slice.entity[token] ?? -1}/${slice.modality[token] ?? -1}`;
        groups.set(group, (groups.get(group) ?? 0) + 1);
        expect((slice.numbers[token * TOKEN_NUMBER_COUNT + merged] ?? 0) > 0).toBe(scan.texts[text] === 'others');
      });
      expect(Math.max(...groups.values())).toBeLessThanOrEqual(MAX_GROUP_TOKENS);
      expect(slice.edgeWeight.length).toBe(slice.edgeCaller.length);
    }
  });
});

test('a group with too many tokens keeps the most deviating and counts the others', () => {
  const points = Array.from({ length: 40 * 12 }, (_, i) => ({
    atMs: Math.floor(i / 40) * 30_000,
    service: 'a',
    metric: `m${i % 40}`,
    value: i % 40,
  }));
  const { tokens, texts } = scanRun(createBins([{ points }]), { lengthBins: 6, stepBins: 6, reference: [] });
  const [slice] = tokens;
  expect(slice?.text.length).toBe(MAX_GROUP_TOKENS);
  const rest = slice?.text.findIndex((text) => texts[text] === 'others') ?? -1;
  expect(slice?.numbers[rest * TOKEN_NUMBER_COUNT + TOKEN_NUMBERS.indexOf('merged')]).toBeCloseTo(Math.log1p(40 - 31), 6);
});

test('few slices say so', () => {
  const { warnings } = scanRun(createBins([{ logs: [{ atMs: 0, service: 'a', text: 'x' }] }]), {
    lengthBins: 6,
    stepBins: 6,
    reference: [],
  });
  expect(warnings.join()).toContain('Only 1 slices');
});

describe('run model bytes', () => {
  test('give the same model and the same diagnosis', () => {
    const decoded = decode(encode(model)) as RunModel;
    expect(decoded).toEqual(model);
    const range = [ORIGIN_BIN + FROM_S / 5, ORIGIN_BIN + UNTIL_S / 5] as const;
    expect(diagnoseBins(decoded, ...range)).toEqual(diagnoseBins(model, ...range));
  });

  test('keep bigints, views into larger buffers and empty arrays', () => {
    const value = {
      big: 2n ** 62n,
      part: new Float64Array([1, 2, 3, 4]).subarray(1, 3),
      none: new Uint8Array(0),
      odd: Uint8Array.of(1, 2, 3),
    };
    expect(decode(encode(value))).toEqual({ ...value, part: Float64Array.of(2, 3) });
  });

  test('are refused when cut off, of another kind, or with arrays that are not kept', () => {
    const bytes = encode({ a: Float64Array.of(1, 2), b: 3n });
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decode(bytes.subarray(0, length))).toThrow();
    }
    expect(() => decode(Uint8Array.from(bytes, (byte, i) => (i === 0 ? 0 : byte)))).toThrow('expected 314d5352');
    expect(() => encode({ a: new BigInt64Array(1) })).toThrow('run models hold');
  });
});

describe('heads', () => {
  test('are refused with the first thing that is wrong', () => {
    const heads = createHeads();
    expect(parseHeadWeights(heads)).toBe(heads);
    expect(() => parseHeadWeights({ ...heads, detection: { ...heads.detection, features: ['x'] } })).toThrow(
      'detection head was trained on features [x]',
    );
    expect(() => parseHeadWeights({ ...heads, detection: { ...heads.detection, bias: NaN } })).toThrow('not a finite number');
    const { chain, ...unchained } = heads.detection;
    expect(() => parseHeadWeights({ ...heads, detection: unchained })).toThrow('not a finite number');
    expect(() => parseHeadWeights({ ...heads, detection: { ...unchained, chain: { ...chain, stay: Infinity } } })).toThrow(
      'not a finite number',
    );
    expect(() => parseHeadWeights({ ...heads, failureType: { ...heads.failureType, bias: [0] } })).toThrow(
      'failure-type biases: 1 in the file, 2 expected',
    );
    expect(() => parseHeadWeights({ ...heads, failureType: { ...heads.failureType, bias: [0, NaN] } })).toThrow('not a finite number');
    expect(() => parseHeadWeights({ ...heads, dim: 3 })).toThrow(
      'detection weights of how the embedding differs: 2 in the file, 3 expected',
    );
    expect(() => parseHeadWeights({ ...heads, detection: withoutDeviation(heads) })).toThrow(
      'detection weights of how the embedding differs: 0 in the file, 2 expected',
    );
    const [state] = heads.detection.byState ?? [];
    expect(() => parseHeadWeights({ ...heads, detection: { ...heads.detection, byState: [{ ...state, embedding: [0] }] } })).toThrow(
      'detection weights of the embedding: 1 in the file, 2 expected',
    );
    expect(() => parseHeadWeights({ ...heads, detection: { ...heads.detection, byState: [] } })).toThrow(
      'detection weights by state: 0 in the file, 1 expected',
    );
    expect(() => parseHeadWeights({ ...heads, pretrainedStates: { centres: [[0]], width: 1, reach: 1, usualShare: 0.5 } })).toThrow(
      'centre of a state: 1 in the file, 2 expected',
    );
    for (const wrong of [{ width: NaN }, { usualShare: undefined }]) {
      expect(() => parseHeadWeights({ ...heads, pretrainedStates: { ...heads.pretrainedStates, ...wrong } })).toThrow(
        'not a finite number',
      );
    }
    expect(() => parseHeadWeights({ ...heads, pretrainedStates: { centres: [[0, 0]], width: 0.1, reach: 1, usualShare: 0 } })).toThrow(
      'a number above 0 expected',
    );
    expect(() => parseHeadWeights({ ...heads, rootCause: { ...heads.rootCause, embedding: [0] } })).toThrow(
      'root-cause weights of the embedding: 1 in the file, 2 expected',
    );
    expect(() => parseHeadWeights({})).toThrow();
  });

  test('probabilities are probabilities', () => {
    const heads = createHeads();
    const embedding = Float32Array.of(1, 0);
    const sure = typeProbabilities(heads, new Float64Array(TYPE_FEATURES.length), embedding);
    expect(Array.from(sure)).toEqual([0.5, 0.5]);
    expect(rankTypes(heads, Float64Array.of(0.3, 0.7)).map(({ type }) => type)).toEqual(['delay', 'exception']);
    const unsure = rankTypes({ ...heads, failureType: { ...heads.failureType, unknownBelow: 0.9 } }, sure);
    expect(unsure[0]?.type).toBe('unknown');
    expect(unsure.reduce((sum, { p }) => sum + p, 0)).toBeCloseTo(1, 12);
    expect(Array.from(rootCauseProbabilities(heads, Float64Array.of(3, 1, 0)))).toEqual([0.75, 0.25, 0]);
    expect(Array.from(rootCauseProbabilities(heads, Float64Array.of(0, 0)))).toEqual([0, 0]);
    const features = [new Float64Array(DETECTION_FEATURES.length)];
    const { alone, familiarity } = detectSlices(heads, features, embedding, Uint8Array.of(1));
    expect(alone[0]).toBeCloseTo(1 / (1 + Math.exp(4)), 12);
    // As far from the only state as a slice of none is.
    expect(familiarity[0]).toBeCloseTo(0.5, 12);
    // Half as much in states as a system usually is: it counts for a quarter.
    const foreign = { ...heads, pretrainedStates: { centres: [[0, 0]], width: 0.1, reach: 1, usualShare: 1 } };
    expect(detectSlices(foreign, features, embedding, Uint8Array.of(1)).familiarity[0]).toBeCloseTo(0.125, 12);
    expect(FEATURE_FAMILIES.length).toBe(FAMILY_COUNT);
  });
});

test('what a caller measured of one callee is a token of the callee', () => {
  const at = Array.from({ length: 60 }, (_, i) => ({ atMs: 5000 * i, service: 'web', value: 1 }));
  const points = at.flatMap((point) => [
    { ...point, callee: 'bank', metric: 'source_50' },
    { ...point, metric: 'cpu' },
  ]);
  const bins = createBins([{ points }]);
  const { tokens, texts } = scanRun(bins, { lengthBins: 6, stepBins: 6, reference: [] });
  const [slice] = tokens;
  const owners = Array.from(slice?.entity ?? [], (entity, token) => [bins.entities[entity], texts[slice?.text[token] ?? -1]]);
  expect(owners).toEqual(
    expect.arrayContaining([
      ['bank', expect.stringContaining('source_50')],
      ['web', expect.stringContaining('cpu')],
    ]),
  );
  expect(owners).toHaveLength(2);
});
