import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../../../src/extension/ids.js';
import { answerPanelMessage, type PanelActions } from '../../../../src/extension/panels/panelMessages.js';
import { EMPTY_SELECTION, type HostToPanel, IDLE_TUNING, type PanelState } from '../../../../src/protocol/panelRpc.js';
import { ns } from '../views.js';

const STATE: PanelState = {
  phase: 'empty',
  progress: null,
  partial: null,
  timeline: null,
  selection: EMPTY_SELECTION,
  diagnosis: null,
  similar: null,
  error: null,
  notice: null,
  labels: [],
  tuning: IDLE_TUNING,
  timeZone: 'UTC',
};
const RANGE = { startNs: ns(0), endNs: ns(60) };

/** Sends one message; tells what was done, what was answered and what was refused. */
async function send(
  message: unknown,
  changes: Partial<PanelActions> = {},
): Promise<{ done: unknown[]; answers: HostToPanel[]; bad: string[] }> {
  const done: unknown[] = [];
  const answers: HostToPanel[] = [];
  const bad: string[] = [];
  const note = (...what: unknown[]): Promise<void> => {
    done.push(what);
    return Promise.resolve();
  };
  const actions: PanelActions = {
    getState: () => Promise.resolve(STATE),
    select: (patch) => void note('select', patch),
    openRange: (run, range) => note('openRange', run, range),
    setReference: (range) => note('setReference', range),
    openEvidence: (path, line) => note('openEvidence', path, line),
    openPanel: (panel) => void note('openPanel', panel),
    runCommand: (command) => note('runCommand', command),
    tune: (choices) => void note('tune', choices),
    cancelTuning: () => void note('cancelTuning'),
    useHeads: (version) => note('useHeads', version),
    exportHeads: (version) => note('exportHeads', version),
    importHeads: () => note('importHeads'),
    hover: (slice, entity) => void note('hover', slice, entity),
    ...changes,
  };
  await answerPanelMessage(
    message,
    actions,
    (answer) => answers.push(answer),
    (reason) => bad.push(reason),
  );
  return { done, answers, bad };
}

const request = (method: string, params: unknown): unknown => ({ type: 'request', id: 4, method, params });

describe('answerPanelMessage', () => {
  it('answers with the state, as JSON', async () => {
    const { answers } = await send(request('getState', null));
    expect(answers).toEqual([{ type: 'response', id: 4, result: STATE }]);
    expect(JSON.parse(JSON.stringify(answers))).toEqual(answers);
  });

  it.each([
    ['select', { range: RANGE, slice: null }, ['select', { range: RANGE, slice: null }]],
    ['select', { state: 'bad', unknownField: 1 }, ['select', { state: 'bad' }]],
    ['openRange', { run: 'run-1', range: RANGE }, ['openRange', 'run-1', RANGE]],
    ['setReference', RANGE, ['setReference', RANGE]],
    ['setReference', null, ['setReference', null]],
    ['openEvidence', { path: '/data/a.log', line: 3 }, ['openEvidence', '/data/a.log', 3]],
    ['openPanel', { panel: 'stateMap' }, ['openPanel', 'stateMap']],
    ['runCommand', { command: COMMANDS.showLog }, ['runCommand', COMMANDS.showLog]],
    ['openPanel', { panel: 'tuning' }, ['openPanel', 'tuning']],
    ['tune', { evenIfWorse: true, adapt: false }, ['tune', { evenIfWorse: true, adapt: false }]],
    ['cancelTuning', null, ['cancelTuning']],
    ['useHeads', { version: 'v1' }, ['useHeads', 'v1']],
    ['exportHeads', { version: 'v1' }, ['exportHeads', 'v1']],
    ['importHeads', null, ['importHeads']],
  ])('does %s %j', async (method, params, expected) => {
    const { done, answers } = await send(request(method, params));
    expect(done).toEqual([expected]);
    expect(answers).toEqual([{ type: 'response', id: 4, result: null }]);
  });

  it.each([
    ['select', null],
    ['select', { slice: 3 }],
    ['select', { range: { startNs: ns(60), endNs: ns(60) } }],
    ['select', { range: { startNs: '1e3', endNs: '2000' } }],
    ['openRange', { range: RANGE }],
    ['openRange', { run: 'run-1', range: null }],
    ['setReference', { startNs: ns(60) }],
    ['openEvidence', { path: '/data/a.log', line: 0 }],
    ['openEvidence', { path: 7, line: 1 }],
    ['openPanel', { panel: 'settings' }],
    ['runCommand', { command: 'workbench.action.terminal.sendSequence' }],
    ['runCommand', { command: 'runtimeSlicer.stateExplorer.openEvidence' }],
    ['tune', { evenIfWorse: 'yes', adapt: false }],
    ['tune', { evenIfWorse: true }],
    ['useHeads', { version: '' }],
    ['exportHeads', null],
    ['constructor', {}],
    ['toString', {}],
  ])('refuses %s %j and tells the caller', async (method, params) => {
    const { done, answers } = await send(request(method, params));
    expect(done).toEqual([]);
    expect(answers).toEqual([{ type: 'error', id: 4, message: expect.any(String) as string }]);
  });

  it('gives a failure of the host back to the caller', async () => {
    const { answers } = await send(request('openEvidence', { path: '/data/a.log', line: 1 }), {
      openEvidence: () => Promise.reject(new Error('/data/a.log is gone')),
    });
    expect(answers).toEqual([{ type: 'error', id: 4, message: '/data/a.log is gone' }]);
  });

  it('takes a hover without an answer', async () => {
    const { done, answers } = await send({ type: 'hover', slice: 's', entity: null });
    expect(done).toEqual([['hover', 's', null]]);
    expect(answers).toEqual([]);
  });

  it.each([[null], ['text'], [{ type: 'request', method: 'getState' }], [{ type: 'hover', slice: 3, entity: null }]])(
    'reports %j, which nobody can be answered for',
    async (message) => {
      const { done, answers, bad } = await send(message);
      expect([done, answers]).toEqual([[], []]);
      expect(bad).toHaveLength(1);
    },
  );
});
