import type { SimulatedFile } from '../simulationTypes.js';

/** Lines are joined into pieces of about this many characters. */
const PIECE_CHARS = 1 << 16;

interface OpenFile {
  /** Counts the files of one path over all parts. */
  readonly sequence: number;
  chars: number;
  readonly pieces: string[];
  lines: string[];
  lineChars: number;
}

/** Collects the lines of many files until they are taken as one part; the next part goes to rotated names, as does what a file has no room for. */
export class PartBuffer {
  private files = new Map<string, OpenFile>();
  private full: SimulatedFile[] = [];
  private readonly begun = new Map<string, number>();
  private totalChars = 0;

  private readonly maxFileChars: number;

  /** @param maxFileChars a file of lines that has reached this size is followed by the next; documents (`.json`) are never cut */
  constructor(maxFileChars: number) {
    this.maxFileChars = maxFileChars;
  }

  /** Characters held, close to bytes: the output is nearly all ASCII. */
  get sizeChars(): number {
    return this.totalChars;
  }

  /** Appends `line` and a newline to the file. */
  append(path: string, line: string): void {
    let file = this.files.get(path);
    if (file !== undefined && file.chars >= this.maxFileChars && !path.endsWith('.json')) {
      this.full.push(toFile(path, file));
      file = undefined;
    }
    if (file === undefined) {
      const sequence = this.begun.get(path) ?? 0;
      this.begun.set(path, sequence + 1);
      file = { sequence, chars: 0, pieces: [], lines: [], lineChars: 0 };
      this.files.set(path, file);
    }
    file.lines.push(line);
    file.chars += line.length + 1;
    file.lineChars += line.length + 1;
    this.totalChars += line.length + 1;
    if (file.lineChars >= PIECE_CHARS) {
      flushLines(file);
    }
  }

  /** Hands out everything collected so far, by path, and starts the next part. */
  take(): SimulatedFile[] {
    const files = [...this.full, ...[...this.files].map(([path, file]) => toFile(path, file))];
    this.files = new Map();
    this.full = [];
    this.totalChars = 0;
    return files.sort((left, right) => (left.path < right.path ? -1 : 1));
  }
}

function toFile(path: string, file: OpenFile): SimulatedFile {
  flushLines(file);
  return { path: toRotatedPath(path, file.sequence), content: file.pieces };
}

function flushLines(file: OpenFile): void {
  if (file.lines.length > 0) {
    file.pieces.push(file.lines.join('\n') + '\n');
    file.lines = [];
    file.lineChars = 0;
  }
}

/** `logs/cart.log` → `logs/cart.log` for the first file, `logs/cart.1.log` for the next. */
function toRotatedPath(path: string, sequence: number): string {
  const dot = path.lastIndexOf('.');
  return sequence === 0 ? path : `${path.slice(0, dot)}.${sequence}${path.slice(dot)}`;
}
