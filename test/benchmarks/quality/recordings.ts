/** The recorded days with injected faults, where this machine has them. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

export interface Fault {
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly type: string;
  readonly service: string;
}

export interface Recording {
  readonly name: string;
  readonly folder: string;
  readonly faults: readonly Fault[];
}

/** A fault lasts about two minutes; logs and traces cover the minute of injection and the two after. */
const FAULT_NS = 120_000_000_000n;
const ROOT = path.resolve(import.meta.dirname, '../../..');
const ARCHIVES = [
  { name: 'TrainTicket 2023-01-29', archive: 'trainticket-2023-01-29.tar.xz', day: 'trainticket/2023-01-29' },
  { name: 'OnlineBoutique 2022-08-22', archive: 'onlineboutique-2022-08-22.tar.xz', day: 'onlineboutique/2022-08-22' },
] as const;

/** Empty when no archive is here. */
export function findRecordings(): Recording[] {
  return ARCHIVES.flatMap(({ name, archive, day }) => {
    const target = unpack(archive);
    if (target === undefined) {
      return [];
    }
    const folder = path.join(target, day);
    return [{ name, folder, faults: readFaults(folder) }];
  });
}

/** Looks in `$RUNTIMESLICER_DATA`, then `../shared/data`. @returns where it was unpacked below .cache; undefined when neither holds it */
export function unpack(archive: string): string | undefined {
  const folders = [process.env.RUNTIMESLICER_DATA, path.join(ROOT, '../shared/data')].filter((folder) => folder !== undefined);
  const file = folders.map((folder) => path.join(folder, archive)).find((candidate) => fs.existsSync(candidate));
  if (file === undefined) {
    return undefined;
  }
  const target = path.join(ROOT, '.cache/recordings', path.basename(archive, '.tar.xz'));
  if (!fs.existsSync(target)) {
    fs.mkdirSync(`${target}.part`, { recursive: true });
    execFileSync('tar', ['-xJf', file, '-C', `${target}.part`]);
    fs.renameSync(`${target}.part`, target);
  }
  return target;
}

interface ListedFault {
  readonly inject_time: string;
  readonly inject_pod: string;
  readonly inject_type: string;
}

/** `inject_time` is UTC; the list's own `inject_timestamp` is 8 h off for most. */
function readFaults(folder: string): Fault[] {
  const list = fs.readdirSync(folder).find((name) => name.endsWith('fault_list.json'));
  if (list === undefined) {
    throw new Error(`${folder} holds no list of faults`);
  }
  const hours = JSON.parse(fs.readFileSync(path.join(folder, list), 'utf8')) as Record<string, ListedFault[]>;
  return Object.values(hours)
    .flat()
    .map((fault) => {
      const startNs = BigInt(Date.parse(`${fault.inject_time.replace(' ', 'T')}Z`)) * 1_000_000n;
      const service = fault.inject_pod.replace(/-[0-9a-f]+-[0-9a-z]{5}$/u, '');
      return { startNs, endNs: startNs + FAULT_NS, type: fault.inject_type, service };
    })
    .sort((a, b) => Number(a.startNs - b.startNs));
}
