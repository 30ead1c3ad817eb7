/** What is used of the package: its own types import files without extensions, which NodeNext resolution does not find. */
declare module '@huggingface/tokenizers' {
  export class Tokenizer {
    /** @param tokenizer content of tokenizer.json @param config content of tokenizer_config.json; may be empty */
    constructor(tokenizer: object, config: object);
    encode(text: string): { readonly ids: number[] };
  }
}
