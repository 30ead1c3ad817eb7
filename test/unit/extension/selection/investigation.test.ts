import { describe, expect, it } from 'vitest';
import { EngineError } from '../../../../src/protocol/engineError.js';
import { untilAborted } from '../engineFake.js';
import { buildDiagnosis, buildTimeline, ns } from '../views.js';
import { PARAMS, RESULT, TIMELINE, working, create, settle } from './investigationBuilders.js';

describe('Investigation.embed', () => {
  it('ends with the strongest incident selected and diagnosed', async () => {
    const { model, events } = create(working);
    expect(await model.embed(PARAMS)).toEqual({ kind: 'done', result: RESULT });
    await settle();
    expect(model.state).toMatchObject({ phase: 'ready', selection: { range: { startNs: ns(60), endNs: ns(120) }, slice: 'slice-60' } });
    expect(model.state.diagnosis).toMatchObject({ fromNs: ns(60), toNs: ns(120) });
    expect(model.params).toEqual(PARAMS);
    expect(events.map((event) => event.type)).toEqual(['state', 'state', 'selection']);
  });

  it('tells of progress, thinned out, but of every phase', async () => {
    const { model, events } = create({
      ...working,
      embed: (_params, context) => {
        for (let step = 0; step < 100; step++) {
          context.onProgress?.({ phase: 'parse', fraction: step / 100, detail: 'a.csv', records: step });
        }
        context.onPartial?.({ startNs: ns(0), binMs: 10_000, density: { log: [1], trace: [], metric: [] } });
        context.onProgress?.({ phase: 'encode', fraction: 0, detail: '', records: 100 });
        return Promise.resolve(RESULT);
      },
    });
    const seen: number[] = [];
    await model.embed(PARAMS, (progress) => seen.push(progress.records));
    const told = events.filter((event) => event.type === 'progress');
    expect(seen).toHaveLength(101);
    expect(told.length).toBeLessThan(50);
    expect(told.at(-1)).toMatchObject({ progress: { phase: 'encode' }, partial: { density: { log: [1] } } });
  });

  it('goes back to what was shown when cancelled', async () => {
    const { model } = create({
      ...working,
      embed: (params, context) => (params === PARAMS ? Promise.resolve(RESULT) : untilAborted(context)),
    });
    await model.embed(PARAMS);
    const second = model.embed({ ...PARAMS, paths: ['/other'] });
    expect(model.state.phase).toBe('running');
    expect(model.cancel()).toBe(true);
    expect(await second).toEqual({ kind: 'cancelled' });
    expect(model.state).toMatchObject({ phase: 'ready', timeline: TIMELINE, error: null });
    expect(model.params).toEqual(PARAMS);
    expect(model.cancel()).toBe(false);
  });

  it('is empty again when the first one is cancelled', async () => {
    const { model } = create({ embed: (_params, context) => untilAborted(context) });
    const only = model.embed(PARAMS);
    model.cancel();
    expect(await only).toEqual({ kind: 'cancelled' });
    expect(model.state.phase).toBe('empty');
  });

  it('lets a newer embed win', async () => {
    const { model } = create({
      ...working,
      embed: (params, context) => (params === PARAMS ? Promise.resolve(RESULT) : untilAborted(context)),
    });
    const old = model.embed({ ...PARAMS, paths: ['/old'] });
    const [first, second] = await Promise.all([old, model.embed(PARAMS)]);
    expect([first.kind, second.kind]).toEqual(['cancelled', 'done']);
    expect(model.state.phase).toBe('ready');
  });

  it('is running while the parameters are prepared, and can be cancelled then', async () => {
    const { model, engine } = create(working);
    const prepared = model.embed(() => Promise.resolve(PARAMS));
    expect(model.state.phase).toBe('running');
    expect(await prepared).toMatchObject({ kind: 'done' });
    const cancelled = model.embed((signal) => untilAborted({ signal }));
    model.cancel();
    expect(await cancelled).toEqual({ kind: 'cancelled' });
    expect(engine.asked.filter((method) => method === 'embed')).toHaveLength(1);
    expect(model.state.phase).toBe('ready');
  });

  it('keeps the message of a failure and rejects with it', async () => {
    const { model } = create({ embed: () => Promise.reject(new EngineError('no-input', 'a.csv: no rows')) });
    await expect(model.embed(PARAMS)).rejects.toThrow('a.csv: no rows');
    expect(model.state).toMatchObject({ phase: 'failed', error: 'a.csv: no rows', progress: null });
  });
});

describe('Investigation after a failure', () => {
  it('keeps the earlier results, with the reason beside them, until the next embed', async () => {
    const broken = { ...PARAMS, paths: ['/broken.json'] };
    const { model } = create({
      ...working,
      embed: (params) =>
        params === broken ? Promise.reject(new EngineError('no-input', 'broken.json: no rows')) : Promise.resolve(RESULT),
    });
    await model.embed(PARAMS);
    await settle();
    await expect(model.embed(broken)).rejects.toThrow('broken.json');
    expect(model.state).toMatchObject({ phase: 'ready', error: 'broken.json: no rows', timeline: TIMELINE });
    expect(model.params).toEqual(PARAMS);
    model.select({ slice: 'slice-0' });
    await settle();
    expect(model.state).toMatchObject({ error: 'broken.json: no rows', diagnosis: { fromNs: ns(0) } });
    await model.embed(PARAMS);
    expect(model.state.error).toBeNull();
  });

  it('takes the message of a failed diagnosis back when the next one succeeds', async () => {
    let fails = true;
    const { model } = create({
      ...working,
      diagnose: () => (fails ? Promise.reject(new EngineError('store', 'disk full')) : Promise.resolve(buildDiagnosis())),
    });
    await model.embed(PARAMS);
    await settle();
    expect(model.state.error).toBe('disk full');
    fails = false;
    model.select({ slice: 'slice-0' });
    await settle();
    expect(model.state).toMatchObject({ error: null, diagnosis: buildDiagnosis() });
  });
});

describe('Investigation.stepIncident', () => {
  it('selects the incident with its most abnormal slice, and says when there is none', async () => {
    const { model } = create(working);
    expect(model.stepIncident(1)).toBe(false);
    await model.embed(PARAMS);
    model.select({ range: null, slice: null });
    expect(model.stepIncident(1)).toBe(true);
    expect(model.state.selection).toMatchObject({ range: { startNs: ns(60), endNs: ns(120) }, slice: 'slice-60' });
  });
});

describe('Investigation.select', () => {
  it('diagnoses the newest range only', async () => {
    const { model } = create({
      ...working,
      diagnose: (params, context) =>
        'fromNs' in params && params.fromNs === ns(300)
          ? Promise.resolve(buildDiagnosis({ fromNs: params.fromNs }))
          : untilAborted(context),
    });
    await model.embed(PARAMS);
    model.select({ range: { startNs: ns(200), endNs: ns(260) } });
    expect(model.state.diagnosis).toBeNull();
    model.select({ range: { startNs: ns(300), endNs: ns(360) } });
    await settle();
    expect(model.state.diagnosis?.fromNs).toBe(ns(300));
  });

  it('does not ask again for a range it knows, nor for a change without a range', async () => {
    const { model, engine } = create(working);
    await model.embed(PARAMS);
    await settle();
    model.select({ slice: 'slice-0' });
    await settle();
    model.select({ slice: 'slice-60' });
    await settle();
    model.select({ entity: 'payment' });
    await settle();
    expect(engine.asked.filter((method) => method === 'diagnose')).toHaveLength(2);
    expect(model.state.diagnosis?.fromNs).toBe(ns(60));
  });

  it('says nothing when nothing changes', async () => {
    const { model, events } = create(working);
    await model.embed(PARAMS);
    await settle();
    events.length = 0;
    model.select({ slice: 'slice-60', range: { startNs: ns(60), endNs: ns(120) } });
    expect(events).toEqual([]);
  });

  it('shows and reports a diagnosis that failed, and keeps the results', async () => {
    const { model, errors } = create({ ...working, diagnose: () => Promise.reject(new EngineError('store', 'disk full')) });
    await model.embed(PARAMS);
    await settle();
    expect(model.state).toMatchObject({ phase: 'ready', error: 'disk full', diagnosis: null });
    expect(errors).toHaveLength(1);
  });
});

describe('Investigation.loadLatest', () => {
  it('shows the last run of the store with its parameters, without embedding', async () => {
    const { model, engine } = create(working);
    const loads = await Promise.all([model.loadLatest(), model.loadLatest()]);
    await settle();
    expect(loads).toEqual([true, true]);
    expect(engine.asked).toEqual(['timeline', 'runs', 'diagnose']);
    expect(model.params).toEqual(PARAMS);
    expect(model.result).toBeNull();
  });

  it('stays empty when the store is', async () => {
    const { model } = create({ timeline: () => Promise.resolve(null) });
    expect(await model.loadLatest()).toBe(false);
    expect(model.state.phase).toBe('empty');
  });

  it('says why it failed and tries again when asked again', async () => {
    let broken = true;
    const { model } = create({
      ...working,
      timeline: () => (broken ? Promise.reject(new EngineError('store', 'locked')) : Promise.resolve(TIMELINE)),
    });
    await expect(model.loadLatest()).rejects.toThrow('locked');
    expect(model.state).toMatchObject({ phase: 'failed', error: 'locked' });
    broken = false;
    expect(await model.loadLatest()).toBe(true);
    expect(model.state).toMatchObject({ phase: 'ready', error: null });
  });

  it('does not overwrite an embed that began meanwhile', async () => {
    let release: (() => void) | undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    let asked = 0;
    const { model } = create({
      ...working,
      timeline: async () => {
        asked += 1;
        if (asked === 1) {
          await gate;
          return buildTimeline({ run: 'old' });
        }
        return TIMELINE;
      },
    });
    const load = model.loadLatest();
    await model.embed(PARAMS);
    release?.();
    await load;
    expect(model.state.timeline?.run).toBe('run-1');
  });
});

describe('Investigation.reload', () => {
  it('reads the run and its diagnosis anew, and keeps the selection', async () => {
    let headline = 'before';
    const { model, engine } = create({ ...working, timeline: () => Promise.resolve({ ...TIMELINE, headline }) });
    await model.embed(PARAMS);
    model.select({ slice: 'slice-0' });
    await settle();
    headline = 'after';
    engine.asked.length = 0;
    await model.reload();
    await settle();
    expect(engine.asked).toEqual(['timeline', 'diagnose']);
    expect(model.state).toMatchObject({ timeline: { headline: 'after' }, selection: { slice: 'slice-0' }, diagnosis: { fromNs: ns(0) } });
  });

  it('asks for nothing when nothing is shown', async () => {
    const { model, engine } = create(working);
    await model.reload();
    expect(engine.asked).toEqual([]);
  });
});
