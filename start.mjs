// `npm start`: embeds the sample incident headless and prints what it found; `npm start -- --workbench` opens it in a real workbench.
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const root = import.meta.dirname;

function run(args) {
  const { status, error } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (error) console.error(`start: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

if (process.argv.includes('--workbench')) {
  run(['--import', './test/typescript.mjs', path.join(root, 'test', 'e2e', 'host', 'openWorkbench.ts')]);
} else {
  run([path.join(root, 'dist', 'cli.mjs'), 'sample', ...process.argv.slice(2)]);
  console.log('\nNext');
  console.log('  see it in VS Code      npm start -- --workbench');
  console.log('  read your own files    npm run --silent cli -- embed PATH...');
}
