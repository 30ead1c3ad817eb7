import { describe, expect, it } from 'vitest';
import {
  applySelection,
  findStrongestIncident,
  overlaps,
  stepIncident,
  toInitialSelection,
} from '../../../../src/extension/selection/selection.js';
import { EMPTY_SELECTION } from '../../../../src/protocol/panelRpc.js';
import { buildIncident, buildSlice, buildTimeline, ns } from '../views.js';

const timeline = buildTimeline({
  slices: [buildSlice(0), buildSlice(60, { anomaly: 0.7 }), buildSlice(120, { anomaly: 0.99 }), buildSlice(300, { anomaly: 0.9 })],
  incidents: [buildIncident(60, 180, 0.99), buildIncident(300, 360, 0.9)],
});
const range = { startNs: ns(30), endNs: ns(90) };

describe('applySelection', () => {
  it('gives a chosen slice its own range, so that Diagnosis explains it', () => {
    const next = applySelection(timeline, EMPTY_SELECTION, { slice: 'slice-60' });
    expect(next).toEqual({ ...EMPTY_SELECTION, slice: 'slice-60', range: { startNs: ns(60), endNs: ns(120) } });
  });

  it('drops the slice when another range is brushed', () => {
    const current = applySelection(timeline, EMPTY_SELECTION, { slice: 'slice-60' });
    expect(applySelection(timeline, current, { range })).toEqual({ ...EMPTY_SELECTION, range });
  });

  it('keeps the slice when the same range comes again', () => {
    const current = applySelection(timeline, EMPTY_SELECTION, { slice: 'slice-60' });
    expect(applySelection(timeline, current, { range: { startNs: ns(60), endNs: ns(120) } })).toEqual(current);
  });

  it('takes range and slice as they are when both are given', () => {
    expect(applySelection(timeline, EMPTY_SELECTION, { range, slice: 'slice-0' })).toMatchObject({ range, slice: 'slice-0' });
  });

  it('ignores a slice the run does not have', () => {
    expect(applySelection(timeline, { ...EMPTY_SELECTION, range }, { slice: 'gone' })).toEqual({ ...EMPTY_SELECTION, range });
  });

  it('changes state and entity alone', () => {
    const current = { ...EMPTY_SELECTION, range };
    expect(applySelection(timeline, current, { state: 'bad', entity: 'payment' })).toEqual({ ...current, state: 'bad', entity: 'payment' });
  });
});

describe('toInitialSelection', () => {
  it('selects the strongest incident and its most abnormal slice', () => {
    expect(toInitialSelection(timeline)).toEqual({ ...EMPTY_SELECTION, range: { startNs: ns(60), endNs: ns(180) }, slice: 'slice-120' });
  });

  it('selects the most abnormal slice when there is no incident', () => {
    const calm = buildTimeline({ slices: [buildSlice(0), buildSlice(60, { anomaly: 0.3 })] });
    expect(toInitialSelection(calm)).toMatchObject({ slice: 'slice-60', range: { startNs: ns(60), endNs: ns(120) } });
  });

  it('selects nothing in a run without slices', () => {
    expect(toInitialSelection(buildTimeline())).toEqual(EMPTY_SELECTION);
  });

  it("takes the engine's first incident, of which its headline speaks, not the one with the highest peak", () => {
    const ranked = buildTimeline({ incidents: [buildIncident(300, 900, 0.97), buildIncident(60, 120, 0.99)] });
    expect(findStrongestIncident(ranked)?.startNs).toBe(ns(300));
    expect(toInitialSelection(ranked).range).toEqual({ startNs: ns(300), endNs: ns(900) });
  });
});

describe('stepIncident', () => {
  const first = { startNs: ns(60), endNs: ns(180) };

  it('goes round in the order of the engine', () => {
    expect(stepIncident(timeline, first, 1)?.startNs).toBe(ns(300));
    expect(stepIncident(timeline, first, -1)?.startNs).toBe(ns(300));
    expect(stepIncident(timeline, { startNs: ns(300), endNs: ns(360) }, 1)?.startNs).toBe(ns(60));
  });

  it('starts with the first from anywhere else, and has nothing to go to where nothing is abnormal', () => {
    expect(stepIncident(timeline, range, -1)?.startNs).toBe(ns(60));
    expect(stepIncident(timeline, null, 1)?.startNs).toBe(ns(60));
    expect(stepIncident(buildTimeline(), first, 1)).toBeUndefined();
  });
});

describe('overlaps', () => {
  it('treats ranges as half-open', () => {
    expect(overlaps({ startNs: ns(0), endNs: ns(60) }, { startNs: ns(60), endNs: ns(120) })).toBe(false);
    expect(overlaps({ startNs: ns(0), endNs: ns(61) }, { startNs: ns(60), endNs: ns(120) })).toBe(true);
  });
});
