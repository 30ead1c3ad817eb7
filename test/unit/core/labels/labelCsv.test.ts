import { describe, expect, it } from 'vitest';
import { isSameLabel, tidyLabel, type Label } from '../../../../src/core/labels/label.js';
import { formatLabels, parseLabelFile, rewriteLabels, toLabels } from '../../../../src/core/labels/labelCsv.js';
import { Random } from '../../../../src/core/math/random.js';
import { toEpochNs } from '../../../../src/core/time.js';
import { createLabel, NOON_NS } from './labelBuilders.js';

const parse = (text: string): Label[] => toLabels(parseLabelFile(text));

describe('parseLabelFile', () => {
  it('reads columns in any order, quotes, both kinds of time, blank lines and a byte order mark', () => {
    const text =
      '\uFEFFtype,entity,start,end\r\n"cpu, heavy",payment,2026-03-10T13:00:00Z,2026-03-10T13:05:00Z\r\n\r\nnormal,,1773147900000000000,1773148200000000000\n';
    expect(parse(text)).toMatchObject([
      { startNs: 1_773_147_600_000_000_000n, endNs: 1_773_147_900_000_000_000n, type: 'cpu, heavy', entity: 'payment' },
      { startNs: 1_773_147_900_000_000_000n, endNs: 1_773_148_200_000_000_000n, type: 'normal', entity: '' },
    ]);
  });

  it('reads what is optional, and leaves open what is not said', () => {
    const text =
      'start,end,type,entity,Note,author,created\n' +
      '2026-03-10T12:00:00Z,2026-03-10T12:01:00Z,cpu,cart,"said ""why"",\r\nthen left",ada,2026-03-10T12:00:00.000000001Z\n' +
      '2026-03-10T12:01:00Z,2026-03-10T12:02:00Z,cpu,cart\n';
    expect(parse(text)).toEqual([
      createLabel(0, { type: 'cpu', note: 'said "why",\nthen left', createdNs: toEpochNs(NOON_NS + 1n) }),
      createLabel(1, { type: 'cpu', author: '', createdNs: undefined }),
    ]);
  });

  it.each([
    ['', 'line 1 lacks the columns start, end, type, entity; the header must name start,end,type,entity'],
    ['\n\nstart,end,type\n', 'line 3 lacks the columns entity'],
    ['start;end;type;entity\n', 'line 1 lacks the columns start, end, type, entity'],
    ['start,end,type,entity,Start\n', 'line 1 names the column start twice'],
    ['start,end,type,entity\nnoon,2026-03-10T13:05:00Z,x,y\n', 'line 2 has no readable start; write 2026-03-10T13:00:00Z or ns'],
    ['start,end,type,entity\n<<<<<<< HEAD\n', 'line 2 has no readable start'],
    ['start,end,type,entity,created\n2026-03-09,2026-03-10,x,y,soon\n', 'line 2 has no readable created'],
    ['start,end,type,entity\n\n2026-03-10,2026-03-09,x,y\n', 'line 3 ends before it starts'],
    ['start,end,type,entity\n2026-03-09,2026-03-09,x,y\n', 'line 2 ends before it starts'],
    ['start,end,type,entity\n2026-03-09,9999-03-10,x,y\n', 'line 2 has a time outside of the years 1678 to 2261'],
    ['start,end,type,entity\n2026-03-09,2026-03-10, ,y\n', 'line 2 has no type; write normal or a failure type'],
    ['start,end,type,entity\n2026-03-09,2026-03-10,normal,y\n', 'line 2 is normal and names a service'],
    [`start,end,type,entity\n2026-03-09,2026-03-10,${'x'.repeat(101)},y\n`, 'line 2 has type of 101 characters; at most 100'],
    ['start,end,type,entity\n2026-03-09,2026-03-10,x,"a\nb"\n', 'line 2 has control characters or line ends in entity'],
    ['start,end,type,entity,note\n2026-03-09,2026-03-10,x,y,"a\u0000b"\n', 'line 2 has control characters in note'],
    ['start,end,type,entity\n2026-03-09,2026-03-10,x,y, because\n', 'line 2 has 5 cells, the header 4; quote cells that hold commas'],
    ['start,end,type,entity\n2026-03-09,2026-03-10,x,"y\nz\n', 'line 2 opens a quote that is never closed'],
    ['start,end,type,entity,note\n2026-03-09,2026-03-10,x,y,"a\nb"c\n', 'line 3 goes on after a closing quote'],
    [
      'start,end,type,entity,note\n2026-03-09,2026-03-10,x,y,"a\nb"\n\n2026-03-09T00:00:00Z,2026-03-10,z,y,\n',
      'line 5 labels the range and service of line 2 again; keep one',
    ],
  ])('refuses %j with line, reason and what to do', (text, problem) => {
    expect(() => parseLabelFile(text)).toThrow(problem);
  });
});

describe('formatLabels', () => {
  it('writes all columns by start, times exact, quotes where needed', () => {
    const labels = [createLabel(1, { note: 'a, "b"' }), createLabel(0, { startNs: toEpochNs(NOON_NS + 1n), type: 'normal', entity: '' })];
    expect(formatLabels(labels)).toBe(
      'start,end,type,entity,note,author,created\n' +
        '2026-03-10T12:00:00.000000001Z,2026-03-10T12:01:00Z,normal,,,ada,2026-03-10T12:00:00Z\n' +
        '2026-03-10T12:01:00Z,2026-03-10T12:02:00Z,network-delay,cart,"a, ""b""",ada,2026-03-10T12:00:00Z\n',
    );
    expect(formatLabels([])).toBe('start,end,type,entity,note,author,created\n');
  });

  it.each(Array.from({ length: 30 }, (_, i) => i))('is read back as it was (seed %i)', (seed) => {
    const labels = drawLabels(seed);
    const text = formatLabels(labels);
    expect(parse(text)).toEqual(labels);
    expect(parse(`\uFEFF${text.replaceAll('\n', '\r\n')}`)).toEqual(labels);
    expect(rewriteLabels(parseLabelFile(text), labels)).toBe(text);
  });
});

describe('rewriteLabels', () => {
  const HAND_MADE =
    '\uFEFFticket,type,start,end,entity\r\n' +
    '"OPS-1, first",cpu,2026-03-10T13:00:00+01:00,1773144060000000000,cart\r\n' +
    '\r\n' +
    'OPS-2, cpu ,2026-03-10T12:01:00Z,2026-03-10T12:02:00Z,"cart"\r\n' +
    'OPS-3,cpu,2026-03-10T12:05:00Z,2026-03-10T12:06:00Z,cart';
  const file = parseLabelFile(HAND_MADE);
  const [first, second, third] = toLabels(file) as [Label, Label, Label];

  it('changes nothing when the labels are those of the file, whatever their order', () => {
    expect(rewriteLabels(file, [third, first, second])).toBe(`${HAND_MADE}\r\n`);
  });

  it('keeps place, other columns and writing of the times of a changed row, and every letter of the others', () => {
    expect(rewriteLabels(file, [{ ...first, type: 'memory, "leak"' }, second, third])).toBe(
      `${HAND_MADE.replace('first",cpu', 'first","memory, ""leak"""')}\r\n`,
    );
  });

  it('drops removed rows, puts new ones before those that start later and adds columns that are needed', () => {
    const added = createLabel(3, { note: 'new', author: '', createdNs: undefined });
    expect(rewriteLabels(file, [first, third, added])).toBe(
      '\uFEFFticket,type,start,end,entity,note\r\n' +
        '"OPS-1, first",cpu,2026-03-10T13:00:00+01:00,1773144060000000000,cart,\r\n' +
        '\r\n' +
        ',network-delay,2026-03-10T12:03:00Z,2026-03-10T12:04:00Z,cart,new\r\n' +
        'OPS-3,cpu,2026-03-10T12:05:00Z,2026-03-10T12:06:00Z,cart,\r\n',
    );
  });

  it.each(Array.from({ length: 30 }, (_, i) => i))('holds exactly the labels asked for (seed %i)', (seed) => {
    const before = drawLabels(seed);
    const text = formatLabels(before).replaceAll('\n', '\r\n').replace('created', 'created,ticket');
    const random = new Random(seed + 1000);
    const wanted = [
      ...before.filter(() => random.chance(0.7)).map((label) => (random.chance(0.5) ? label : { ...label, note: 'changed' })),
      ...drawLabels(seed + 500),
    ];
    const unique = [...new Map(wanted.map((label) => [`${label.startNs} ${label.endNs} ${label.entity}`, label])).values()];
    const found = parse(rewriteLabels(parseLabelFile(text), unique));
    expect(found).toHaveLength(unique.length);
    for (const label of unique) {
      const same = found.find(
        ({ startNs, endNs, entity }) => startNs === label.startNs && endNs === label.endNs && entity === label.entity,
      );
      expect(isSameLabel(same, label)).toBe(true);
    }
  });
});

/** Tidy labels by start, full of what CSV trips over. */
function drawLabels(seed: number): Label[] {
  const random = new Random(seed);
  const pieces = ['a', 'ü', ' ', ',', '"', '""', "'", '=1+1', '\n', '\t', '😀', ';', '#', '\\'];
  const drawText = (most: number, from: readonly string[] = pieces): string =>
    Array.from({ length: random.integer(0, most) }, () => random.pick(from)).join('');
  const oneLine = pieces.filter((piece) => !/[\n\t]/.test(piece));
  let at = NOON_NS + BigInt(seed);
  return Array.from({ length: random.integer(0, 7) }, () => {
    at += BigInt(random.integer(1, 1e12));
    return tidyLabel({
      startNs: toEpochNs(at),
      endNs: toEpochNs(at + BigInt(random.integer(1, 1e10))),
      type: `t${drawText(6, oneLine)}`,
      entity: drawText(6, oneLine),
      note: drawText(20),
      author: drawText(5, oneLine),
      createdNs: random.chance(0.3) ? undefined : toEpochNs(at - 5n),
    });
  });
}
