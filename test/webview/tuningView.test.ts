import { describe, expect, it, vi } from 'vitest';
import { IDLE_TUNING } from '../../src/protocol/panelRpc.js';
import type { TunedHeadView } from '../../src/protocol/views.js';
import { lossChart } from '../../webview/tuning/lossChart.js';
import { countTypes, headName, lossText, scoreText, toPercentOf, trainedOn, versionName } from '../../webview/tuning/model.js';
import { createTuningPanel } from '../../webview/tuning/view.js';
import { emptyState, readyState, runningState } from './fixtures/panelStateFixture.js';
import { LABELS, REPORT, trainingFixture, tuningFixture, VERSIONS } from './fixtures/tuningFixture.js';
import { find, mountPanel, texts } from './mountPanel.js';

// The toolkit styles its elements through CSSOM rules that the test's DOM does not have; they run in the preview and in the real host.
vi.mock('@vscode/webview-ui-toolkit', () => ({
  provideVSCodeDesignSystem: () => ({ register: () => undefined }),
  vsCodeButton: () => undefined,
}));

const mount = (overrides: Parameters<typeof readyState>[0] = {}, options: Parameters<typeof mountPanel>[2] = {}) =>
  mountPanel(createTuningPanel, readyState({ labels: LABELS, tuning: tuningFixture(), ...overrides }), { width: 700, ...options });

function pressButton(root: ParentNode, text: string): void {
  const button = [...root.querySelectorAll<HTMLElement>('vscode-button, button')].find((node) => node.textContent === text);
  if (button === undefined) {
    throw new Error(`no button ${text}`);
  }
  button.click();
}

describe('tuning in words and numbers', () => {
  it('counts what there is to learn from', () => {
    expect(trainedOn(LABELS)).toBe('5 labels of 4 kinds on 3 services');
    expect(trainedOn(LABELS.slice(0, 1))).toBe('1 label of 1 kind');
    expect(countTypes(LABELS)[0]).toEqual({ type: 'network-delay', labels: 2, services: 2 });
    expect(countTypes([])).toEqual([]);
  });

  it('names heads and versions without ids', () => {
    expect([headName('root-cause'), headName('looking up the labelled ranges'), headName('toString')]).toEqual([
      'Likely cause',
      'looking up the labelled ranges',
      'toString',
    ]);
    expect(VERSIONS.map((version) => versionName(version, 'UTC'))).toEqual(['Mon 30 Jan 09:00 UTC', 'Sun 29 Jan 09:23 UTC', 'As shipped']);
  });

  it('survives scores that are none', () => {
    expect(scoreText({ score: 0.714, low: 0.5, high: 1 })).toBe('0.71 (0.50–1.00)');
    expect(scoreText({ score: null as unknown as number, low: NaN, high: 1 })).toBe('– (––1.00)');
    expect([toPercentOf(0.5), toPercentOf(7), toPercentOf(NaN)]).toEqual([50, 100, 0]);
  });

  it('says how a loss went', () => {
    expect(lossText({ head: 'failure-type', losses: [2.3, 1, 0.41] })).toBe(
      'Kind of failure: mean loss fell from 2.30 to 0.41 in 3 steps.',
    );
    expect(lossText({ head: 'failure-type', losses: [] })).toBe('Kind of failure: no step yet.');
  });
});

describe('loss chart', () => {
  it('draws a line for each head, names its axes, and says the same in words', () => {
    const chart = lossChart(trainingFixture().curves, 600);
    expect(chart.querySelectorAll('svg[role=img] .curve')).toHaveLength(2);
    expect(texts(chart, '.axis-name')).toEqual(['training step', 'mean loss']);
    expect(find(chart, 'svg').getAttribute('aria-label')).toContain('Likely cause: mean loss fell from');
    expect(texts(chart, 'figcaption span')[1]).toMatch(/^Likely cause \d\.\d\d$/);
    const dashes = [...chart.querySelectorAll('svg[role=img] .curve')].map((curve) => curve.getAttribute('stroke-dasharray'));
    expect(new Set(dashes).size).toBe(2);
  });

  it.each([[[]], [[{ head: 'a', losses: [] }]], [[{ head: 'a', losses: [1] }]], [[{ head: 'a', losses: [NaN, 0, 0] }]]])(
    'stands %j',
    (curves) => {
      expect(lossChart(curves, 100).innerHTML).not.toMatch(/NaN,|,NaN|Infinity|undefined/);
    },
  );
});

describe('tuning panel', () => {
  it('says what will be trained on, by kind, and starts', async () => {
    const { root, requests } = await mount();
    expect(texts(root, 'h1')).toEqual(['To learn from: 5 labels of 4 kinds on 3 services.']);
    expect(texts(root, '.section-labels tbody tr:first-child > *')).toEqual(['network delay', '2', '2']);
    pressButton(root, 'Fine-Tune');
    expect(requests('tune')).toEqual([{ evenIfWorse: false, adapt: false }]);
  });

  it.each([
    ['Use even if worse', { evenIfWorse: true, adapt: false }],
    ['Adapt the encoder to this system first', { evenIfWorse: false, adapt: true }],
  ])('is off unless chosen, and is remembered: %s', async (label, choices) => {
    const option = (root: ParentNode): Element =>
      [...root.querySelectorAll('label.option')].find((node) => node.textContent === label)?.querySelector('input') ?? expect.fail(label);
    const { root, requests, saved } = await mount();
    expect(option(root).hasAttribute('checked')).toBe(false);
    option(root).dispatchEvent(new Event('change'));
    pressButton(root, 'Fine-Tune');
    expect(requests('tune')).toEqual([choices]);
    expect(saved()).toEqual(choices);
    const again = await mount({}, { saved: saved() });
    expect(option(again.root).hasAttribute('checked')).toBe(true);
  });

  it('shows the way to labels when there are none, and adapts without', async () => {
    const { root, requests } = await mountPanel(createTuningPanel, { ...emptyState(), phase: 'ready' });
    expect(texts(root, 'h1')).toEqual(['Nothing is labelled yet.']);
    pressButton(root, 'Open Timeline');
    expect(requests('openPanel')).toEqual([{ panel: 'timeline' }]);
    expect(root.querySelectorAll('input')).toHaveLength(0);
    pressButton(root, 'Adapt to This System');
    expect(requests('tune')).toEqual([{ evenIfWorse: false, adapt: true }]);
  });

  it('says of the encoder what left-out time says', async () => {
    const encoder: TunedHeadView = {
      head: 'encoder',
      measure: 'match probability',
      incidents: 240,
      tuned: { score: 0.35, low: 0.3, high: 0.4 },
      current: { score: 0.22, low: 0.18, high: 0.26 },
      baseline: { name: 'a guess', score: 0.02, low: 0.02, high: 0.02 },
      lossCurve: [3, 2],
      isUsed: true,
      reason: 'The same moment is recognised at least as surely.',
    };
    const { root } = await mount({ tuning: tuningFixture({ report: { ...REPORT, heads: [encoder], skipped: [] } }) });
    expect(texts(root, '.head h3')[0]).toContain('Encoder adapted to this system');
    expect(texts(root, '.head .rs-muted')[0]).toContain('; 240 slices');
    expect(texts(root, '.head .score-name')).toEqual(['adapted', 'as shipped', 'a guess']);
  });

  it('grows while it trains, keeps its button, and cancels', async () => {
    const { root, push, requests } = await mount({ tuning: tuningFixture({ isRunning: true }) });
    expect(texts(root, '.section-running p')).toEqual(['Starting…']);
    const cancel = find(root, '.section-running vscode-button');
    push({ type: 'tuning', tuning: { ...trainingFixture(), progress: { phase: 'tune', fraction: 0, detail: 'root-cause', records: 0 } } });
    expect(texts(root, '.section-running p')).toEqual(['Likely cause: judging on ranges left out']);
    push({ type: 'tuning', tuning: trainingFixture() });
    expect(texts(root, '.section-running p')).toEqual(['Likely cause: training']);
    expect(root.querySelectorAll('.growing svg[role=img] .curve')).toHaveLength(2);
    expect(find(root, '.section-running vscode-button')).toBe(cancel);
    expect((find(root, 'progress') as HTMLProgressElement).value).toBe(0.6);
    (cancel as HTMLElement).click();
    expect(requests('cancelTuning')).toEqual([null]);
    expect(texts(root, '.versions button')).toEqual([]);
  });

  it('shows each head beside the shipped one and a baseline, then what was skipped', async () => {
    const { root, push } = await mount({ tuning: trainingFixture() });
    push({ type: 'tuning', tuning: tuningFixture({ report: REPORT }) });
    expect(texts(root, '.head h3')).toEqual(['Kind of failure✓ used now', 'Likely causenot used']);
    expect(texts(root, '.head:first-of-type .score-name')).toEqual(['fine-tuned', 'as shipped', 'always network-delay']);
    expect(texts(root, '.head:first-of-type .score-text')[0]).toBe('0.71 (0.55–0.84)');
    expect(find(root, '.track.tuned .interval').getAttribute('x1')).toMatch(/^55/);
    expect(texts(root, '.head p')[0]).toContain('How well the kinds are told apart');
    expect(texts(root, '.head p')[1]).toMatch(/it is used\.$/);
    expect(texts(root, '.skipped li')).toEqual([
      'What is abnormal (not trained): Detection needs at least 2 ranges labelled normal; there is 1.',
    ]);
    expect(texts(root, '.section-labels summary')).toEqual(['1 label lies outside of all embedded files: embed those first']);
    expect(texts(root, '.section-labels li')).toEqual(['memory leak, Mon 30 Jan 08:00:00–08:05:00 UTC']);
    expect(texts(root, '[aria-live]')[0]).toContain('it is used.');
    expect(root.innerHTML).not.toMatch(/NaN|undefined/);
  });

  it('switches, exports and imports versions; the shipped heads stay here', async () => {
    const { root, requests } = await mount();
    expect(texts(root, '.version')).toEqual([
      '✓Mon 30 Jan 09:00 UTCkind of failure; 24 labels; in useExport…',
      'Sun 29 Jan 09:23 UTCkind of failure, likely cause; 9 labelsUse thisExport…',
      'As shippedencoder and heads that come with RuntimeSlicerUse this',
    ]);
    [...root.querySelectorAll<HTMLElement>('.version button')].forEach((button) => {
      button.click();
    });
    expect(requests('exportHeads')).toEqual([{ version: 'b2' }, { version: 'a1' }]);
    expect(requests('useHeads')).toEqual([{ version: 'a1' }, { version: 'default' }]);
    pressButton(root, 'Import…');
    expect(requests('importHeads')).toEqual([null]);
    expect(find(root, '.version.used').getAttribute('aria-current')).toBe('true');
  });

  it('only looks on in a workspace that is not trusted, while files are embedded, and says so', async () => {
    const untrusted = await mount({ tuning: tuningFixture({ isTrusted: false }) });
    expect(texts(untrusted.root, 'header p')[0]).toContain('not trusted');
    expect(untrusted.root.querySelectorAll('vscode-button, button:not([hidden] button), input')).toHaveLength(0);
    const embedding = await mountPanel(createTuningPanel, { ...runningState(), labels: LABELS });
    expect(texts(embedding.root, 'header p')[0]).toContain('Files are being embedded');
  });

  it('says what went wrong, in place', async () => {
    const { root } = await mount({ tuning: tuningFixture({ error: 'disk full' }) });
    expect(texts(root, '.failure[role=alert]')).toEqual(['disk full']);
  });

  it('follows labels, and keeps the keyboard in its place and what is unfolded', async () => {
    const { root, push } = await mount({ tuning: tuningFixture({ report: REPORT }) });
    const button = [...root.querySelectorAll<HTMLElement>('.version button')].at(-1);
    button?.focus();
    (find(root, 'details.curves') as HTMLDetailsElement).open = true;
    push({ type: 'labels', labels: LABELS.slice(0, 2) });
    expect(texts(root, 'h1')).toEqual(['To learn from: 2 labels of 2 kinds on 1 service.']);
    expect(document.activeElement?.getAttribute('title')).toBe('Make findings with the heads of As shipped');
    expect((find(root, 'details.curves') as HTMLDetailsElement).open).toBe(true);
  });

  it('hands the keyboard on when the control it was on has done its work', async () => {
    const { root, push } = await mount();
    const focused = (): string | undefined => document.activeElement?.textContent;
    find(root, 'vscode-button').setAttribute('tabindex', '0');
    (find(root, 'vscode-button') as HTMLElement).focus();
    expect(focused()).toBe('Fine-Tune');
    push({ type: 'tuning', tuning: trainingFixture() });
    expect(focused()).toBe('Cancel');
    push({ type: 'tuning', tuning: tuningFixture({ report: REPORT }) });
    expect(focused()).toBe('Fine-Tune');
    [...root.querySelectorAll<HTMLElement>('.version button')].find((button) => button.textContent === 'Use this')?.focus();
    push({ type: 'tuning', tuning: tuningFixture({ versions: VERSIONS.slice(0, 1) }) });
    expect(focused()).toBe('Import…');
  });

  it('does not parse what it is told as markup', async () => {
    const evil = '<img src=x onerror=alert(1)>';
    const labels = LABELS.map((label) => ({ ...label, type: evil }));
    const { root } = await mount({ labels, tuning: { ...IDLE_TUNING, error: evil } });
    expect(root.querySelectorAll('img')).toHaveLength(0);
  });
});
