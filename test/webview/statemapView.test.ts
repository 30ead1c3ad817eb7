import { describe, expect, it, vi } from 'vitest';
import { EMPTY_SELECTION } from '../../src/protocol/panelRpc.js';
import { createStateMapPanel } from '../../webview/statemap/view.js';
import { emptyState, failedState, readyState, runningState } from './fixtures/panelStateFixture.js';
import { timelineFixture } from './fixtures/timelineFixture.js';
import { find, mountPanel, press, texts } from './mountPanel.js';

// The toolkit styles its elements through CSSOM rules that the test's DOM does not have; they run in the preview and in the real host.
vi.mock('@vscode/webview-ui-toolkit', () => ({
  provideVSCodeDesignSystem: () => ({ register: () => undefined }),
  vsCodeButton: () => undefined,
}));

const mount = (overrides: Parameters<typeof readyState>[0] = {}, saved?: unknown) =>
  mountPanel(createStateMapPanel, readyState({ selection: EMPTY_SELECTION, ...overrides }), { width: 700, height: 600, saved });

describe('state map panel', () => {
  it('lists the states, abnormal first, with their sizes', async () => {
    const { root } = await mount();
    expect(texts(root, '.entry').map((text) => text.replace(/\d+$/, ''))).toEqual([
      'ts-contacts-service: a usual log line is missing',
      'ts-order-service slow, timeouts',
      'usual traffic',
      'evening peak',
      'unknown',
    ]);
    expect(texts(root, '.count')).toEqual(['7', '3', '70', '37', '3']);
    expect(find(root, '.map-frame').getAttribute('aria-label')).toContain('State map of 120 slices. Abnormal from');
  });

  it('filters from the legend, keeps the keyboard there, and remembers', async () => {
    const panel = await mount();
    const entry = (name: string): HTMLElement => find(panel.root, `[data-state="${name}"]`) as HTMLElement;
    entry('s1').focus();
    entry('s1').click();
    expect(entry('s1').getAttribute('aria-pressed')).toBe('false');
    expect(document.activeElement).toBe(entry('s1'));
    expect(panel.saved()).toEqual({ run: 'run-1', transform: null, hidden: ['s1'] });
    const again = await mount({}, panel.saved());
    expect(find(again.root, '[data-state="s1"]').getAttribute('aria-pressed')).toBe('false');
    [...again.root.querySelectorAll('button')].find((button) => button.textContent === 'Show all states')?.click();
    expect(again.root.querySelectorAll('[aria-pressed="true"][data-state]')).toHaveLength(5);
  });

  it('steps through slices by keyboard, in time, past hidden states', async () => {
    const { root, posted, requests } = await mount();
    const map = find(root, '.map-frame');
    (find(root, '[data-state="s1"]') as HTMLElement).click();
    press(map, 'ArrowRight');
    const first = timelineFixture().slices.find((slice) => slice.state !== 's1');
    expect(posted.at(-1)).toEqual({ type: 'hover', slice: first?.id, entity: null });
    expect((find(root, '.rs-tooltip') as HTMLElement).hidden).toBe(false);
    expect(texts(root, '.rs-tooltip div')[1]).toBe('unknown (fits 34 %)');
    expect(texts(root, '[aria-live]')[0]).toContain('unknown (fits 34 %)');
    press(map, 'Enter');
    expect(requests('select')).toEqual([{ range: { startNs: first?.startNs, endNs: first?.endNs }, slice: first?.id, state: 'unknown' }]);
    press(map, 'Escape');
    expect(requests('select').at(-1)).toEqual({ range: null, slice: null, state: null });
    expect((find(root, '.rs-tooltip') as HTMLElement).hidden).toBe(true);
  });

  it('chooses the point under the pointer', async () => {
    const { root, requests } = await mount({ timeline: timelineFixture({ slices: 1 }) });
    const map = find(root, '.map-frame') as HTMLElement;
    map.setPointerCapture = () => undefined;
    for (const [type, x] of [
      ['pointerdown', 355],
      ['pointerup', 355],
      ['pointerdown', 600],
      ['pointerup', 600],
    ] as const) {
      map.dispatchEvent(new PointerEvent(type, { clientX: x, clientY: 302, button: 0, bubbles: true }));
    }
    expect(requests('select')).toMatchObject([{ slice: timelineFixture({ slices: 1 }).slices[0]?.id }]);
  });

  it('zooms and pans, and fits again', async () => {
    const { root, saved } = await mount();
    const map = find(root, '.map-frame');
    press(map, '+');
    expect(saved()).toMatchObject({ run: 'run-1', transform: { scale: expect.any(Number) as number } });
    map.dispatchEvent(new WheelEvent('wheel', { deltaY: 100, cancelable: true }));
    press(map, '0');
    expect(saved()).toMatchObject({ transform: null });
  });

  it('has a table, page by page', async () => {
    const { root } = await mount({ timeline: timelineFixture({ slices: 450 }) });
    find(root, 'button[title="The same data as a table"]').dispatchEvent(new Event('click'));
    expect(root.querySelectorAll('tbody tr')).toHaveLength(200);
    find(root, '[aria-label="Show more rows"]').dispatchEvent(new Event('click'));
    expect(root.querySelectorAll('tbody tr')).toHaveLength(400);
  });

  it.each([
    [0, 'This run has no slices.'],
    [1, 'Close together: alike. Larger: more abnormal. Line: path in time.'],
  ])('stands a run of %d slices', async (slices, note) => {
    const { root } = await mount({ timeline: timelineFixture({ slices }) });
    expect(texts(root, '.map-note')).toEqual([note]);
    press(find(root, '.map-frame'), 'ArrowRight');
  });

  it('says how many slices have no place', async () => {
    const view = timelineFixture({ slices: 5 });
    const { root } = await mount({
      timeline: { ...view, slices: view.slices.map((slice, index) => (index < 2 ? { ...slice, map: [NaN, 0] as const } : slice)) },
    });
    expect(texts(root, '.map-note')[0]).toContain('2 slices could not be placed');
  });

  it.each([
    ['empty', emptyState(), 'h2', 'Nothing to show yet'],
    ['running', runningState(), '.rs-skeleton p', 'Points appear when all files are read.'],
    ['failed', failedState(), 'h2', 'The files could not be analysed'],
  ] as const)('says what is going on when %s', async (_, state, selector, text) => {
    const { root } = await mountPanel(createStateMapPanel, state);
    expect(texts(root, selector)).toEqual([text]);
  });
});
