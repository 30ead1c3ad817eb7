import { describe, expect, it } from 'vitest';
import { FAMILY_COUNT } from '../../../../src/core/features/families.js';
import { DETECTION_FEATURES, TYPE_FEATURES } from '../../../../src/core/heads/headFeatures.js';
import { CAUSE_FEATURES } from '../../../../src/core/heads/tunedHeads.js';
import { concludeRun } from '../../../../src/core/run/concludeRun.js';
import { finishSteps } from '../../../../src/core/math/steps.js';
import { rescanRunInSteps, scanRun, type ScoredBins } from '../../../../src/core/run/scanRun.js';
import type { SliceEmbeddings } from '../../../../src/core/tokens/sliceTensors.js';
import {
  adaptIncidents,
  NORMAL,
  toIncident,
  toTunableRun,
  type BinLabel,
  type LabelledIncident,
  type SliceExample,
} from '../../../../src/core/tuning/examples.js';
import { createBins, createRandom, ORIGIN_BIN, type TestSpan } from '../builders.js';
import { defaults, DIM } from './tuningBuilders.js';

/** Ten minutes of gateway → payment, slices of 30 s every 15 s; in the last two payment is slow and fails. No record after that. */
function createRun() {
  const random = createRandom(3);
  const spans: TestSpan[] = [];
  for (let i = 0; i < 1200; i++) {
    const atMs = i * 500;
    const fails = atMs >= 480_000;
    const id = i * 2 + 1;
    spans.push({ id, service: 'gateway', operation: 'GET', atMs, ms: 60 + 10 * random() });
    const ms = (fails ? 400 : 30) + 5 * random();
    spans.push({ id: id + 1, parent: id, service: 'payment', operation: 'pay', atMs: atMs + 2, ms, failed: fails });
  }
  const bins = createBins([{ spans }]);
  const scan = scanRun(bins, { lengthBins: 6, stepBins: 3, reference: [] });
  const { starts } = scan.windows;
  const embeddings: SliceEmbeddings = {
    dim: DIM,
    slices: Float32Array.from({ length: starts.length * DIM }, (_, at) => (at % DIM === 0 ? 1 : 0)),
    modalities: new Float32Array(starts.length * 3 * DIM),
    entities: Array.from(starts, () => new Float32Array(2 * DIM).fill(0.1)),
  };
  const { model } = concludeRun(bins, scan, embeddings, defaults, null);
  return { scan, model, embeddings, tunable: toTunableRun(model, scan, embeddings) };
}

const { scan, model, embeddings, tunable } = createRun();

/** Of bins after the start of the run. */
function find(from: number, to: number, change: Partial<BinLabel> = {}): LabelledIncident | undefined {
  return toIncident(tunable, { fromBin: ORIGIN_BIN + from, toBin: ORIGIN_BIN + to, type: 'cpu', entity: 'payment', ...change });
}

function get(...args: Parameters<typeof find>): LabelledIncident {
  const found = find(...args);
  if (found === undefined) {
    throw new Error('no slice lies in the label');
  }
  return found;
}

describe('a labelled range', () => {
  it('has the slices that share half of the shorter with it', () => {
    expect(get(96, 102).slices).toHaveLength(3);
    expect(get(99, 105).slices).toHaveLength(3);
    // A bin within two slices.
    expect(get(97, 98).slices).toHaveLength(2);
  });

  it('is no incident where the run has no slice', () => {
    expect(find(200, 210)).toBeUndefined();
    expect(find(-20, -10)).toBeUndefined();
    // The first slice begins 3 bins before the first record: two bins of it are less than half.
    expect(find(-7, -1)).toBeUndefined();
    expect(find(-6, 0)?.slices).toHaveLength(1);
  });

  it('gives five slices at most, spread over it', () => {
    const all = toTunableRun(model, scan, embeddings).judged.ascribed;
    const { slices } = get(0, 120);
    const places = slices.map(({ contributions }) => all.findIndex((other) => other.every((value, i) => value === contributions[i])));
    expect(slices).toHaveLength(5);
    expect([...places].sort((a, b) => a - b)).toEqual(places);
    expect(new Set(places).size).toBe(5);
    expect(get(96, 120).slices).toHaveLength(5);
    expect(get(99, 111).slices).toHaveLength(5);
  });

  it('is read as the heads read it, in finite numbers', () => {
    for (const { slices, cause } of [get(96, 120), get(0, 60, { type: NORMAL, entity: null }), get(0, 120)]) {
      for (const { detection, type, defaultTypes, contributions, anomaly } of slices) {
        expect([detection.length, type.length]).toEqual([DETECTION_FEATURES.length, TYPE_FEATURES.length + DIM]);
        expect([defaultTypes.length, contributions.length]).toEqual([2, 2 * FAMILY_COUNT]);
        expect(Math.hypot(...type)).toBeCloseTo(1, 5);
        expect([...detection, ...type, ...defaultTypes, ...contributions, anomaly].every(Number.isFinite)).toBe(true);
      }
      expect([...(cause?.rows ?? []), ...(cause?.scores ?? [])].every(Number.isFinite)).toBe(true);
    }
  });

  it('is more abnormal and another kind of slice where payment fails', () => {
    const [failing] = get(102, 114).slices;
    const [usual] = get(24, 36, { type: NORMAL, entity: null }).slices;
    expect(failing?.anomaly).toBeGreaterThan(usual?.anomaly ?? 1);
    expect(failing?.detection[0]).toBeGreaterThan(usual?.detection[0] ?? Infinity);
  });

  it('names the cause as the place of the service, scored as the default head does', () => {
    const { cause, entity, entities } = get(96, 120);
    expect([entity, entities[cause?.target ?? -1]]).toEqual(['payment', 'payment']);
    expect(cause?.scores.indexOf(Math.max(...cause.scores))).toBe(cause?.target);
    expect(cause?.rows).toHaveLength(2 * CAUSE_FEATURES.length);
  });

  it('has no cause where no service is named, or one that is not in the run', () => {
    expect(get(96, 120, { entity: null }).cause).toBeNull();
    expect(get(96, 120, { entity: 'shipping' })).toMatchObject({ cause: null, entity: 'shipping' });
  });

  it('is heard by slices whose shares sum to 1, most by those that it lies in', () => {
    const { heard = [], slices } = get(99, 111);
    expect(heard.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
    const within = new Set(slices.map(({ contributions }) => contributions.join()));
    const shareWithin = heard.reduce((sum, { slice, share }) => sum + (within.has(slice.contributions.join()) ? share : 0), 0);
    expect(shareWithin).toBeGreaterThan(0.5);
  });

  it('is read by adapted embeddings wherever it is learned from or heard', () => {
    const incident = get(99, 111);
    const adapter = { dim: DIM, rank: 1, down: new Float32Array(DIM), up: new Float32Array(DIM), bias: new Float32Array(DIM).fill(1) };
    const [adapted] = adaptIncidents([incident], adapter);
    const isOther = (before: SliceExample | undefined, after: SliceExample | undefined): boolean =>
      before !== undefined && after !== undefined && before.type.some((value, i) => value !== after.type[i]);
    expect(adapted?.slices.map((slice, i) => isOther(incident.slices[i], slice))).toEqual(incident.slices.map(() => true));
    expect(adapted?.heard?.map(({ slice }, i) => isOther(incident.heard?.[i]?.slice, slice))).toEqual(incident.heard?.map(() => true));
    expect(adapted?.heard?.map(({ share }) => share)).toEqual(incident.heard?.map(({ share }) => share));
    expect(adaptIncidents([incident], undefined)).toEqual([incident]);
  });

  it('has what the default head calls it', () => {
    expect(['cpu', 'exception', 'unknown']).toContain(get(96, 120).defaultType);
  });
});

describe('scores of a run from what was kept of it', () => {
  it('are those that it was made with', () => {
    const again = finishSteps(rescanRunInSteps({ ...model, starts: model.verdicts.starts }));
    const { windows, isReference, bank, calibration, familyScores, signedScores, presence } = scan;
    expect(again).toEqual({ windows, isReference, bank, calibration, familyScores, signedScores, presence });
  });

  it('know what was usual, which for a run of an earlier version was all of it', () => {
    const chosen = Uint8Array.from(scan.isReference, (_, i) => i % 2);
    const { bins, bank, calibration, lengthBins, stepBins, verdicts } = model;
    const kept = { bins, bank, calibration, lengthBins, stepBins, starts: verdicts.starts };
    const rescan = (some: ScoredBins): Uint8Array => finishSteps(rescanRunInSteps(some)).isReference;
    expect(rescan({ ...kept, isReference: chosen })).toEqual(chosen);
    expect(rescan(kept)).toEqual(scan.isReference.map(() => 1));
  });
});
