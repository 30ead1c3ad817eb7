/** The engine on a shop that is embedded once for all tests of a file, each on a copy of the store. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, vi } from 'vitest';
import { createEngine, type Engine } from '../../../src/engine/engine.js';
import type { EmbedParams, LabelDraft, TimelineView, TuneReport } from '../../../src/protocol/views.js';
import { createContext } from './engineBuilders.js';
import { createTemporaryFolder } from './temporaryFolder.js';
import { atMinute, shopLabels, writeShop } from './labelledShop.js';

const context = createContext();

let folder = '';
let params: EmbedParams;
/** To be called once in a file of tests. They embed and train with the real models, some seconds each: their time limit is for a hang. */
export function embedShop(): void {
  vi.setConfig({ testTimeout: 30_000 });
  beforeAll(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'runtimeslicer-'));
    params = { paths: [path.join(folder, 'shop')], window: 'auto', provider: 'cpu' };
    await writeShop(path.join(folder, 'shop'));
    const engine = createEngine({ store: { file: path.join(folder, 'store.db') } });
    await engine.embed(params, context);
    await engine.dispose();
  }, 120_000);
  afterAll(() => {
    fs.rmSync(folder, { recursive: true, force: true });
  });
}

export function shopParams(): EmbedParams {
  return params;
}

export interface OpenedShop {
  readonly engine: Engine;
  readonly file: string;
}

/** An engine on a copy of the store. */
export async function openShop(labels: readonly LabelDraft[] = shopLabels()): Promise<OpenedShop> {
  const file = path.join(createTemporaryFolder(), 'store.db');
  fs.copyFileSync(path.join(folder, 'store.db'), file);
  const engine = openEngine(file);
  for (const label of labels) {
    await engine.label(label, context);
  }
  return { engine, file };
}

export function openEngine(file: string): Engine {
  const engine = createEngine({ store: { file } });
  onTestFinished(() => engine.dispose());
  return engine;
}

/** All that is said of the run, as bytes. */
export async function describeRun(engine: Engine): Promise<string> {
  const timeline = await getTimeline(engine);
  const diagnoses = [];
  for (const { startNs, endNs } of timeline.incidents) {
    diagnoses.push(await engine.diagnose({ fromNs: startNs, toNs: endNs }, context));
  }
  const byHand = await engine.diagnose({ fromNs: atMinute(15), toNs: atMinute(16) }, context);
  const listed = [await engine.slices({}, context), await engine.states({}, context), await engine.transitions({}, context)];
  return JSON.stringify([timeline, listed, diagnoses, byHand, await engine.runs({}, context)]);
}

export async function getTimeline(engine: Engine): Promise<TimelineView> {
  return (await engine.timeline({}, context)) ?? expect.fail('there is no run');
}

export async function usedVersion(engine: Engine): Promise<string | undefined> {
  return (await engine.heads({}, context)).find(({ isUsed }) => isUsed)?.version;
}

export const versionOf = ({ version }: TuneReport): string => version?.version ?? expect.fail('no version was made');
