/** Readable names of states, from what distinguishes them: `payment: errors logged, slow operations`. */
import type { Evidence } from '../heads/evidence.js';
import { toPhrase } from '../heads/phrases.js';
import { MODALITIES } from '../records.js';

const MAX_PHRASES = 2;

export function nameAbnormalState(entity: string, evidence: readonly Evidence[], entityIndex: number): string {
  const phrases: string[] = [];
  for (const item of evidence) {
    const phrase = toPhrase(item.family, item.z);
    if (item.entity === entityIndex && !phrases.includes(phrase)) {
      phrases.push(phrase);
    }
    if (phrases.length === MAX_PHRASES) {
      break;
    }
  }
  return phrases.length === 0 ? `${entity} unusual` : `${entity}: ${phrases.join(', ')}`;
}

/** Traffic that differs this much from the main usual state's is worth naming. */
const NOTABLE_TRAFFIC = 1.2;

/**
 * @param presence bits 1 log, 2 trace, 4 metric
 * @param everywhere bits that occur anywhere in the run
 * @param traffic records per slice relative to the largest usual state with the same modalities, >= 0
 */
export function nameUsualState(presence: number, everywhere: number, traffic = 1): string {
  const name = nameModalities(presence, everywhere);
  if (traffic >= NOTABLE_TRAFFIC) {
    return `${name}, busier`;
  }
  return traffic <= 1 / NOTABLE_TRAFFIC ? `${name}, quieter` : name;
}

function nameModalities(presence: number, everywhere: number): string {
  if (presence === everywhere) {
    return 'usual';
  }
  const names = ['logs', 'traces', 'metrics'];
  const present = MODALITIES.flatMap((_, i) => ((presence >> i) & 1 ? [names[i] ?? ''] : []));
  return present.length === 0 ? 'no records' : `usual, ${present.join(' and ')} only`;
}

/**
 * Distinct names and ids: a number is added from the second of the same name on.
 * @param taken names and ids that others have already
 */
export function toDistinct(
  names: readonly string[],
  taken: readonly { readonly id: string; readonly name: string }[] = [],
): { id: string; name: string }[] {
  const takenNames = new Set(taken.map(({ name }) => name));
  const takenIds = new Set(taken.map(({ id }) => id));
  return names.map((name) => {
    const full = toFree(name, takenNames, (number) => `${name} (${number})`);
    const slug = toSlug(full);
    return { id: toFree(slug, takenIds, (number) => `${slug}-${number}`), name: full };
  });
}

/** The text, or the first numbered one that is free; it is taken from now on. */
function toFree(text: string, taken: Set<string>, toNumbered: (number: number) => string): string {
  let free = text;
  for (let number = 2; taken.has(free); number++) {
    free = toNumbered(number);
  }
  taken.add(free);
  return free;
}

function toSlug(text: string): string {
  const slug = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/gu, '-')
    .replace(/^-+|-+$/gu, '');
  return slug === '' || slug === 'unknown' ? `state-${slug}` : slug;
}
