import { describe, expect, it } from 'vitest';
import { EngineError } from '../../../../src/protocol/engineError.js';
import { IDLE_TUNING } from '../../../../src/protocol/panelRpc.js';
import { untilAborted, type Answers } from '../engineFake.js';
import { buildLabel, buildSimilarIncident, ns } from '../views.js';
import { PARAMS, RESULT, TIMELINE, working, create, settle } from './investigationBuilders.js';

describe('Investigation and what changes beside a run', () => {
  it('tells of labels and tuning by events of their own, and keeps them over an embed', async () => {
    const { model, events } = create({ ...working, embed: (_params, context) => untilAborted(context) });
    const labels = [buildLabel('network-delay')];
    const work = model.embed(PARAMS);
    model.setLabels(labels);
    model.setTuning({ ...IDLE_TUNING, isRunning: true });
    model.cancel();
    await work;
    expect(events.map((event) => event.type)).toEqual(['state', 'labels', 'tuning', 'state']);
    expect(model.state).toMatchObject({ phase: 'empty', labels, tuning: { isRunning: true } });
  });

  it('does not take labels that come while a run is loaded for another run', async () => {
    const { model } = create(working);
    const load = model.loadLatest();
    model.setLabels([buildLabel('network-delay')]);
    expect(await load).toBe(true);
    expect(model.state).toMatchObject({ phase: 'ready', timeline: TIMELINE, labels: [{ type: 'network-delay' }] });
  });
});

describe('Investigation and similar labelled ranges', () => {
  const labels = [buildLabel('network-delay')];
  const similar = [buildSimilarIncident('network-delay')];
  const answers: Answers = { ...working, similarIncidents: () => Promise.resolve(similar) };

  it('asks for them once the diagnosis is there, and tells of them by an event of their own', async () => {
    const { model, engine, events } = create(answers);
    model.setLabels(labels);
    await model.embed(PARAMS);
    await settle();
    expect(engine.asked).toEqual(['embed', 'timeline', 'diagnose', 'similarIncidents']);
    expect(engine.params.at(-1)).toEqual({ run: 'run-1', fromNs: ns(60), toNs: ns(120), limit: 3 });
    expect(events.at(-1)).toEqual({ type: 'similar', similar });
    expect(model.state.similar).toBe(similar);
  });

  it('asks for none where nothing is labelled, and when labels come or go', async () => {
    const { model, engine } = create(answers);
    await model.embed(PARAMS);
    await settle();
    expect([engine.asked.includes('similarIncidents'), model.state.similar]).toEqual([false, null]);
    model.setLabels(labels);
    await settle();
    expect(model.state.similar).toBe(similar);
    model.setLabels([]);
    expect(model.state.similar).toBeNull();
  });

  it('keeps the newest range only', async () => {
    const { model } = create({
      ...answers,
      similarIncidents: ({ fromNs }, context) => (fromNs === ns(0) ? Promise.resolve(similar) : untilAborted(context)),
    });
    model.setLabels(labels);
    await model.embed(PARAMS);
    await settle();
    expect(model.state.similar).toBeNull();
    model.select({ slice: 'slice-0' });
    await settle();
    expect(model.state.similar).toBe(similar);
    model.select({ slice: 'slice-60' });
    expect(model.state.similar).toBeNull();
  });

  it('are looked for again after an embed that was cancelled', async () => {
    const { model, engine } = create({
      ...answers,
      embed: (params, context) => (params === PARAMS ? Promise.resolve(RESULT) : untilAborted(context)),
    });
    model.setLabels(labels);
    await model.embed(PARAMS);
    const second = model.embed({ ...PARAMS, paths: ['/other'] });
    model.cancel();
    await second;
    await settle();
    expect(engine.asked.at(-1)).toBe('similarIncidents');
    expect(model.state.similar).toBe(similar);
  });

  it('that cannot be found say why, until the next diagnosis', async () => {
    let fails = true;
    const { model, errors } = create({
      ...answers,
      similarIncidents: () => (fails ? Promise.reject(new EngineError('store', 'disk full')) : Promise.resolve(similar)),
    });
    model.setLabels(labels);
    await model.embed(PARAMS);
    await settle();
    expect(model.state).toMatchObject({ error: 'disk full', similar: [] });
    expect(errors).toHaveLength(1);
    fails = false;
    model.select({ slice: 'slice-0' });
    await settle();
    expect(model.state).toMatchObject({ error: null, similar });
  });
});
