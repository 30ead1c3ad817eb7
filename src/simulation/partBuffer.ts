import type { SimulatedFile } from './simulationTypes.js';

/** Lines are joined into pieces of about this many characters. */
const PIECE_CHARS = 1 << 16;

interface OpenFile {
  readonly pieces: string[];
  lines: string[];
  lineChars: number;
}

/** Collects the lines of many files until they are taken as one part; the next part goes to rotated names. */
export class PartBuffer {
  private files = new Map<string, OpenFile>();
  private part = 0;
  private totalChars = 0;

  /** Characters held, close to bytes: the output is nearly all ASCII. */
  get sizeChars(): number {
    return this.totalChars;
  }

  /** Appends `line` and a newline to the file. */
  append(path: string, line: string): void {
    let file = this.files.get(path);
    if (file === undefined) {
      file = { pieces: [], lines: [], lineChars: 0 };
      this.files.set(path, file);
    }
    file.lines.push(line);
    file.lineChars += line.length + 1;
    this.totalChars += line.length + 1;
    if (file.lineChars >= PIECE_CHARS) {
      flushLines(file);
    }
  }

  /** Hands out everything collected so far, by path, and starts the next part. */
  take(): SimulatedFile[] {
    const { files, part } = this;
    this.files = new Map();
    this.totalChars = 0;
    this.part += 1;
    return [...files.keys()].sort().map((path) => {
      const file = files.get(path);
      if (file !== undefined) {
        flushLines(file);
      }
      return { path: toPartPath(path, part), content: file?.pieces ?? [] };
    });
  }
}

function flushLines(file: OpenFile): void {
  if (file.lines.length > 0) {
    file.pieces.push(file.lines.join('\n') + '\n');
    file.lines = [];
    file.lineChars = 0;
  }
}

/** `logs/cart.log` → `logs/cart.log` for part 0, `logs/cart.1.log` for part 1. */
function toPartPath(path: string, part: number): string {
  const dot = path.lastIndexOf('.');
  return part === 0 ? path : `${path.slice(0, dot)}.${part}${path.slice(dot)}`;
}
