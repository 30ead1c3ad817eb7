import { describe, expect, it } from 'vitest';
import { overlaps, placeLabels, shorten, truncate } from '../../webview/shared/placeLabels.js';
import { byUrgency, styleStates } from '../../webview/shared/stateStyle.js';
import { createMapModel, isolate, PointIndex, stepPoint, toggleHidden, toSizeLevel, visiblePoints } from '../../webview/statemap/model.js';
import { fitTransform, panTransform, toData, toScreen, zoomTransform } from '../../webview/statemap/transform.js';
import { seededRandom } from './fixtures/random.js';
import { timelineFixture } from './fixtures/timelineFixture.js';

describe('map model', () => {
  it('keeps slices without a place off the map', () => {
    const view = timelineFixture({ slices: 3 });
    const slices = view.slices.map((slice, index) => (index === 1 ? { ...slice, map: [NaN, 0] as const } : slice));
    const model = createMapModel({ ...view, slices });
    expect(model.unplaced).toBe(1);
    expect([...visiblePoints(model, new Set())]).toEqual([0, 2]);
    expect(stepPoint(model, new Set(), 0, 1)).toBe(2);
  });

  it('draws abnormal points last, on top', () => {
    const model = createMapModel(timelineFixture());
    const abnormal = [...visiblePoints(model, new Set())].map((index) => model.states[model.state[index] ?? 0]?.abnormal);
    expect(abnormal.indexOf(true)).toBe(abnormal.lastIndexOf(false) + 1);
  });

  it('finds the nearest shown point of 100,000 and none far away', () => {
    const model = createMapModel(timelineFixture({ slices: 100_000 }));
    const index = new PointIndex(model, visiblePoints(model, new Set(['s2'])));
    const target = model.state.indexOf(model.states.findIndex((state) => state.id === 's3'));
    expect(index.findNear(model.x[target] ?? 0, model.y[target] ?? 0, 0.001)).toBe(target);
    expect(index.findNear(50, 50, 0.1)).toBeUndefined();
    expect(visiblePoints(model, new Set(['s2'])).length).toBeLessThan(3000);
  });

  it('filters by state and never hides everything', () => {
    const model = createMapModel(timelineFixture());
    const one = toggleHidden(model, new Set(), 's1');
    expect([...one]).toEqual(['s1']);
    expect(toggleHidden(model, one, 's1').size).toBe(0);
    const alone = isolate(model, new Set(), 's3');
    expect([...alone].sort()).toEqual(['s1', 's2', 's4', 'unknown']);
    expect(toggleHidden(model, alone, 's3').size).toBe(0);
    expect(isolate(model, alone, 's3').size).toBe(0);
    expect(stepPoint(model, alone, null, 1)).toBe(model.state.indexOf(2));
  });

  it.each([0, 1])('has a middle for states of a run with %d slices', (slices) => {
    const model = createMapModel(timelineFixture({ slices }));
    expect(model.centres.filter((centre) => centre !== undefined)).toHaveLength(slices);
    const transform = fitTransform(model.x, model.y, 700, 600);
    expect(Object.values(transform).every(Number.isFinite)).toBe(true);
    expect(stepPoint(model, new Set(), null, 1)).toBe(slices === 0 ? null : 0);
  });

  it('bounds sizes', () => {
    expect([-1, 0, 0.5, 1, 7].map(toSizeLevel)).toEqual([0, 0, 2, 4, 4]);
  });
});

describe('map transform', () => {
  it('fits all points inside the canvas', () => {
    const transform = fitTransform(Float64Array.of(-1, 1, NaN), Float64Array.of(-1, 1, 0), 700, 600);
    for (const corner of [-1, 1]) {
      const [x, y] = toScreen(transform, corner, corner);
      expect(x >= 0 && x <= 700 && y >= 0 && y <= 600).toBe(true);
    }
  });

  it('zooms about the pointer and inverts', () => {
    const start = panTransform(fitTransform(Float64Array.of(0, 1), Float64Array.of(0, 1), 400, 400), 13, -7);
    const zoomed = zoomTransform(start, 2, 120, 80);
    const before = toData(start, 120, 80);
    const after = toData(zoomed, 120, 80);
    expect(after[0]).toBeCloseTo(before[0], 9);
    expect(after[1]).toBeCloseTo(before[1], 9);
  });
});

describe('labels', () => {
  it('never overlap and stay inside, however crowded', () => {
    const random = seededRandom(3);
    const bounds = { x: 0, y: 0, width: 500, height: 300 };
    const placed = placeLabels(
      Array.from({ length: 40 }, (_, index) => ({
        id: String(index),
        x: 200 + 100 * random(),
        y: 100 + 80 * random(),
        width: 40 + 120 * random(),
        height: 18,
        priority: index,
      })),
      bounds,
    );
    expect(placed.length).toBeGreaterThan(5);
    expect(placed.some((label) => label.id === '39')).toBe(true);
    placed.forEach((label, index) => {
      expect(label.x >= 0 && label.y >= 0 && label.x + label.width <= 500 && label.y + label.height <= 300).toBe(true);
      expect(placed.slice(index + 1).some((other) => overlaps(label, other))).toBe(false);
    });
  });

  it('avoid obstacles, and give up where there is no room', () => {
    const request = { id: 'a', x: 50, y: 50, width: 40, height: 10, priority: 1 };
    const everything = { x: 0, y: 0, width: 100, height: 100 };
    expect(placeLabels([request], everything)).toHaveLength(1);
    expect(placeLabels([request], everything, [everything])).toEqual([]);
    expect(placeLabels([{ ...request, x: NaN }], everything)).toEqual([]);
  });

  it('are shortened where they are least telling', () => {
    expect(shorten('ts-travel-plan-service', 12)).toBe('ts-tra…rvice');
    expect(shorten('cart', 12)).toBe('cart');
    expect(shorten('cart', 2)).toBe('…');
    expect(truncate('payment slow', 8)).toBe('payment…');
  });
});

describe('state styles', () => {
  it('differ in hue and shape together for nine states of a kind', () => {
    const styles = styleStates(
      Array.from({ length: 18 }, (_, index) => ({ id: `s${index}`, name: '', slices: 1, abnormal: index % 2 === 0, evidence: [] })),
    );
    expect(new Set(styles.map((style) => `${style.kind} ${style.hue} ${style.shape}`)).size).toBe(18);
  });

  it('put the abnormal first and the unknown last', () => {
    const order = [...styleStates(timelineFixture().states)].sort(byUrgency).map((style) => style.id);
    expect(order).toEqual(['s3', 's4', 's1', 's2', 'unknown']);
  });
});
