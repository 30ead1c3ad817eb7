/** The recorded days as runs with faults. */
import fs from 'node:fs';
import path from 'node:path';
import { findRecordings } from '../recordings.js';
import type { CaseSource } from './caseSource.js';

export const TRAIN_TICKET = 'TrainTicket';
export const ONLINE_BOUTIQUE = 'OnlineBoutique';

export function listRecordedDays(): CaseSource[] {
  return findRecordings().map(({ name, folder, faults }) => ({
    group: name.split(' ')[0] ?? name,
    name,
    faults,
    // The TrainTicket day holds telemetry only around faults, half of which are active before their listed start.
    hasNegatives: !name.startsWith(TRAIN_TICKET),
    pathsOf: (modality) => [path.join(folder, modality)].filter((place) => fs.existsSync(place)),
  }));
}
