/** A process that uses a store, for tests: `storeChild FILE NAME COUNT [write|replace|open|states]`; says `ready` and waits for a line on stdin before it writes. */
import { openStore } from '../../../../src/engine/store/openStore.js';
import { createKnown } from '../../core/states/stateBuilders.js';
import { createChunk, createIdentity, createParsedFile, createRunRecord } from './storeBuilders.js';

const [file = '', name = '', count = '0', mode = 'write'] = process.argv.slice(2);

function write(): void {
  const store = openStore({ file });
  for (let i = 0; i < Number(count); i++) {
    const path = `/data/${name}-${i}`;
    store.parsedFiles.put(createIdentity({ path }), 'v1', createParsedFile(path, [createChunk(2000, i + 1)]));
    const createdNs = BigInt(Date.now()) * 1_000_000n;
    store.runs.write(createRunRecord({ run: `${name}-${i}`, inputKey: `${name}-${i}`, createdNs, modelBytes: 200_000 }));
    store.prune();
    process.stdout.write(`wrote ${i}\n`);
  }
  store.close();
}

/** Run NAME, over and over. */
function replace(): void {
  const store = openStore({ file });
  for (let i = 0; i < Number(count); i++) {
    store.runs.replace({ ...createRunRecord({ run: name, modelBytes: 20_000_000 }), heads: `version ${i}` });
    process.stdout.write(`replaced ${i}\n`);
  }
  store.close();
}

/** COUNT states, each added beside what others added meanwhile and then renamed. */
function addStates(): void {
  const store = openStore({ file });
  const { stateBook } = store;
  for (let i = 0; i < Number(count); i++) {
    const createdNs = BigInt(Date.now()) * 1_000_000n;
    const state = createKnown(`${name}-${i}`, { [name]: { 2: i + 1 } });
    while (!stateBook.add([state], stateBook.read().edition, createdNs)) {
      process.stdout.write('again\n');
    }
    stateBook.change(() => ({ states: [{ ...state, name: `renamed ${name}-${i}` }], description: name }), createdNs);
  }
  store.close();
}

process.stdout.write('ready\n');
process.stdin.once('data', () => {
  try {
    if (mode === 'open') {
      openStore({ file }).close();
    } else if (mode === 'states') {
      addStates();
    } else if (mode === 'replace') {
      replace();
    } else {
      write();
    }
    process.stdout.write('done\n');
    process.exit(0);
  } catch (error) {
    process.stdout.write(`failed: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
});
