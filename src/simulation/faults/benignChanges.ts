import type { DistractorScene, WeightedDistractor } from './distractorScene.js';
import { hold, line, minutesMs, pickService } from './distractorSteps.js';
import type { Revision } from '../runtime/effects.js';
import type { Operation, Service, Step } from '../system/linkedSystem.js';
import { toLogText } from '../system/logText.js';

/** What operators and users do to a healthy system; some of it lasts, none of it is a failure and none of it is labelled. */
export const BENIGN_CHANGES: readonly WeightedDistractor[] = [
  { kind: 'new-version', weight: 1.5, begin: releaseVersion },
  { kind: 'benign-surge', weight: 1, begin: surgeWithinCapacity },
  { kind: 'config-reload', weight: 0.8, begin: reloadConfiguration },
  { kind: 'cron-burst', weight: 0.8, begin: runCron },
  { kind: 'cache-warm-up', weight: 0.8, begin: warmCaches },
  { kind: 'shared-slowdown', weight: 1, begin: slowTogether },
];

const NEW_LINES = [
  'experiment {word} assigned to request {id}',
  'feature flag {word} evaluated in {ms} ms',
  'audit: access by {uuid} recorded',
  'using new code path for item {id}',
  'schema version {n} of payload accepted',
];

/** A release that does for good something else in one operation: a new line, a line less, or a new call to a store it already uses. */
function releaseVersion(scene: DistractorScene): void {
  const { cluster, queue, random } = scene;
  const service = pickService(scene);
  const operation = service.operations[random.weightedIndex(service.operations.map(({ visits }) => visits + 1e-6))];
  if (operation === undefined) {
    return;
  }
  const startUpMs = random.uniform(3000, 12_000);
  const steps = reviseSteps(operation, scene);
  const effect = { revision: { operation, steps } satisfies Revision };
  const fresh = cluster.redeploy(service, startUpMs);
  fresh.forEach((pod) => {
    pod.addEffect(effect);
  });
  queue.afterMs(startUpMs, () => {
    // Pods that start later run the new version as well.
    cluster.affect(service, effect);
    fresh.forEach((pod) => {
      line(pod, `Started ${service.name} version 1.${random.integer(2, 40)}.${random.integer(0, 9)}`, scene);
    });
  });
}

/** At the place of a line or before the last work, so that calls and lines keep their order otherwise. */
function reviseSteps(operation: Operation, { random }: DistractorScene): Step[] {
  const steps = [...operation.steps];
  const lines = steps.flatMap((step, index) => (step.kind === 'log' ? [index] : []));
  const stores = findStores(operation.service);
  const draw = random.next();
  if (draw < 0.3 && lines.length > 0) {
    steps.splice(random.pick(lines), 1);
    return steps;
  }
  const at = random.integer(1, Math.max(1, steps.length));
  if (draw < 0.6 && stores.length > 0) {
    steps.splice(at, 0, {
      kind: 'call',
      calls: [{ operation: random.pick(stores), isOptional: true, onPartial: 'ignores' }],
      probability: 1,
    });
  }
  steps.splice(at, 0, { kind: 'log', level: 'info', text: toLogText(random.pick(NEW_LINES)), probability: 1 });
  return steps;
}

/** Statements of the stores that a service uses anywhere. */
function findStores(service: Service): Operation[] {
  return service.operations.flatMap(({ steps }) =>
    steps.flatMap((step) =>
      step.kind === 'call' ? step.calls.map((callee) => callee.operation).filter((callee) => callee.service.kind !== 'service') : [],
    ),
  );
}

/** More users at once than usual, and the system carries them: counts rise, latencies hardly do. */
function surgeWithinCapacity({ traffic, queue, random }: DistractorScene): void {
  const surge = { factor: random.uniform(1.25, 1.7) };
  traffic.addSurge(surge);
  queue.afterMs(minutesMs(random.uniform(1, 5)), () => {
    traffic.removeSurge(surge);
  });
}

function reloadConfiguration(scene: DistractorScene): void {
  const { cluster, queue, random } = scene;
  const service = pickService(scene);
  for (const pod of cluster.pods(service)) {
    queue.afterMs(random.uniform(0, 3000), () => {
      line(pod, `configuration reloaded, ${random.integer(1, 12)} properties changed`, scene);
      pod.pause(queue.nowNs, random.logNormal(60, 0.5));
    });
  }
}

/** Full hours and minutes start jobs in several services at once. */
function runCron(scene: DistractorScene): void {
  const { cluster, queue, random } = scene;
  const services = random.shuffle(cluster.system.services.filter(({ kind }) => kind === 'service')).slice(0, random.integer(2, 5));
  for (const service of services) {
    const pod = random.pick(cluster.pods(service));
    const seconds = random.uniform(20, 90);
    hold(pod, { cpuShare: random.uniform(0.05, 0.25) }, seconds, scene);
    line(pod, `cron job ${service.name}-maintenance started`, scene);
    queue.afterMs(seconds * 1000, () => {
      line(pod, `cron job ${service.name}-maintenance finished after ${seconds.toFixed(0)} s`, scene);
    });
  }
}

/** Caches were emptied: a store works harder and slower for a while, in three stages. */
function warmCaches(scene: DistractorScene): void {
  const { cluster, queue, random } = scene;
  const stores = cluster.system.services.filter(({ kind }) => kind === 'database' || kind === 'cache');
  if (stores.length === 0) {
    return;
  }
  const pods = cluster.pods(random.pick(stores));
  const seconds = random.uniform(20, 60);
  for (const [stage, factor] of [1.6, 1.3, 1.1].entries()) {
    queue.afterMs(stage * seconds * 1000, () => {
      pods.forEach((pod) => {
        hold(pod, { workFactor: factor, cpuShare: (factor - 1) / 6 }, seconds, scene);
      });
    });
  }
}

/** Of all pods. */
const SLOWED_SHARE = 0.35;

/** A shared disk or network is busy: a third of all pods get a little slower together. */
function slowTogether(scene: DistractorScene): void {
  const { cluster, random } = scene;
  const factor = random.uniform(1.05, 1.35);
  const seconds = random.uniform(40, 240);
  for (const pod of cluster.allPods()) {
    if (random.chance(SLOWED_SHARE)) {
      hold(pod, { workFactor: factor * random.uniform(0.95, 1.05) }, seconds, scene);
    }
  }
}
