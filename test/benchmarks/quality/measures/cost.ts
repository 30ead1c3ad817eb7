/** Cost: slices per second on every provider that starts here, tokens per slice, sizes of the model files. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { quantile } from '../../../../src/core/math/robust.js';
import type { SliceTokens } from '../../../../src/core/tokens/sliceTensors.js';
import { listKnownProviders } from '../../../../src/engine/inference/onnxRuntime.js';
import { listCandidates } from '../../../../src/engine/inference/providers.js';
import { createSliceEncoder } from '../../../../src/engine/inference/sliceEncoder.js';
import { lookUpTexts } from '../../../../src/engine/pipeline/encodeSlices.js';
import type { PreparedRun } from '../cases/prepareRun.js';
import { QUIET_CONTEXT } from '../cases/readCase.js';
import type { Workbench } from '../encoders.js';
import type { Table } from '../table.js';

/** Enough for several batches, few enough to take seconds. */
const TIMED_SLICES = 96;

export async function measureCost(groups: ReadonlyMap<string, readonly PreparedRun[]>, bench: Workbench): Promise<Table[]> {
  return [toTokenTable(groups), await toSpeedTable(groups, bench), toSizeTable(bench)];
}

function toTokenTable(groups: ReadonlyMap<string, readonly PreparedRun[]>): Table {
  return {
    title: 'Tokens per slice',
    columns: ['data', 'slices', 'services', 'slice length, s', 'median tokens', '95 %', 'largest'],
    rows: [...groups].map(([group, runs]) => {
      const counts = runs.flatMap(({ run }) => run.scan.tokens.map(({ text }) => text.length));
      const range = (values: readonly number[]): string => {
        const [least, most] = [Math.min(...values), Math.max(...values)];
        return least === most ? String(least) : `${least}–${most}`;
      };
      return [
        group,
        String(counts.length),
        range(runs.map(({ run }) => run.bins.entities.length)),
        range(runs.map(({ run }) => (run.lengthBins * Number(run.bins.binNs)) / 1e9)),
        quantile(counts, 0.5).toFixed(0),
        quantile(counts, 0.95).toFixed(0),
        quantile(counts, 1).toFixed(0),
      ];
    }),
  };
}

async function toSpeedTable(groups: ReadonlyMap<string, readonly PreparedRun[]>, bench: Workbench): Promise<Table> {
  const rows: string[][] = [];
  for (const { name, folder } of bench.encoders) {
    for (const provider of listCandidates('auto', listKnownProviders())) {
      const encoder = await createSliceEncoder({ choice: provider, folder });
      const cells: string[] = [];
      for (const runs of groups.values()) {
        cells.push(encoder.provider === provider ? (await slicesPerSecond(encoder, runs, bench)).toFixed(0) : '–');
      }
      const reason = encoder.attempts.find((attempt) => attempt.provider === provider)?.reason ?? '';
      rows.push([name, provider, ...cells, encoder.provider === provider ? 'runs' : reason.slice(0, 90)]);
      await encoder.dispose();
    }
  }
  return {
    title: 'Slices encoded per second',
    note: `Up to ${TIMED_SLICES} slices of each data set spread over its runs, texts known, ${os.availableParallelism()} cores; other work on the machine slows this down.`,
    columns: ['encoder', 'provider', ...groups.keys(), 'outcome'],
    rows,
  };
}

async function slicesPerSecond(
  encoder: { encode: Workbench['dependencies']['sliceEncoder']['encode'] },
  runs: readonly PreparedRun[],
  bench: Workbench,
): Promise<number> {
  let [slices, ms] = [0, 0];
  const share = Math.max(1, Math.floor(TIMED_SLICES / runs.length));
  for (const { run } of runs) {
    const { vectors } = await lookUpTexts(run.scan, bench.dependencies, QUIET_CONTEXT);
    const stride = Math.max(1, Math.floor(run.scan.tokens.length / share));
    const chosen: SliceTokens[] = run.scan.tokens.filter((_, i) => i % stride === 0).slice(0, share);
    const startedMs = performance.now();
    await encoder.encode(vectors, chosen, QUIET_CONTEXT.signal);
    ms += performance.now() - startedMs;
    slices += chosen.length;
  }
  return ms > 0 ? (1000 * slices) / ms : 0;
}

function toSizeTable(bench: Workbench): Table {
  return {
    title: 'Model files',
    columns: ['encoder', 'file', 'MB'],
    rows: bench.encoders.flatMap(({ name, folder }) =>
      fs
        .readdirSync(folder)
        .filter((file) => file.endsWith('.onnx') || file === 'heads.json' || file === 'tokenizer.json')
        .map((file) => [name, file, (fs.statSync(path.join(folder, file)).size / 1e6).toFixed(2)]),
    ),
  };
}
