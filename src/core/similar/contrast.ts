/** What two ranges have in common and what sets them apart, in the user's words. */
import { FAMILY_COUNT, FEATURE_FAMILIES, type FamilyId } from '../features/families.js';
import { toPhrase } from '../heads/phrases.js';
import type { RangeProfile } from './rangeProfile.js';

export interface Contrast {
  /** Strongest first: `errors logged in cart`. */
  readonly same: readonly string[];
  /** `only now: …`, `only then: …`, strongest first. */
  readonly differs: readonly string[];
}

/** Something that is unusual about a service. */
interface Symptom {
  readonly entity: string;
  readonly phrase: string;
  /** Share of the strongest contribution of the range, (0, 1]. */
  readonly weight: number;
}

const MAX_LISTED = 3;
/** Weaker symptoms are the noise of many services. */
const LEAST_WEIGHT = 0.3;
/** Calibrated: the 95 % quantile of usual slices. */
const UNUSUAL = 1;

/**
 * The same phrase at other services is something in common too, and says where: systems may share no name. What is weak on one side only is
 * neither.
 */
export function contrast(now: RangeProfile, then: RangeProfile): Contrast {
  const [symptomsNow, symptomsThen] = [findSymptoms(now), findSymptoms(then)];
  const [seenNow, seenThen] = [findSymptoms(now, 0), findSymptoms(then, 0)];
  const both = symptomsNow.flatMap((symptom) => {
    const other = symptomsThen.find((one) => isSame(one, symptom));
    return other === undefined ? [] : [{ text: toText(symptom), weight: Math.min(symptom.weight, other.weight) }];
  });
  const isNew = (symptom: Symptom, there: readonly Symptom[]): boolean => !there.some((one) => isSame(one, symptom));
  const moved = symptomsNow
    .filter((symptom) => isNew(symptom, seenThen))
    .flatMap((symptom) => {
      const other = symptomsThen.find((one) => one.phrase === symptom.phrase && isNew(one, seenNow));
      return other === undefined ? [] : [{ symptom, other }];
    });
  const movedPhrases = new Set(moved.map(({ symptom }) => symptom.phrase));
  const only = (when: string, symptoms: readonly Symptom[], there: readonly Symptom[]) =>
    symptoms
      .filter((symptom) => isNew(symptom, there) && !movedPhrases.has(symptom.phrase))
      .map((symptom) => ({ text: `only ${when}: ${toText(symptom)}`, weight: symptom.weight }));
  return {
    same: pick([
      ...both,
      ...moved.map(({ symptom, other }) => ({
        text: `${symptom.phrase} (${symptom.entity} now, ${other.entity} then)`,
        // After what is the same at the same service.
        weight: Math.min(symptom.weight, other.weight) - 1,
      })),
    ]),
    differs: pick([...only('now', symptomsNow, seenThen), ...only('then', symptomsThen, seenNow)]),
  };
}

/** Strongest first. @param least share of the strongest contribution */
function findSymptoms({ entities, scores, contributions }: RangeProfile, least = LEAST_WEIGHT): Symptom[] {
  const strongest = contributions.reduce((most, value) => Math.max(most, value), 0);
  const symptoms: Symptom[] = [];
  contributions.forEach((contribution, i) => {
    const score = scores[i] ?? 0;
    // Where the strongest is 0, so is every contribution.
    const weight = strongest > 0 ? contribution / strongest : 0;
    if (Math.abs(score) > UNUSUAL && weight >= least) {
      const family: FamilyId = FEATURE_FAMILIES[i % FAMILY_COUNT]?.id ?? 'metric-other';
      symptoms.push({ entity: entities[Math.floor(i / FAMILY_COUNT)] ?? '', phrase: toPhrase(family, score), weight });
    }
  });
  return symptoms.sort((a, b) => b.weight - a.weight);
}

function isSame(a: Symptom, b: Symptom): boolean {
  return a.entity === b.entity && a.phrase === b.phrase;
}

function toText({ entity, phrase }: Symptom): string {
  // `slow in its own code`, `fast on the way from its callers` are said of the service itself.
  return /\bits\b/.test(phrase) ? `${entity} ${phrase}` : `${phrase} in ${entity}`;
}

function pick(items: readonly { readonly text: string; readonly weight: number }[]): string[] {
  const texts = [...items].sort((a, b) => b.weight - a.weight).map(({ text }) => text);
  return [...new Set(texts)].slice(0, MAX_LISTED);
}
