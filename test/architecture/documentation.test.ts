import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/extension/ids.js';
import { listFiles, projectRoot, readSources } from './sourceTree.js';

const DOCUMENTS = ['README.md', 'CONTRIBUTING.md'];
const manifest = JSON.parse(fs.readFileSync(path.join(projectRoot, 'package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
  readonly contributes: {
    readonly commands: readonly { readonly command: string }[];
    readonly configuration: { readonly properties: Readonly<Record<string, unknown>> };
  };
};
const documents = DOCUMENTS.map((name) => ({ name, text: fs.readFileSync(path.join(projectRoot, name), 'utf8') }));

/** What `npm start`, `npm test` and `npm run NAME` in a text name. */
function findScripts(text: string): string[] {
  return [...text.matchAll(/\bnpm (?:run (?:--silent )?([a-z][\w:]*)|(start|test)\b)/g)].map(([, run, short]) => run ?? short ?? '');
}

describe.each(documents)('$name', ({ text }) => {
  it('names only npm scripts that exist', () => {
    const named = findScripts(text);
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((script) => !(script in manifest.scripts))).toEqual([]);
  });

  it('links only to files that exist', () => {
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, target]) => target ?? '');
    expect(links.filter((target) => !fs.existsSync(path.join(projectRoot, target)))).toEqual([]);
  });

  it('names only source folders and files that exist', () => {
    const paths = [...text.matchAll(/`((?:src|webview|models|test)\/[\w./-]+)`/g)].map(([, named]) => named ?? '');
    expect(paths.filter((named) => !fs.existsSync(path.join(projectRoot, named)))).toEqual([]);
  });
});

describe('the README', () => {
  const readme = documents[0]?.text ?? '';

  it('has a row for every command of the command line and for no other', () => {
    const table = readme.slice(readme.indexOf('## Command line'), readme.indexOf('## What it reads'));
    const rows = table.split('\n').filter((line) => line.startsWith('| `'));
    const described = rows.flatMap((row) =>
      [...(row.split('|')[1] ?? '').matchAll(/`([a-z][a-z-]*)[^`]*`/g)].map(([, name]) => name ?? ''),
    );
    const commands = readSources(['src/cli/commands']).flatMap(({ text }) =>
      [...text.matchAll(/^ {2}name: '([a-z-]+)'/gm)].map(([, name]) => name),
    );
    expect(commands.length).toBeGreaterThan(5);
    expect([...new Set(described)].sort()).toEqual([...new Set(commands)].sort());
  });

  it('describes every setting', () => {
    const settings = Object.keys(manifest.contributes.configuration.properties);
    expect(settings.filter((setting) => !readme.includes(`\`${setting}\``))).toEqual([]);
  });
});

describe('command ids', () => {
  it('in panels and walkthroughs are those of the manifest', () => {
    const declared = new Set(manifest.contributes.commands.map(({ command }) => command));
    const texts = [
      ...readSources(['webview']),
      ...listFiles('media', /\.md$/).map((file) => ({ path: file, text: fs.readFileSync(path.join(projectRoot, file), 'utf8') })),
    ];
    const named = texts.flatMap(({ path: file, text }) =>
      [...text.matchAll(/(?:'|command:)(runtimeSlicer\.[\w.]+)/g)].map(([, id]) => ({ file, id: id ?? '' })),
    );
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter(({ id }) => !declared.has(id))).toEqual([]);
    expect(Object.values(COMMANDS).filter((id) => !declared.has(id))).toEqual([]);
  });
});
