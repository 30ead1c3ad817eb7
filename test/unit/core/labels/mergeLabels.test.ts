import { describe, expect, it } from 'vitest';
import type { Label } from '../../../../src/core/labels/label.js';
import { mergeLabels } from '../../../../src/core/labels/mergeLabels.js';
import { toEpochNs } from '../../../../src/core/time.js';
import { createLabel, NOON_NS } from './labelBuilders.js';

/** A, B and C stand for three texts of one label, - for none. */
const TEXTS: Readonly<Record<string, Label | undefined>> = {
  A: createLabel(0, { type: 'cpu' }),
  B: createLabel(0, { type: 'memory-leak' }),
  C: createLabel(0, { type: 'network-delay' }),
};
const toLists = (letters: string): Label[][] => letters.split('').map((letter) => [TEXTS[letter] ?? []].flat());
const toList = (letter: string): Label[] => toLists(letter).flat();

describe('mergeLabels', () => {
  it.each([
    // base, here, in the file → here, in the file, base, changed here, changed in the file, conflicts
    ['---', '---', 0, 0, 0],
    ['-A-', 'AAA', 0, 1, 0],
    ['--A', 'AAA', 1, 0, 0],
    ['-AA', 'AAA', 0, 0, 0],
    ['-AB', 'AB-', 0, 0, 1],
    ['A--', '---', 0, 0, 0],
    ['AA-', '---', 1, 0, 0],
    ['A-A', '---', 0, 1, 0],
    ['AAA', 'AAA', 0, 0, 0],
    ['ABA', 'BBB', 0, 1, 0],
    ['AAB', 'BBB', 1, 0, 0],
    ['ABB', 'BBB', 0, 0, 0],
    ['ABC', 'BCA', 0, 0, 1],
    ['AB-', 'B-A', 0, 0, 1],
    ['A-B', '-BA', 0, 0, 1],
  ])('takes %s (base, here, file) to %s (here, file, base)', (before, after, changedHere, changedInFile, conflicts) => {
    const [base, here, inFile] = toLists(before) as [Label[], Label[], Label[]];
    const merge = mergeLabels(base, here, inFile);
    expect([merge.here, merge.inFile, merge.base]).toEqual(toLists(after));
    expect([merge.changedHere, merge.changedInFile, merge.conflicts.length]).toEqual([changedHere, changedInFile, conflicts]);
  });

  it('shows both sides of a conflict, and shows it again next time', () => {
    const [base, here] = [toList('A'), toList('B')];
    const merge = mergeLabels(base, here, []);
    expect(merge.conflicts).toEqual([
      { name: { startNs: TEXTS.A?.startNs, endNs: TEXTS.A?.endNs, entity: 'cart' }, base: TEXTS.A, here: TEXTS.B, inFile: undefined },
    ]);
    expect(mergeLabels(merge.base, merge.here, merge.inFile)).toEqual(merge);
  });

  it.each([
    // base, here, in the file, kept → here, in the file, base, changed here, changed in the file
    ['ABC', 'here', 'BBB', 0, 1],
    ['ABC', 'file', 'CCC', 1, 0],
    ['-AB', 'here', 'AAA', 0, 1],
    ['AB-', 'here', 'BBB', 0, 1],
    ['AB-', 'file', '---', 1, 0],
    ['A-B', 'here', '---', 0, 1],
    ['A-B', 'file', 'BBB', 1, 0],
  ] as const)('ends the conflict %s (base, here, file) as is asked for: %s → %s', (before, side, after, changedHere, changedInFile) => {
    const [base, here, inFile] = toLists(before) as [Label[], Label[], Label[]];
    const open = mergeLabels(base, here, inFile);
    const merge = mergeLabels(base, here, inFile, () => side);
    expect([merge.here, merge.inFile, merge.base]).toEqual(toLists(after));
    expect([merge.changedHere, merge.changedInFile, merge.conflicts, merge.resolved]).toEqual([
      changedHere,
      changedInFile,
      [],
      open.conflicts,
    ]);
    expect(mergeLabels(merge.base, merge.here, merge.inFile)).toMatchObject({ changedHere: 0, changedInFile: 0, conflicts: [] });
  });

  it('asks for a side only where there is a conflict', () => {
    const [base, here, inFile] = toLists('AAB') as [Label[], Label[], Label[]];
    expect(mergeLabels(base, here, inFile, () => 'here')).toMatchObject({ here: inFile, resolved: [] });
  });

  it('settles: a second merge of what came out changes nothing', () => {
    const base = [createLabel(0), createLabel(1), createLabel(2)];
    const here = [createLabel(0), createLabel(2, { note: 'here' }), createLabel(3)];
    const inFile = [createLabel(0, { note: 'file' }), createLabel(1), createLabel(2), createLabel(4)];
    const first = mergeLabels(base, here, inFile);
    expect([first.changedHere, first.changedInFile]).toEqual([2, 3]);
    expect(first.here).toEqual([createLabel(0, { note: 'file' }), createLabel(2, { note: 'here' }), createLabel(3), createLabel(4)]);
    expect(first.inFile).toEqual(first.here);
    const second = mergeLabels(first.base, first.here, first.inFile);
    expect([second.changedHere, second.changedInFile, second.here]).toEqual([0, 0, first.here]);
  });

  it('is no conflict when two people say the same: the author of the file stays', () => {
    const [mine, theirs] = [createLabel(0, { author: 'ada' }), createLabel(0, { author: 'bob' })];
    expect(mergeLabels([], [mine], [theirs])).toMatchObject({ here: [theirs], inFile: [theirs], changedHere: 1, changedInFile: 0 });
    const unsigned = createLabel(0, { author: '', createdNs: undefined });
    expect(mergeLabels([], [mine], [unsigned])).toMatchObject({ here: [mine], inFile: [mine], changedHere: 0, changedInFile: 1 });
  });

  it.each([
    ['a change in the file', createLabel(0), undefined],
    ['a conflict that the file wins', createLabel(0, { note: 'sure', createdNs: toEpochNs(NOON_NS + 5n) }), 'file'],
  ] as const)('keeps the time of making that the file does not say: %s', (_name, here, side) => {
    const inFile = createLabel(0, { type: 'cpu', createdNs: undefined });
    expect(mergeLabels([createLabel(0)], [here], [inFile], () => side).here).toEqual([createLabel(0, { type: 'cpu' })]);
  });

  it('does not take a time of making for a change', () => {
    const [mine, theirs] = [createLabel(0), createLabel(0, { createdNs: toEpochNs(NOON_NS + 5n) })];
    expect(mergeLabels([], [mine], [theirs])).toMatchObject({ here: [mine], changedHere: 0, changedInFile: 0, conflicts: [] });
  });

  it('tells labels of one range by their service, and lists by start', () => {
    const labels = [createLabel(1), createLabel(0, { entity: 'payment' }), createLabel(0)];
    expect(mergeLabels([], labels.slice(0, 1), labels.slice(1)).here).toEqual([labels[2], labels[1], labels[0]]);
  });
});
