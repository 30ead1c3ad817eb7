import { describe, expect, it, vi } from 'vitest';
import { createDiagnosisPanel } from '../../webview/diagnosis/view.js';
import { findLabels, labelLines, labelSentence } from '../../webview/shared/labelText.js';
import { countRows, toLabelBands } from '../../webview/timeline/labelBands.js';
import { findLabelAt } from '../../webview/timeline/labelLane.js';
import { layoutTimeline } from '../../webview/timeline/layout.js';
import { createTimelinePanel } from '../../webview/timeline/view.js';
import { readyState } from './fixtures/panelStateFixture.js';
import { atSecond, START_NS } from './fixtures/timelineFixture.js';
import { LABELS, labelFixture } from './fixtures/tuningFixture.js';
import { find, mountPanel, press, texts } from './mountPanel.js';

// The toolkit styles its elements through CSSOM rules that the test's DOM does not have; they run in the preview and in the real host.
vi.mock('@vscode/webview-ui-toolkit', () => ({
  provideVSCodeDesignSystem: () => ({ register: () => undefined }),
  vsCodeButton: () => undefined,
}));

const label = labelFixture('network-delay', 0, 60, { author: 'Ana', note: 'a note' });
const range = (from: number, to: number) => ({ startNs: atSecond(from), endNs: atSecond(to) });

describe('labels in words', () => {
  it('name kind, service, author, time and note', () => {
    expect(labelSentence(label)).toBe('Labelled: network delay on ts-contacts-service by Ana');
    expect(labelSentence(labelFixture('normal', 0, 60, { entity: null }))).toBe('Labelled: normal');
    expect(labelLines(label, 'UTC').slice(1)).toEqual(['08:00:00–08:01:00 UTC', 'a note']);
  });

  it('count for a range of which they cover more than half', () => {
    expect(findLabels([label], range(0, 60))).toEqual([label]);
    expect(findLabels([label], range(20, 80))).toEqual([label]);
    expect(findLabels([label], range(30, 90))).toEqual([]);
    expect(findLabels([label], range(0, 600))).toEqual([]);
    expect(findLabels([label], range(10, 10))).toEqual([]);
    expect(findLabels([label], range(90, 120))).toEqual([]);
  });
});

describe('label bands', () => {
  it('stand in the first row that is free, and leave out other days', () => {
    const bands = toLabelBands(LABELS, START_NS, 3_630_000);
    expect(bands.map(({ label: shown, row }) => [shown.type, row])).toEqual([
      ['normal', 0],
      ['wrong-return', 0],
      ['network-delay', 1],
      ['network-delay', 0],
    ]);
    expect(countRows(bands)).toBe(2);
    expect(countRows([])).toBe(0);
  });

  it('never take more than three rows', () => {
    const many = Array.from({ length: 9 }, (_, at) => labelFixture('exception', at, 600, { entity: `s${at}` }));
    expect(countRows(toLabelBands(many, START_NS, 3_630_000))).toBe(3);
  });

  it('are found by pointer, and take no height where there are none', () => {
    const bands = toLabelBands(LABELS, START_NS, 3_630_000);
    const layout = layoutTimeline(1400, 400, 2);
    const scene = { layout, bands, window: { fromMs: 0, toMs: 3_630_000 } };
    const xOf = (second: number): number => layout.plotX + (second / 3630) * layout.plotWidth;
    expect(findLabelAt(scene, xOf(900), layout.labels.y + 4)).toBe(0);
    expect(findLabelAt(scene, xOf(2800), layout.labels.y + 20)).toBe(2);
    expect(findLabelAt(scene, xOf(100), layout.labels.y + 4)).toBeNull();
    expect(findLabelAt(scene, xOf(900), layout.score.y + 4)).toBeNull();
    expect(layoutTimeline(1400, 400).labels.height).toBe(0);
  });
});

describe('labels in the timeline', () => {
  const mount = (overrides: Parameters<typeof readyState>[0] = {}) =>
    mountPanel(createTimelinePanel, readyState({ labels: LABELS, ...overrides }));

  it('are bands that say what was said; normal differs by more than its colour', async () => {
    const { root } = await mount();
    expect(texts(root, '.lane-name')).toContain('Labels');
    expect(root.querySelectorAll('.label.failure')).toHaveLength(3);
    expect(root.querySelectorAll('.label.normal')).toHaveLength(1);
    expect(texts(root, '.label.normal text')).toEqual(['normal']);
    expect(root.innerHTML).not.toMatch(/NaN|undefined/);
  });

  it('come and go with events, and leave no lane behind', async () => {
    const { root, push, settle } = await mount();
    push({ type: 'labels', labels: [] });
    await settle();
    expect(texts(root, '.lane-name')).not.toContain('Labels');
  });

  it('show note and author under the pointer, and are chosen by a click', async () => {
    const { root, requests } = await mount();
    const chart = find(root, 'svg.chart');
    chart.setPointerCapture = () => undefined;
    const box = find(root, '[data-label="1"] rect');
    const x = Number(box.getAttribute('x')) + 3;
    const y = Number(box.getAttribute('y')) + 3;
    chart.dispatchEvent(new PointerEvent('pointermove', { clientX: x, clientY: y, bubbles: true }));
    expect(texts(root, '.rs-tooltip div')).toEqual([
      'Labelled: wrong return on ts-contacts-service by Ana',
      '08:43:10–08:46:00 UTC',
      'Rolled back at 08:46, see the postmortem.',
    ]);
    vi.spyOn(document, 'elementFromPoint').mockReturnValueOnce(box);
    for (const type of ['pointerdown', 'pointerup']) {
      chart.dispatchEvent(new PointerEvent(type, { clientX: x, clientY: y, button: 0, bubbles: true, pointerId: 1 }));
    }
    expect(requests('select')).toEqual(
      [{ ...range(43 * 60 + 10, 46 * 60), slice: null, state: null }].map(({ startNs, endNs, ...rest }) => ({
        range: { startNs, endNs },
        ...rest,
      })),
    );
  });

  it('are said to the keyboard and stand in the table', async () => {
    const { root } = await mount();
    const chart = find(root, 'svg.chart');
    for (let step = 0; step < 25; step++) {
      press(chart, 'ArrowRight');
    }
    expect(texts(root, '[aria-live]')[0]).toContain('Labelled: normal by Ben');
    find(root, 'button[title="The same data as a table"]').dispatchEvent(new Event('click'));
    expect(texts(root, 'thead th')).toContain('Labelled');
    expect(texts(root, 'tbody tr:nth-child(25) td')[3]).toBe('normal');
  });

  it('are made with L, from the range that is drawn or chosen, and with a button', async () => {
    const { root, requests, posted } = await mount();
    const chart = find(root, 'svg.chart');
    find(root, '.chip.incident button').dispatchEvent(new Event('click'));
    press(chart, 'ArrowRight', { shiftKey: true });
    press(chart, 'l');
    expect(requests('runCommand')).toEqual([{ command: 'runtimeSlicer.labelRange' }, { command: 'runtimeSlicer.labelRange' }]);
    expect(posted.slice(-2)).toMatchObject([{ method: 'select' }, { method: 'runCommand' }]);
  });
});

describe('labels in the diagnosis', () => {
  const mount = (overrides: Parameters<typeof readyState>[0] = {}) =>
    mountPanel(createDiagnosisPanel, readyState(overrides), { width: 600, height: 900 });

  it('stand where the range is labelled', async () => {
    const { root, requests } = await mount({ labels: LABELS });
    expect(texts(root, '.label-text')).toEqual([
      'Labelled: wrong return on ts-contacts-service by Ana',
      'Labelled: network delay on ts-travel-service',
    ]);
    expect(find(root, '.label-text').getAttribute('title')).toContain('Rolled back');
    (find(root, '.label-line button') as HTMLElement).click();
    expect(requests('runCommand')).toEqual([{ command: 'runtimeSlicer.removeLabel' }]);
  });

  it('are offered where it is not', async () => {
    const { root, requests } = await mount({ labels: LABELS.slice(0, 1) });
    expect(texts(root, '.label-text')).toEqual([]);
    (find(root, '.label-line button') as HTMLElement).click();
    expect(requests('runCommand')).toEqual([{ command: 'runtimeSlicer.labelRange' }]);
  });
});
