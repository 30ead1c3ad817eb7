// A process that forks the engine and can be killed: `hostProgram ENGINE STORE`; prints the engine's pid once it answers.
import { fork } from 'node:child_process';

const [engine, store] = process.argv.slice(2);
const child = fork(engine, ['--db', store], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
child.on('message', (message) => {
  if (message.id === 1) process.stdout.write(`${child.pid}\n`);
});
child.send({ jsonrpc: '2.0', id: 1, method: 'ping' });
