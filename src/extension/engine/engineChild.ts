/** Starting and stopping the engine as a child process; when to do either is decided in `engineProcess.ts`. */
import { type ChildProcess, fork } from 'node:child_process';

/** After its channel closes the engine has this long to finish its writes. */
const STOP_GRACE_MS = 4000;

/** @param onLine gets each line the process writes to stdout or stderr, which is where native libraries complain. */
export function forkEngine(modulePath: string, args: readonly string[], onLine: (line: string) => void): ChildProcess {
  const child = fork(modulePath, [...args], {
    // Desktop VS Code's extension host is Electron, which is Node with this variable; elsewhere execPath is Node and ignores it.
    env: toEngineEnvironment(process.env),
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    forEachLine(stream, onLine);
  }
  return child;
}

/** A crashed or silent process is ended at once; a healthy one may close its store first. */
export function stopChild(child: ChildProcess, why: 'crash' | 'intended'): void {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) {
    return;
  }
  if (why === 'crash') {
    child.kill('SIGKILL');
    return;
  }
  if (child.connected) {
    child.disconnect();
  }
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS);
  child.once('exit', () => {
    clearTimeout(timer);
  });
}

/** Without the variables by which an extension host under a debugger would make its children wait for one. */
function toEngineEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = { ...env, ELECTRON_RUN_AS_NODE: '1' };
  Reflect.deleteProperty(own, 'NODE_OPTIONS');
  Reflect.deleteProperty(own, 'VSCODE_INSPECTOR_OPTIONS');
  return own;
}

function forEachLine(stream: NodeJS.ReadableStream | null, onLine: (line: string) => void): void {
  let rest = '';
  stream?.setEncoding('utf8');
  stream?.on('data', (text: string) => {
    const lines = (rest + text).split(/\r?\n/);
    rest = lines.pop() ?? '';
    lines.forEach(onLine);
  });
  stream?.on('end', () => {
    if (rest !== '') {
      onLine(rest);
    }
  });
}
