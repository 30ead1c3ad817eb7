import { describe, expect, it, vi } from 'vitest';
import { createTimelinePanel } from '../../webview/timeline/view.js';
import { emptyState, failedState, readyState, runningState } from './fixtures/panelStateFixture.js';
import { atSecond, timelineFixture } from './fixtures/timelineFixture.js';
import { find, mountPanel, press, texts } from './mountPanel.js';
import { EMPTY_SELECTION } from '../../src/protocol/panelRpc.js';

// The toolkit styles its elements through CSSOM rules that the test's DOM does not have; they run in the preview and in the real host.
vi.mock('@vscode/webview-ui-toolkit', () => ({
  provideVSCodeDesignSystem: () => ({ register: () => undefined }),
  vsCodeButton: () => undefined,
}));

/** A pointer event at a place of the chart, which the test's DOM puts at the origin. */
function pointer(target: Element, type: string, x: number, y: number, init: PointerEventInit = {}): void {
  target.dispatchEvent(new PointerEvent(type, { clientX: x, clientY: y, button: 0, bubbles: true, pointerId: 1, ...init }));
}

async function ready(overrides: Parameters<typeof readyState>[0] = {}, options: Parameters<typeof mountPanel>[2] = {}) {
  const panel = await mountPanel(createTimelinePanel, readyState(overrides), options);
  const chart = find(panel.root, 'svg.chart');
  chart.setPointerCapture = () => undefined;
  return { ...panel, chart };
}

describe('timeline panel', () => {
  it('answers first: the sentence, the range, what it is compared with', async () => {
    const { root } = await ready();
    expect(texts(root, 'h1')[0]).toContain('Abnormal from 08:43:10 to 08:46 UTC (p 0.97), most likely ts-contacts-service');
    expect(texts(root, 'h1 strong')).toEqual(['ts-contacts-service']);
    expect(texts(root, '.chip')[0]).toContain('Abnormal range 1 of 2');
    expect(texts(root, '.chip.incident')[0]).toContain('Incident 08:43:10–08:46:00 UTC, 2 min 50 s');
    expect(texts(root, '.chip.usual')[0]).toBe('Compared with 30 min of usual time (automatic)');
    expect(texts(root, '.legend .name')[0]).toBe('ts-contacts-service: a usual log line is missing');
  });

  it('draws ribbon, score, lanes, markers, ranges and overview', async () => {
    const { root } = await ready();
    expect(texts(root, '.lane-name')).toEqual(['State', 'Usual range', 'Abnormal', 'Logs', 'Traces', 'Metrics', 'Whole run']);
    expect(texts(root, '.markers .incident text')).toEqual([
      '▲1 ts-contacts-service, wrong return values 08:43',
      '▲2 ts-order-service, slow 08:52',
    ]);
    expect(texts(root, '.overlay .range text')).toEqual(['Incident 08:43:10–08:46:00 · 2 min 50 s']);
    expect(texts(root, '.axis .tick text').slice(0, 3)).toEqual(['08:05', '08:10', '08:15']);
    expect(texts(root, '.axis .note')).toEqual(['Sun 29 Jan · UTC']);
    expect(root.querySelectorAll('.ribbon .run')).toHaveLength(12);
    expect(root.querySelectorAll('.ribbon .hatch')).toHaveLength(2);
    expect(find(root, '.ribbon .run .tint').getAttribute('width')).toMatch(/^379\./);
    expect(find(root, '.threshold').getAttribute('y1')).toMatch(/^\d+(\.\d+)?$/);
    expect(root.innerHTML).not.toMatch(/NaN|undefined/);
  });

  it('steps through the abnormal ranges, most serious first, and closes in on them', async () => {
    const { root, requests, saved } = await ready();
    const [first, second] = timelineFixture().incidents;
    const press = (title: RegExp): void => {
      [...root.querySelectorAll<HTMLElement>('.chip.steps button')].find((button) => title.test(button.title))?.click();
    };
    press(/^Next/);
    expect(requests('select').at(-1)).toMatchObject({ range: { startNs: second?.startNs, endNs: second?.endNs } });
    press(/^Previous/);
    expect(requests('select').at(-1)).toMatchObject({ range: { startNs: second?.startNs } });
    expect(first?.startNs).not.toBe(second?.startNs);
    expect(saved()).toMatchObject({ run: 'run-1' });
  });

  it('names the most important of many states, and all on demand', async () => {
    const timeline = timelineFixture();
    const states = Array.from({ length: 30 }, (_, at) => ({
      id: `s${at}`,
      name: `state ${at}`,
      slices: 60 - at,
      abnormal: at < 20,
      evidence: [],
    }));
    const { root } = await ready({ timeline: { ...timeline, states }, selection: { ...EMPTY_SELECTION, state: 's15' } });
    expect(texts(root, '.legend .name')).toEqual(['state 0', 'state 1', 'state 2', 'state 15', 'state 20', 'state 21']);
    [...root.querySelectorAll<HTMLElement>('.legend button')].find((button) => /^All \d+ states$/.test(button.textContent))?.click();
    expect(texts(root, '.legend .name').length).toBeGreaterThanOrEqual(30);
  });

  it('shows the main part of a run in which a file has a wrong clock, and the rest on demand', async () => {
    const timeline = timelineFixture();
    const year = 365 * 86_400;
    const far = {
      ...timeline.slices[0],
      id: 'far',
      startNs: atSecond(year),
      endNs: atSecond(year + 60),
    } as (typeof timeline.slices)[number];
    const { root, chart, settle } = await ready({ timeline: { ...timeline, endNs: far.endNs, slices: [...timeline.slices, far] } });
    expect(texts(root, '.warnings li')[0]).toMatch(/^1 slice lies far from the rest of the run \(it spans 2023-01-29 to 2024-01-29\)/);
    expect(texts(root, '.axis .tick text')[0]).toBe('08:05');
    press(chart, '0');
    await settle();
    expect(texts(root, '.axis .tick text')[0]).not.toBe('08:05');
  });

  it('says what could not be read without hiding anything, and keeps results when a later step fails', async () => {
    const { root, requests, push, settle } = await ready({ notice: '85 files could not be read.' });
    expect(texts(root, '.chip.unread')[0]).toContain('85 files could not be read.');
    find(root, '.chip.unread button').dispatchEvent(new Event('click'));
    expect(requests('runCommand')).toEqual([{ command: 'runtimeSlicer.showEngineStatus' }]);
    push({ type: 'state', state: readyState({ error: 'broken.json: no rows' }) });
    await settle();
    expect(texts(root, '[role=alert] span')).toEqual(['broken.json: no rows']);
    expect(root.querySelectorAll('.ribbon .run')).toHaveLength(12);
    push({ type: 'state', state: readyState() });
    expect((find(root, '.rs-banner') as HTMLElement).hidden).toBe(true);
  });

  it('says plainly when nothing is abnormal, and what is missing', async () => {
    const timeline = timelineFixture({ abnormal: false });
    const { root } = await ready({ timeline: { ...timeline, density: { ...timeline.density, trace: [] } }, selection: EMPTY_SELECTION });
    expect(find(root, 'h1').classList.contains('usual')).toBe(true);
    expect(texts(root, '.rs-mark')).toEqual(['✓']);
    expect(texts(root, '.lanes .note')).toContain('no spans in these files');
    expect(texts(root, '.warnings li')).toHaveLength(2);
  });

  it('draws a dragged range, and tells the host when it is dropped', async () => {
    const { root, chart, requests, settle } = await ready({ selection: EMPTY_SELECTION });
    pointer(chart, 'pointerdown', 400, 150);
    pointer(chart, 'pointermove', 500, 150);
    await settle();
    expect(texts(root, '.overlay .range.incident text')[0]).toMatch(/^Incident 08:13:\d0–08:18:\d0 · 4 min/);
    pointer(chart, 'pointerup', 500, 150);
    expect(requests('select')).toHaveLength(1);
    expect(requests('select')[0]).toMatchObject({ slice: null, state: null, range: { startNs: atSecond(13 * 60 + 50) } });
  });

  it('takes alt-drag as the usual range', async () => {
    const { root, chart, requests, settle } = await ready();
    pointer(chart, 'pointerdown', 300, 150, { altKey: true });
    pointer(chart, 'pointermove', 200, 150, { altKey: true });
    await settle();
    expect(texts(root, '.overlay .range.reference text')[0]).toMatch(/^Usual /);
    pointer(chart, 'pointerup', 200, 150);
    expect(requests('setReference')).toHaveLength(1);
    expect(requests('select')).toHaveLength(0);
  });

  it('drops a drag on Escape, and clears the range on the next', async () => {
    const { root, chart, requests, settle } = await ready();
    pointer(chart, 'pointerdown', 300, 150);
    pointer(chart, 'pointermove', 400, 150);
    press(chart, 'Escape');
    pointer(chart, 'pointerup', 400, 150);
    await settle();
    expect(requests('select')).toEqual([]);
    expect(texts(root, '.overlay .range text')).toHaveLength(1);
    press(chart, 'Escape');
    expect(requests('select')).toEqual([{ range: null, slice: null, state: null }]);
  });

  it('is worked by keyboard alone', async () => {
    const { chart, posted, requests, root, settle } = await ready({ selection: EMPTY_SELECTION });
    press(chart, 'ArrowRight');
    press(chart, 'ArrowRight');
    press(chart, 'Enter');
    const second = timelineFixture().slices[1];
    expect(requests('select')).toEqual([
      { range: { startNs: second?.startNs, endNs: second?.endNs }, slice: second?.id, state: second?.state },
    ]);
    expect(posted.at(-2)).toEqual({ type: 'hover', slice: second?.id, entity: null });
    expect(texts(root, '[aria-live]')[0]).toContain('08:00:30–08:01:30 UTC, usual traffic');
    press(chart, 'ArrowRight', { shiftKey: true });
    await settle();
    expect(texts(root, '.range.incident text')[0]).toContain('Incident 08:00:30–08:01:30');
    press(chart, 'Enter');
    press(chart, 'i');
    expect(requests('select').slice(1)).toMatchObject([
      { range: { startNs: atSecond(30), endNs: atSecond(90) } },
      { range: { startNs: atSecond(43 * 60 + 10), endNs: atSecond(46 * 60) } },
    ]);
  });

  it('zooms, pans, and keeps the window across a reload', async () => {
    const { chart, saved, settle } = await ready();
    press(chart, '+');
    press(chart, '+');
    press(chart, 'PageDown');
    const kept = saved() as { run: string; window: { fromMs: number; toMs: number } };
    expect(kept.run).toBe('run-1');
    expect(Math.round(kept.window.toMs - kept.window.fromMs)).toBe(Math.round(3_630_000 / 2.25));
    await settle();
    const again = await ready({}, { saved: kept });
    expect(texts(again.root, '.axis .tick text')[0]).not.toBe('08:05');
    press(again.chart, '0');
    expect(again.saved()).toMatchObject({ window: { fromMs: 0, toMs: 3_630_000 } });
  });

  it.each([7, { run: 3 }, { run: 'run-1', window: { fromMs: 'x' } }, { run: 'other', window: { fromMs: 1, toMs: 2 } }])(
    'ignores view state it cannot use: %j',
    async (saved) => {
      const { root } = await ready({}, { saved });
      expect(texts(root, '.axis .tick text')[0]).toBe('08:05');
    },
  );

  it('moves the window by dragging on the overview', async () => {
    const { chart, saved } = await ready();
    press(chart, '+');
    const before = (saved() as { window: { fromMs: number } }).window.fromMs;
    const y = Number(find(chart, '.overview .ground').getAttribute('y')) + 5;
    pointer(chart, 'pointerdown', 700, y);
    pointer(chart, 'pointermove', 760, y);
    pointer(chart, 'pointerup', 760, y);
    expect((saved() as { window: { fromMs: number } }).window.fromMs).toBeGreaterThan(before);
  });

  it('shows the slice that another panel hovers', async () => {
    const { root, push, settle } = await ready();
    push({ type: 'hover', slice: timelineFixture().slices[4]?.id ?? '', entity: null });
    await settle();
    expect(root.querySelectorAll('.cross-hair')).toHaveLength(1);
    push({ type: 'hover', slice: 'of another run', entity: null });
    await settle();
    expect(root.querySelectorAll('.cross-hair')).toHaveLength(0);
  });

  it('has a table with the same data', async () => {
    const { root } = await ready();
    find(root, 'button[title="The same data as a table"]').dispatchEvent(new Event('click'));
    expect(texts(root, 'caption')).toEqual(['All slices, times in UTC']);
    expect(root.querySelectorAll('tbody tr')).toHaveLength(120);
    expect(texts(root, 'tbody tr:nth-child(1) th')).toEqual(['08:00:00–08:01:00']);
  });

  it('fills lanes while running, then shows the result in the same place', async () => {
    const panel = await mountPanel(createTimelinePanel, runningState());
    expect(texts(panel.root, '[aria-current="step"]')).toEqual(['Read']);
    expect(texts(panel.root, '.rs-progress p')).toEqual(['Read · ts-order-service.log · 1.2M records']);
    expect(panel.root.querySelectorAll('.bars')).toHaveLength(2);
    expect(panel.root.querySelectorAll('.bone')).toHaveLength(2);
    expect(texts(panel.root, '.lanes .note, .note')).toContain('none read yet');
    panel.push({ type: 'state', state: readyState() });
    await panel.settle();
    expect(panel.root.querySelectorAll('.ribbon .run')).toHaveLength(12);
  });

  it.each([
    ['empty', emptyState(), 'Nothing to show yet'],
    ['failed', failedState(), 'The files could not be analysed'],
  ] as const)('says what to do when %s', async (_, state, title) => {
    const { root, requests } = await mountPanel(createTimelinePanel, state);
    expect(texts(root, 'h2')).toEqual([title]);
    find(root, 'vscode-button').dispatchEvent(new Event('click'));
    expect(requests('runCommand')).toEqual([{ command: 'runtimeSlicer.embedRuntimeSlice' }]);
  });

  it('shows a failed request in place, and lets it be dismissed', async () => {
    const { root, chart, fail, settle } = await ready();
    fail('The engine stopped.');
    press(chart, 'Escape');
    await settle();
    const banner = find(root, '.rs-banner') as HTMLElement;
    expect([banner.hidden, texts(banner, 'span')[0]]).toEqual([false, 'The engine stopped.']);
    find(banner, 'button').dispatchEvent(new Event('click'));
    expect(banner.hidden).toBe(true);
  });

  it.each([0, 1])('stands a run of %d slices', async (slices) => {
    const { root, chart } = await ready({ timeline: timelineFixture({ slices }), selection: EMPTY_SELECTION });
    for (const key of ['ArrowRight', 'ArrowLeft', 'Enter', 'i', '+', '0', 'End']) {
      press(chart, key);
    }
    expect(root.querySelectorAll('.ribbon .run')).toHaveLength(slices);
    expect(root.innerHTML).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('keeps to itself: no markup from data, no address of another host', async () => {
    const timeline = timelineFixture();
    const evil = '<img src=x onerror=alert(1)>';
    const { root } = await ready({
      timeline: { ...timeline, headline: evil, warnings: [evil], states: timeline.states.map((state) => ({ ...state, name: evil })) },
    });
    expect(root.querySelectorAll('img, script, iframe, link')).toHaveLength(0);
    expect(texts(root, 'h1')[0]).toContain(evil);
    expect(root.innerHTML).not.toMatch(/https?:\/\/(?!www\.w3\.org)/);
  });
});
