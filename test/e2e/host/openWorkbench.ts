// `npm start -- --workbench`: the packaged extension in a real workbench, on the sample incident, until Ctrl+C.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { findCacheFolder } from './cacheFolder.js';
import { installCodeServer } from './codeServer.js';
import { getVsix, projectRoot } from './vsix.js';
import { startWorkbenchServer } from './workbenchServer.js';

const folder = path.join(findCacheFolder(), 'sampleIncident');

function runNode(...args: readonly string[]): void {
  execFileSync(process.execPath, args, { cwd: projectRoot, stdio: ['ignore', 2, 2] });
}

try {
  installCodeServer();
  runNode(path.join(projectRoot, 'package.mjs'));
  runNode(path.join(projectRoot, 'dist', 'cli.mjs'), 'sample', '--out', folder, '--db', path.join(folder, '..', 'sampleIncident.db'));
  const server = await startWorkbenchServer({ folder, vsix: getVsix() });
  process.stdout.write(`
The workbench is open at ${server.url}
In its Explorer, select the folders logs, metrics and traces, right-click, "Embed Runtime Slice".
Its profile is thrown away when it ends: press Ctrl+C.
`);
  const stop = () => {
    void server.stop().then(() => process.exit(0));
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
} catch (error) {
  process.stderr.write(`workbench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
