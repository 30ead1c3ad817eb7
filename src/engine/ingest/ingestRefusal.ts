/** A file cannot be read (further) as a whole; the message says what was seen and what to do, and never quotes its content. */
export class IngestRefusal extends Error {
  public constructor(message: string) {
    super(message);
    this.name = 'IngestRefusal';
  }
}
