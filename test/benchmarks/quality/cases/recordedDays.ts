/** The recorded days as runs with faults. */
import fs from 'node:fs';
import path from 'node:path';
import { findRecordings } from '../recordings.js';
import type { CaseSource } from './caseSource.js';

/** A fault lasts about two minutes; logs and traces cover the minute of injection and the two after. */
const FAULT_NS = 120_000_000_000n;

export const TRAIN_TICKET = 'TrainTicket';
export const ONLINE_BOUTIQUE = 'OnlineBoutique';

export function listRecordedDays(): CaseSource[] {
  return findRecordings().map(({ name, folder, faults }) => ({
    group: name.split(' ')[0] ?? name,
    name,
    faults: faults.map((fault) => ({ ...fault, endNs: fault.startNs + FAULT_NS })),
    // The TrainTicket day holds telemetry only around faults, half of which are active before their listed start.
    hasNegatives: !name.startsWith(TRAIN_TICKET),
    pathsOf: (modality) => [path.join(folder, modality)].filter((place) => fs.existsSync(place)),
  }));
}
