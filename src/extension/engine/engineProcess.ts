/** The engine's process: started with the first call, watched, started again with back-off, given up on after repeated failures. */
import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CallContext, EngineApi, EngineMethod, EngineMethods } from '../../protocol/engineRpc.js';
import { EngineError } from '../../protocol/engineError.js';
import { Emitter } from '../emitter.js';
import { l10n } from '../localize.js';
import { BackOff, type BackOffPolicy, ENGINE_BACK_OFF } from './backOff.js';
import { type EngineCalls, toErrorText } from './engineCalls.js';
import { forkEngine, stopChild } from './engineChild.js';

/** The typed connection to one started process. */
export interface EngineChannel {
  readonly api: EngineApi;
  /** Settles when the engine's event loop answers. */
  ping(): Promise<void>;
  dispose(): void;
}

export type EngineStatus =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'running'; readonly pid: number | undefined }
  /** Ended unexpectedly; the next call starts it again, not before the back-off has passed. */
  | { readonly kind: 'crashed'; readonly reason: string }
  /** Gave up: calls are refused until `restart`. */
  | { readonly kind: 'failed'; readonly reason: string };

export interface EngineProcessOptions {
  /** `dist/engine.mjs`. */
  readonly modulePath: string;
  readonly args: readonly string[];
  /** Called before each start. */
  readonly beforeStart?: () => void;
  /** Loads what speaks to the process; called when one is started, so that activation does not pay for it. */
  readonly loadConnection: () => Promise<(child: ChildProcess) => EngineChannel>;
  /** One line of the engine's stdout or stderr, or of this supervisor. */
  readonly log: (line: string) => void;
  readonly backOff?: BackOffPolicy;
  /** A ping every `intervalMs`; no answer within `timeoutMs` ends the process. One micro-batch of the encoder may block it for seconds. */
  readonly heartbeat?: { readonly intervalMs: number; readonly timeoutMs: number };
  /** How long the engine may take to settle a cancelled call before it is ended. */
  readonly cancelGraceMs?: number;
}

const HEARTBEAT = { intervalMs: 15_000, timeoutMs: 60_000 };
const CANCEL_GRACE_MS = 8000;
/** The connection of a dying process closes before its exit is reported; the exit names the reason. */
const EXIT_GRACE_MS = 500;

interface Session {
  readonly child: ChildProcess;
  readonly channel: EngineChannel;
  readonly startedMs: number;
  /** Aborted with the EngineError that every pending call rejects with. */
  readonly end: AbortController;
  readonly exited: Promise<void>;
}

export class EngineProcess implements EngineCalls {
  private readonly options: EngineProcessOptions;
  private readonly backOff: BackOff;
  private readonly statusChanges: Emitter<EngineStatus>;
  private session: Session | undefined;
  private state: EngineStatus = { kind: 'stopped' };
  private notBeforeMs = 0;
  private readonly disposal = new AbortController();

  constructor(options: EngineProcessOptions) {
    this.options = options;
    this.backOff = new BackOff(options.backOff ?? ENGINE_BACK_OFF);
    this.statusChanges = new Emitter((error) => {
      options.log(toErrorText(error));
    });
  }

  get status(): EngineStatus {
    return this.state;
  }

  get onDidChangeStatus() {
    return this.statusChanges.event;
  }

  async call<M extends EngineMethod>(
    method: M,
    params: EngineMethods[M]['params'],
    context: Partial<CallContext> = {},
  ): Promise<EngineMethods[M]['result']> {
    const signal = context.signal ?? new AbortController().signal;
    const session = await this.open(signal);
    const invoke: EngineApi[M] = session.channel.api[method];
    const ignore = (): void => undefined;
    const answer = invoke(params, { signal, onProgress: context.onProgress ?? ignore, onPartial: context.onPartial ?? ignore });
    // The race may be over before the answer fails.
    answer.catch(() => undefined);
    const settled = new AbortController();
    try {
      return await Promise.race([
        answer,
        rejectOnEnd(session.end.signal, settled.signal),
        this.enforceCancel(session, signal, settled.signal, method),
      ]);
    } catch (error) {
      throw toEngineError(await findEndReason(session, error), signal);
    } finally {
      settled.abort();
    }
  }

  /** Never resolves; rejects with `cancelled` when the engine does not settle in time, and ends the process, the only way to stop it. */
  private async enforceCancel(session: Session, signal: AbortSignal, settled: AbortSignal, method: string): Promise<never> {
    await abortOf(signal, settled);
    try {
      await sleep(this.options.cancelGraceMs ?? CANCEL_GRACE_MS, undefined, { signal: settled });
    } catch {
      // The call settled by itself: its own answer has won the race.
      return await new Promise<never>(() => undefined);
    }
    this.options.log(`${method} did not stop after it was cancelled; ending the engine`);
    this.end(session, new EngineError('internal', l10n.t('The engine was ended because a cancelled step did not stop.')), 'intended');
    throw new EngineError('cancelled', l10n.t('Cancelled.'));
  }

  /** Ends the process and forgets earlier failures; the next call starts a new one. */
  async restart(): Promise<void> {
    this.backOff.reset();
    this.notBeforeMs = 0;
    await this.stop(l10n.t('The engine was restarted.'));
    this.setStatus({ kind: 'stopped' });
  }

  async dispose(): Promise<void> {
    this.disposal.abort();
    await this.stop(l10n.t('RuntimeSlicer is closing.'));
    this.statusChanges.dispose();
  }

  private async stop(reason: string): Promise<void> {
    const session = this.session;
    if (session !== undefined) {
      this.end(session, new EngineError('internal', reason), 'intended');
      await session.exited;
    }
  }

  private async open(signal: AbortSignal): Promise<Session> {
    for (;;) {
      if (signal.aborted) {
        throw new EngineError('cancelled', l10n.t('Cancelled.'));
      }
      if (this.disposal.signal.aborted) {
        throw new EngineError('internal', l10n.t('RuntimeSlicer is closing.'));
      }
      if (this.state.kind === 'failed') {
        throw new EngineError(
          'internal',
          l10n.t('The engine keeps failing: {0} Run "RuntimeSlicer: Restart Engine" to try again.', this.state.reason),
        );
      }
      if (this.session !== undefined) {
        return this.session;
      }
      const waitMs = this.notBeforeMs - Date.now();
      if (waitMs <= 0) {
        const connect = await this.options.loadConnection();
        // Another call may have started it meanwhile, or it may have been closed: the loop decides anew.
        if (this.canStart(signal)) {
          return this.start(connect);
        }
        continue;
      }
      // Rejects on abort; the loop then says which of the two it was.
      await sleep(waitMs, undefined, { signal: AbortSignal.any([signal, this.disposal.signal]) }).catch(() => undefined);
    }
  }

  private canStart(signal: AbortSignal): boolean {
    return this.session === undefined && this.state.kind !== 'failed' && !this.disposal.signal.aborted && !signal.aborted;
  }

  private start(connect: (child: ChildProcess) => EngineChannel): Session {
    const { modulePath, args, log } = this.options;
    this.options.beforeStart?.();
    const child = forkEngine(modulePath, args, log);
    const end = new AbortController();
    const exited = new Promise<void>((resolve) => {
      child.once('exit', () => {
        resolve();
      });
      child.once('error', () => {
        resolve();
      });
    });
    const session: Session = { child, channel: connect(child), startedMs: Date.now(), end, exited };
    this.session = session;
    child.once('error', (error) => {
      this.end(session, new EngineError('internal', l10n.t('The engine could not be started: {0}', error.message)), 'crash');
    });
    child.once('exit', (code, exitSignal) => {
      const how = exitSignal === null ? l10n.t('exit code {0}', code ?? -1) : l10n.t('signal {0}', exitSignal);
      this.end(session, new EngineError('internal', l10n.t('The engine stopped unexpectedly ({0}).', how)), 'crash');
    });
    child.once('disconnect', () => {
      // Usually its exit follows at once and says more.
      const timer = setTimeout(() => {
        this.end(session, new EngineError('internal', l10n.t('The engine closed its connection.')), 'crash');
      }, EXIT_GRACE_MS);
      timer.unref();
    });
    void this.watch(session);
    log(`engine started, pid ${child.pid ?? 'none'}`);
    this.setStatus({ kind: 'running', pid: child.pid });
    return session;
  }

  private async watch(session: Session): Promise<void> {
    const { intervalMs, timeoutMs } = this.options.heartbeat ?? HEARTBEAT;
    const ended = session.end.signal;
    const wait = async (ms: number, signal: AbortSignal): Promise<'elapsed' | 'aborted'> =>
      sleep(ms, 'elapsed' as const, { signal, ref: false }).catch(() => 'aborted' as const);
    while ((await wait(intervalMs, ended)) === 'elapsed') {
      const answered = new AbortController();
      const ping = session.channel.ping().then(
        () => 'answered' as const,
        () => 'answered' as const,
      );
      const first = await Promise.race([ping, wait(timeoutMs, AbortSignal.any([ended, answered.signal]))]);
      answered.abort();
      if (first === 'elapsed') {
        const seconds = Math.round(timeoutMs / 1000);
        this.end(session, new EngineError('internal', l10n.t('The engine did not answer for {0} s and was ended.', seconds)), 'crash');
      }
    }
  }

  /** Settles everything that waits on this session, makes sure the process goes away, and decides on what follows. Idempotent. */
  private end(session: Session, error: EngineError, why: 'crash' | 'intended'): void {
    if (session.end.signal.aborted) {
      return;
    }
    session.end.abort(error);
    session.channel.dispose();
    stopChild(session.child, why);
    if (this.session === session) {
      this.session = undefined;
    }
    this.options.log(error.message);
    if (why === 'intended') {
      this.setStatus({ kind: 'stopped' });
      return;
    }
    const delayMs = this.backOff.next(Date.now() - session.startedMs);
    this.notBeforeMs = Date.now() + (delayMs ?? 0);
    this.setStatus(delayMs === undefined ? { kind: 'failed', reason: error.message } : { kind: 'crashed', reason: error.message });
  }

  private setStatus(status: EngineStatus): void {
    this.state = status;
    this.statusChanges.fire(status);
  }
}

/** The reason the session ended where it did, which says more than a call's own failure; else that failure. */
async function findEndReason(session: Session, error: unknown): Promise<unknown> {
  if (!session.child.connected) {
    await Promise.race([session.exited, sleep(EXIT_GRACE_MS, undefined, { ref: false })]);
  }
  return session.end.signal.aborted ? session.end.signal.reason : error;
}

function toEngineError(error: unknown, signal: AbortSignal): EngineError {
  if (signal.aborted) {
    return new EngineError('cancelled', l10n.t('Cancelled.'), { cause: error });
  }
  return error instanceof EngineError ? error : new EngineError('internal', toErrorText(error), { cause: error });
}

async function rejectOnEnd(end: AbortSignal, settled: AbortSignal): Promise<never> {
  await abortOf(end, settled);
  throw end.reason;
}

/** Resolves when `signal` aborts; never when `settled` does so first. */
async function abortOf(signal: AbortSignal, settled: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    signal.addEventListener(
      'abort',
      () => {
        resolve();
      },
      { once: true, signal: settled },
    );
  });
}
