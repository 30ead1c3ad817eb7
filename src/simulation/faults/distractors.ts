import type { DistractorScene, WeightedDistractor } from './distractorScene.js';
import { BENIGN_CHANGES } from './benignChanges.js';
import { hold, line, minutesMs, pickService } from './distractorSteps.js';
import type { Effect } from '../runtime/effects.js';
import type { DistractorKind } from '../faultTypes.js';

/** What goes on in a healthy system and looks unusual; a share of it has the shape of a small fault. */
const DISTRACTORS: readonly WeightedDistractor[] = [
  { kind: 'deploy', weight: 1.2, begin: deploy },
  { kind: 'scaling', weight: 0.8, begin: scaleOutAndIn },
  { kind: 'batch', weight: 1, begin: runBatch },
  { kind: 'log-burst', weight: 1, begin: burstOfLines },
  { kind: 'garbage-collection', weight: 1.2, begin: collectGarbage },
  { kind: 'mix-shift', weight: 2, begin: shiftMix },
  { kind: 'traffic-wave', weight: 1, begin: trafficWave },
  { kind: 'noisy-neighbour', weight: 1, begin: noisyNeighbour },
  { kind: 'blip', weight: 2, begin: blip },
  { kind: 'warnings', weight: 1, begin: warnForAWhile },
  { kind: 'debug-lines', weight: 0.7, begin: debugForAWhile },
  { kind: 'cache-fill', weight: 0.7, begin: fillCache },
  ...BENIGN_CHANGES,
];

/**
 * Schedules distractors as a Poisson process, and the rare errors that every service has.
 * @param kinds which kinds may happen; none of them leaves only the rare errors
 */
export function scheduleDistractors(perHour: number, kinds: readonly DistractorKind[], scene: DistractorScene): void {
  const { cluster, queue, random } = scene;
  for (const service of cluster.system.services.filter(({ kind }) => kind === 'service')) {
    const probability = random.logNormal(0.002, 0.7);
    const rejected = { type: 'ValidationException', message: 'request is not valid', status: 400 };
    const conflict = { type: 'OptimisticLockException', message: 'entity was changed meanwhile', status: 500 };
    cluster.affect(service, { throws: { probability, operation: undefined, position: 0.2, ...rejected } });
    cluster.affect(service, { throws: { probability: probability / 5, operation: undefined, position: 0.7, ...conflict } });
  }
  const possible = DISTRACTORS.filter(({ kind }) => kinds.includes(kind));
  if (perHour <= 0 || possible.length === 0) {
    return;
  }
  const weights = possible.map(({ weight }) => weight);
  const next = (): void => {
    queue.afterMs(random.exponential(3_600_000 / perHour), () => {
      possible[random.weightedIndex(weights)]?.begin(scene);
      next();
    });
  };
  next();
}

function deploy(scene: DistractorScene): void {
  const { cluster, queue, random } = scene;
  const startUpMs = random.uniform(4000, 15_000);
  const fresh = cluster.redeploy(pickService(scene), startUpMs);
  queue.afterMs(startUpMs, () => {
    fresh.forEach((pod) => {
      line(pod, `Started ${pod.service.name} in ${(startUpMs / 1000).toFixed(1)} seconds`, scene);
    });
  });
}

function scaleOutAndIn(scene: DistractorScene): void {
  const { cluster, queue, random } = scene;
  const service = pickService(scene);
  const pod = cluster.scaleUp(service, random.uniform(3000, 10_000));
  queue.at(pod.readyNs, () => {
    line(pod, `Started ${service.name}, joined as instance ${cluster.pods(service).length}`, scene);
  });
  queue.afterMs(minutesMs(random.uniform(3, 10)), () => {
    const removed = cluster.scaleDown(service);
    if (removed !== undefined) {
      line(removed, 'Received SIGTERM, draining', scene);
    }
  });
}

/** A job of one pod that runs an operation again and again: CPU, calls and lines without users. */
function runBatch(scene: DistractorScene): void {
  const { cluster, engine, queue, random } = scene;
  const service = pickService(scene);
  const pod = random.pick(cluster.pods(service));
  const operation = random.pick(service.operations);
  const runs = random.integer(8, 40);
  hold(pod, { cpuShare: random.uniform(0.1, 0.35), workFactor: random.uniform(1, 1.1) }, runs * 2, scene);
  line(pod, `Batch job started, ${runs} items`, scene);
  for (let i = 0; i < runs; i += 1) {
    queue.afterMs(i * 2000 + random.uniform(0, 800), () => {
      if (pod.accepts(queue.nowNs)) {
        engine.runJob(pod, operation);
      }
    });
  }
  queue.afterMs(runs * 2000, () => {
    line(pod, `Batch job finished, ${runs} items`, scene);
  });
}

function burstOfLines(scene: DistractorScene): void {
  const { cluster, queue, random } = scene;
  const pod = random.pick(cluster.pods(pickService(scene)));
  const text = random.pick(['cron: purged expired entry', 'cron: reindexed document', 'scheduler: recalculated statistics of segment']);
  for (let i = random.integer(20, 150); i > 0; i -= 1) {
    queue.afterMs(random.uniform(0, 20_000), () => {
      line(pod, `${text} ${random.integer(1, 99_999)}`, scene);
    });
  }
}

function collectGarbage(scene: DistractorScene): void {
  const { cluster, queue, random } = scene;
  const pod = random.pick(cluster.pods(pickService(scene)));
  for (let i = random.integer(1, 5); i > 0; i -= 1) {
    queue.afterMs(random.uniform(0, 40_000), () => {
      const pauseMs = random.logNormal(180, 0.6);
      pod.pause(queue.nowNs, pauseMs);
      pod.counters.gcSeconds += pauseMs / 1000;
      line(pod, `Garbage collection took ${pauseMs.toFixed(0)} ms`, scene);
    });
  }
}

/** Users ask for other things: counts, mix of operations, cache use and mean latencies move together, nothing is wrong. */
function shiftMix({ traffic, queue, random, cluster }: DistractorScene): void {
  const factors = cluster.system.requests.map(() => random.logNormal(1, 0.8));
  traffic.addShift(factors);
  queue.afterMs(minutesMs(random.uniform(1.5, 8)), () => {
    traffic.removeShift(factors);
  });
}

function trafficWave({ traffic, queue, random }: DistractorScene): void {
  const wave = { factor: random.logNormal(1, 0.25) };
  traffic.addSurge(wave);
  queue.afterMs(minutesMs(random.uniform(1.5, 6)), () => {
    traffic.removeSurge(wave);
  });
}

/** Another tenant of a machine: all pods on it get slower together. */
function noisyNeighbour(scene: DistractorScene): void {
  const { cluster, queue, random } = scene;
  const node = random.pick(cluster.nodes);
  const share = random.uniform(0.08, 0.25);
  const seconds = random.uniform(60, 240);
  node.stolenShare += share;
  for (const pod of cluster.allPods()) {
    if (pod.node === node) {
      hold(pod, { workFactor: 1 + share }, seconds, scene);
    }
  }
  queue.afterMs(seconds * 1000, () => {
    node.stolenShare -= share;
  });
}

/** The shape of a fault, small and short: what a head must not take for one. */
function blip(scene: DistractorScene): void {
  const { cluster, random } = scene;
  const service = random.pick(cluster.system.services);
  const pod = random.pick(cluster.pods(service));
  const effects: readonly Effect[] = [
    { delayMs: random.uniform(1, 8) },
    { loss: random.uniform(0.003, 0.015) },
    { workFactor: random.uniform(1.1, 1.5) },
    { cpuShare: random.uniform(0.1, 0.3) },
    {
      throws: {
        probability: random.uniform(0.01, 0.04),
        operation: undefined,
        position: 0.5,
        type: 'TransientException',
        message: 'try again',
        status: 500,
      },
    },
  ];
  hold(pod, random.pick(effects), random.uniform(20, 100), scene);
}

function warnForAWhile(scene: DistractorScene): void {
  const { cluster, queue, random } = scene;
  const pod = random.pick(cluster.pods(pickService(scene)));
  const text = random.pick([
    'configuration server not reachable, keeping cached values',
    'clock offset to time server above threshold',
    'certificate expires in less than 30 days',
    'metrics exporter dropped a batch',
  ]);
  const count = random.integer(3, 15);
  for (let i = 0; i < count; i += 1) {
    queue.afterMs(i * 10_000 + random.uniform(0, 4000), () => {
      line(pod, text, scene, 'warn');
    });
  }
}

/** Someone turns debug lines on and off again. */
function debugForAWhile(scene: DistractorScene): void {
  const { cluster, random } = scene;
  hold(random.pick(cluster.pods(pickService(scene))), { isVerbose: true }, random.uniform(40, 240), scene);
}

/** Memory rises and is given back: not a leak. */
function fillCache(scene: DistractorScene): void {
  const { cluster, queue, random } = scene;
  const pod = random.pick(cluster.pods(pickService(scene)));
  const minutes = random.uniform(1, 4);
  hold(pod, { leakMbPerMinute: (random.uniform(0.05, 0.2) * pod.size.memoryMb) / minutes }, minutes * 60, scene);
  queue.afterMs(minutesMs(minutes + random.uniform(0.5, 3)), () => {
    pod.leakedMb *= 0.2;
  });
}
