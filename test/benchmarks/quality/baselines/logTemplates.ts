/** Counts of log templates in a range, hashed into a fixed number of places so that any two systems can be compared. */
import { sumRange } from '../../../../src/core/slices/windowSet.js';
import type { CaseRun } from '../cases/readCase.js';

const PLACES = 256;

/** @returns [256] log1p of lines by template text, from `fromBin` on for one slice length */
export function countLogTemplates({ bins, lengthBins }: CaseRun, fromBin: number): Float64Array {
  const counts = new Float64Array(PLACES);
  bins.rateKeys.forEach((key, index) => {
    if (key.family === 'log-template') {
      const place = hash(key.text) % PLACES;
      counts[place] = (counts[place] ?? 0) + sumRange(bins.rates, bins.rates.counts, index, fromBin, fromBin + lengthBins);
    }
  });
  return counts.map(Math.log1p);
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  }
  return value >>> 0;
}
