/** Seeded random numbers (sfc32): the same seed and stream name give the same sequence on every machine. */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private d = 1;

  private readonly seed: number;
  private readonly stream: string;

  /** Streams with different names are independent, so that adding a draw in one place does not change another. */
  constructor(seed: number, stream = '') {
    this.seed = seed;
    this.stream = stream;
    let hash = 0x811c9dc5;
    const key = `${seed}/${stream}`;
    for (let i = 0; i < key.length; i += 1) {
      hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
    }
    this.a = hash | 0;
    this.b = Math.imul(hash, 0x9e3779b1) | 0;
    this.c = seed | 0;
    for (let i = 0; i < 15; i += 1) {
      this.uint32();
    }
  }

  fork(name: string): Random {
    return new Random(this.seed, `${this.stream}/${name}`);
  }

  uint32(): number {
    const sum = (((this.a + this.b) | 0) + this.d) | 0;
    this.d = (this.d + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** Uniform in [0, 1). */
  next(): number {
    return this.uint32() / 4294967296;
  }

  uniform(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** Uniform over `low..high`, both included. */
  integer(low: number, high: number): number {
    return low + Math.floor((high - low + 1) * this.next());
  }

  chance(probability: number): boolean {
    return probability > 0 && this.next() < probability;
  }

  /** Standard normal (Box–Muller). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
  }

  exponential(mean: number): number {
    return -mean * Math.log(1 - this.next());
  }

  logNormal(median: number, sigma: number): number {
    return median * Math.exp(sigma * this.normal());
  }

  pick<T>(items: readonly T[]): T {
    const item = items[Math.floor(this.next() * items.length)];
    if (item === undefined) {
      throw new Error('pick needs at least one item');
    }
    return item;
  }

  /** Index drawn in proportion to `weights`; they must not all be 0. */
  weightedIndex(weights: readonly number[]): number {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    let rest = this.next() * total;
    for (const [index, weight] of weights.entries()) {
      rest -= weight;
      if (rest < 0) {
        return index;
      }
    }
    return weights.length - 1;
  }

  shuffle<T>(items: readonly T[]): T[] {
    const order = items.map((item) => ({ item, key: this.next() }));
    return order.sort((left, right) => left.key - right.key).map(({ item }) => item);
  }

  /** `digits` lower-case hex digits, a multiple of 8. */
  hex(digits: number): string {
    let text = '';
    while (text.length < digits) {
      text += this.uint32().toString(16).padStart(8, '0');
    }
    return text;
  }

  /** Replica-set hash as Kubernetes writes it: the decimal digits of a 32-bit hash in its safe alphabet. */
  replicaSetHash(): string {
    return this.letters('456789bcdf', 9 + this.integer(0, 1));
  }

  /** Random part of a pod's name as Kubernetes generates it. */
  podSuffix(): string {
    return this.letters('bcdfghjklmnpqrstvwxz2456789', 5);
  }

  private letters(alphabet: string, length: number): string {
    let text = '';
    while (text.length < length) {
      text += alphabet.charAt(this.integer(0, alphabet.length - 1));
    }
    return text;
  }
}
