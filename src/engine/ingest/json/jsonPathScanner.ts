/** A path to values inside a JSON document: object keys, `[]` for every element of an array; empty = the root value. */
export type JsonPath = readonly string[];

interface TrieNode {
  readonly children: Map<string, TrieNode>;
  /** Index of the path that ends here, -1 when none does. */
  path: number;
}

export class JsonSyntaxError extends Error {
  /** Absolute offset of the offending byte. */
  public readonly offset: number;

  public constructor(offset: number) {
    super(`not valid JSON at byte ${offset}`);
    this.name = 'JsonSyntaxError';
    this.offset = offset;
  }
}

type State = 'value' | 'firstKey' | 'key' | 'colon' | 'next' | 'firstElement' | 'keyText' | 'stringText' | 'scalar' | 'skip' | 'skipText';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;

/**
 * Finds the values at given paths in a stream of concatenated JSON documents, without building anything: a resumable state machine
 * over bytes. It follows the structure down to the paths and counts brackets below; what it finds has still to pass `JSON.parse`.
 * Depth costs nothing, so 100,000 nested arrays are skipped like any other value.
 */
export class JsonPathScanner {
  readonly #root: TrieNode = { children: new Map(), path: -1 };
  readonly #onMatch: (path: number, start: number, end: number) => void;
  /** Nodes of the containers that were entered, and whether each is an array. */
  #nodes: TrieNode[] = [];
  #arrays: boolean[] = [];
  #state: State = 'value';
  #skipDepth = 0;
  #keyStart = -1;
  #valueNode: TrieNode | undefined;
  #matchStart = -1;

  /** @param onMatch index of the path, absolute offsets of the value's first byte and of the byte after it */
  public constructor(paths: readonly JsonPath[], onMatch: (path: number, start: number, end: number) => void) {
    this.#onMatch = onMatch;
    paths.forEach((path, index) => {
      let node = this.#root;
      for (const key of path) {
        let child = node.children.get(key);
        if (child === undefined) {
          child = { children: new Map(), path: -1 };
          node.children.set(key, child);
        }
        node = child;
      }
      node.path = index;
    });
    this.#valueNode = this.#root;
  }

  /** First byte that has to be kept for what is being read, undefined when nothing has. */
  public get holdStart(): number | undefined {
    return this.#matchStart >= 0 ? this.#matchStart : this.#keyStart >= 0 ? this.#keyStart : undefined;
  }

  /** True between documents. */
  public get atRest(): boolean {
    return this.#nodes.length === 0 && this.#state === 'value';
  }

  /** Starts anew with the next document, after an error. */
  public reset(): void {
    this.#nodes = [];
    this.#arrays = [];
    this.#state = 'value';
    this.#valueNode = this.#root;
    this.#skipDepth = 0;
    this.#keyStart = -1;
    this.#matchStart = -1;
  }

  /** Gives up the value being matched (it is too large): it is skipped like any other. */
  public dropMatch(): void {
    this.#matchStart = -1;
    this.#keyStart = -1;
  }

  /** Ends a number or word that stands at the very end of the stream. */
  public finish(end: number): void {
    if (this.#state === 'scalar') {
      this.#endValue(end);
    }
  }

  /**
   * @param bytes holds the stream's bytes `[base, to)`
   * @param from absolute offset to go on at
   * @returns absolute offset to go on at next, at most one byte after `to`
   * @throws JsonSyntaxError
   */
  public scan(bytes: Buffer, base: number, from: number, to: number): number {
    let at = from - base;
    const end = to - base;
    while (at < end) {
      switch (this.#state) {
        case 'skip':
          at = this.#scanSkipped(bytes, at, end, base);
          break;
        case 'skipText':
        case 'stringText':
        case 'keyText':
          at = this.#scanText(bytes, at, end, base);
          break;
        case 'scalar':
          at = this.#scanScalar(bytes, at, end, base);
          break;
        case 'value':
        case 'firstKey':
        case 'key':
        case 'colon':
        case 'next':
        case 'firstElement':
          at = this.#scanStructure(bytes, at, base);
      }
    }
    return at + base;
  }

  #scanSkipped(bytes: Buffer, start: number, end: number, base: number): number {
    let at = start;
    while (at < end) {
      const byte = bytes[at++];
      if (byte === QUOTE) {
        this.#state = 'skipText';
        return at;
      }
      if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        this.#skipDepth++;
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
        this.#skipDepth--;
        if (this.#skipDepth === 0) {
          this.#endValue(at + base);
          return at;
        }
      }
    }
    return at;
  }

  /** Inside quotes. A raw line end there is not JSON: the sign of a line that was cut. */
  #scanText(bytes: Buffer, start: number, end: number, base: number): number {
    let at = start;
    while (at < end) {
      const byte = bytes[at] ?? 0;
      if (byte === BACKSLASH) {
        at += 2;
      } else if (byte === QUOTE) {
        this.#endText(bytes, at, base);
        return at + 1;
      } else if (byte === 10) {
        throw new JsonSyntaxError(at + base);
      } else {
        at++;
      }
    }
    return at;
  }

  #endText(bytes: Buffer, quoteAt: number, base: number): void {
    if (this.#state === 'skipText') {
      this.#state = 'skip';
    } else if (this.#state === 'stringText') {
      this.#endValue(quoteAt + 1 + base);
    } else {
      const children = this.#nodes.at(-1)?.children;
      const key = children === undefined || children.size === 0 ? '' : bytes.toString('utf8', this.#keyStart - base, quoteAt);
      this.#valueNode = children?.get(key);
      this.#keyStart = -1;
      this.#state = 'colon';
    }
  }

  #scanScalar(bytes: Buffer, start: number, end: number, base: number): number {
    let at = start;
    while (at < end) {
      const byte = bytes[at] ?? 0;
      if (byte <= 0x20 || byte === COMMA || byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
        this.#endValue(at + base);
        return at;
      }
      if (byte === QUOTE || byte === OPEN_OBJECT || byte === OPEN_ARRAY || byte === 0x3a) {
        throw new JsonSyntaxError(at + base);
      }
      at++;
    }
    return at;
  }

  /** One byte between values. */
  #scanStructure(bytes: Buffer, at: number, base: number): number {
    const byte = bytes[at] ?? 0;
    // 0x1e separates the records of JSON text sequences (RFC 7464).
    if (byte === 0x20 || (byte >= 9 && byte <= 13) || byte === 0x1e) {
      return at + 1;
    }
    switch (this.#state) {
      case 'colon':
        this.#expect(byte === 0x3a, at + base);
        this.#state = 'value';
        return at + 1;
      case 'firstKey':
      case 'key':
        if (byte === CLOSE_OBJECT && this.#state === 'firstKey') {
          this.#leave(at + 1 + base);
          return at + 1;
        }
        this.#expect(byte === QUOTE, at + base);
        this.#keyStart = at + 1 + base;
        this.#state = 'keyText';
        return at + 1;
      case 'next':
        if (byte === COMMA) {
          this.#state = this.#arrays.at(-1) === true ? 'value' : 'key';
          this.#valueNode = this.#arrays.at(-1) === true ? this.#nodes.at(-1)?.children.get('[]') : undefined;
        } else {
          this.#expect(byte === (this.#arrays.at(-1) === true ? CLOSE_ARRAY : CLOSE_OBJECT), at + base);
          this.#leave(at + 1 + base);
        }
        return at + 1;
      case 'firstElement':
        if (byte === CLOSE_ARRAY) {
          this.#leave(at + 1 + base);
          return at + 1;
        }
        this.#state = 'value';
        return at;
      case 'value':
      case 'keyText':
      case 'stringText':
      case 'scalar':
      case 'skip':
      case 'skipText':
        return this.#startValue(byte, at, base);
    }
  }

  #startValue(byte: number, at: number, base: number): number {
    const node = this.#valueNode;
    const isContainer = byte === OPEN_OBJECT || byte === OPEN_ARRAY;
    this.#expect(byte !== COMMA && byte !== CLOSE_OBJECT && byte !== CLOSE_ARRAY && byte !== 0x3a, at + base);
    if (node !== undefined && node.path < 0 && node.children.size > 0 && isContainer) {
      this.#nodes.push(node);
      this.#arrays.push(byte === OPEN_ARRAY);
      this.#state = byte === OPEN_ARRAY ? 'firstElement' : 'firstKey';
      this.#valueNode = node.children.get('[]');
      return at + 1;
    }
    if (node !== undefined && node.path >= 0) {
      this.#matchStart = at + base;
    }
    if (isContainer) {
      this.#skipDepth = 1;
      this.#state = 'skip';
      return at + 1;
    }
    this.#state = byte === QUOTE ? 'stringText' : 'scalar';
    return byte === QUOTE ? at + 1 : at;
  }

  #leave(end: number): void {
    this.#nodes.pop();
    this.#arrays.pop();
    this.#endValue(end, true);
  }

  #endValue(end: number, entered = false): void {
    if (!entered && this.#matchStart >= 0) {
      const start = this.#matchStart;
      this.#matchStart = -1;
      this.#onMatch(this.#valueNode?.path ?? -1, start, end);
    }
    if (this.#nodes.length === 0) {
      this.#state = 'value';
      this.#valueNode = this.#root;
    } else {
      this.#state = 'next';
    }
  }

  #expect(condition: boolean, offset: number): void {
    if (!condition) {
      throw new JsonSyntaxError(offset);
    }
  }
}
