import type { Random } from '../../core/math/random.js';
import type { TopologyShape } from './systemProfile.js';

/** What the shape of a system decides of one of its services; services are numbered from 0, the entry. */
export interface Placement {
  /** 0: entry; a service calls only services of deeper layers. */
  readonly layer: number;
  /** Kinds of requests that it serves. */
  readonly operations: number;
  /** Services that it knows at most; it calls some of them. */
  readonly neighbours: number;
  /** Calls of one operation to services, at most. */
  readonly calls: number;
}

const ENTRY = { layer: 0, neighbours: 60 } as const;
/** A call graph in which the entry knows nobody but the next is a chain; deeper ones are rare in practice. */
const MAX_CHAIN = 9;

/** Where service `index` of `count` stands. */
export function placeService(shape: TopologyShape, index: number, count: number, random: Random): Placement {
  const operations = index === 0 ? random.integer(3, 8) : random.integer(1, 4);
  switch (shape) {
    case 'chain': {
      const depth = Math.min(MAX_CHAIN, Math.max(1, count - 1));
      const layer = index === 0 ? 0 : 1 + ((index - 1) % depth);
      return { layer, operations, neighbours: random.integer(1, 2), calls: random.chance(0.8) ? 1 : 2 };
    }
    case 'star':
      return index === 0 ? { ...ENTRY, operations: random.integer(4, 12), calls: 6 } : { layer: 1, operations, neighbours: 0, calls: 0 };
    case 'hub':
      return index === 0
        ? { ...ENTRY, operations, calls: 3 }
        : { layer: isHub(shape, index) ? 4 : 1 + (index % 3), operations, neighbours: random.integer(1, 3), calls: 2 };
    case 'monolith':
      return isHub(shape, index)
        ? { layer: 1, operations: random.integer(6, 14), neighbours: 60, calls: 2 }
        : { layer: index === 0 ? 0 : 2, operations, neighbours: index === 0 ? 3 : 1, calls: 2 };
    case 'data-heavy':
      return { layer: index === 0 ? 0 : 1 + (index % 2), operations, neighbours: random.integer(0, 2), calls: index === 0 ? 3 : 1 };
    case 'layered':
      return index === 0
        ? { ...ENTRY, operations, calls: 4 }
        : { layer: 1 + (index % random.integer(2, 4)), operations, neighbours: random.integer(0, 3), calls: 3 };
  }
}

/** Whether most others call the service: the shared one of a hub, or the monolith. */
export function isHub(shape: TopologyShape, index: number): boolean {
  return (shape === 'hub' || shape === 'monolith') && index === 1;
}

/** Probability that an operation above a hub calls it. */
export const HUB_CALLS = 0.75;
