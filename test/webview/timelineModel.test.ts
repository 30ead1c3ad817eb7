import { describe, expect, it } from 'vitest';
import { createTimelineModel, findSliceAt, firstSliceAfter, toNsString } from '../../webview/timeline/model.js';
import { peakOf, rebin, ribbonRuns, scoreSteps } from '../../webview/timeline/reduce.js';
import { layoutTimeline, placeOnLine } from '../../webview/timeline/layout.js';
import { clampWindow, panWindow, revealIn, zoomWindow } from '../../webview/timeline/viewWindow.js';
import {
  rangeOfSlices,
  selectRange,
  selectRun,
  selectSlice,
  snapRange,
  stepIncident,
  stepSlice,
} from '../../webview/timeline/selecting.js';
import { placeTags } from '../../webview/timeline/drawOverlay.js';
import { toAction } from '../../webview/timeline/keyboard.js';
import { atSecond, START_NS, timelineFixture } from './fixtures/timelineFixture.js';

const WHOLE = { fromMs: 0, toMs: 3_630_000 };

describe('timeline model', () => {
  it('keeps times exact to a microsecond far from the epoch', () => {
    const model = createTimelineModel(timelineFixture());
    expect(model.fromMs[3]).toBe(90_000);
    expect(toNsString(90_000.001, START_NS)).toBe(String(START_NS + 90_000_001_000n));
    expect(model.startEpochMs).toBe(Date.parse('2023-01-29T08:00:00Z'));
  });

  it('sorts slices by time', () => {
    const view = timelineFixture();
    const model = createTimelineModel({ ...view, slices: [...view.slices].reverse() });
    expect(model.slices[0]?.id).toBe(view.slices[0]?.id);
    expect(model.indexById.get(view.slices[5]?.id ?? '')).toBe(5);
  });

  it('survives null and NaN where numbers belong', () => {
    const view = timelineFixture({ slices: 3 });
    const broken = { ...view, threshold: NaN, slices: view.slices.map((slice) => ({ ...slice, anomaly: null as unknown as number })) };
    const model = createTimelineModel(broken);
    expect([...model.anomaly]).toEqual([NaN, NaN, NaN]);
    expect(model.threshold).toBe(0.5);
    expect(scoreSteps(model, WHOLE, 1).every((step) => Number.isNaN(step.score))).toBe(true);
  });

  it('gives a style to a state that is not listed', () => {
    const view = timelineFixture({ slices: 40 });
    const model = createTimelineModel({ ...view, states: view.states.filter((state) => state.id !== 'unknown') });
    const unlisted = model.states[model.state[36] ?? 0];
    expect(unlisted).toMatchObject({ id: 'unknown', hollow: true, slices: 1 });
  });

  it('finds the slice that owns a time, and none in a gap', () => {
    const model = createTimelineModel(timelineFixture({ slices: 2 }));
    expect(findSliceAt(model, -1)).toBeUndefined();
    expect(findSliceAt(model, 0)).toBe(0);
    expect(findSliceAt(model, 29_999)).toBe(0);
    expect(findSliceAt(model, 30_000)).toBe(1);
    expect(findSliceAt(model, 90_000)).toBeUndefined();
    expect(firstSliceAfter(model, 30_000)).toBe(2);
  });
});

describe('reductions', () => {
  it('draw nothing for a run without slices', () => {
    const model = createTimelineModel(timelineFixture({ slices: 0 }));
    expect(ribbonRuns(model, WHOLE, 1000)).toEqual([]);
    expect(scoreSteps(model, WHOLE, 1000)).toEqual([]);
    expect(findSliceAt(model, 0)).toBeUndefined();
  });

  it('draw one slice as one run', () => {
    const model = createTimelineModel(timelineFixture({ slices: 1 }));
    expect(ribbonRuns(model, WHOLE, 1000)).toMatchObject([{ fromMs: 0, toMs: 60_000, state: 0, firstSlice: 0, lastSlice: 0 }]);
  });

  it('merge equal states and keep the order', () => {
    const model = createTimelineModel(timelineFixture());
    const runs = ribbonRuns(model, WHOLE, 1);
    expect(runs.map((run) => model.states[run.state]?.id)).toEqual([
      's1',
      'unknown',
      's1',
      's2',
      'unknown',
      's2',
      's3',
      's2',
      's4',
      's2',
      'unknown',
      's2',
    ]);
    runs.forEach((run, index) => {
      expect(run.fromMs).toBe(runs[index - 1]?.toMs ?? 0);
    });
  });

  it('bound the marks at 100,000 slices and lose no abnormal one', () => {
    const view = timelineFixture({ slices: 100_000 });
    const model = createTimelineModel(view);
    const window = { fromMs: 0, toMs: model.totalMs };
    const pixel = model.totalMs / 1280;
    const runs = ribbonRuns(model, window, pixel * 2);
    expect(runs.length).toBeLessThanOrEqual(1280);
    expect(runs.some((run) => model.states[run.state]?.abnormal === true)).toBe(true);
    const steps = scoreSteps(model, window, pixel);
    expect(steps.length).toBeLessThanOrEqual(2 * 1280);
    expect(Math.max(...steps.map((step) => step.score))).toBeCloseTo(Math.max(...model.anomaly), 6);
  });

  it('sum records into groups that do not move with the window', () => {
    const counts = [1, 2, 3, 4, 5, 6, 7];
    const all = rebin(counts, 10, { fromMs: 0, toMs: 70 }, 20);
    expect([all.fromMs, all.stepMs, ...all.values]).toEqual([0, 20, 3, 7, 11, 7]);
    const part = rebin(counts, 10, { fromMs: 35, toMs: 50 }, 20);
    expect([part.fromMs, ...part.values]).toEqual([20, 7, 11]);
    expect(peakOf(all.values)).toBe(11);
    expect(peakOf(new Float64Array())).toBe(0);
  });

  it('count bins that are not numbers as empty', () => {
    expect([...rebin([NaN, null as unknown as number, 2], 10, { fromMs: 0, toMs: 30 }, 10).values]).toEqual([0, 0, 2]);
    expect(rebin([], 10, { fromMs: 0, toMs: 30 }, 10).values).toHaveLength(0);
  });
});

describe('window', () => {
  it('stays inside the run and above the narrowest span', () => {
    expect(clampWindow({ fromMs: -50, toMs: 50 }, 1000, 10)).toEqual({ fromMs: 0, toMs: 100 });
    expect(clampWindow({ fromMs: 500, toMs: 501 }, 1000, 10)).toEqual({ fromMs: 500, toMs: 510 });
    expect(clampWindow({ fromMs: NaN, toMs: NaN }, 1000, 10)).toEqual({ fromMs: 0, toMs: 1000 });
    expect(clampWindow({ fromMs: 0, toMs: 9 }, 5, 10)).toEqual({ fromMs: 0, toMs: 5 });
  });

  it('keeps the time under the pointer while zooming', () => {
    expect(zoomWindow({ fromMs: 0, toMs: 100 }, 0.5, 20)).toEqual({ fromMs: 10, toMs: 60 });
    expect(panWindow({ fromMs: 0, toMs: 100 }, 5)).toEqual({ fromMs: 5, toMs: 105 });
  });

  it('moves only as far as needed to show a range', () => {
    const window = { fromMs: 0, toMs: 100 };
    expect(revealIn(window, 40, 50)).toBe(window);
    expect(revealIn(window, 150, 160)).toEqual({ fromMs: 70, toMs: 170 });
    const wide = revealIn(window, 0, 300);
    expect([wide.fromMs, wide.toMs].map(Math.round)).toEqual([-100, 400]);
  });
});

describe('selecting', () => {
  const model = createTimelineModel(timelineFixture());

  it('snaps a drag in either direction to whole bins inside the run', () => {
    expect(snapRange(model, 47_000, 12_000)).toEqual({ fromMs: 10_000, toMs: 50_000 });
    expect(snapRange(model, 12_000, 12_000)).toEqual({ fromMs: 10_000, toMs: 20_000 });
    expect(snapRange(model, -500, 99_999_999)).toEqual({ fromMs: 0, toMs: model.totalMs });
    expect(snapRange(model, 99_999_999, 99_999_999).toMs).toBe(model.totalMs);
  });

  it('drops a chosen slice when a range is chosen', () => {
    expect(selectRange(model, { fromMs: 10_000, toMs: 50_000 })).toEqual({
      range: { startNs: atSecond(10), endNs: atSecond(50) },
      slice: null,
      state: null,
    });
  });

  it('chooses a segment with its state, and its slice when it is one', () => {
    const runs = ribbonRuns(model, WHOLE, 1);
    expect(runs[0] && selectRun(model, runs[0])).toMatchObject({ slice: null, state: 's1', range: { startNs: atSecond(0) } });
    expect(runs[1] && selectRun(model, runs[1])).toMatchObject({ slice: model.slices[36]?.id, state: 'unknown' });
    expect(selectSlice(model, 999)).toEqual({});
  });

  it('steps through slices and incidents', () => {
    expect([stepSlice(model, null, 1), stepSlice(model, null, -1), stepSlice(model, 0, -1), stepSlice(model, 5, Infinity)]).toEqual([
      0, 119, 0, 119,
    ]);
    const [first, second] = model.incidents;
    expect([stepIncident(model, null, 1), stepIncident(model, first ?? null, 1), stepIncident(model, second ?? null, 1)]).toEqual([
      0, 1, 0,
    ]);
    expect([stepIncident(model, first ?? null, -1), stepIncident(model, { fromMs: 1, toMs: 2 }, -1)]).toEqual([1, 0]);
    const none = createTimelineModel(timelineFixture({ slices: 0 }));
    expect([stepSlice(none, null, 1), stepIncident(none, null, 1)]).toEqual([null, null]);
    expect(rangeOfSlices(model, 4, 2)).toEqual({ fromMs: 60_000, toMs: 150_000 });
  });

  it.each([
    ['ArrowRight', {}, { type: 'step', by: 1 }],
    ['ArrowLeft', { shiftKey: true }, { type: 'extend', by: -1, kind: 'incident' }],
    ['ArrowLeft', { shiftKey: true, altKey: true }, { type: 'extend', by: -1, kind: 'reference' }],
    ['+', {}, { type: 'zoom', factor: 1 / 1.5 }],
    ['Escape', {}, { type: 'clear' }],
    ['i', {}, { type: 'incident', step: 1 }],
    ['f', { ctrlKey: true }, undefined],
    ['Tab', {}, undefined],
  ])('reads the key %s with %j', (key, modifiers, action) => {
    expect(toAction({ key, shiftKey: false, altKey: false, ctrlKey: false, metaKey: false, ...modifiers })).toEqual(action);
  });
});

describe('layout', () => {
  it.each([
    [1400, 400],
    [400, 300],
    [10, 10],
  ])('stacks lanes without overlap at %d x %d', (width, height) => {
    const layout = layoutTimeline(width, height);
    const lanes = [layout.markers, layout.ribbon, layout.usual, layout.score, ...layout.density, layout.axis, layout.overview];
    lanes.forEach((lane, index) => {
      const above = lanes[index - 1];
      expect(lane.height).toBeGreaterThan(0);
      expect(lane.y).toBeGreaterThanOrEqual(above === undefined ? 0 : above.y + above.height);
    });
    expect(layout.height).toBeLessThanOrEqual(Math.max(height, 300));
    expect(layout.plotWidth).toBeGreaterThan(0);
  });

  it('places labels on a line by importance, never over each other', () => {
    const placed = placeOnLine(
      [
        { id: 'low', x: 10, width: 50, priority: 1 },
        { id: 'high', x: 30, width: 50, priority: 2 },
        { id: 'edge', x: 990, width: 50, priority: 1 },
        { id: 'wide', x: 500, width: 5000, priority: 9 },
      ],
      0,
      1000,
    );
    expect(Object.fromEntries(placed)).toEqual({ high: 30, edge: 950 });
  });

  it('shortens tags before dropping any', () => {
    const texts = ['▲ a long name of a service 08:43', '▲ 08:43', '▲'];
    const tags = placeTags(
      [
        { id: 'a', x: 300, endX: 310, priority: 0.9, texts },
        { id: 'b', x: 330, endX: 340, priority: 0.7, texts },
      ],
      0,
      400,
    );
    expect(tags.size).toBe(2);
    expect(tags.get('a')?.text).toBe(texts[0]);
    expect(tags.get('b')?.text).not.toBe(texts[0]);
  });
});
