import { describe, expect, it } from 'vitest';
import { Investigation } from '../../../../src/extension/selection/investigation.js';
import { EngineError } from '../../../../src/protocol/engineError.js';
import { EMPTY_SELECTION } from '../../../../src/protocol/panelRpc.js';
import type { EmbedParams, FileReport, RunView } from '../../../../src/protocol/views.js';
import { createEngine, untilAborted, type Answers } from '../engineFake.js';
import { buildDiagnosis, buildEmbedResult, buildIncident, buildLabel, buildSlice, buildTimeline, ns } from '../views.js';

const paramsOf = (run: string): EmbedParams => ({ paths: [`/data/${run}`], window: 'auto', provider: 'auto' });
const timelineOf = (run: string) =>
  buildTimeline({ run, slices: [buildSlice(0), buildSlice(60)], incidents: [buildIncident(60, 120, 0.9)] });
const runOf = (run: string): RunView => ({ run, createdNs: ns(0), params: paramsOf(run), slices: 2, headline: '' });
const BROKEN: FileReport = {
  path: '/data/run-1/broken.json',
  format: 'refused',
  sizeBytes: 1,
  records: 0,
  recordsByModality: { log: 0, trace: 0, metric: 0 },
  rejected: 0,
  firstNs: null,
  lastNs: null,
  reasons: [],
  refusal: 'no rows',
  cached: false,
};
const RESULT = buildEmbedResult({ files: [BROKEN] });
const SELECTION = { ...EMPTY_SELECTION, range: { startNs: ns(0), endNs: ns(30) } };

/** The runs 1, 2 and 3 are in the store. */
async function create(answers: Answers = {}) {
  const engine = createEngine({
    embed: () => Promise.resolve(RESULT),
    timeline: ({ run = 'run-1' }) =>
      /^run-[123]$/.test(run)
        ? Promise.resolve(timelineOf(run))
        : Promise.reject(new EngineError('no-run', `run ${run} is not in the store`)),
    runs: () => Promise.resolve(['run-1', 'run-2', 'run-3'].map(runOf)),
    diagnose: (params) =>
      Promise.resolve('fromNs' in params ? buildDiagnosis({ fromNs: params.fromNs, toNs: params.toNs }) : buildDiagnosis()),
    similarIncidents: () => Promise.resolve([]),
    ...answers,
  });
  const model = new Investigation(engine, {
    timeZone: 'UTC',
    onError: (error) => {
      throw error;
    },
  });
  await model.embed(paramsOf('run-1'));
  model.setLabels([buildLabel('exception')]);
  await settle();
  engine.asked.length = 0;
  engine.params.length = 0;
  return { engine, model };
}

/** Lets promises that are already decided run their course. */
const settle = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('Investigation.openRun', () => {
  it('shows the run with the range selected and explained, and knows what it was made of', async () => {
    const { model, engine } = await create();
    await model.openRun('run-2', SELECTION);
    await settle();
    expect(model.state).toMatchObject({
      phase: 'ready',
      timeline: { run: 'run-2' },
      selection: SELECTION,
      diagnosis: { toNs: ns(30) },
      similar: [],
    });
    expect(model.params).toEqual(paramsOf('run-2'));
    expect(engine.asked.toSorted()).toEqual(['diagnose', 'runs', 'similarIncidents', 'timeline']);
    expect(engine.params).toContainEqual({ run: 'run-2', fromNs: ns(0), toNs: ns(30) });
  });

  it('says of the run what could not be read, only where that was read', async () => {
    const { model } = await create();
    expect(model.state.notice).toBe('1 file could not be read.');
    await model.openRun('run-2', SELECTION);
    expect(model.state.notice).toBeNull();
    await model.openRun('run-1', SELECTION);
    expect(model.state.notice).toBe('1 file could not be read.');
  });

  it('only selects in the run that is shown', async () => {
    const { model, engine } = await create();
    await model.openRun('run-1', SELECTION);
    expect([model.state.selection, engine.asked]).toEqual([SELECTION, ['diagnose']]);
  });

  it('keeps what is shown when the run is gone, says what to do, and looks anew for what is like the selected range', async () => {
    const { model, engine } = await create();
    const before = model.state;
    await expect(model.openRun('run-9', SELECTION)).rejects.toMatchObject({
      code: 'no-run',
      message: 'The run in which this range lies is no longer kept. Embed its files again to see it.',
    });
    expect(model.state).toEqual(before);
    expect(engine.asked).toEqual(['timeline', 'similarIncidents']);
  });

  it('passes other failures on as they are', async () => {
    const { model } = await create({
      timeline: ({ run }) => (run === 'run-1' ? Promise.resolve(timelineOf(run)) : Promise.reject(new EngineError('store', 'locked'))),
    });
    await expect(model.openRun('run-2', SELECTION)).rejects.toThrow('locked');
  });

  it('shows the run that was asked for last', async () => {
    const { model } = await create({
      timeline: ({ run = '' }, context) => (run === 'run-2' ? untilAborted(context) : Promise.resolve(timelineOf(run))),
    });
    await Promise.all([model.openRun('run-2', SELECTION), model.openRun('run-3', SELECTION)]);
    expect(model.state.timeline?.run).toBe('run-3');
  });

  it('gives way to an embed, and waits for none', async () => {
    const { model } = await create();
    const embedding = model.embed(paramsOf('run-1'));
    await expect(model.openRun('run-2', SELECTION)).rejects.toThrow('Files are being embedded.');
    await embedding;
    const opening = model.openRun('run-2', SELECTION);
    await Promise.all([model.embed(paramsOf('run-1')), opening]);
    expect(model.state.timeline?.run).toBe('run-1');
  });
});
