/** How alike two ranges are, of one run, of two runs of one system, or of two systems that share no name. */
import { FAMILY_COUNT } from '../features/families.js';
import { toTypeFeatures } from '../heads/headFeatures.js';
import { cosine } from '../states/stateVectors.js';
import type { RangeProfile } from './rangeProfile.js';

/** Cosines of what two ranges show, each in [-1, 1]. */
export interface Likeness {
  /** Which service is unusual in which way, by the names of services; 0 where none is shared. */
  readonly services: number;
  /** What it shows in, whichever service it is. */
  readonly kind: number;
  /** Of embeddings; undefined where they are of different encoders. */
  readonly embedding: number | undefined;
}

export function compareProfiles(a: RangeProfile, b: RangeProfile): Likeness {
  return {
    services: compareServices(a, b),
    kind: cosine(kindOf(a), kindOf(b)),
    embedding: a.encoder === b.encoder ? cosine(a.embedding, b.embedding) : undefined,
  };
}

/**
 * One number in [0, 1]: the mean of services and embedding, so at most ½ for systems that share no name. Where embeddings are of different
 * encoders, the kind stands in for them. Is the most similar of all other faults one of the same type and service, and of the same type, by
 * services alone / embedding alone / both: 28 TrainTicket faults .87 and .79 / .22 and .79 / .87 and .82; 66 simulated ones that nothing was
 * chosen on .55 and .63 / .52 and .71 / .52 and .65; of the 24 OnlineBoutique faults no two are alike, same type or service .63 / .75 / .71.
 * Chance: .07 and .37, .13 and .37, .29. Pairs of the same failure stand apart (AUROC) best by both: TrainTicket .95 / .76 / .98, simulated
 * .85 / .82 / .87. The same type in another, simulated system: .10 / .54 / .54, chance .07.
 */
export function rateSimilarity(a: RangeProfile, b: RangeProfile): number {
  const { services, kind, embedding } = compareProfiles(a, b);
  return Math.min(1, Math.max(0, (services + (embedding ?? kind)) / 2));
}

/** As states are compared: cosine of log-compressed contributions, here with the side of usual on which they lie. */
function compareServices(a: RangeProfile, b: RangeProfile): number {
  const places = new Map(b.entities.map((entity, slot) => [entity, slot]));
  let product = 0;
  a.entities.forEach((entity, slotA) => {
    const slotB = places.get(entity);
    for (let family = 0; family < FAMILY_COUNT && slotB !== undefined; family++) {
      product += weightAt(a, slotA * FAMILY_COUNT + family) * weightAt(b, slotB * FAMILY_COUNT + family);
    }
  });
  const norm = Math.sqrt(squares(a) * squares(b));
  return norm > 0 ? product / norm : 0;
}

function squares(profile: RangeProfile): number {
  return profile.contributions.reduce((sum, _, i) => sum + weightAt(profile, i) ** 2, 0);
}

function weightAt({ contributions, scores }: RangeProfile, i: number): number {
  return Math.log1p(contributions[i] ?? 0) * ((scores[i] ?? 0) < 0 ? -1 : 1);
}

function kindOf(profile: RangeProfile): Float32Array {
  return Float32Array.from(toTypeFeatures(profile.scores, leadingEntity(profile)));
}

/** The service with the largest contribution, -1 when there is none. */
export function leadingEntity({ contributions }: RangeProfile): number {
  const most = contributions.reduce((largest, value) => Math.max(largest, value), -Infinity);
  return Math.floor(contributions.indexOf(most) / FAMILY_COUNT);
}
