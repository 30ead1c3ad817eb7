import type { Effect } from './effects.js';
import type { EventQueue } from './eventQueue.js';
import type { LinkedSystem, Service } from '../system/linkedSystem.js';
import { Pod } from './pod.js';
import type { ClusterNode, PodSize } from './pod.js';
import type { Random } from '../../core/math/random.js';

/** CPU use at mean traffic: enough that a surge of three times overloads a service. */
const TARGET_UTILISATION = [0.2, 0.42] as const;
const DRAIN_MS = 3000;

interface Deployment {
  readonly service: Service;
  readonly size: PodSize;
  replicaSet: string;
  pods: Pod[];
  next: number;
  /** Slow, common factor on the latency of the service: correlated noise over minutes. */
  drift: number;
  readonly driftSd: number;
  /** Exponent on the probabilities of its conditional steps: which branches are taken drifts as well. */
  branchBias: number;
  /** Effects on the service as a whole: they hold for pods that start later too. */
  readonly effects: Set<Effect>;
}

/** Pods of all services on their nodes: which exist, which one answers, and what affects them. */
export class Cluster {
  readonly nodes: readonly ClusterNode[];
  private readonly deployments: readonly Deployment[];

  readonly system: LinkedSystem;
  private readonly queue: EventQueue;
  private readonly random: Random;

  constructor(system: LinkedSystem, requestsPerSecond: number, clockSkewMs: number, queue: EventQueue, random: Random) {
    this.system = system;
    this.queue = queue;
    this.random = random;
    const nodeCount = Math.max(1, Math.ceil(system.services.length / 5));
    this.nodes = Array.from({ length: nodeCount }, (_, index) => ({
      name: `node-${index + 1}`,
      skewNs: Math.round(random.uniform(-clockSkewMs, clockSkewMs) * 1e6),
      stolenShare: 0,
    }));
    this.deployments = system.services.map((service) => {
      const deployment: Deployment = {
        service,
        size: toPodSize(service, requestsPerSecond, random),
        replicaSet: random.replicaSetHash(),
        pods: [],
        next: 0,
        drift: 1,
        driftSd: random.uniform(0.03, 0.12),
        branchBias: 1,
        effects: new Set(),
      };
      for (let i = 0; i < service.replicas; i += 1) {
        this.startPod(deployment, true);
      }
      return deployment;
    });
  }

  pods(service: Service): readonly Pod[] {
    return this.deployment(service).pods;
  }

  *allPods(): Iterable<Pod> {
    for (const { pods } of this.deployments) {
      yield* pods;
    }
  }

  drift(service: Service): number {
    return this.deployment(service).drift;
  }

  branchBias(service: Service): number {
    return this.deployment(service).branchBias;
  }

  /** The next pod in turn that accepts requests; undefined when none does. */
  findTarget(service: Service): Pod | undefined {
    const deployment = this.deployment(service);
    const { pods } = deployment;
    const turn = deployment.next;
    for (const [i] of pods.entries()) {
      const place = (turn + 1 + i) % pods.length;
      const pod = pods[place];
      if (pod?.accepts(this.queue.nowNs) === true) {
        deployment.next = place;
        return pod;
      }
    }
    return undefined;
  }

  /** @param scope `one`: only one of the pods that run now; otherwise all, also those that start later. */
  affect(service: Service, effect: Effect, scope: 'all' | 'one' = 'all'): void {
    const deployment = this.deployment(service);
    if (scope === 'one') {
      deployment.pods[0]?.addEffect(effect);
      return;
    }
    deployment.effects.add(effect);
    deployment.pods.forEach((pod) => {
      pod.addEffect(effect);
    });
  }

  relieve(service: Service, effect: Effect): void {
    const deployment = this.deployment(service);
    deployment.effects.delete(effect);
    deployment.pods.forEach((pod) => {
      pod.removeEffect(effect);
    });
  }

  /** Adds a pod; it accepts requests after `startUpMs`. */
  scaleUp(service: Service, startUpMs: number): Pod {
    const pod = this.startPod(this.deployment(service), false);
    pod.readyNs += startUpMs * 1e6;
    return pod;
  }

  /** Takes the newest pod away once what runs in it has drained; never the last one. */
  scaleDown(service: Service): Pod | undefined {
    const deployment = this.deployment(service);
    const pod = deployment.pods.length > 1 ? deployment.pods.at(-1) : undefined;
    if (pod !== undefined) {
      this.remove(deployment, pod);
    }
    return pod;
  }

  /** Rolling update: new pods under a new replica-set hash, old ones go when the new ones are ready. */
  redeploy(service: Service, startUpMs: number): readonly Pod[] {
    const deployment = this.deployment(service);
    const old = deployment.pods;
    deployment.replicaSet = this.random.replicaSetHash();
    const fresh = old.map(() => this.scaleUp(service, startUpMs));
    this.queue.afterMs(startUpMs, () => {
      old.forEach((pod) => {
        this.remove(deployment, pod);
      });
    });
    return fresh;
  }

  /** The same pod starts again: memory is released, caches are cold, and it refuses connections until it is up. */
  restart(pod: Pod, startUpMs: number): void {
    pod.counters.restarts += 1;
    pod.leakedMb = 0;
    pod.readyNs = this.queue.nowNs + startUpMs * 1e6;
  }

  /** Moves slow noise on by one second. */
  tick(): void {
    for (const deployment of this.deployments) {
      const level = Math.log(deployment.drift) * 0.99 + deployment.driftSd * 0.14 * this.random.normal();
      deployment.drift = Math.exp(level);
      deployment.branchBias = Math.exp(Math.log(deployment.branchBias) * 0.995 + 0.02 * this.random.normal());
      for (const pod of deployment.pods) {
        pod.leakedMb += pod.combined.leakMbPerMinute / 60;
        pod.memoryDrift = pod.memoryDrift * 0.98 + 0.004 * this.random.normal();
      }
    }
  }

  private startPod(deployment: Deployment, isWarm: boolean): Pod {
    const { service } = deployment;
    const isStateful = service.kind !== 'service';
    const ordinal = deployment.pods.length;
    const name = isStateful ? `${service.name}-${ordinal}` : `${service.name}-${deployment.replicaSet}-${this.random.podSuffix()}`;
    const pod = new Pod(name, service, this.random.pick(this.nodes), deployment.size, this.queue.nowNs, isWarm);
    deployment.effects.forEach((effect) => {
      pod.addEffect(effect);
    });
    deployment.pods = [...deployment.pods, pod];
    return pod;
  }

  private remove(deployment: Deployment, pod: Pod): void {
    pod.isRemoved = true;
    this.queue.afterMs(DRAIN_MS, () => {
      deployment.pods = deployment.pods.filter((other) => other !== pod);
    });
  }

  private deployment(service: Service): Deployment {
    const found = this.deployments[service.index];
    if (found === undefined) {
      throw new Error(`no deployment of service ${service.name}`);
    }
    return found;
  }
}

function toPodSize(service: Service, requestsPerSecond: number, random: Random): PodSize {
  const visits = service.operations.reduce((sum, operation) => sum + operation.visits, 0);
  const workMs = service.operations.reduce((sum, { visits: n, workMs: ms, sigma }) => sum + n * ms * Math.exp(sigma ** 2 / 2), 0);
  const heldMs = service.operations.reduce((sum, operation) => sum + operation.visits * operation.expectedMs, 0);
  const podRate = (requestsPerSecond * visits) / service.replicas;
  const concurrency = (requestsPerSecond * heldMs) / 1000 / service.replicas;
  const work = (requestsPerSecond * workMs) / 1000 / service.replicas;
  return {
    // A service nobody calls still needs a capacity above 0.
    capacity: Math.max(1e-6, work) / random.uniform(...TARGET_UTILISATION),
    cores: random.pick([0.5, 1, 1, 2, 4]),
    memoryMb: random.pick([256, 512, 512, 1024, 2048]) * (service.kind === 'database' ? 2 : 1),
    workers: 3 + Math.ceil(8 * concurrency),
    loadWindowS: Math.min(60, Math.max(10, 40 / Math.max(1e-3, podRate))),
  };
}
