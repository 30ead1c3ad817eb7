import { describe, expect, it } from 'vitest';
import { PARTIAL_REACTIONS } from '../../../src/simulation/system/blueprint.js';
import { linkSystem } from '../../../src/simulation/system/linkedSystem.js';
import type { LinkedSystem, Service } from '../../../src/simulation/system/linkedSystem.js';
import { Random } from '../../../src/core/math/random.js';
import { TOPOLOGY_SHAPES } from '../../../src/simulation/system/systemProfile.js';
import type { TopologyProfile } from '../../../src/simulation/system/systemProfile.js';
import { createVariedSystem } from '../../../src/simulation/system/variedSystem.js';
import { plainOptions, plainProfile } from './plainProfile.js';
import { readIncident } from './readIncident.js';
import type { ReadIncident, ReadSpan } from './readIncident.js';

function draw(topology: Partial<TopologyProfile>, seed: number, count = 24): LinkedSystem {
  return linkSystem(createVariedSystem(plainProfile({ topology: { maxTree: 30, ...topology } }), count, new Random(seed, 'system')));
}

function calleesOf(service: Service): Set<Service> {
  return new Set(
    service.operations.flatMap(({ steps }) =>
      steps.flatMap((step) => (step.kind === 'call' ? step.calls.map(({ operation }) => operation.service) : [])),
    ),
  );
}

function depthOf(service: Service): number {
  return 1 + Math.max(0, ...[...calleesOf(service)].filter(({ kind }) => kind === 'service').map(depthOf));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

const SEEDS = [1, 2, 3, 4, 5, 6];

describe('shapes of varied systems', () => {
  it.each(TOPOLOGY_SHAPES)('%s: any number of services from 1 to 60, none unused, no name twice', (shape) => {
    for (const count of [1, 2, 3, 4, 11, 60]) {
      const { services } = draw({ shape, storeShare: 0.3 }, 1, count);
      expect(new Set(services.map(({ name }) => name)).size).toBe(count);
      const idle = services.filter(({ operations, kind }) => kind !== 'queue' && operations.every(({ visits }) => visits === 0));
      expect(idle.map(({ name }) => name)).toEqual([]);
    }
  });

  it('chains are deeper than layers, stars are flat', () => {
    const depth = (shape: TopologyProfile['shape']): number =>
      mean(SEEDS.map((seed) => Math.max(...draw({ shape }, seed).services.map(depthOf))));
    expect(depth('star')).toBe(2);
    expect(depth('layered')).toBeGreaterThan(2.5);
    expect(depth('chain')).toBeGreaterThan(depth('layered') + 1);
  });

  it('a hub has far more callers than any other service', () => {
    for (const seed of SEEDS) {
      const { services } = draw({ shape: 'hub', storeShare: 0 }, seed);
      const callers = services.map((service) => services.filter((other) => calleesOf(other).has(service)).length);
      const [first = 0, second = 0] = callers.toSorted((left, right) => right - left);
      expect(first).toBeGreaterThan(second);
      expect(first).toBeGreaterThan(5);
    }
  });

  it('a monolith has most operations of the system', () => {
    for (const seed of SEEDS) {
      const { services } = draw({ shape: 'monolith', storeShare: 0 }, seed, 6);
      const counts = services.map(({ operations }) => operations.length);
      expect(Math.max(...counts)).toBe(counts[1]);
    }
  });

  it('has the share of stores that is wanted', () => {
    const stores = draw({ shape: 'data-heavy', storeShare: 0.5 }, 1).services.filter(({ kind }) => kind !== 'service');
    expect(stores).toHaveLength(12);
  });
});

/** Distinct sequences of children over all server spans, per operation. */
function sequencesPerOperation({ spans }: ReadIncident): number {
  const children = Map.groupBy(spans, ({ parentId }) => parentId);
  const sequence = (span: ReadSpan): string =>
    (children.get(span.spanId) ?? [])
      .toSorted((left, right) => left.startMs - right.startMs)
      .map(({ name, peer }) => `${peer} ${name}`)
      .join(', ');
  const whole = spans.filter(({ kind, startMs }) => kind === 2 && startMs < 170_000);
  const operations = Map.groupBy(whole, ({ service, name }) => `${service} ${name}`);
  return mean([...operations.values()].map((members) => new Set(members.map(sequence)).size));
}

describe('control flow', { timeout: 60_000 }, () => {
  it('without branching gives the same children each time, with branching many', () => {
    const run = (branching: number): number =>
      sequencesPerOperation(readIncident(plainOptions({ topology: { branching, maxTree: 30 } }, { minutes: 3 })));
    expect(run(0)).toBe(1);
    expect(run(0.7)).toBeGreaterThan(1.3);
  });

  it('swallows failures of as many calls as wanted', () => {
    const share = (swallowing: number): number => {
      const callees = SEEDS.flatMap((seed) => draw({ swallowing }, seed).services).flatMap(({ operations }) =>
        operations.flatMap(({ steps }) => steps.flatMap((step) => (step.kind === 'call' ? step.calls : []))),
      );
      return callees.filter(({ isOptional }) => isOptional).length / callees.length;
    };
    expect(share(0)).toBe(0);
    expect(Math.abs(share(0.5) - 0.45)).toBeLessThan(0.15);
  });

  it('has as many callers as wanted that do as usual with an answer that lacks something, and others of every kind', () => {
    const reactions = (carelessness: number): string[] =>
      SEEDS.flatMap((seed) => draw({ carelessness }, seed).services).flatMap(({ operations }) =>
        operations.flatMap(({ steps }) =>
          steps.flatMap((step) => (step.kind === 'call' ? step.calls.map(({ onPartial }) => onPartial) : [])),
        ),
      );
    expect(new Set(reactions(1))).toEqual(new Set(['ignores']));
    expect(new Set(reactions(0))).toEqual(new Set(PARTIAL_REACTIONS.filter((reaction) => reaction !== 'ignores')));
    const half = reactions(0.5);
    expect(Math.abs(half.filter((reaction) => reaction === 'ignores').length / half.length - 0.5)).toBeLessThan(0.15);
  });
});

describe('verbosity', { timeout: 60_000 }, () => {
  it('goes from one line per request at the entry to several per operation', () => {
    const run = (linesPerOperation: number): { readonly lines: number; readonly loggers: number; readonly served: number } => {
      const { lines, spans } = readIncident(plainOptions({ logs: { linesPerOperation } }, { minutes: 2 }));
      const traced = lines.filter(({ traceId }) => traceId !== '');
      return {
        lines: traced.length,
        loggers: new Set(traced.map(({ service }) => service)).size,
        served: spans.filter(({ kind }) => kind === 2).length,
      };
    };
    expect(run(0).loggers).toBe(1);
    const chatty = run(5);
    expect(chatty.loggers).toBeGreaterThan(3);
    expect(chatty.lines / chatty.served).toBeGreaterThan(2.5);
  });
});
