// A stand-in for the engine process, with the failures a real one can have. `argv[2]` says how it behaves.
import { createMessageConnection, IPCMessageReader, IPCMessageWriter } from 'vscode-jsonrpc/node';

const mode = process.argv[2];
if (mode === 'exit-at-start') {
  console.error('native module missing');
  process.exit(3);
}
const connection = createMessageConnection(new IPCMessageReader(process), new IPCMessageWriter(process));
connection.onRequest('ping', () => null);
connection.onRequest('runs', () => [{ run: String(process.pid) }]);
connection.onRequest('doctor', () => process.kill(process.pid, 'SIGSEGV'));
connection.onRequest('timeline', () => {
  for (;;) {
    // Blocks the event loop, as a native call that never returns does.
  }
});
connection.onRequest('embed', ({ call }, token) => {
  connection.sendNotification('progress', { call, progress: { phase: 'parse', fraction: 0.5, detail: 'a.csv', records: 1 } });
  return new Promise((_, reject) => {
    if (mode !== 'ignore-cancel') {
      token.onCancellationRequested(() => reject(new Error('stopped')));
    }
  });
});
connection.listen();
process.on('disconnect', () => process.exit(0));
