/** JSON-RPC over the IPC channel that `fork` opened. */
import type { ChildProcess } from 'node:child_process';
import { createMessageConnection, IPCMessageReader, IPCMessageWriter } from 'vscode-jsonrpc/node';
import { createEngineClient } from '../../protocol/engineClient.js';
import type { EngineChannel } from './engineProcess.js';

export function connectEngine(child: ChildProcess): EngineChannel {
  return createEngineClient(createMessageConnection(new IPCMessageReader(child), new IPCMessageWriter(child)));
}
