import { describe, expect, it } from 'vitest';
import { Random } from '../../../src/core/math/random.js';
import { Cluster } from '../../../src/simulation/runtime/cluster.js';
import type { Effect } from '../../../src/simulation/runtime/effects.js';
import { EventQueue } from '../../../src/simulation/runtime/eventQueue.js';
import { RequestEngine } from '../../../src/simulation/runtime/requestEngine.js';
import { operation, say, work, type PartialReaction } from '../../../src/simulation/system/blueprint.js';
import { linkSystem } from '../../../src/simulation/system/linkedSystem.js';
import type { FinishedSpan, LogLine } from '../../../src/simulation/telemetry/telemetry.js';
import { plainOptions } from './plainProfile.js';
import { readIncident, type ReadIncident } from './readIncident.js';

interface Seen {
  readonly lines: readonly string[];
  readonly spans: readonly string[];
  readonly failed: readonly string[];
}

const EARLY: Effect = { returnsEarly: { probability: 1, operation: undefined, position: 0.3 } };
const CAUGHT: Effect = { throws: { probability: 1, operation: undefined, position: 0.3, type: 'E', message: 'm', status: 200 } };
const THROWN: Effect = { throws: { probability: 1, operation: undefined, position: 0.3, type: 'E', message: 'm', status: 500 } };

/** One request through shop → order → stock, while `effect` lasts in stock; order calls the price list after it. */
function request(onPartial: PartialReaction, effect: Effect | undefined, isOptional = false): Seen {
  const shared = { kind: 'service', language: 'java', replicas: 1, retries: 0, reporting: 'line' } as const;
  const system = linkSystem({
    namespace: 'test',
    requests: [{ service: 'shop', operation: 'buy', weight: 1 }],
    services: [
      {
        ...shared,
        name: 'shop',
        operations: [
          operation('buy', 1, [
            { kind: 'call', calls: [{ service: 'order', operation: 'place', isOptional: false, onPartial: 'notes' }], probability: 1 },
            say('bought'),
          ]),
        ],
      },
      {
        ...shared,
        name: 'order',
        operations: [
          operation('place', 1, [
            { kind: 'call', calls: [{ service: 'stock', operation: 'reserve', isOptional, onPartial }], probability: 1 },
            say('reserved'),
            { kind: 'call', calls: [{ service: 'price', operation: 'quote', isOptional: false }], probability: 1 },
            say('placed'),
          ]),
        ],
      },
      { ...shared, name: 'stock', operations: [operation('reserve', 1, [work(0.5), say('looking'), work(0.5), say('found')])] },
      { ...shared, name: 'price', operations: [operation('quote', 1, [say('quoted')])] },
    ],
  });
  const queue = new EventQueue();
  const cluster = new Cluster(system, 1, 0, queue, new Random(1, 'cluster'));
  const [lines, spans]: [LogLine[], FinishedSpan[]] = [[], []];
  const telemetry = {
    log: (line: LogLine): void => {
      lines.push(line);
    },
    span: (span: FinishedSpan): void => {
      spans.push(span);
    },
  };
  const engine = new RequestEngine(cluster, queue, new Random(1, 'requests'), telemetry, 1);
  const [stock] = system.services.filter(({ name }) => name === 'stock');
  if (effect !== undefined && stock !== undefined) {
    cluster.affect(stock, effect);
  }
  const [entry] = system.requests;
  if (entry !== undefined) {
    engine.request(entry.operation);
  }
  queue.runUntil(60e9);
  const served = spans.filter(({ kind }) => kind === 2);
  return {
    lines: lines.map(({ pod, text }) => `${pod.service.name}: ${text}`),
    spans: served.map(({ pod }) => pod.service.name),
    failed: served.filter(({ failure }) => failure !== undefined).map(({ pod }) => pod.service.name),
  };
}

const USUAL = ['stock: looking', 'stock: found', 'order: reserved', 'price: quoted', 'order: placed', 'shop: bought'];
const NOTED = 'shop: No data from order for place';

describe('who asks a service that returns something else than it should', () => {
  it.each(['ignores', 'stops', 'fails'] as const)('does as usual while it does not: %s', (reaction) => {
    expect(request(reaction, undefined)).toEqual({ lines: USUAL, spans: ['stock', 'price', 'order', 'shop'], failed: [] });
  });

  it.each([
    // [reaction, lines after those of stock, spans, failed]
    ['ignores', ['order: reserved', 'price: quoted', 'order: placed', 'shop: bought'], ['stock', 'price', 'order', 'shop'], []],
    ['passes-on', ['order: reserved', 'price: quoted', 'order: placed', NOTED, 'shop: bought'], ['stock', 'price', 'order', 'shop'], []],
    ['notes', ['order: No data from stock for reserve', 'order: reserved', 'price: quoted', 'order: placed', NOTED, 'shop: bought'], ['stock', 'price', 'order', 'shop'], []],
    ['skips', ['price: quoted', 'order: placed', NOTED, 'shop: bought'], ['stock', 'price', 'order', 'shop'], []],
    ['stops', [NOTED, 'shop: bought'], ['stock', 'order', 'shop'], []],
    ['fails', ['order: place failed: answer has no value', 'shop: Call place to order failed: answer has no value'], ['stock', 'order', 'shop'], ['order', 'shop']],
  ] as const)('%s', (reaction, lines, spans, failed) => {
    expect(request(reaction, EARLY)).toEqual({ lines: [...lines], spans: [...spans], failed: [...failed] });
  }); // prettier-ignore

  it('does the same with what an exception that was caught left out', () => {
    const { lines, failed } = request('stops', CAUGHT);
    expect(lines).toEqual(['stock: reserve failed: m', NOTED, 'shop: bought']);
    expect(failed).toEqual([]);
  });

  it('does not react to a failure as to an answer, but goes on without one where it can: its own answer lacks something then', () => {
    expect(request('stops', THROWN).failed).toEqual(['stock', 'order', 'shop']);
    const { lines, failed } = request('stops', THROWN, true);
    expect(failed).toEqual(['stock']);
    expect(lines.slice(-5)).toEqual(['order: reserved', 'price: quoted', 'order: placed', NOTED, 'shop: bought']);
  });
});

describe('careful callers', { timeout: 60_000 }, () => {
  const incident = (carelessness: number, withFault: boolean): ReadIncident =>
    readIncident(
      plainOptions(
        { topology: { carelessness, shape: 'chain', storeShare: 0 } },
        {
          minutes: 4,
          ...(withFault && { faults: [{ type: 'wrong-return', startMinute: 1, minutes: 3, severity: 1, mechanism: 'early' }] }),
        },
      ),
    );
  const linesOf = ({ lines }: ReadIncident): readonly string[] => lines.map(({ service, text, timeMs }) => `${timeMs} ${service} ${text}`);

  it('are like others while every answer is whole', () => {
    expect(linesOf(incident(0, false))).toEqual(linesOf(incident(1, false)));
  });

  it('show it where an answer lacks something', () => {
    expect(linesOf(incident(0, true))).not.toEqual(linesOf(incident(1, true)));
  });
});
