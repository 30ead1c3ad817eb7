import { describe, expect, it } from 'vitest';
import type { HostEvent } from '../../src/protocol/panelRpc.js';
import { applyHostEvent } from '../../webview/shared/panelState.js';
import { PanelRpc } from '../../webview/shared/rpc.js';
import { emptyState, readyState, runningState } from './fixtures/panelStateFixture.js';

function setUp(): { rpc: PanelRpc; posted: unknown[]; deliver: (data: unknown) => void } {
  const posted: unknown[] = [];
  const target = new EventTarget();
  const rpc = new PanelRpc(
    { postMessage: (message) => posted.push(message), getState: () => undefined, setState: () => undefined },
    target,
  );
  return {
    rpc,
    posted,
    deliver: (data) => {
      target.dispatchEvent(new MessageEvent('message', { data }));
    },
  };
}

describe('PanelRpc', () => {
  it('answers each request with its own reply, in any order', async () => {
    const { rpc, posted, deliver } = setUp();
    const first = rpc.request('getState', null);
    const second = rpc.request('openPanel', { panel: 'timeline' });
    expect(posted).toEqual([
      { type: 'request', id: 1, method: 'getState', params: null },
      { type: 'request', id: 2, method: 'openPanel', params: { panel: 'timeline' } },
    ]);
    const state = emptyState();
    deliver({ type: 'response', id: 2, result: null });
    deliver({ type: 'response', id: 1, result: state });
    expect(await second).toBeNull();
    expect(await first).toEqual(state);
  });

  it('rejects with the host’s message', async () => {
    const { rpc, deliver } = setUp();
    const request = rpc.request('openEvidence', { path: 'a.log', line: 3 });
    deliver({ type: 'error', id: 1, message: 'a.log is gone' });
    await expect(request).rejects.toThrow('a.log is gone');
  });

  it('settles every open request on dispose, and refuses later ones', async () => {
    const { rpc, posted } = setUp();
    const open = rpc.request('getState', null);
    rpc.dispose();
    await expect(open).rejects.toThrow('closed');
    await expect(rpc.request('getState', null)).rejects.toThrow('closed');
    rpc.hover('slice', null);
    expect(posted).toHaveLength(1);
  });

  it('passes events on until the listener or the channel ends', () => {
    const { rpc, deliver } = setUp();
    const events: HostEvent[] = [];
    const stop = rpc.onEvent((event) => events.push(event));
    deliver({ type: 'hover', slice: 's', entity: null });
    stop();
    deliver({ type: 'hover', slice: 't', entity: null });
    expect(events).toEqual([{ type: 'hover', slice: 's', entity: null }]);
  });

  it.each([null, 7, 'text', {}, { type: 3 }, { type: 'webpackOk' }, { type: 'response', id: 99, result: 1 }])(
    'ignores %j',
    async (data) => {
      const { rpc, deliver } = setUp();
      const request = rpc.request('getState', null);
      rpc.onEvent(() => {
        throw new Error('not an event');
      });
      deliver(data);
      deliver({ type: 'response', id: 1, result: 'still answered' });
      expect(await request).toBe('still answered');
    },
  );
});

describe('applyHostEvent', () => {
  it('waits for a whole state', () => {
    expect(
      applyHostEvent(null, { type: 'progress', progress: { phase: 'parse', fraction: 0, detail: '', records: 0 }, partial: null }),
    ).toBeNull();
    expect(applyHostEvent(null, { type: 'state', state: emptyState() })).toEqual(emptyState());
  });

  it('keeps the timeline when the selection changes', () => {
    const state = readyState();
    const next = applyHostEvent(state, { type: 'selection', selection: { ...state.selection, entity: 'cart' }, diagnosis: null });
    expect(next?.timeline).toBe(state.timeline);
    expect(next?.selection.entity).toBe('cart');
    expect(next?.diagnosis).toBeNull();
  });

  it('keeps the density read so far when progress brings none', () => {
    const state = runningState();
    const progress = { phase: 'encode', fraction: 0.5, detail: '120 slices', records: 5 } as const;
    const next = applyHostEvent(state, { type: 'progress', progress, partial: null });
    expect(next?.partial).toBe(state.partial);
    expect(next?.progress).toEqual(progress);
  });
});
