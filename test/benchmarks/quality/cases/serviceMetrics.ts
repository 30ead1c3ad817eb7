/**
 * Thirty online services, each with 19 metrics and labelled anomalies (NetManAIOps, MIT): metrics alone, of systems that were in view when one
 * setting was chosen (how slices that touch are linked) and one was not taken (CONTRIBUTING.md, "Tuning").
 * The tables have neither names nor times; their daily cycle is 288 rows long, so that a row is five minutes.
 */
import fs from 'node:fs';
import path from 'node:path';
import { unpack } from '../recordings.js';
import type { CaseSource, Fault } from './caseSource.js';

const SERVICE_METRICS = 'Online services';
const ARCHIVE = 'service-metrics.tar.xz';
const STEP_MS = 300_000;
const FIRST_MS = Date.UTC(2026, 0, 5);

export interface ServiceMetrics {
  readonly source: CaseSource;
  /** What came before was given to learn from, and holds no label. */
  readonly testFromNs: bigint;
}

/** Empty when the archive is not here. */
export function listServiceMetrics(): ServiceMetrics[] {
  const root = unpack(ARCHIVE);
  if (root === undefined) {
    return [];
  }
  const folder = path.join(root, 'service-metrics');
  const files = fs.readdirSync(path.join(folder, 'test')).filter((file) => file.endsWith('.csv'));
  return files
    .sort((a, b) => Number(a.replace(/\D/gu, '')) - Number(b.replace(/\D/gu, '')))
    .map((file) => {
      const [before, after] = ['train', 'test'].map((part) => readRows(path.join(folder, part, file))) as [string[], string[]];
      const service = path.basename(file, '.csv');
      const table = path.join(root, 'tables', service, 'metrics.csv');
      if (!fs.existsSync(table)) {
        fs.mkdirSync(path.dirname(table), { recursive: true });
        fs.writeFileSync(`${table}.part`, toTable(service, [...before, ...after]));
        fs.renameSync(`${table}.part`, table);
      }
      const isAnomalous = readRows(path.join(folder, 'test_label', file)).map((label) => label === '1');
      return {
        source: {
          group: SERVICE_METRICS,
          name: service,
          faults: toFaults(service, before.length, isAnomalous),
          hasNegatives: true,
          pathsOf: (modality) => (modality === 'metric' ? [table] : []),
        },
        testFromNs: toNs(before.length),
      };
    });
}

const readRows = (file: string): string[] => fs.readFileSync(file, 'utf8').trim().split(/\r?\n/u);
const toNs = (row: number): bigint => BigInt(FIRST_MS + row * STEP_MS) * 1_000_000n;

function toTable(service: string, rows: readonly string[]): string {
  const width = rows[0]?.split(',').length ?? 0;
  const names = Array.from({ length: width }, (_, i) => `metric_${i}`);
  const lines = rows.map((row, i) => `${new Date(FIRST_MS + i * STEP_MS).toISOString()},${service},${row}`);
  return [`timestamp,service,${names.join(',')}`, ...lines, ''].join('\n');
}

/** Anomalous rows that follow each other are one. @param offset of the first label among all rows */
function toFaults(service: string, offset: number, isAnomalous: readonly boolean[]): Fault[] {
  const faults: { startNs: bigint; endNs: bigint; type: string; service: string }[] = [];
  isAnomalous.forEach((is, row) => {
    const last = faults[faults.length - 1];
    const endNs = toNs(offset + row + 1);
    if (is && last?.endNs === toNs(offset + row)) {
      last.endNs = endNs;
    } else if (is) {
      faults.push({ startNs: toNs(offset + row), endNs, type: 'anomaly', service });
    }
  });
  return faults;
}
