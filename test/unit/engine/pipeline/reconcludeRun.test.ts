import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeRunModel, diagnoseRange, embedRun, encodeRunModel, reconcludeRun } from '../../../../src/engine/pipeline/embedRun.js';
import type { KeptRun, PipelineDependencies, RunArtifacts } from '../../../../src/engine/pipeline/pipelineTypes.js';
import type { EmbedParams } from '../../../../src/protocol/views.js';
import { createContext, createDependencies, writeSample } from './pipelineBuilders.js';

let folder = '';
let dependencies: PipelineDependencies;
let sample: RunArtifacts;
let params: EmbedParams;

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'runtimeslicer-'));
  writeSample(folder);
  dependencies = await createDependencies();
  params = { paths: [folder], window: 'auto', provider: 'cpu' };
  sample = await embedRun(params, dependencies, createContext());
}, 120_000);
afterAll(async () => {
  await dependencies.sliceEncoder.dispose();
  fs.rmSync(folder, { recursive: true, force: true });
});

/** What the store keeps of a run. */
function createKept({ model, embeddings, result }: RunArtifacts): KeptRun {
  return {
    model: decodeRunModel(encodeRunModel(model)),
    embeddings,
    params,
    result: { ...result, run: 'sample', reused: false, peakRssBytes: 1 },
  };
}

describe('a run that is judged again', () => {
  it('by the same heads says the same: time line, states, findings, and any range', async () => {
    const again = await reconcludeRun(createKept(sample), null, new AbortController().signal);
    expect(JSON.stringify(again.timeline)).toBe(JSON.stringify(sample.timeline));
    expect(again.result).toMatchObject({ ...sample.result, run: 'sample' });
    expect(Buffer.compare(encodeRunModel(again.model), encodeRunModel(sample.model))).toBe(0);
    for (const { startNs, endNs } of sample.timeline.incidents) {
      expect(diagnoseRange(again.model, BigInt(startNs), BigInt(endNs))).toEqual(
        diagnoseRange(sample.model, BigInt(startNs), BigInt(endNs)),
      );
    }
  });

  it('with a reference of its own keeps it', async () => {
    const { startNs, endNs } = sample.timeline.slices[0] ?? expect.fail('no slice');
    const reference = [{ startNs, endNs }];
    const kept = createKept(sample);
    const again = await reconcludeRun({ ...kept, params: { ...params, reference } }, null, new AbortController().signal);
    expect([again.timeline.reference, again.timeline.referenceIsAutomatic]).toEqual([reference, false]);
  });

  it('ends with the reason of whoever cancels', async () => {
    const controller = new AbortController();
    controller.abort(new Error('enough'));
    await expect(reconcludeRun(createKept(sample), null, controller.signal)).rejects.toThrow('enough');
  });
});
