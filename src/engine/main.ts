/** Entry of the engine process: forked by the extension, ends with it. */
import { createMessageConnection, IPCMessageReader, IPCMessageWriter, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node';
import { createEngine } from './engine.js';
import { findInstallation } from './installation.js';
import { createFileWriter, createLogger, writeToStderr, type Logger } from './logger.js';
import { toEngineArguments, type EngineArguments } from './rpc/engineArguments.js';
import { createReopeningEngine } from './rpc/reopeningEngine.js';
import { serveEngine } from './rpc/serveEngine.js';
import { toEngineError } from './toEngineError.js';

/** A store write takes less; a native call that hangs shall not keep the process alive. */
const CLOSE_TIMEOUT_MS = 5000;

function start({ storeFile, logFile, logLevel, stdio }: EngineArguments): void {
  const log = createLogger(logLevel, logFile === undefined ? writeToStderr : createFileWriter(logFile));
  const installation = findInstallation();
  // The store lies in a folder of ours: a damaged one is set aside and the next run begins anew.
  const engine = createReopeningEngine(() => createEngine({ store: { file: storeFile, onDamage: 'setAside' }, installation, log }));
  const connection = stdio
    ? createMessageConnection(new StreamMessageReader(process.stdin), new StreamMessageWriter(process.stdout))
    : createMessageConnection(new IPCMessageReader(process), new IPCMessageWriter(process));
  const server = serveEngine(connection, engine.api, { log });
  log.info(`engine ${installation.version} (${installation.build}) started, pid ${process.pid}, Node ${process.versions.node}`);

  let closing = false;
  const close = (why: string, exitCode: number): void => {
    if (closing) {
      return;
    }
    closing = true;
    log.info(`engine ends: ${why}`);
    setTimeout(() => {
      log.warn('a call in hand did not stop in time');
      // Leaving in an orderly way crashes while ONNX Runtime runs; the store stands it.
      process.kill(process.pid, 'SIGKILL');
    }, CLOSE_TIMEOUT_MS).unref();
    server.dispose();
    void engine.dispose().then(
      () => {
        process.exit(exitCode);
      },
      (error: unknown) => {
        log.error(`closing failed: ${toEngineError(error).message}`);
        process.exit(1);
      },
    );
  };
  // Both happen as well when the parent is killed.
  process.on('disconnect', () => {
    close('its parent is gone', 0);
  });
  if (stdio) {
    process.stdin.on('close', () => {
      close('its input has ended', 0);
    });
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      close(signal, 0);
    });
  }
  watchFailures(log, close);
}

/** A failure nobody awaited leaves the process in an unknown state: it is logged and the process ends; the extension starts a new one. */
function watchFailures(log: Logger, close: (why: string, exitCode: number) => void): void {
  const report = (error: unknown): void => {
    const place = error instanceof Error ? (error.stack?.split('\n').slice(1, 8).join(' ') ?? '') : '';
    log.error(`${toEngineError(error).message} ${place}`);
    close('an unexpected failure', 1);
  };
  process.on('uncaughtException', report);
  process.on('unhandledRejection', report);
}

try {
  start(toEngineArguments(process.argv.slice(2)));
} catch (error) {
  writeToStderr(`${toEngineError(error).message}\n`);
  process.exitCode = 1;
  if (process.connected) {
    process.disconnect();
  }
}
