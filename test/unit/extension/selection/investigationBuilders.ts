import { Investigation } from '../../../../src/extension/selection/investigation.js';
import type { HostEvent } from '../../../../src/protocol/panelRpc.js';
import type { EmbedParams } from '../../../../src/protocol/views.js';
import { createEngine, type Answers } from '../engineFake.js';
import { buildDiagnosis, buildEmbedResult, buildIncident, buildSlice, buildTimeline, ns } from '../views.js';

export const PARAMS: EmbedParams = { paths: ['/data'], window: 'auto', provider: 'auto' };
export const RESULT = buildEmbedResult();
export const TIMELINE = buildTimeline({
  slices: [buildSlice(0), buildSlice(60, { anomaly: 0.9 }), buildSlice(120)],
  incidents: [buildIncident(60, 120, 0.9)],
});

export const working: Answers = {
  embed: () => Promise.resolve(RESULT),
  timeline: () => Promise.resolve(TIMELINE),
  runs: () => Promise.resolve([{ run: 'run-1', createdNs: ns(0), params: PARAMS, slices: 3, headline: '' }]),
  diagnose: (params) =>
    Promise.resolve('fromNs' in params ? buildDiagnosis({ fromNs: params.fromNs, toNs: params.toNs }) : buildDiagnosis()),
};

export function create(answers: Answers): {
  readonly model: Investigation;
  readonly engine: ReturnType<typeof createEngine>;
  readonly events: HostEvent[];
  readonly errors: unknown[];
} {
  const engine = createEngine(answers);
  const errors: unknown[] = [];
  let nowMs = 0;
  const model = new Investigation(engine, { timeZone: 'UTC', onError: (error) => errors.push(error), nowMs: () => (nowMs += 40) });
  const events: HostEvent[] = [];
  model.onDidChange((event) => events.push(event));
  return { model, engine, events, errors };
}

/** Lets promises that are already decided run their course. */
export const settle = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
