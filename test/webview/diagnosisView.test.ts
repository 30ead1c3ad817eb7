import { describe, expect, it, vi } from 'vitest';
import { EMPTY_SELECTION } from '../../src/protocol/panelRpc.js';
import { createDiagnosisPanel } from '../../webview/diagnosis/view.js';
import { diagnosisFixture } from './fixtures/diagnosisFixture.js';
import { failedState, readyState, runningState } from './fixtures/panelStateFixture.js';
import { similarFixture } from './fixtures/similarFixture.js';
import { timelineFixture } from './fixtures/timelineFixture.js';
import { LABELS } from './fixtures/tuningFixture.js';
import { find, mountPanel, press, texts } from './mountPanel.js';

// The toolkit styles its elements through CSSOM rules that the test's DOM does not have; they run in the preview and in the real host.
vi.mock('@vscode/webview-ui-toolkit', () => ({
  provideVSCodeDesignSystem: () => ({ register: () => undefined }),
  vsCodeButton: () => undefined,
}));

const mount = (overrides: Parameters<typeof readyState>[0] = {}, options: Parameters<typeof mountPanel>[2] = {}) =>
  mountPanel(createDiagnosisPanel, readyState(overrides), { width: 600, height: 900, ...options });

describe('diagnosis panel', () => {
  it('answers in the order of the questions', async () => {
    const { root } = await mount();
    expect(texts(root, 'h1 strong')).toEqual(['paymentservice']);
    expect(texts(root, '.summary dd')).toEqual([
      'very likely · probability 0.97',
      'paymentservice: a usual log line is missing (fits 93 %)',
    ]);
    expect(texts(root, 'h2').map((title) => title.split(' ')[0])).toEqual(['Likely', 'Kind', 'Evidence', 'Seen', 'Calls']);
    expect(texts(root, '.cause-name')).toHaveLength(3);
    expect(texts(root, '.cause-name')[0]).toBe('paymentservice');
    expect(texts(root, '.types li')[0]).toBe('wrong return valueslikely · 0.81');
    expect(find(root, '.section-checks').hasAttribute('open')).toBe(false);
    const widths = [...find(root, '.track').children].map((part) => parseFloat((part as HTMLElement).style.width));
    expect(widths.reduce((sum, width) => sum + width, 0)).toBeCloseTo(100, 1);
  });

  it('says why the runner-up comes second, and how much of the score a piece of evidence carries', async () => {
    const { root } = await mount();
    expect(find(root, '.runner-up').textContent).toMatch(
      /: its strongest sign, slow operations, weighs 5\.2 times less than what speaks for /,
    );
    const weights = texts(root, '.evidence-where').map((text) => /[\d.]+ % of what speaks for it/.exec(text)?.[0]);
    expect(weights).toEqual(['62 % of what speaks for it', '24 % of what speaks for it', undefined, undefined]);
  });

  it('opens evidence at its line, and says which has none', async () => {
    const { root, requests } = await mount();
    const rows = [...root.querySelectorAll<HTMLElement>('.evidence-row')];
    expect(texts(root, '.evidence-detail')).toEqual([
      '0 of 14, usually 900 of 900',
      '12 of 14, usually 0 of 900',
      '3 ms, usually 18 ms',
      '120 mCPU, usually 180 mCPU',
    ]);
    expect(rows[0]?.textContent).toContain('no single line shows this');
    rows[0]?.click();
    expect(requests('openEvidence')).toEqual([]);
    rows[1]?.click();
    expect(requests('openEvidence')).toEqual([{ path: '/telemetry/log/08_43_log.csv', line: 1042 }]);
  });

  it('opens the first evidence with a place on Enter', async () => {
    const panel = await mount();
    press(document.body, 'Enter');
    expect(panel.requests('openEvidence')).toEqual([{ path: '/telemetry/log/08_43_log.csv', line: 1042 }]);
    panel.dispose();
    press(document.body, 'Enter');
    expect(panel.requests('openEvidence')).toHaveLength(1);
  });

  it('moves through evidence with the arrow keys', async () => {
    const { root } = await mount();
    const rows = [...root.querySelectorAll<HTMLElement>('.evidence-row')];
    rows[0]?.focus();
    press(rows[0] ?? root, 'ArrowDown');
    expect(document.activeElement).toBe(rows[1]);
    press(rows[1] ?? root, 'ArrowUp');
    expect(document.activeElement).toBe(rows[0]);
  });

  it('shows all causes on demand and remembers it', async () => {
    const panel = await mount();
    const more = [...panel.root.querySelectorAll('button')].find((button) => button.textContent === 'Show all 10');
    more?.click();
    expect(texts(panel.root, '.cause-name')).toHaveLength(10);
    expect(panel.saved()).toEqual({ allCauses: true, wholeGraph: false, graphTable: false });
    const again = await mount({}, { saved: panel.saved() });
    expect(texts(again.root, '.cause-name')).toHaveLength(10);
  });

  it('selects a service from its bar and from the graph, and unselects it again', async () => {
    const { root, requests, push, settle } = await mount();
    (find(root, '.cause') as HTMLElement).click();
    press(find(root, '.graph .node.first'), 'Enter');
    expect(requests('select')).toEqual([{ entity: 'paymentservice' }, { entity: 'paymentservice' }]);
    push({ type: 'selection', selection: { ...EMPTY_SELECTION, entity: 'paymentservice' }, diagnosis: diagnosisFixture(10) });
    await settle();
    expect(find(root, '.cause').getAttribute('aria-pressed')).toBe('true');
    (find(root, '.cause') as HTMLElement).click();
    expect(requests('select').at(-1)).toEqual({ entity: null });
  });

  it('draws the whole graph of ten services, with the way to the cause', async () => {
    const { root } = await mount();
    expect(root.querySelectorAll('.graph .node')).toHaveLength(10);
    expect(root.querySelectorAll('.edge.path title')).toHaveLength(2);
    expect(texts(root, '.edge.path title').map((title) => title.split(':')[0])).toEqual([
      'frontend calls checkoutservice',
      'checkoutservice calls paymentservice',
    ]);
    expect([...texts(root, '.rank-number')].sort()).toEqual(['1', '2', '3']);
    expect(root.innerHTML).not.toMatch(/NaN|undefined/);
  });

  it('draws the neighbourhood of 46 services, and all of them on demand', async () => {
    const { root } = await mount({ diagnosis: diagnosisFixture(46) });
    expect(root.querySelectorAll('.graph .node').length).toBeLessThanOrEqual(14);
    [...root.querySelectorAll('button')].find((button) => button.textContent === 'Show all 46 services')?.click();
    expect(root.querySelectorAll('.graph .node')).toHaveLength(46);
  });

  it('has the calls as a table, furthest from usual first', async () => {
    const { root, saved } = await mount();
    find(root, 'button[title="The calls as a table"]').dispatchEvent(new Event('click'));
    expect(root.querySelectorAll('.graph')).toHaveLength(0);
    expect(texts(root, 'thead th')).toEqual(['Caller', 'Called', 'Calls', 'Compared with usual']);
    expect(root.querySelectorAll('tbody tr')).toHaveLength(diagnosisFixture(10).graph.edges.length);
    expect(texts(root, 'tbody tr:first-child td').at(-1)).toMatch(/times the usual range$/);
    expect(saved()).toMatchObject({ graphTable: true });
  });

  it('says of calls that metrics alone tell of that there is no count of them', async () => {
    const fixture = diagnosisFixture(10);
    const edges = fixture.graph.edges.map((edge) => ({ ...edge, calls: 0 }));
    const { root } = await mount({ diagnosis: { ...fixture, graph: { ...fixture.graph, edges } } });
    expect(texts(root, '.edge.path title')[0]).toMatch(/^frontend calls checkoutservice: told by metrics, /u);
    find(root, 'button[title="The calls as a table"]').dispatchEvent(new Event('click'));
    expect(new Set(texts(root, 'tbody td:nth-child(3)'))).toEqual(new Set(['told by metrics']));
  });

  it('offers to label the range where nothing is labelled yet', async () => {
    const { root, requests } = await mount();
    expect(texts(root, '.section-similar p')).toEqual(['No labelled range yet.']);
    (find(root, '.section-similar button') as HTMLElement).click();
    expect(requests('runCommand')).toEqual([{ command: 'runtimeSlicer.labelRange' }]);
  });

  it('shows what was labelled like this range, and opens it in its run', async () => {
    const { run } = timelineFixture();
    const { root, requests } = await mount({ labels: LABELS, similar: similarFixture(run) });
    expect(texts(root, '.similar-what')).toEqual(['Like network delay on ts-travel-service', 'Like wrong return on ts-contacts-service']);
    expect(texts(root, '.similar-row .rs-muted')).toEqual([
      '2023-01-29 08:44 UTC · 0.92 similar',
      '2023-01-29 08:43 UTC · 0.41 similar · in another run',
    ]);
    expect(texts(root, '.similar-line')).toEqual([
      'Same: errors logged in cart; slow operations in cart',
      'Differs: only now: CPU up in payment',
      'Note: Rolled back at 08:46, see the postmortem.',
    ]);
    expect(texts(root, '.section-similar p')).toEqual([]);
    const rows = root.querySelectorAll<HTMLElement>('.similar-row');
    expect([...rows].map((row) => row.title)).toEqual([
      'Select network delay on ts-travel-service, 2023-01-29 08:44 UTC',
      'Open wrong return on ts-contacts-service, 2023-01-29 08:43 UTC, in its own run',
    ]);
    rows.forEach((row) => {
      row.click();
    });
    expect(requests('openRange')).toEqual(
      similarFixture(run).map((incident) => ({
        run: incident.run,
        range: { startNs: incident.label.startNs, endNs: incident.label.endNs },
      })),
    );
  });

  it('says when nothing labelled is much like the range, that there is none elsewhere, and that it is looking', async () => {
    const faint = await mount({ labels: LABELS, similar: similarFixture('none').slice(1) });
    expect(texts(faint.root, '.section-similar p')).toEqual(['Nothing labelled is much like this range. The nearest:']);
    const none = await mount({ labels: LABELS, similar: [] });
    expect(texts(none.root, '.section-similar p')).toEqual(['No other labelled range lies in what was embedded.']);
    const { root, push, settle } = await mount({ labels: LABELS, similar: null });
    expect(texts(root, '.section-similar p')).toEqual(['Comparing with the labelled ranges…']);
    push({ type: 'similar', similar: similarFixture('none') });
    await settle();
    expect(root.querySelectorAll('.similar-row')).toHaveLength(2);
  });

  it('does not wait for a diagnosis that failed', async () => {
    const { root } = await mount({ diagnosis: null, error: 'disk full' });
    expect(texts(root, '[role=alert] span')).toEqual(['disk full']);
    expect(root.querySelectorAll('.rs-skeleton')).toHaveLength(0);
    expect(texts(root, '.diagnosis p')[0]).toContain('could not be explained');
  });

  it('says plainly when nothing is abnormal, with what was and could not be checked first', async () => {
    const { root } = await mount({ diagnosis: diagnosisFixture(46, false) });
    expect(texts(root, 'h1')[0]).toContain('Nothing abnormal');
    expect(find(root, '.section-checks').hasAttribute('open')).toBe(true);
    expect(texts(root, '.section-checks h3')).toEqual(['Could not be checked', 'Checked, as usual']);
    expect(texts(root, '.not-checked li')).toEqual(['?memory: the metric files end at 08:40']);
    expect(texts(root, 'h2')[0]).toBe('Furthest from usual, but within it');
    expect(texts(root, '.cause-p').join('')).toBe('');
  });

  it('waits in words while the diagnosis is computed', async () => {
    const { root } = await mount({ diagnosis: null });
    expect(texts(root, '.rs-skeleton p')).toEqual(['Looking for what is unusual in 08:43:10–08:46:00 UTC…']);
  });

  it('offers the incidents when no range is chosen', async () => {
    const { root, requests } = await mount({ diagnosis: null, selection: EMPTY_SELECTION });
    const incident = timelineFixture().incidents[0];
    find(root, '.incidents button').dispatchEvent(new Event('click'));
    expect(requests('select')).toEqual([{ range: { startNs: incident?.startNs, endNs: incident?.endNs }, slice: null, state: null }]);
  });

  it('highlights the service hovered in another panel, and tells of its own', async () => {
    const { root, push, posted } = await mount();
    push({ type: 'hover', slice: null, entity: 'cartservice' });
    expect([...root.querySelectorAll('.hovered')].map((node) => node.getAttribute('data-entity'))).toEqual(['cartservice', 'cartservice']);
    find(root, '.cause').dispatchEvent(new Event('pointerenter'));
    expect(posted.at(-1)).toEqual({ type: 'hover', slice: null, entity: 'paymentservice' });
  });

  it('stands an empty diagnosis', async () => {
    const empty = { ...diagnosisFixture(10), rootCauses: [], evidence: [], checks: [], failureTypes: [], graph: { nodes: [], edges: [] } };
    const { root } = await mount({ diagnosis: empty });
    expect(texts(root, '.rs-muted')).toEqual([
      'No service is known in this run.',
      'Nothing was further from usual than it often is.',
      'No labelled range yet.',
      'There are no traces in this range, nor metrics that name whose calls they measure: who calls whom is not known.',
    ]);
  });

  it('shows progress and failure', async () => {
    const running = await mountPanel(createDiagnosisPanel, runningState(), { width: 600 });
    expect(texts(running.root, '[aria-current="step"]')).toEqual(['Read']);
    running.push({ type: 'state', state: failedState() });
    expect(texts(running.root, '.rs-failed p')[0]).toContain('notes.txt, line 1');
  });
});
